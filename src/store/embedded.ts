/** The embedded database: nothing to install, one folder, one connection. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import { AppError } from '../errors.ts'
import { lockFolder } from './lock.ts'

const file = (name: string) => new URL(`./${name}.js`, import.meta.url)

const pingEvery = 1_000
/** A worker that has not answered for this long hangs; requests get 503 meanwhile. */
const hangsAfter = 10_000

export interface Embedded {
  /** Folder of the Unix socket; the driver takes it for a host. */
  host: string
  close(): Promise<void>
}

/** Starts the database in `dataDir` (made if missing). Throws `start-failed`. */
export async function startEmbedded(dataDir: string, log: Logger): Promise<Embedded> {
  const folder = join(dataDir, 'postgres')
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new AppError('start-failed', `The folder ${dataDir} cannot be made or used.`, { cause })
  }
  const unlock = lockFolder(dataDir)
  // Socket paths are cut at 107 bytes, so the socket cannot lie in DATA_DIR.
  const host = mkdtempSync(join(tmpdir(), 'mailverdict-'))
  const socket = join(host, '.s.PGSQL.5432')
  try {
    if (!existsSync(join(folder, 'PG_VERSION'))) await initialise(folder)
    let closing = false
    let worker = await startWorker(folder, socket)
    let lastPong = Date.now()
    const watch = (watched: Worker) => {
      watched.on('message', (message) => {
        if (message === 'pong') lastPong = Date.now()
      })
      // Without a listener an error inside the thread would end the whole process.
      watched.on('error', (err) => log.error({ err }, 'embedded database failed'))
      watched.on('exit', () => {
        if (watched === worker) lastPong = Number.NEGATIVE_INFINITY
      })
    }
    watch(worker)
    let restarting = false
    const restart = async () => {
      log.error('embedded database does not answer, restarting it')
      await worker.terminate()
      rmSync(socket, { force: true })
      worker = await startWorker(folder, socket)
      watch(worker)
      lastPong = Date.now()
    }
    const timer = setInterval(() => {
      if (closing || restarting) return
      if (Date.now() - lastPong > hangsAfter) {
        restarting = true
        restart()
          .catch((err) => log.error({ err }, 'embedded database cannot be restarted'))
          .finally(() => {
            restarting = false
          })
      } else worker.postMessage('ping')
    }, pingEvery).unref()
    return {
      host,
      async close() {
        closing = true
        clearInterval(timer)
        const exited = once(worker, 'exit')
        worker.postMessage('close')
        await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 5_000).unref())])
        await worker.terminate()
        rmSync(host, { recursive: true, force: true })
        unlock()
      }
    }
  } catch (error) {
    rmSync(host, { recursive: true, force: true })
    unlock()
    throw error
  }
}

/** Makes the database beside its place and moves it there whole, so that a cut-off start leaves none. */
async function initialise(folder: string): Promise<void> {
  const draft = `${folder}.new`
  rmSync(draft, { recursive: true, force: true })
  const child = fork(file('embedded-init'), [draft], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said = (said + chunk).slice(-2_000)
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) {
    throw new AppError(
      'start-failed',
      `The embedded database could not be made in ${folder}: ${said}`
    )
  }
  renameSync(draft, folder)
}

async function startWorker(folder: string, socket: string): Promise<Worker> {
  const worker = new Worker(file('embedded-worker'), { workerData: { folder, socket } })
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: unknown) =>
      reject(
        new AppError('start-failed', `The embedded database in ${folder} does not start.`, {
          cause
        })
      )
    worker.once('error', failed)
    worker.once('exit', failed)
    worker.once('message', () => {
      worker.off('error', failed)
      worker.off('exit', failed)
      resolve()
    })
  })
  return worker
}

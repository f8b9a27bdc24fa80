/**
 * The exclusive lock on a data folder: two processes on one embedded database lose data without a word.
 *
 * The lock is a file with its owner's pid and the moment that process started, so that a killed process
 * leaves no lock behind (another process with the same pid started later). A process of another container
 * cannot be looked up by pid; its lock counts as held while its file is being touched.
 */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  linkSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../errors.ts'

interface Owner {
  pid: number
  started: string
  /** The pid namespace; pids of another one mean nothing here. */
  namespace: string
}

const touchEvery = 2_000
const staleAfter = 10_000

/** Takes the lock of `folder` or throws `start-failed`. The answer releases it. */
export function lockFolder(folder: string): () => void {
  const file = join(folder, 'lock')
  const mine: Owner = {
    pid: process.pid,
    started: startOf(process.pid) ?? '',
    namespace: namespace()
  }
  const draft = join(folder, `lock.${randomUUID()}`)
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 })
  try {
    for (let tries = 0; !link(draft, file); tries++) {
      const holder = read(file)
      if (tries > 5 || (holder !== null && isAlive(holder, file))) {
        throw new AppError(
          'start-failed',
          `Another process${holder ? ` (pid ${holder.pid})` : ''} is using the data in ${folder}. ` +
            'Stop it first, or choose another DATA_DIR.'
        )
      }
      discard(file, holder)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  const timer = setInterval(() => touch(file), touchEvery).unref()
  return () => {
    clearInterval(timer)
    if (sameOwner(read(file), mine)) rmSync(file, { force: true })
  }
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Removes a dead owner's lock, and puts it back if it turns out to be a live one taken meanwhile. */
function discard(file: string, dead: Owner | null): void {
  const aside = `${file}.${randomUUID()}`
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  if (!sameOwner(read(aside), dead)) link(aside, file)
  rmSync(aside, { force: true })
}

function read(file: string): Owner | null {
  try {
    const owner: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof owner !== 'object' || owner === null) return null
    const { pid, started, namespace } = owner as Partial<Owner>
    return typeof pid === 'number'
      ? { pid, started: `${started}`, namespace: `${namespace}` }
      : null
  } catch {
    return null
  }
}

function sameOwner(a: Owner | null, b: Owner | null): boolean {
  return a?.pid === b?.pid && a?.started === b?.started && a?.namespace === b?.namespace
}

function isAlive(owner: Owner, file: string): boolean {
  if (owner.namespace !== namespace()) {
    try {
      return Date.now() - statSync(file).mtimeMs < staleAfter
    } catch {
      return false
    }
  }
  return startOf(owner.pid) === owner.started
}

/** When a process started, in whatever unit the system has; null if there is no such process. */
function startOf(pid: number): string | null {
  try {
    // Field 22 of proc(5) stat, counted behind the command name, which may hold spaces.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z') return null
    return fields[19] ?? null
  } catch {
    try {
      process.kill(pid, 0)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return null
    }
    try {
      return execFileSync('ps', ['-o', 'lstart=', '-p', `${pid}`], { encoding: 'utf8' }).trim()
    } catch {
      return null
    }
  }
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return 'host'
  }
}

function touch(file: string): void {
  try {
    const now = new Date()
    utimesSync(file, now, now)
  } catch {
    // The folder was taken away; the database will say so.
  }
}

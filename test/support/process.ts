/** The service as a process of its own, started as `npm start` does after its build. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

export interface RunningProcess {
  child: ChildProcess
  url: string
  output: () => string
  /** Sends a signal and waits for the end; the exit code, null if a signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Starts it and waits until it says where it listens; rejects with its output if it ends before. */
export async function startProcess(environment: Record<string, string>): Promise<RunningProcess> {
  let output = ''
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const url = await new Promise<string>((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      output += chunk.toString('utf8')
      const found = /Mailverdict listens on (\S+)/.exec(output)?.[1]
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${output}`)))
  })
  return {
    child,
    url,
    output: () => output,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const exited = once(child, 'exit') as Promise<[number | null]>
      child.kill(signal)
      return (await exited)[0]
    }
  }
}

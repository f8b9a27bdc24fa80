#!/usr/bin/env node
/** `mailverdict COMMAND`: finds the command, runs it, and says in one sentence what went wrong. */
import { AppError } from '../errors.ts'
import type { Command, Terminal } from './command.ts'
import { simulate } from './simulate/command.ts'

const commands: Record<string, Command> = { simulate }

const interruption = new AbortController()
// Once: whoever asks a second time wants out at once.
process.once('SIGINT', () => interruption.abort())

// `… | head` closes the pipe; there is nobody left to print for.
process.stdout.on('error', () => process.exit())

const terminal: Terminal = {
  // biome-ignore lint/style/noProcessEnv: where the command line takes its environment from
  environment: process.env,
  print: (line) => process.stdout.write(`${line}\n`),
  interrupted: interruption.signal
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`mailverdict: ${explain(error)}\n`)
  process.exitCode = 1
}

async function main([name, ...args]: string[]): Promise<void> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    return terminal.print(usage())
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) {
    throw new AppError('request-invalid', `There is no command ${name}.\n\n${usage()}`)
  }
  await command.run(args, terminal)
}

function usage(): string {
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(12)}${summary}`
  )
  return `mailverdict COMMAND [options]\n\n${lines.join('\n')}\n\nmailverdict COMMAND --help says more.`
}

function explain(error: unknown): string {
  if (error instanceof AppError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

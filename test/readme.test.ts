/**
 * The README's commands, run as they stand there, in a fresh copy of what git holds: what a new user does
 * after `git clone`. They use port 8080, which must be free.
 */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { eventually } from './support/subscriber.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, text]) => text ?? ''
  )

/** Not run here: the suite itself, and what needs a container engine. */
const elsewhere = ['npm ci && npm test\n', 'docker compose up\n']

test('the commands of the README work as they stand', async () => {
  const [start, ...commands] = blocks('sh').filter((command) => !elsewhere.includes(command))
  expect(start).toBe('npm ci && npm start\n')
  const [expected] = blocks('json').map((text) => JSON.parse(text))
  const folder = freshCopy()
  const { CI, TEST_DATABASE_URL, ...environment } = process.env
  const service = spawn('sh', ['-c', start ?? ''], {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  service.stdout.on('data', (chunk) => (output += chunk))
  service.stderr.on('data', (chunk) => (output += chunk))
  try {
    for (let tries = 0; !output.includes('Mailverdict listens on'); tries++) {
      if (service.exitCode !== null || tries > 30) throw new Error(`it does not start: ${output}`)
      await eventually(() =>
        output.includes('Mailverdict listens on') || service.exitCode !== null ? true : undefined
      ).catch(() => {})
    }
    const answers: string[] = []
    for (const command of commands) {
      const { stdout } = await promisify(execFile)('sh', ['-c', command], {
        cwd: folder,
        env: environment
      })
      answers.push(stdout)
    }
    const [simulated, check, source] = answers
    expect(simulated).toContain('deny')
    expect(JSON.parse(check ?? '')).toMatchObject(withWildcards(expected))
    expect(JSON.parse(source ?? '')).toMatchObject({
      provider: 'postmark',
      webhook_path: expect.stringMatching(/^\/webhooks\/src_/)
    })
  } finally {
    if (service.exitCode === null && service.pid !== undefined) {
      const exited = once(service, 'exit')
      process.kill(-service.pid, 'SIGTERM')
      await exited
    }
    rmSync(folder, { recursive: true, force: true })
  }
}, 300_000)

/** What a clone would hold: tracked files, and new ones that git does not ignore. */
function freshCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailverdict-readme-'))
  const files = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: root,
      encoding: 'utf8'
    }
  )
  for (const file of files.split('\0').filter((name) => name !== '')) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(root, file), join(folder, file))
  }
  return folder
}

/** `…` in the README stands for any text. */
function withWildcards(value: unknown): never {
  if (typeof value === 'string') {
    if (!value.includes('…')) return value as never
    return expect.stringMatching(new RegExp(`^${value.replaceAll('…', '.+')}$`)) as never
  }
  if (Array.isArray(value)) return value.map(withWildcards) as never
  if (typeof value !== 'object' || value === null) return value as never
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, withWildcards(inner)])
  ) as never
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { bounce, postWebhook } from './support/postmark.ts'
import {
  adminKey,
  client,
  freshSettings,
  layPreparedDatabase,
  testDatabaseUrl
} from './support/service.ts'

const root = join(import.meta.dirname, '..')
const main = join(root, 'dist/main.js')

interface Started {
  process: ChildProcess
  /** What it has written so far to both outputs. */
  said: () => string
  /** Where it listens; rejects when it ends before it does. */
  url: () => Promise<string>
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string | null>
}

/** The built service in a process of its own, ended by its pid when the test is over. */
function start(
  settings: Record<string, string | undefined>,
  [command, ...args]: readonly [string, ...string[]] = [process.execPath, main]
): Started {
  const { PATH, HOME } = process.env
  const defined = Object.entries(settings).filter(([, value]) => value !== undefined)
  const child = spawn(command, args, {
    cwd: root,
    env: { PATH, HOME, ...Object.fromEntries(defined) },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let text = ''
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal)
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk
    })
  }
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    process: child,
    said: () => text,
    url: () =>
      new Promise((resolve, reject) => {
        const look = () => {
          const url = /listens on (http:\S+)/.exec(text)?.[1]
          if (url !== undefined && text.includes('curl')) resolve(url)
        }
        look()
        child.stdout.on('data', look)
        void ended.then((code) => reject(new Error(`ended with ${code}: ${text}`)))
      }),
    ended
  }
}

/** Settings that need nothing and touch nothing outside a folder of their own. */
function embeddedSettings(more: Record<string, string | undefined> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'mailverdict-start-'))
  const temporary = mkdtempSync(join(tmpdir(), 'mv-tmp-'))
  onTestFinished(() => {
    for (const path of [folder, temporary]) rmSync(path, { recursive: true, force: true })
  })
  return {
    PORT: '0',
    LOG_LEVEL: 'error',
    DATA_DIR: join(folder, 'data'),
    TMPDIR: temporary,
    POSTMARK_BASIC_AUTH: 'hook:s3cret:with-colon',
    ...more
  }
}

test('prints the address, where key and data are, and a command that works', {
  timeout: 120_000
}, async () => {
  const settings = embeddedSettings()
  const first = start(settings)
  const url = await first.url()
  const key = readFileSync(join(settings.DATA_DIR, 'admin-key'), 'utf8').trim()
  expect(first.said()).toContain(`admin key  in ${join(settings.DATA_DIR, 'admin-key')}`)
  expect(first.said()).toContain(settings.DATA_DIR)
  expect(first.said()).not.toContain(key)
  expect(statSync(join(settings.DATA_DIR, 'admin-key')).mode & 0o777).toBe(0o600)
  expect(statSync(join(settings.DATA_DIR, 'secrets-key')).mode & 0o777).toBe(0o600)
  const command = /^ {2}(curl .*)$/m.exec(first.said())?.[1] ?? ''
  const shell = spawn('sh', ['-c', command.replace('curl', 'curl -sS')])
  let answer = ''
  shell.stdout.on('data', (chunk) => {
    answer += chunk
  })
  await once(shell, 'close')
  expect(JSON.parse(answer)).toMatchObject({ email: 'ada@example.com', verdict: 'allow' })
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
})

test('refuses a second process on the same data before that touches anything, and finds its data on the next start', {
  timeout: 120_000
}, async () => {
  const settings = embeddedSettings()
  layPreparedDatabase(settings.DATA_DIR)
  const first = start(settings)
  const url = await first.url()
  expect((await postWebhook({ url }, bounce(1, 'ada@example.com'))).status).toBe(200)

  const before = listing(settings.DATA_DIR)
  const second = start(settings)
  expect(await second.ended).toBe(1)
  expect(second.said()).toMatch(
    new RegExp(
      `^Mailverdict cannot start\\. Another process \\(pid ${first.process.pid}\\) is using`
    )
  )
  expect(second.said().trim().split('\n')).toHaveLength(1)
  expect(listing(settings.DATA_DIR)).toEqual(before)
  expect((await fetch(`${url}/readyz`)).status).toBe(200)

  first.process.kill('SIGTERM')
  expect(await first.ended).toBe(0)
  expect(readdirSync(settings.TMPDIR)).toEqual([])
  expect(existsSync(join(settings.DATA_DIR, 'lock'))).toBe(false)
  const third = start(settings)
  expect(await verdictOf(await third.url(), settings.DATA_DIR)).toBe('deny')
})

test('starts at once after kill -9, with everything that was acknowledged', {
  timeout: 120_000
}, async () => {
  const settings = embeddedSettings()
  layPreparedDatabase(settings.DATA_DIR)
  const first = start(settings)
  const url = await first.url()
  expect((await postWebhook({ url }, bounce(1, 'ada@example.com'))).status).toBe(200)
  first.process.kill('SIGKILL')
  await first.ended
  expect(existsSync(join(settings.DATA_DIR, 'lock'))).toBe(true)
  const second = start(settings)
  expect(await verdictOf(await second.url(), settings.DATA_DIR)).toBe('deny')
  second.process.kill('SIGINT')
  expect(await second.ended).toBe(0)
})

test('ends cleanly on SIGTERM and SIGINT', { timeout: 120_000 }, async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const settings = { ...(await freshSettings()), TMPDIR: embeddedSettings().TMPDIR }
    const service = start(settings)
    await service.url()
    service.process.kill(signal)
    expect(await service.ended, signal).toBe(0)
    expect(readdirSync(settings.TMPDIR), signal).toEqual([])
  }
})

test('ends cleanly when npm, which started it, is told to', { timeout: 120_000 }, async () => {
  const settings = embeddedSettings()
  const service = start(settings, ['npm', 'start'])
  await service.url()
  expect(existsSync(join(settings.DATA_DIR, 'lock'))).toBe(true)
  service.process.kill('SIGTERM')
  await service.ended
  expect(existsSync(join(settings.DATA_DIR, 'lock'))).toBe(false)
})

test('names every wrong setting at once and ends with 1, without a secret', async () => {
  const { said, ended } = start(
    embeddedSettings({
      PORT: 'http',
      LOG_LEVEL: 'loud',
      ADMIN_API_KEY: 'hunter2',
      POSTMARK_BASIC_AUTH: 'hunter2',
      TRUST_PROXY: 'hunter2',
      SES_TOPIC_ARNS: 'hunter3'
    })
  )
  expect(await ended).toBe(1)
  const lines = said().trim().split('\n')
  expect(lines[0]).toBe('Mailverdict cannot start. The settings have mistakes.')
  for (const name of [
    'PORT',
    'LOG_LEVEL',
    'ADMIN_API_KEY',
    'POSTMARK_BASIC_AUTH',
    'TRUST_PROXY',
    'SES_TOPIC_ARNS'
  ]) {
    expect(lines.filter((line) => line.startsWith(`  - ${name}`))).toHaveLength(1)
  }
  expect(lines).toHaveLength(7)
  expect(said()).not.toContain('hunter2')
})

test('says in one sentence what is wrong with DATABASE_URL and ends with 1, without the password', {
  timeout: 120_000
}, async () => {
  const closed = await freePort()
  const stranger = net.createServer((socket) => socket.end('220 mail.example.com ESMTP\r\n'))
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void stranger.close())
  const strangerPort = (stranger.address() as AddressInfo).port
  const wrong: [url: string, why: RegExp][] = [
    [`postgres://user:hunter2@127.0.0.1:${closed}/db`, /no server listens/],
    [`postgres://user:hunter2@127.0.0.1:${strangerPort}/db`, /no PostgreSQL server/],
    ['postgres://user:hunter2@127.0.0.1:port/db', /not a valid URL/]
  ]
  if (testDatabaseUrl !== undefined) {
    const password = new URL(testDatabaseUrl)
    password.password = 'hunter2'
    const name = new URL(testDatabaseUrl)
    name.pathname = '/no_such_database'
    wrong.push([password.href, /user or password/], [name.href, /does not exist/])
  }
  for (const [DATABASE_URL, why] of wrong) {
    const { said, ended } = start({
      ...embeddedSettings(),
      DATABASE_URL,
      ADMIN_API_KEY: adminKey,
      SECRETS_KEY: Buffer.alloc(32, 7).toString('base64')
    })
    expect(await ended, said()).toBe(1)
    expect(said()).toMatch(why)
    expect(said().trim().split('\n'), said()).toHaveLength(1)
    expect(said()).not.toContain('hunter2')
    expect(said()).not.toContain(new URL(testDatabaseUrl ?? 'x://x:no-password@x').password)
  }
})

test('says which port is taken and ends with 1', { timeout: 120_000 }, async () => {
  const other = net.createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const PORT = `${(other.address() as AddressInfo).port}`
  const { said, ended } = start({ ...(await freshSettings()), PORT })
  expect(await ended).toBe(1)
  expect(said()).toMatch(
    /^Mailverdict cannot start\. Cannot listen on 127\.0\.0\.1:\d+: another program/
  )
})

// On the embedded database only one process may run; that is tested above.
if (testDatabaseUrl !== undefined) {
  test('three processes that start at once on one new database all come up', {
    timeout: 120_000
  }, async () => {
    const settings = await freshSettings()
    const services = [1, 2, 3].map(() => start(settings))
    const urls = await Promise.all(services.map((service) => service.url()))
    expect((await postWebhook({ url: urls[0]! }, bounce(1, 'ada@example.com'))).body.accepted).toBe(
      1
    )
    expect(
      (await postWebhook({ url: urls[1]! }, bounce(1, 'ada@example.com'))).body.duplicates
    ).toBe(1)
    const response = await fetch(`${urls[2]}/suppressions?email=ada@example.com`, {
      headers: { authorization: `Bearer ${adminKey}` }
    })
    expect(await response.json()).toMatchObject({ verdict: 'deny' })
  })
}

async function verdictOf(url: string, dataDir: string): Promise<string> {
  const key = readFileSync(join(dataDir, 'admin-key'), 'utf8').trim()
  const call = client({ url }, key)
  return (await call('GET', '/suppressions?email=ada@example.com')).body.verdict
}

/** Names, and where nothing writes by itself, sizes. */
function listing(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const { size, ino } = statSync(join(folder, entry.name))
    return entry.isFile() ? `${entry.name} ${size} ${ino}` : `${entry.name} ${ino}`
  })
}

async function freePort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

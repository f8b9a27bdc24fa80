import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { simulate } from '../../src/cli/simulate/command.ts'
import { simulators } from '../../src/cli/simulate/index.ts'
import { providerNames } from '../../src/events/event.ts'
import { key, PretendService } from './pretend-service.ts'

let service: PretendService

beforeEach(async () => {
  service = new PretendService()
  await service.open()
})
afterEach(() => service.close())

test.for([
  ['ses.bounce', 'simulator (ses)'],
  ['sendgrid.dropped', 'simulator (sendgrid)'],
  ['postmark.hard-bounce', 'simulator (postmark)'],
  ['mailgun.failed-permanent', 'simulator (mailgun)']
] as const)('posts %s through a source of its own and removes it', async ([event, name]) => {
  const printed = await run([event, '--to', 'ada+1@example.org'])
  expect(service.recipients).toEqual(['ada+1@example.org'])
  expect(service.everySource.map((source) => source.name)).toEqual([name])
  expect([...service.sources]).toEqual([])
  expect(printed[0]).toBe('POST /webhooks/src_1: 200 {"accepted":1,"duplicates":0,"quarantined":0}')
  expect(printed.slice(1).join('\n')).toBe(
    [
      'ada+1@example.org',
      '  verdict     deny',
      '  suppressed  yes',
      '  reason      unknown_mailbox',
      '  decision    dec_1',
      '  entry       all: unknown_mailbox, until 2027-08-30T09:00:00.000Z'
    ].join('\n')
  )
})

test('posts many, to numbered addresses where the address says so', async () => {
  const printed = await run(['mailgun.delivered', '--to', 'u{n}@example.org', '--count', '40'])
  const expected = Array.from({ length: 40 }, (_, index) => `u${index + 1}@example.org`)
  expect(service.recipients.toSorted()).toEqual(expected.toSorted())
  expect(printed.slice(0, 2)).toEqual([
    '40 answered 200',
    '40 accepted, 0 duplicates, 0 quarantined'
  ])
  expect([...service.sources]).toEqual([])
})

test('keeps to the rate', async () => {
  const started = performance.now()
  await run(['postmark.delivery', '--to', 'ada@example.org', '--count', '5', '--rate', '50'])
  expect(service.arrivals).toHaveLength(5)
  // The fifth is due 80 ms after the first; a slow machine only makes it later.
  expect((service.arrivals.at(-1) ?? 0) - started).toBeGreaterThan(78)
})

test('stops when interrupted and still removes its source', async () => {
  const interruption = new AbortController()
  const options = ['--to', 'ada@example.org', '--count', '1000', '--rate', '20']
  const running = run(['mailgun.opened', ...options], { interrupted: interruption.signal })
  while (service.recipients.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  interruption.abort()
  await running
  expect(service.recipients.length).toBeLessThan(1000)
  expect([...service.sources]).toEqual([])
})

test('says when the service does not take a webhook, and removes its source', async () => {
  service.refuses = 503
  await expect(run(['ses.send', '--to', 'ada@example.org'])).rejects.toThrow(
    'The service did not take 1 of 1 webhooks.'
  )
  await expect(run(['mailgun.opened', '--to', 'ada@example.org', '--count', '3'])).rejects.toThrow(
    'The service did not take 3 of 3 webhooks.'
  )
  expect([...service.sources]).toEqual([])
})

test('takes the address of the service and the key from the environment', async () => {
  const environment = { MAILVERDICT_URL: `${service.url}/`, MAILVERDICT_API_KEY: key }
  await run(['mailgun.opened', '--to', 'ada@example.org'], { environment, bare: true })
  expect(service.recipients).toEqual(['ada@example.org'])
})

test("takes the key from the service's own folder", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailverdict-cli-'))
  try {
    writeFileSync(join(folder, 'admin-key'), `${key}\n`)
    const environment = { MAILVERDICT_URL: service.url, DATA_DIR: folder }
    await run(['mailgun.opened', '--to', 'ada@example.org'], { environment, bare: true })
    expect(service.recipients).toEqual(['ada@example.org'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('says what to do about a key that is wrong or missing', async () => {
  const args = ['mailgun.opened', '--to', 'ada@example.org', '--url', service.url]
  await expect(run([...args, '--key', 'mv_wrong'], { bare: true })).rejects.toThrow(
    /does not take this key .*MAILVERDICT_API_KEY/
  )
  const environment = { DATA_DIR: join(tmpdir(), 'mailverdict-no-such-folder') }
  await expect(run(args, { environment, bare: true })).rejects.toThrow(
    /There is no key: pass --key/
  )
})

test('says when nothing answers', async () => {
  await service.close()
  await expect(run(['mailgun.opened', '--to', 'ada@example.org'])).rejects.toThrow(
    /Nothing answers at http:\/\/127\.0\.0\.1:\d+\. Start the service/
  )
  await service.open()
})

test.for([
  [
    ['mailgun.failed', '--to', 'a@b.example'],
    /no event mailgun\.failed\. [\s\S]*mailgun\.failed-permanent/
  ],
  [['mailgun.toString', '--to', 'a@b.example'], /no event mailgun\.toString/],
  [['acme.bounce', '--to', 'a@b.example'], /no event acme\.bounce[\s\S]*ses\.bounce/],
  [['bounce', '--to', 'a@b.example'], /no event bounce/],
  [[], /Name one event/],
  [['ses.bounce', 'ses.send', '--to', 'a@b.example'], /Name one event/],
  [['ses.bounce'], /--to/],
  [['ses.bounce', '--to', 'nobody'], /--to/],
  [['ses.bounce', '--to', 'a@b.example', '--count', '0'], /--count takes a whole number/],
  [['ses.bounce', '--to', 'a@b.example', '--count', '1.5'], /--count takes a whole number/],
  [['ses.bounce', '--to', 'a@b.example', '--rate', 'fast'], /--rate takes a number/],
  [['ses.bounce', '--to', 'a@b.example', '--url', 'ftp://x'], /ftp:\/\/x is no URL/],
  [['ses.bounce', '--to', 'a@b.example', '--loud'], /--loud/]
] as const)('refuses %j in words that help', async ([args, words]) => {
  await expect(run([...args], { bare: args.some((arg) => arg === '--url') })).rejects.toThrow(words)
  expect(service.everySource).toEqual([])
})

test('lists every event of every provider', async () => {
  const expected = providerNames.flatMap((name) =>
    Object.keys(simulators[name].events).map((event) => `${name}.${event}`)
  )
  expect(await run(['--list'])).toEqual(expected)
  expect(expected).toContain('ses.delivery-delay')
  expect(expected).toContain('postmark.subscription-change')
})

test.for([
  [['--help'], 0, /simulate +Post signed/, ''],
  [['simulate', '-h'], 0, /--to ADDRESS/, ''],
  [['simulate', '--list'], 0, /^mailgun\.failed-permanent$/m, ''],
  [['dance'], 1, /^$/, /^mailverdict: There is no command dance\./],
  [['simulate', 'ses.bounce'], 1, /^$/, /^mailverdict: Say whom the event is about/]
] as const)('the program answers %j with status %i', async ([args, code, out, err]) => {
  const program = join(import.meta.dirname, '../../src/cli/main.ts')
  const [status, stdout, stderr] = await new Promise<[number, string, string]>((resolve) => {
    const all = ['--import', 'tsx', program, ...args]
    const child = execFile(process.execPath, all, (_, stdout, stderr) => {
      resolve([child.exitCode ?? -1, stdout, stderr])
    })
  })
  expect(status).toBe(code)
  expect(stdout).toMatch(out)
  expect(stderr).toMatch(err)
})

async function run(
  args: string[],
  given: {
    environment?: Record<string, string>
    interrupted?: AbortSignal
    /** Without `--url` and `--key` of the pretended service. */
    bare?: boolean
  } = {}
): Promise<string[]> {
  const printed: string[] = []
  const reach = given.bare ? [] : ['--url', service.url, '--key', key]
  await simulate.run([...args, ...reach], {
    environment: given.environment ?? {},
    print: (line) => printed.push(line),
    interrupted: given.interrupted ?? new AbortController().signal
  })
  return printed
}

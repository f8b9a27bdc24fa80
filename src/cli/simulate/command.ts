import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { AppError } from '../../errors.ts'
import { type ProviderName, providerNames } from '../../events/event.ts'
import type { Command, Terminal } from '../command.ts'
import { type Answer, fieldIn, findService, type Service, textIn } from '../service.ts'
import { type Builder, type SimulatedAccount, simulators } from './index.ts'

const help = `mailverdict simulate PROVIDER.EVENT --to ADDRESS [options]
mailverdict simulate --list

Makes a webhook as the provider would, signs it as the provider signs, and posts it to a running
service. It makes a source for itself and removes it at the end; what the events caused stays.

  --to ADDRESS   whom the event is about; {n} in it becomes the number of the event
  --count N      how many events (1)
  --rate R       at most R a second (as fast as they are answered)
  --url URL      where the service is (MAILVERDICT_URL, or http://127.0.0.1:8080)
  --key KEY      a key with the scope admin (MAILVERDICT_API_KEY, or DATA_DIR/admin-key)
  --list         every PROVIDER.EVENT there is`

export const simulate: Command = {
  summary: 'Post signed provider webhooks to a service',
  help,
  async run(args, terminal) {
    const options = readOptions(args)
    if (options === 'help') return terminal.print(help)
    if (options === 'list') return list(terminal)
    const service = findService(options, terminal)
    await withSource(service, options.provider, async (path, account) => {
      if (options.count === 1) await postOne(service, path, account, options, terminal)
      else await postMany(service, path, account, options, terminal)
    })
  }
}

interface Options {
  provider: ProviderName
  build: Builder
  to: string
  count: number
  rate: number
  url: string | undefined
  key: string | undefined
}

function readOptions(args: string[]): Options | 'help' | 'list' {
  const { values, positionals } = parsed(args)
  if (values.help) return 'help'
  if (values.list) return 'list'
  const [name, ...more] = positionals
  if (name === undefined || more.length > 0) {
    throw invalid('Name one event, for instance mailgun.failed-permanent; --list shows them all.')
  }
  const found = eventNamed(name)
  if (values.to === undefined || !/^[^@]+@[^@]+$/.test(values.to.trim())) {
    throw invalid('Say whom the event is about: --to ada@example.com')
  }
  return {
    ...found,
    to: values.to.trim(),
    count: positive('--count', values.count ?? '1', true),
    rate: values.rate === undefined ? Number.POSITIVE_INFINITY : positive('--rate', values.rate),
    url: values.url,
    key: values.key
  }
}

function parsed(args: string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const options = {
    to: text,
    count: text,
    rate: text,
    url: text,
    key: text,
    list: flag,
    help: { ...flag, short: 'h' }
  } as const
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause))
  }
}

function positive(option: string, text: string, whole = false): number {
  const number = /^\d{1,9}(?:\.\d{1,6})?$/.test(text) ? Number(text) : 0
  if (number > 0 && (!whole || Number.isInteger(number))) return number
  throw invalid(`${option} takes a ${whole ? 'whole ' : ''}number above 0.`)
}

function invalid(detail: string): AppError {
  return new AppError('request-invalid', detail)
}

function eventNamed(name: string): { provider: ProviderName; build: Builder } {
  const dot = name.indexOf('.')
  const provider = providerNames.find((candidate) => candidate === name.slice(0, dot))
  const events = provider && simulators[provider].events
  const event = name.slice(dot + 1)
  const build = events && Object.hasOwn(events, event) ? events[event] : undefined
  if (provider && build) return { provider, build }
  const known = provider ? namesOf(provider) : providerNames.flatMap(namesOf)
  throw invalid(`There is no event ${name}. There are:\n  ${known.join('\n  ')}`)
}

function namesOf(provider: ProviderName): string[] {
  return Object.keys(simulators[provider].events).map((event) => `${provider}.${event}`)
}

function list({ print }: Terminal): void {
  for (const name of providerNames.flatMap(namesOf)) print(name)
}

/** Makes a source with keys made for it alone, and removes it whatever happens in between. */
async function withSource(
  service: Service,
  provider: ProviderName,
  use: (path: string, account: SimulatedAccount) => Promise<void>
): Promise<void> {
  const account = simulators[provider].keys()
  const { credentials } = account
  const source = { name: `simulator (${provider})`, provider, credentials }
  const id = textIn(await service.ask('POST', '/sources', source), 'id')
  if (id === null) throw invalid(`What answers at ${service.url} is not Mailverdict.`)
  const at = encodeURIComponent(id)
  try {
    await use(`/webhooks/${at}`, account)
  } finally {
    await service.ask('DELETE', `/sources/${at}`)
  }
}

async function postOne(
  service: Service,
  path: string,
  account: SimulatedAccount,
  options: Options,
  { print }: Terminal
): Promise<void> {
  const answer = await postNumber(1, service, path, account, options)
  print(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  if (answer.status !== 200) throw failure(1, 1)
  const address = addressOf(options, 1)
  const check = await service.ask('GET', `/suppressions?email=${encodeURIComponent(address)}`)
  for (const line of verdictLines(check)) print(line)
}

/** What the check before sending now says, for a reader. */
function verdictLines(check: unknown): string[] {
  const reason = textIn(check, 'reason')
  const lines = [
    ['verdict', textIn(check, 'verdict')],
    ['suppressed', fieldIn(check, 'suppressed') === true ? 'yes' : 'no'],
    ['reason', reason],
    ['not before', textIn(check, 'not_before')],
    ['decision', textIn(check, 'decision_id')]
  ]
  const entries = fieldIn(check, 'data')
  for (const entry of Array.isArray(entries) ? entries : []) {
    const expiry = textIn(entry, 'expires_at')
    const until = expiry === null ? 'for good' : `until ${expiry}`
    lines.push(['entry', `${textIn(entry, 'scope')}: ${textIn(entry, 'reason')}, ${until}`])
  }
  return [
    String(textIn(check, 'email')),
    ...lines.flatMap(([name, value]) => (value ? [`  ${name?.padEnd(12)}${value}`] : []))
  ]
}

/** How many posts wait for their answer at the same time. */
const lanes = 16

async function postMany(
  service: Service,
  path: string,
  account: SimulatedAccount,
  options: Options,
  { print, interrupted }: Terminal
): Promise<void> {
  const { count, rate } = options
  const tally = new Tally()
  const started = performance.now()
  let next = 0
  const lane = async () => {
    while (next < count && !interrupted.aborted) {
      const n = ++next
      const due = started + ((n - 1) / rate) * 1000
      const wait = due - performance.now()
      if (wait > 0 && !(await slept(wait, interrupted))) return
      const sent = performance.now()
      const answer = await postNumber(n, service, path, account, options)
      tally.add(answer, performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanes, count) }, lane))
  for (const line of tally.lines((performance.now() - started) / 1000)) print(line)
  if (tally.failed > 0) throw failure(tally.failed, tally.answered)
}

/** False if the user interrupted. */
async function slept(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(milliseconds, undefined, { signal })
    return true
  } catch {
    return false
  }
}

function postNumber(
  n: number,
  service: Service,
  path: string,
  account: SimulatedAccount,
  options: Options
): Promise<Answer> {
  const now = new Date()
  const { headers, body } = account.sign(options.build(addressOf(options, n), now, n), now)
  return service.post(path, headers, body)
}

function addressOf({ to }: Options, n: number): string {
  return to.replaceAll('{n}', String(n))
}

function failure(failed: number, all: number): AppError {
  return invalid(`The service did not take ${failed} of ${all} webhooks.`)
}

/** Counts answers and how long they took. */
class Tally {
  private readonly statuses = new Map<number, number>()
  private readonly sums = { accepted: 0, duplicates: 0, quarantined: 0 }
  private readonly times: number[] = []
  failed = 0

  get answered(): number {
    return this.times.length
  }

  add(answer: Answer, milliseconds: number): void {
    this.times.push(milliseconds)
    this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1)
    if (answer.status !== 200) this.failed++
    for (const name of ['accepted', 'duplicates', 'quarantined'] as const) {
      const count = fieldIn(answer.body, name)
      if (typeof count === 'number') this.sums[name] += count
    }
  }

  lines(seconds: number): string[] {
    const sorted = this.times.toSorted((a, b) => a - b)
    const at = (share: number) =>
      (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1)
    const statuses = [...this.statuses].map(([status, count]) => `${count} answered ${status}`)
    const { accepted, duplicates, quarantined } = this.sums
    return [
      statuses.join(', ') || 'nothing was sent',
      `${accepted} accepted, ${duplicates} duplicates, ${quarantined} quarantined`,
      `${(this.answered / seconds).toFixed(0)} a second; half within ${at(0.5)} ms, 99 % within ${at(0.99)} ms`
    ]
  }
}

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { idOf } from '../../src/events/identity.ts'
import { defaultSchedule } from '../../src/outbound/backoff.ts'
import { type DeliveryOptions, DeliveryWorker, judge } from '../../src/outbound/deliver.ts'
import { createDispatcher, type Outcome } from '../../src/outbound/send.ts'
import { newSecret } from '../../src/outbound/sign.ts'
import { Database } from '../../src/store/database.ts'
import {
  type DeliveryFilter,
  type ListedDelivery,
  listAttempts,
  listDeliveries
} from '../../src/store/queries/deliveries.ts'
import { createVault } from '../../src/store/secrets.ts'

const log = pino({ level: 'silent' })
const vault = createVault(randomBytes(32).toString('base64'))
const dispatcher = createDispatcher({ allowHttp: true, allow: ['127.0.0.0/8'] })
let folder: string
let database: Database
let workers: DeliveryWorker[] = []
let servers: Server[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailverdict-test-'))
  database = await Database.open({ dataDir: folder }, log)
}, 60_000)

afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  workers = []
  servers = []
  await database.run(
    (sql) => sql`truncate endpoints, endpoint_secrets, deliveries, delivery_history,
      delivery_attempts, events`
  )
})

afterAll(async () => {
  await dispatcher.destroy()
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

test('an event is posted once, byte for byte as stored and signed with every valid secret', async () => {
  const [current, former, expired] = [newSecret(), newSecret(), newSecret()]
  const receiver = await listen(() => 204)
  await addEndpoint('ep_1', receiver.url, [
    { secret: current, age: '0 s' },
    { secret: former, age: '1 day', left: '1 hour' },
    { secret: expired, age: '2 days', left: '-1 s' }
  ])
  // Spacing and escapes that any rewriting would lose.
  const document = '{ "type": "email.bounced",  "data": {"note":"caf\\u00e9 é", "n": 1.0}}'
  const eventId = await queue('ep_1', document)
  startWorker()

  const history = await finished(1)
  expect(history).toEqual([{ event_id: eventId, outcome: 'delivered', attempts: 1 }])
  expect(receiver.requests).toHaveLength(1)
  const [request] = receiver.requests
  expect(request!.body).toBe(document)
  expect(request!.headers).toMatchObject({
    'content-type': 'application/json',
    'accept-encoding': 'identity',
    'user-agent': expect.stringMatching(/^mailverdict\/\d+\.\d+\.\d+$/),
    'webhook-id': `msg_${eventId.slice(4)}`
  })
  expect(verifies(current, request!)).toBe(true)
  expect(verifies(former, request!)).toBe(true)
  expect(verifies(expired, request!)).toBe(false)
  expect(request!.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
  expect(await attempts()).toEqual([
    { attempt: 1, status: 204, error_class: null, response_excerpt: null }
  ])
  expect(await queued()).toEqual([])
})

test('after a 500 the same message is sent again with a time of its own', async () => {
  const secret = newSecret()
  const answers = [500, 200]
  const receiver = await listen(() => answers.shift() ?? 200, 'not\0 now')
  await addEndpoint('ep_1', receiver.url, [{ secret }])
  await queue('ep_1')
  const worker = startWorker({ schedule: [0, 3600] })

  await vi.waitFor(async () => expect(await attempts()).toHaveLength(1), waiting)
  const [row] = await queued()
  expect(row).toMatchObject({ attempts: 1, leased: false })
  expect(row!.seconds).toBeGreaterThan(2_800)
  expect(row!.seconds).toBeLessThan(4_400)
  // Timestamps are whole seconds; once the row is due the worker's own poll may take it at any moment.
  await new Promise((resolve) => setTimeout(resolve, 1_050))
  await database.run((sql) => sql`update deliveries set next_attempt_at = now()`)
  worker.wake()

  expect(await finished(1)).toMatchObject([{ outcome: 'delivered', attempts: 2 }])
  const [first, second] = receiver.requests
  expect(receiver.requests).toHaveLength(2)
  expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id'])
  expect(Number(second!.headers['webhook-timestamp'])).toBeGreaterThan(
    Number(first!.headers['webhook-timestamp'])
  )
  expect(verifies(secret, first!)).toBe(true)
  expect(verifies(secret, second!)).toBe(true)
  expect(await attempts()).toEqual([
    { attempt: 1, status: 500, error_class: null, response_excerpt: 'not now' },
    { attempt: 2, status: 200, error_class: null, response_excerpt: null }
  ])
})

test('when the schedule is used up the delivery is exhausted', async () => {
  const receiver = await listen(() => 500)
  await addEndpoint('ep_1', receiver.url, [{ secret: newSecret() }])
  await queue('ep_1')
  startWorker({ schedule: [0, 0, 0] })

  expect(await finished(1)).toMatchObject([{ outcome: 'exhausted', attempts: 3 }])
  expect((await attempts()).map(({ attempt }) => attempt)).toEqual([1, 2, 3])
})

test('two workers on one database post each event once', async () => {
  const receiver = await listen(() => 200)
  await addEndpoint('ep_1', receiver.url, [{ secret: newSecret() }])
  await addEndpoint('ep_2', receiver.url, [{ secret: newSecret() }])
  const ids: string[] = []
  for (let n = 0; n < 20; n++) ids.push(await queue('ep_1'), await queue('ep_2'))
  startWorker()
  startWorker()

  expect(await finished(40)).toHaveLength(40)
  expect(receiver.requests.map(({ headers }) => headers['webhook-id']).sort()).toEqual(
    ids.map((id) => `msg_${id.slice(4)}`).sort()
  )
})

test('rows of a dead worker are taken over when its lease ends, and not before', async () => {
  const receiver = await listen(() => 200)
  await addEndpoint('ep_1', receiver.url, [{ secret: newSecret() }])
  const lapsed = await queue('ep_1')
  const held = await queue('ep_1')
  const lease = (event: string, offset: string) =>
    database.run(
      (sql) => sql`update deliveries
        set lease_token = 'dead', lease_until = now() + ${offset}::text::interval
        where event_id = ${event}::text`
    )
  await lease(lapsed, '-1 s')
  await lease(held, '1 hour')
  startWorker()

  expect(await finished(1)).toMatchObject([{ event_id: lapsed }])
  expect(receiver.requests).toHaveLength(1)
  expect(await queued()).toMatchObject([{ event_id: held, leased: true }])
})

test('a worker that lost its lease records nothing', async () => {
  const receiver = await listen(async () => {
    await database.run((sql) => sql`update deliveries set lease_token = 'another'`)
    return 200
  })
  await addEndpoint('ep_1', receiver.url, [{ secret: newSecret() }])
  await queue('ep_1')
  const worker = startWorker()

  await vi.waitFor(() => expect(receiver.requests).toHaveLength(1), waiting)
  await worker.stop()
  expect(await attempts()).toEqual([])
  expect(await finished(0)).toEqual([])
  expect(await queued()).toMatchObject([{ attempts: 0, leased: true }])
})

test('410 disables the endpoint and moves its queue to the history', async () => {
  const receiver = await listen(() => 410)
  const healthy = await listen(() => 200)
  await addEndpoint('ep_gone', receiver.url, [{ secret: newSecret() }])
  await addEndpoint('ep_well', healthy.url, [{ secret: newSecret() }])
  for (let n = 0; n < 8; n++) await queue('ep_gone')
  await queue('ep_well')
  startWorker({ perEndpoint: 1 })

  const history = await finished(9)
  expect(history.filter(({ outcome }) => outcome === 'skipped')).toHaveLength(8)
  expect(history.filter(({ outcome }) => outcome === 'delivered')).toHaveLength(1)
  expect(receiver.requests).toHaveLength(1)
  expect(await queued()).toEqual([])
  const [gone] = await database.run(
    (sql) => sql`select status, status_detail from endpoints where id = 'ep_gone'`
  )
  expect(gone).toMatchObject({ status: 'disabled', status_detail: expect.stringContaining('410') })
})

test('429 holds the whole endpoint for a minute at least', async () => {
  const receiver = await listen(() => 429)
  await addEndpoint('ep_1', receiver.url, [{ secret: newSecret() }])
  for (let n = 0; n < 3; n++) await queue('ep_1')
  const worker = startWorker({ perEndpoint: 1 })

  await vi.waitFor(async () => expect(await attempts()).toHaveLength(1), waiting)
  const [endpoint] = await database.run(
    (sql) => sql<{ status: string; seconds: number }[]>`
      select status, extract(epoch from held_until - now())::float8 as seconds from endpoints`
  )
  expect(endpoint!.status).toBe('active')
  expect(endpoint!.seconds).toBeGreaterThan(50)
  expect(endpoint!.seconds).toBeLessThanOrEqual(60)
  await worker.stop()
  expect(receiver.requests).toHaveLength(1)
})

test('rows leased ahead are given back untouched when the endpoint asks for peace', async () => {
  let answer: (status: number) => void = () => {}
  const receiver = await listen(() =>
    receiver.requests.length === 1 ? 200 : new Promise<number>((resolve) => (answer = resolve))
  )
  await addEndpoint('ep_1', receiver.url, [{ secret: newSecret() }])
  for (let n = 0; n < 6; n++) await queue('ep_1')
  startWorker({ perEndpoint: 1 })
  const leased = async () => (await queued()).filter((row) => row.leased).length
  await vi.waitFor(async () => {
    expect(receiver.requests).toHaveLength(2)
    expect(await leased()).toBe(2)
  }, waiting)

  answer(503)
  await vi.waitFor(async () => expect(await leased()).toBe(0), waiting)
  const rows = await queued()
  expect(rows.map((row) => row.attempts).sort()).toEqual([0, 0, 0, 0, 1])
  expect(rows.filter((row) => row.seconds <= 0)).toHaveLength(4)
  expect(await attempts()).toHaveLength(2)
})

test('an endpoint that never answers does not hold up another', async () => {
  const dead = await listen(() => new Promise<number>(() => {}))
  const healthy = await listen(() => 200)
  await addEndpoint('ep_dead', dead.url, [{ secret: newSecret() }], 5_000)
  await addEndpoint('ep_well', healthy.url, [{ secret: newSecret() }])
  for (let n = 0; n < 30; n++) await queue('ep_dead')
  for (let n = 0; n < 30; n++) await queue('ep_well')
  startWorker()

  const history = await finished(30)
  expect(history.every(({ outcome }) => outcome === 'delivered')).toBe(true)
  expect(healthy.requests).toHaveLength(30)
  // Its first five are still waiting for an answer.
  expect(dead.requests).toHaveLength(5)
  dead.close()
})

test('more dead endpoints than places cannot keep a healthy one waiting', async () => {
  const dead = await listen(() => new Promise<number>(() => {}))
  const healthy = await listen(() => 200)
  for (let n = 0; n < 4; n++) {
    await addEndpoint(`ep_dead${n}`, dead.url, [{ secret: newSecret() }], 300)
    for (let m = 0; m < 20; m++) await queue(`ep_dead${n}`)
  }
  // Ten places, which the four dead ones take at first; each keeps one of them after its first failure.
  startWorker({ total: 10 })
  await vi.waitFor(async () => expect((await attempts()).length).toBeGreaterThan(10), waiting)
  await addEndpoint('ep_well', healthy.url, [{ secret: newSecret() }])
  for (let n = 0; n < 10; n++) await queue('ep_well')

  const history = await finished(10)
  expect(history.every(({ outcome }) => outcome === 'delivered')).toBe(true)
  expect((await queued()).length).toBe(80)
})

test('tenants are served alike, also one made while the worker runs', async () => {
  const receiver = await listen(() => 200)
  await addEndpoint('ep_1', receiver.url, [{ secret: newSecret() }])
  const worker = startWorker()
  await queue('ep_1')
  worker.wake()
  expect(await finished(1)).toHaveLength(1)

  await database.run(async (sql) => {
    await sql`insert into tenants (tenant_id, name, feed_epoch) values ('other', 'Other', '1')`
    await sql`update endpoints set tenant_id = 'other'`
    await sql`update endpoint_secrets set tenant_id = 'other'`
  })
  const event = await queue('ep_1', '{"of":"other"}', 'other')
  expect(await finished(2)).toContainEqual({ event_id: event, outcome: 'delivered', attempts: 1 })
  expect(receiver.requests.at(-1)?.body).toBe('{"of":"other"}')
  await database.run((sql) => sql`delete from tenants where tenant_id = 'other'`)
})

test('a paused or held endpoint is left alone', async () => {
  const receiver = await listen(() => 200)
  await addEndpoint('ep_paused', receiver.url, [{ secret: newSecret() }])
  await addEndpoint('ep_held', receiver.url, [{ secret: newSecret() }])
  await addEndpoint('ep_well', receiver.url, [{ secret: newSecret() }])
  await database.run(async (sql) => {
    await sql`update endpoints set status = 'paused' where id = 'ep_paused'`
    await sql`update endpoints set held_until = now() + interval '1 hour' where id = 'ep_held'`
  })
  await queue('ep_paused')
  await queue('ep_held')
  const event = await queue('ep_well')
  startWorker()

  expect(await finished(1)).toMatchObject([{ event_id: event }])
  expect(await queued()).toMatchObject([{ attempts: 0 }, { attempts: 0 }])
})

test('a secret that cannot be read costs the subscriber no attempt', async () => {
  const receiver = await listen(() => 200)
  await addEndpoint('ep_1', receiver.url, [{ secret: newSecret() }])
  await addEndpoint('ep_2', receiver.url, [{ secret: newSecret() }])
  await database.run(
    (sql) => sql`update endpoint_secrets set secret = '\\x01' where endpoint_id = 'ep_1'`
  )
  await queue('ep_1')
  await queue('ep_2')
  startWorker()

  expect(await finished(1)).toMatchObject([{ outcome: 'delivered' }])
  await vi.waitFor(
    async () => expect(await queued()).toMatchObject([{ attempts: 0, leased: true }]),
    waiting
  )
  expect(await attempts()).toHaveLength(1)
  expect(receiver.requests).toHaveLength(1)
})

test('stop waits for the attempt under way and records it', async () => {
  let answer: (status: number) => void = () => {}
  const receiver = await listen(() => new Promise<number>((resolve) => (answer = resolve)))
  await addEndpoint('ep_1', receiver.url, [{ secret: newSecret() }])
  await queue('ep_1')
  const worker = startWorker()
  await vi.waitFor(() => expect(receiver.requests).toHaveLength(1), waiting)

  const stopped = worker.stop()
  answer(200)
  await stopped
  expect(await finished(1)).toMatchObject([{ outcome: 'delivered' }])
})

test('queue and history are read as one list, page by page', async () => {
  const well = await listen(() => 200)
  const ill = await listen(() => 500)
  await addEndpoint('ep_well', well.url, [{ secret: newSecret() }])
  await addEndpoint('ep_ill', ill.url, [{ secret: newSecret() }])
  for (let n = 0; n < 4; n++) await queue('ep_well')
  for (let n = 0; n < 3; n++) await queue('ep_ill')
  startWorker({ schedule: [0, 3600] })
  await vi.waitFor(async () => expect(await attempts()).toHaveLength(7), waiting)
  const list = (...[filter, after, limit]: [DeliveryFilter, [string, string] | null, number]) =>
    database.run((sql) => listDeliveries(sql, 'default', filter, after, limit))

  const seen: string[] = []
  let after: [string, string] | null = null
  for (;;) {
    const page: ListedDelivery[] = await list({}, after, 2)
    const last = page.at(-1)
    if (last === undefined) break
    seen.push(...page.map((row) => `${row.endpoint_id} ${row.outcome} ${row.attempts}`))
    after = [last.position, last.id]
  }
  expect(seen.toSorted()).toEqual([
    ...Array(3).fill('ep_ill queued 1'),
    ...Array(4).fill('ep_well delivered 1')
  ])
  expect(await list({ outcome: 'queued' }, null, 10)).toHaveLength(3)
  expect(await list({ outcome: 'delivered' }, null, 10)).toHaveLength(4)
  expect(await list({ endpoint_id: 'ep_ill', outcome: 'delivered' }, null, 10)).toHaveLength(0)
  const [ill1] = await list({ endpoint_id: 'ep_ill' }, null, 10)
  expect(ill1).toMatchObject({ finished_at: null, next_attempt_at: expect.any(String) })
  expect(await database.run((sql) => listAttempts(sql, 'default', ill1!.id))).toMatchObject([
    { attempt: 1, status: 500, error_class: null }
  ])
  expect(await database.run((sql) => listAttempts(sql, 'other', ill1!.id))).toHaveLength(0)
})

const facts = {
  durationMs: 12.4,
  address: '192.0.2.1',
  timings: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null }
}
const refused = (status: number, retryAfterSeconds: number | null = null): Outcome => ({
  ...facts,
  kind: 'refused',
  status,
  retryAfterSeconds,
  excerpt: Buffer.from(''),
  bodyError: null
})

test.for([
  [429, null, 60],
  [429, 10, 60],
  [429, 600, 600],
  [502, null, 5],
  [503, 120, 120],
  [504, null, 5],
  [500, 120, null],
  [404, null, null],
  [301, null, null]
] as const)(
  'status %i with Retry-After %s holds the endpoint %s s',
  ([status, retryAfter, held]) => {
    const judged = judge(refused(status, retryAfter), 1, defaultSchedule, 0.5)
    expect(judged.hold_ms).toBe(held === null ? null : held * 1000)
    expect(judged.outcome).toBe(null)
    expect(judged.delay_ms).toBeGreaterThanOrEqual(Math.max(5, retryAfter ?? 0, held ?? 0) * 1000)
  }
)

test('a forbidden target waits an hour, and a fault of our own is no attempt', () => {
  const failed = (errorClass: 'blocked' | 'local'): Outcome => ({
    ...facts,
    kind: 'failed',
    errorClass,
    detail: ''
  })
  expect(judge(failed('blocked'), 1, defaultSchedule, 0).delay_ms).toBe(3_600_000)
  expect(judge(failed('local'), 1, defaultSchedule, 0)).toMatchObject({
    outcome: null,
    delay_ms: 30_000,
    duration_ms: null
  })
})

const waiting = { timeout: 10_000, interval: 30 }

interface Received {
  headers: IncomingHttpHeaders
  body: string
}

async function listen(answer: () => number | Promise<number>, text = '') {
  const requests: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      requests.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') })
      Promise.resolve(answer()).then(
        (status) => response.writeHead(status).end(status === 204 ? undefined : text),
        () => response.destroy()
      )
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    requests,
    close: () => server.closeAllConnections()
  }
}

function startWorker(options: DeliveryOptions = {}): DeliveryWorker {
  const worker = new DeliveryWorker(database, vault, dispatcher, log, options)
  workers.push(worker)
  worker.start()
  return worker
}

async function addEndpoint(
  id: string,
  url: string,
  secrets: { secret: string; age?: string; left?: string }[],
  timeoutMs = 15_000
): Promise<void> {
  await database.run(async (sql) => {
    await sql`insert into endpoints (tenant_id, id, url, types, timeout_ms)
      values ('default', ${id}::text, ${url}::text, '{email.*}', ${String(timeoutMs)}::text::int)`
    for (const [index, { secret, age, left }] of secrets.entries()) {
      const sealed = Buffer.from(vault.seal(secret)).toString('base64')
      await sql`insert into endpoint_secrets
          (tenant_id, endpoint_id, id, secret, created_at, expires_at)
        values ('default', ${id}::text, ${`sec_${index}`}::text,
          decode(${sealed}::text, 'base64'), now() - ${age ?? '0 s'}::text::interval,
          now() + ${left ?? null}::text::interval)`
    }
  })
}

async function queue(
  endpoint: string,
  document = '{"type":"email.bounced","data":{}}',
  tenant = 'default'
): Promise<string> {
  const eventId = idOf('evt', randomBytes(20))
  await database.run(
    (sql) => sql`
      with event as (
        insert into events
          (tenant_id, id, received_at, source_id, raw_id, provider, type, time, document)
        values (${tenant}::text, ${eventId}::text, now(), 'src_1', 'raw_1', 'ses', 'email.bounced', now(),
          ${document}::text::json)
        returning *
      )
      insert into deliveries (tenant_id, id, endpoint_id, event_id, event_type, event_received_at)
      select tenant_id, ${idOf('dlv', randomBytes(20))}::text, ${endpoint}::text, id, type, received_at
      from event`
  )
  return eventId
}

/** The history, once it holds that many rows. */
async function finished(count: number) {
  return vi.waitFor(async () => {
    const rows = await database.run(
      (sql) => sql<{ event_id: string; outcome: string; attempts: number }[]>`
        select event_id, outcome, attempts from delivery_history`
    )
    expect(rows).toHaveLength(count)
    return [...rows]
  }, waiting)
}

async function queued() {
  const rows = await database.run(
    (sql) => sql<{ event_id: string; attempts: number; leased: boolean; seconds: number }[]>`
      select event_id, attempts, lease_token is not null as leased,
        extract(epoch from next_attempt_at - now())::float8 as seconds
      from deliveries order by created_at`
  )
  return [...rows]
}

async function attempts() {
  const rows = await database.run(
    (sql) => sql<
      {
        attempt: number
        status: number | null
        error_class: string | null
        response_excerpt: string | null
      }[]
    >`
      select attempt, status, error_class, response_excerpt
      from delivery_attempts order by started_at, attempt`
  )
  return [...rows]
}

function verifies(secret: string, { headers, body }: Received): boolean {
  const wanted = ['webhook-id', 'webhook-timestamp', 'webhook-signature']
  try {
    new Webhook(secret).verify(
      body,
      Object.fromEntries(wanted.map((name) => [name, String(headers[name])]))
    )
    return true
  } catch {
    return false
  }
}

import { beforeAll, beforeEach, expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import type { Normalised } from '../../src/events/normalise.ts'
import type { Outcome, Stored } from '../../src/ingest/write-parcels.ts'
import type { Database } from '../../src/store/database.ts'
import { weekOf } from '../../src/store/partitions.ts'
import { sharedService } from '../support/service.ts'
import {
  ago,
  arrived,
  changesOf,
  commitsOn,
  day,
  entriesOf,
  found,
  hardBounce,
  minute,
  now,
  parcel,
  plain,
  replied,
  rowsOf
} from './parcels.ts'

let database: Database

beforeAll(async () => {
  ;({ database } = await sharedService())
}, 60_000)

beforeEach(async () => {
  await sharedService()
})

const one: Stored = { accepted: 1, duplicates: 0, quarantined: 0 }
const repeated: Stored = { accepted: 0, duplicates: 1, quarantined: 0 }
const set: Stored = { accepted: 0, duplicates: 0, quarantined: 1 }

/** Stored in one group: whatever comes while the first is under way shares the next transaction. */
function together(parcels: ReturnType<typeof parcel>[]): Promise<Outcome[]> {
  const { commits } = commitsOn(database)
  const opener = parcel(arrived([plain('email.opened', 'opener@example.com', 'opener', now)]))
  const [, ...outcomes] = [opener, ...parcels].map((each) => commits.store(each))
  return Promise.all(outcomes)
}

function spoilt(spoil: (event: Normalised['event']) => void, draft: Parameters<typeof arrived>[0]) {
  const events = arrived(draft)
  for (const { event } of events) spoil(event)
  return events
}

// One bad item harms nobody else

test.for<[string, (event: Normalised['event']) => void]>([
  [
    'a time that no calendar of the database has',
    (event) => {
      event.time = '+275760-09-13T00:00:00.000Z'
    }
  ],
  [
    'NUL in a column',
    (event) => {
      event.data.message.provider_id = 'a\u0000b'
    }
  ],
  [
    'a lone surrogate in a column',
    (event) => {
      event.data.message.provider_id = 'a\ud800b'
    }
  ]
])('an event with %s is quarantined, and the others of its group are stored', async ([, spoil]) => {
  const good = Array.from({ length: 9 }, (_, n) => arrived([hardBounce(`u${n}@example.com`, n)]))
  const bad = spoilt(spoil, [hardBounce('bad@example.com', 'bad')])
  const parcels = [...good.slice(0, 4), bad, ...good.slice(4)].map((events) => parcel(events))
  const outcomes = await together(parcels)
  expect(outcomes).toEqual([...Array(4).fill(one), set, ...Array(5).fill(one)])
  for (const [event] of good) expect(event && (await found(database, event))).not.toBeNull()
  expect((await entriesOf(database)).map((entry) => entry.recipient)).toEqual(
    good.map((_, n) => `u${n}@example.com`)
  )
  const [kept] = await database.run(
    (sql) => sql<{ body: string; detail: string }[]>`
      select encode(r.body, 'escape') as body, q.detail
      from quarantine q join raw_bodies r on r.tenant_id = q.tenant_id and r.id = q.raw_id`
  )
  expect(kept?.body).toBe(parcels[4]?.raw.body.toString())
  expect(kept?.detail).toContain('could not be stored')

  // Sent again, it counts no second time.
  const again = spoilt(spoil, [hardBounce('bad@example.com', 'bad')])
  expect(await commitsOn(database).commits.store(parcel(again))).toEqual(repeated)
  expect(await rowsOf(database, 'quarantine')).toBe(1)
})

test('a bad event of a batch is quarantined alone, beside elements that could not be read', async () => {
  const events = arrived([1, 2, 3].map((n) => hardBounce(`u${n}@example.com`, n)))
  const first = events[0]
  if (first) first.event.data.message.provider_id = '\u0000'
  const unreadable = [{ pointer: '/events/0', detail: 'not an object' }]
  const outcome = await commitsOn(database).commits.store(parcel(events, { unreadable }))
  expect(outcome).toEqual({ accepted: 2, duplicates: 0, quarantined: 2 })
  expect(await rowsOf(database, 'quarantine')).toBe(2)
})

test('a request that cannot be kept at all fails, and only that', async () => {
  const good = parcel(arrived([hardBounce('u@example.com', 1)]))
  const bad = parcel([], { unreadable: [{ pointer: '\u0000', detail: 'x' }] })
  const { commits } = commitsOn(database)
  const opener = parcel(arrived([plain('email.opened', 'o@example.com', 'o', now)]))
  const outcomes = await Promise.allSettled([opener, bad, good].map((p) => commits.store(p)))
  expect(outcomes).toMatchObject([
    { status: 'fulfilled', value: one },
    { status: 'rejected' },
    { status: 'fulfilled', value: one }
  ])
})

// The same event counts once

test('one event in two parcels of a group counts once', async () => {
  const parcels = ['a', 'b'].map((body) =>
    parcel(arrived([hardBounce('u@example.com', 1)]), {
      raw: { id: `raw_${body}`, headers: {}, body: Buffer.from(body) }
    })
  )
  expect(await together(parcels)).toEqual([one, repeated])
  expect(await rowsOf(database, 'decisions')).toBe(1)
  // The opener's and the first one's.
  expect(await rowsOf(database, 'raw_bodies')).toBe(2)
})

test('one event twice in a parcel counts once, and again later not at all', async () => {
  const { commits, committed } = commitsOn(database)
  const twice = () =>
    parcel(arrived([hardBounce('u@example.com', 1), hardBounce('u@example.com', 1)]))
  expect(await commits.store(twice())).toEqual({ accepted: 1, duplicates: 1, quarantined: 0 })
  expect(await commits.store(twice())).toEqual({ accepted: 0, duplicates: 2, quarantined: 0 })
  expect(await rowsOf(database, 'events')).toBe(1)
  expect(committed()).toBe(2)
})

test('two replicas that store the same 200 events at once, in any order, count each once', async () => {
  // Over four weeks, so that both also make the missing partitions.
  const draft = (n: number) =>
    hardBounce(`user${n}@example.com`, n, { time: ago(n * 200 * minute) })
  const numbers = Array.from({ length: 200 }, (_, n) => n)
  const replica = (step: number) => {
    const { commits } = commitsOn(database)
    // A step that shares no factor with 200 visits every number, in an order of its own.
    const order = numbers.map((n) => (n * step + step) % 200)
    const parcels = Array.from({ length: 40 }, (_, at) =>
      parcel(arrived(order.slice(at * 5, at * 5 + 5).map(draft)))
    )
    return Promise.all(parcels.map((each) => commits.store(each)))
  }
  const outcomes = (await Promise.all([replica(3), replica(187)])).flat()
  const sum = (of: keyof Stored) =>
    outcomes.reduce((all, outcome) => all + (outcome === 'forged' ? NaN : outcome[of]), 0)
  expect([sum('accepted'), sum('duplicates'), sum('quarantined')]).toEqual([200, 200, 0])
  const recipients = numbers.map((n) => `user${n}@example.com`).sort()
  const column = (table: string) =>
    database.run(async (sql) => {
      const rows = await sql<{ recipient: string }[]>`select recipient from ${sql(table)}`
      return rows.map((row) => row.recipient).sort()
    })
  for (const table of ['events', 'decisions', 'suppressions', 'suppression_history']) {
    expect(await column(table), table).toEqual(recipients)
  }
})

test('two replicas that write about the same few addresses forget no failure', async () => {
  const full = replied('452 4.2.2 Mailbox full')
  const replica = (from: number) => {
    const { commits } = commitsOn(database)
    return Promise.all(
      Array.from({ length: 100 }, (_, n) => {
        const recipient = `user${from === 0 ? n % 10 : 9 - (n % 10)}@example.com`
        const time = ago((from + n) * minute)
        return commits.store(
          parcel(arrived([hardBounce(recipient, from + n, { time, reply: full })]))
        )
      })
    )
  }
  const outcomes = (await Promise.all([replica(0), replica(100)])).flat()
  expect(outcomes).toEqual(Array(200).fill(one))
  const states = await database.run(
    (sql) => sql<{ failures: { time: string }[] }[]>`select failures from recipient_states`
  )
  expect(states.map((state) => state.failures.length)).toEqual(Array(10).fill(20))
  for (const { failures } of states) {
    const times = failures.map((failure) => failure.time)
    expect(times).toEqual(times.toSorted())
  }
})

// Times and sizes

test('an event of 2018 and one without a time are stored, found by their ids, and count once', async () => {
  const drafts = [
    hardBounce('old@example.com', 'old', { time: new Date('2018-05-06T07:08:09.010Z') }),
    hardBounce('timeless@example.com', 'timeless', { time: null }),
    hardBounce('far@example.com', 'far', { time: new Date('2199-01-01T00:00:00Z') })
  ]
  const { commits } = commitsOn(database)
  const events = arrived(drafts)
  expect(await commits.store(parcel(events))).toMatchObject({ accepted: 3 })
  for (const event of events) {
    expect(await found(database, event)).toMatchObject({
      id: event.event.id,
      time: event.event.time,
      data: { decision: { action: 'suppress' } }
    })
  }
  const later = arrived(drafts, new Date(now.getTime() + 8 * day))
  expect(await commits.store(parcel(later))).toMatchObject({ accepted: 0, duplicates: 3 })
})

test('a batch of 1,200 events is stored in pieces and counted right', async () => {
  const { commits, committed } = commitsOn(database)
  const drafts = Array.from({ length: 1_200 }, (_, n) => hardBounce(`u${n % 700}@example.com`, n))
  const unreadable = [{ pointer: '/1200', detail: 'not an object' }]
  const token = { value: 'once', signedAt: now }
  const batch = () => parcel(arrived([...drafts, ...drafts.slice(0, 10)]), { unreadable, token })
  expect(await commits.store(batch())).toEqual({ accepted: 1_200, duplicates: 10, quarantined: 1 })
  expect(committed()).toBe(Math.ceil(1_210 / database.groupLimit))
  expect(await rowsOf(database, 'raw_bodies')).toBe(1)
  expect(await rowsOf(database, 'suppressions')).toBe(700)
  expect(await commits.store(batch())).toEqual({ accepted: 0, duplicates: 1_211, quarantined: 0 })
})

test('bad events at the same place of two pieces are both quarantined', async () => {
  const drafts = Array.from({ length: database.groupLimit + 5 }, (_, n) =>
    plain('email.opened', `u${n}@example.com`, `${n}`, ago(minute))
  )
  const events = arrived(drafts)
  for (const at of [3, database.groupLimit + 3]) {
    const event = events[at]
    if (event) event.event.data.message.provider_id = '\u0000'
  }
  const outcome = await commitsOn(database).commits.store(parcel(events))
  expect(outcome).toEqual({ accepted: drafts.length - 2, duplicates: 0, quarantined: 2 })
})

test('a partition that is missing is made, and the group stored', async () => {
  const receivedAt = new Date(now.getTime() + 40 * 7 * day)
  const week = weekOf(receivedAt).replaceAll('-', '')
  const tables = ['raw_bodies', 'events', 'decisions', 'quarantine', 'dedupe_keys', 'replay_tokens']
  const existing = () =>
    database.run(async (sql) => {
      const rows = await sql<{ name: string }[]>`
        select relname as name from pg_class where relname like ${`%\\_${week}`}`
      return rows.map((row) => row.name).filter((name) => !name.includes('pkey'))
    })
  expect(await existing()).toEqual([])
  const events = arrived([hardBounce('u@example.com', 1, { time: receivedAt })], receivedAt)
  const outcome = await commitsOn(database).commits.store(
    parcel(events, {
      receivedAt,
      unreadable: [{ pointer: '/1', detail: 'not an object' }],
      token: { value: 'token', signedAt: receivedAt }
    })
  )
  expect(outcome).toEqual({ accepted: 1, duplicates: 0, quarantined: 1 })
  expect((await existing()).sort()).toEqual(tables.map((table) => `${table}_${week}`).sort())
  for (const table of tables) expect(await rowsOf(database, `${table}_${week}`)).toBeGreaterThan(0)
})

// Single-use tokens

test('a token with the same body is a repeat, with another body a forgery', async () => {
  const token = { value: 'a-token', signedAt: ago(minute) }
  const genuine = () => parcel(arrived([hardBounce('u@example.com', 1)]), { token })
  const forgery = () => parcel(arrived([hardBounce('victim@example.com', 2)]), { token })
  const outcomes = await together([genuine(), forgery(), genuine()])
  expect(outcomes).toEqual([one, 'forged', repeated])
  expect(await commitsOn(database).commits.store(forgery())).toBe('forged')
  expect((await entriesOf(database)).map((entry) => entry.recipient)).toEqual(['u@example.com'])
})

// The list and its history

const subscriber = 'ada@example.com'

async function storeEach(...drafts: Parameters<typeof arrived>[0][number][]): Promise<void> {
  const { commits } = commitsOn(database)
  for (const draft of drafts) expect(await commits.store(parcel(arrived([draft])))).toEqual(one)
}

function storeAtOnce(...drafts: Parameters<typeof arrived>[0][number][]) {
  return commitsOn(database).commits.store(parcel(arrived(drafts)))
}

const optOut = (n: string, time: Date, who = subscriber) =>
  plain('email.unsubscribed', who, n, time)
const optIn = (n: string, time: Date, who = subscriber) => plain('email.resubscribed', who, n, time)

test('an opt-in takes the opt-out off the list, leaves the rest, and says so in the history', async () => {
  await storeEach(optOut('out', ago(3 * minute)), hardBounce(subscriber, 1))
  expect((await entriesOf(database)).map((e) => e.reason)).toEqual([
    'unknown_mailbox',
    'unsubscribe'
  ])
  await storeEach(optIn('in', ago(minute)))
  expect((await entriesOf(database)).map((e) => e.reason)).toEqual(['unknown_mailbox'])
  const history = await changesOf(database)
  expect(history.map(({ change, reason }) => `${change} ${reason}`)).toEqual([
    'added unsubscribe',
    'added unknown_mailbox',
    'removed unsubscribe'
  ])
  const decided = await database.run(
    (sql) => sql<{ id: string }[]>`select id from decisions where rule = 'opt-in'`
  )
  expect(history.at(-1)?.decision_id).toBe(decided[0]?.id)
})

test('an opt-in that is learnt of late does not undo a newer opt-out', async () => {
  await storeEach(
    optOut('out-1', ago(9 * minute)),
    optOut('out-2', ago(2 * minute)),
    optIn('in', ago(5 * minute))
  )
  expect((await entriesOf(database)).map((e) => e.reason)).toEqual(['unsubscribe'])
  expect((await changesOf(database)).map(({ change }) => change)).toEqual(['added'])
})

test('an opt-out that is learnt of late does not undo a newer opt-in', async () => {
  await storeEach(optIn('in', ago(5 * minute)), optOut('out-1', ago(9 * minute)))
  expect(await entriesOf(database)).toEqual([])
  // One beside it that is newer counts.
  await storeAtOnce(optOut('out-2', ago(8 * minute)), optOut('out-3', ago(2 * minute)))
  expect((await entriesOf(database)).map((e) => e.reason)).toEqual(['unsubscribe'])
})

test('an opt-in to one stream answers no opt-out from another, nor does a test post', async () => {
  const of = (stream: string, draft: ReturnType<typeof plain>) => ({
    ...draft,
    message: { ...draft.message, stream }
  })
  await storeEach(
    of('news', optIn('in', ago(minute))),
    of('offers', optOut('out-1', ago(5 * minute))),
    { ...of('offers', optIn('test', ago(minute))), test: true },
    of('offers', optOut('out-2', ago(5 * minute)))
  )
  expect((await entriesOf(database)).map((e) => e.scope)).toEqual(['stream:offers'])
})

test('opt-outs and opt-ins leave the same list in any order and grouping', async () => {
  const steps = ['out', 'in', 'out', 'in', 'in', 'out', 'out', 'in']
  const ways = [7, 8].flatMap((upTo) =>
    [1, 3, 5].flatMap((stride) => [1, 3].map((size) => ({ upTo, stride, size })))
  )
  for (const { upTo, stride, size } of ways) {
    const who = `user-${upTo}-${stride}-${size}@example.com`
    const drafts = steps
      .slice(0, upTo)
      .map((step, n) =>
        (step === 'out' ? optOut : optIn)(`${who} ${n}`, ago((20 - n) * minute), who)
      )
    // Each stride shares no factor with 7 or 8: an order of its own.
    const order = drafts
      .map((_, n) => drafts[(n * stride + 2) % upTo])
      .filter((draft) => draft !== undefined)
    for (let at = 0; at < upTo; at += size) await storeAtOnce(...order.slice(at, at + size))
  }
  // The seventh step is an opt-out, the eighth an opt-in.
  const expected = ways.filter(({ upTo }) => upTo === 7)
  expect((await entriesOf(database)).map((e) => e.recipient).sort()).toEqual(
    expected.map(({ stride, size }) => `user-7-${stride}-${size}@example.com`).sort()
  )
})

test.for<[string, string[], string[]]>([
  ['out, in', ['out', 'in'], []],
  ['in, out', ['in', 'out'], ['unsubscribe']],
  ['out, in, out', ['out', 'in', 'out'], ['unsubscribe']]
])(
  '%s in one group end as one after the other, in whatever order they lie in it',
  async ([, steps, reasons]) => {
    const drafts = steps.map((step, n) =>
      (step === 'out' ? optOut : optIn)(`${n}`, ago((10 - n) * minute))
    )
    await storeAtOnce(...drafts.toReversed())
    expect((await entriesOf(database)).map((e) => e.reason)).toEqual(reasons)
  }
)

test('a later bounce lengthens the stop, and the history says changed', async () => {
  const first = hardBounce(subscriber, 1, { time: ago(10 * day) })
  const second = hardBounce(subscriber, 2, { time: ago(1 * day) })
  await storeEach(first, second)
  const [secondEvent] = arrived([second])
  expect(await entriesOf(database)).toEqual([
    {
      recipient: subscriber,
      scope: 'all',
      reason: 'unknown_mailbox',
      expires_at: new Date(ago(1 * day).getTime() + 365 * day).toISOString(),
      event_id: secondEvent?.event.id
    }
  ])
  expect((await changesOf(database)).map(({ change }) => change)).toEqual(['added', 'changed'])
})

test('an earlier bounce that is learnt of late shortens nothing', async () => {
  await storeEach(
    hardBounce(subscriber, 2, { time: ago(1 * day) }),
    hardBounce(subscriber, 1, { time: ago(10 * day) })
  )
  const [entry] = await entriesOf(database)
  expect(entry?.expires_at).toBe(new Date(ago(1 * day).getTime() + 365 * day).toISOString())
  expect((await changesOf(database)).map(({ change }) => change)).toEqual(['added'])
})

test('a weaker refusal does not shorten a stop, in one group as in two', async () => {
  const strong = hardBounce(subscriber, 1, { time: ago(2 * day) })
  const weak = hardBounce(subscriber, 2, { time: ago(1 * day), reply: replied('550') })
  const rulesOf = () =>
    database.run((sql) => sql<{ rule: string }[]>`select rule from decisions order by rule`)
  await storeEach(strong, weak)
  const apart = await entriesOf(database)
  expect((await rulesOf()).map((row) => row.rule)).toEqual([
    'mailbox-unavailable',
    'no-such-mailbox'
  ])
  await sharedService()
  await storeAtOnce(strong, weak)
  expect(await entriesOf(database)).toEqual(apart)
  expect(apart[0]?.expires_at).toBe(new Date(ago(2 * day).getTime() + 365 * day).toISOString())
})

test('a delivery is remembered of an address with failures, and the count begins anew', async () => {
  const full = { reply: replied('452 4.2.2 Mailbox full') }
  const delivery = (recipient: string, n: string, time: Date) =>
    hardBounce(recipient, n, { type: 'email.delivered', reply: replied('250 OK'), time })
  await storeEach(
    hardBounce(subscriber, 1, { ...full, time: ago(9 * minute) }),
    delivery(subscriber, 'd', ago(8 * minute)),
    hardBounce(subscriber, 2, { ...full, time: ago(7 * minute) }),
    delivery('untroubled@example.com', 'e', ago(8 * minute))
  )
  const counts = await database.run(
    (sql) => sql<{ n: string }[]>`
      select evidence->>'failures_since_delivery' as n from decisions order by id`
  )
  expect(counts.map((row) => row.n)).toEqual(['1', '1'])
  expect(await rowsOf(database, 'recipient_states')).toBe(1)
})

test('a test post is stored and decides nothing', async () => {
  await storeEach(hardBounce(subscriber, 1, { test: true }))
  expect(await rowsOf(database, 'events')).toBe(1)
  for (const table of ['decisions', 'suppressions', 'recipient_states']) {
    expect(await rowsOf(database, table), table).toBe(0)
  }
})

// Tenants, and too much at once

test('what one tenant stores is new to another', async () => {
  const { commits } = commitsOn(database)
  const events = arrived([hardBounce(subscriber, 1)])
  expect(await commits.store(parcel(events))).toEqual(one)
  expect(await commits.store(parcel(events, { tenant: 'other' }))).toEqual(one)
})

test('when too many requests wait, the next is told to come again', async () => {
  const { commits } = commitsOn(database)
  const empty = parcel([], { token: { value: 'one', signedAt: now } })
  const stores = Array.from({ length: 5_000 }, () => commits.store(empty))
  await expect(commits.store(empty)).rejects.toSatisfy(
    (error) => error instanceof AppError && error.code === 'overloaded'
  )
  expect(new Set((await Promise.all(stores)).map((outcome) => JSON.stringify(outcome))).size).toBe(
    1
  )
  await expect(commits.store(empty)).resolves.toEqual({
    accepted: 0,
    duplicates: 0,
    quarantined: 0
  })
})

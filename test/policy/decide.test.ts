import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventTypes, suppressionReasons } from '../../src/events/event.ts'
import { decide, decides, type RecipientState, remember } from '../../src/policy/decide.ts'
import { defaultPolicy } from '../../src/policy/default-policy.ts'
import { reasonNames, reasons } from '../../src/smtp/reasons.ts'
import { makeEvent, type Said } from './made-events.ts'

const nothingKnown: RecipientState = { failures: [], lastDeliveryAt: null }
const day = 86_400_000

function verdictOn(said: Said, waitSeconds: number | null = null, known = nothingKnown) {
  const event = makeEvent(said)
  return decide(defaultPolicy, remember(known, event), { event, waitSeconds })
}

const permanences = ['permanent', 'transient', 'unknown'] as const
const confidences = ['high', 'medium', 'low'] as const
const failing = ['email.bounced', 'email.deferred', 'email.rejected', 'email.failed'] as const

// The table of reasons

test.for(reasonNames)('%s leads to the action of the table', (reason) => {
  const { onPermanent, onTransient } = reasons[reason]
  for (const type of failing) {
    for (const confidence of confidences) {
      const actionOf = (permanence: (typeof permanences)[number]) =>
        verdictOn({ type, reason, permanence, confidence })?.action
      expect(actionOf('permanent')).toBe(onPermanent)
      expect(actionOf('transient')).toBe(onTransient)
      // "when the failure is final (5xx, or no class at all)"
      expect(actionOf('unknown')).toBe(onPermanent)
    }
  }
})

test.for(reasonNames)('%s while the provider still tries is waited for', (reason) => {
  for (const permanence of permanences) {
    const verdict = verdictOn({ type: 'email.deferred', reason, permanence, willRetry: true })
    expect(verdict).toMatchObject({ action: 'wait', suppress: null, notBefore: null })
  }
})

test("only the recipient's own fault suppresses, whatever else an event says", () => {
  const said = fc.record({
    type: fc.constantFrom(...failing),
    reason: fc.constantFrom(...reasonNames),
    permanence: fc.constantFrom(...permanences),
    confidence: fc.constantFrom(...confidences),
    willRetry: fc.boolean(),
    stream: fc.constantFrom(null, 'news'),
    listedAs: fc.constantFrom(null, ...suppressionReasons)
  })
  fc.assert(
    fc.property(said, (facts) => {
      const verdict = verdictOn(facts)
      expect(verdict).not.toBeNull()
      if (verdict?.suppress) {
        expect(verdict.action).toBe('suppress')
        expect(reasons[facts.reason].fault).toBe('recipient')
      } else expect(verdict?.action).not.toBe('suppress')
      expect(verdict?.lift).toBeNull()
    }),
    { numRuns: 500 }
  )
})

test.for<[string, Said, string, number | null]>([
  ['an unknown mailbox', { reason: 'unknown_mailbox' }, 'all', 365],
  ['a bare 550', { reason: 'unknown_mailbox', confidence: 'low' }, 'all', 30],
  ['a disabled mailbox', { reason: 'mailbox_disabled' }, 'all', 180],
  ['a domain that is not there', { reason: 'domain_not_found' }, 'all', 90],
  ['an invalid address', { reason: 'invalid_address' }, 'all', null],
  ['a block by the recipient', { reason: 'recipient_block' }, 'stream:news', null],
  ["the provider's own list", { reason: 'suppressed_by_provider' }, 'all', null]
])('%s stops the right scope for the right time', ([, said, scope, days]) => {
  const time = '2026-01-31T23:59:59.999Z'
  const verdict = verdictOn({ stream: 'news', time, ...said })
  const expiresAt = days === null ? null : new Date(Date.parse(time) + days * day).toISOString()
  expect(verdict).toMatchObject({
    action: 'suppress',
    reason: said.reason,
    expiresAt,
    suppress: { scope, reason: said.reason, expiresAt },
    notBefore: null
  })
})

test("an address on the provider's list keeps the reason it is there for", () => {
  const verdict = verdictOn({ reason: 'suppressed_by_provider', listedAs: 'complaint' })
  expect(verdict?.suppress).toEqual({ scope: 'all', reason: 'complaint', expiresAt: null })
  expect(verdict?.reason).toBe('complaint')
})

// Complaints, opt-outs, opt-ins

const complained = { type: 'email.complained' } as const
const spam = { feedback_type: 'abuse', candidates: 1 }

test.for<[string, Said, string]>([
  ['of a stream', { ...complained, complaint: spam, stream: 'news' }, 'stream:news'],
  ['without a stream', { ...complained, complaint: spam }, 'all'],
  ['that says no type', { ...complained, complaint: { ...spam, feedback_type: null } }, 'all'],
  ['without any particulars', complained, 'all']
])('a complaint %s suppresses for ever', ([, said, scope]) => {
  expect(verdictOn(said)).toMatchObject({
    rule: 'complaint',
    action: 'suppress',
    suppress: { scope, reason: 'complaint', expiresAt: null }
  })
})

test('a complaint that several may have made suppresses nobody', () => {
  const complaint = { feedback_type: 'abuse', candidates: 2 }
  const verdict = verdictOn({ ...complained, complaint })
  expect(verdict).toMatchObject({ action: 'investigate', suppress: null })
})

test.for([1, 3])('"not spam" of %i candidates is no complaint', (candidates) => {
  const complaint = { feedback_type: 'not-spam', candidates }
  expect(verdictOn({ ...complained, complaint })).toMatchObject({ action: 'none', suppress: null })
})

test.for<[string | null, string]>([
  ['news', 'stream:news'],
  [null, 'all']
])(
  'an opt-out from stream %j is entered under %s, and an opt-in lifts just that',
  ([stream, scope]) => {
    expect(verdictOn({ type: 'email.unsubscribed', stream })).toMatchObject({
      action: 'suppress',
      suppress: { scope, reason: 'unsubscribe', expiresAt: null },
      lift: null
    })
    expect(verdictOn({ type: 'email.resubscribed', stream })).toMatchObject({
      action: 'none',
      suppress: null,
      lift: { scope, reasons: ['unsubscribe'] }
    })
  }
)

// What decides nothing

const deciding = [...failing, 'email.complained', 'email.unsubscribed', 'email.resubscribed']

test.for(eventTypes)('%s decides if it should, and never in a test post', (type) => {
  const said = { type, reason: 'unknown_mailbox' } as const
  expect(decides(makeEvent(said))).toBe(deciding.includes(type))
  expect(verdictOn(said) !== null).toBe(deciding.includes(type))
  expect(verdictOn({ ...said, test: true })).toBeNull()
  expect(verdictOn({ ...said, recipient: null })).toBeNull()
})

test('a test post is not remembered', () => {
  const known = remember(nothingKnown, makeEvent({ reason: 'mailbox_full' }))
  expect(remember(known, makeEvent({ id: 'evt_2', reason: 'mailbox_full', test: true }))).toBe(
    known
  )
  expect(remember(known, makeEvent({ type: 'email.delivered', test: true }))).toBe(known)
})

// When to try again

test('the pause doubles with each failure since the last delivery, up to its cap', () => {
  let known = nothingKnown
  const minutes = Array.from({ length: 9 }, (_, n) => {
    const time = new Date(Date.UTC(2026, 0, 1 + n)).toISOString()
    // One id, so that the jitter is one.
    const event = makeEvent({ id: 'evt_x', time, reason: 'mailbox_full' })
    known = remember(known, { ...event, id: `evt_${n}` })
    const verdict = decide(defaultPolicy, known, { event, waitSeconds: null })
    expect(verdict?.failures).toBe(n + 1)
    return (Date.parse(verdict?.notBefore ?? '') - Date.parse(time)) / 60_000
  })
  const [first = 0] = minutes
  expect(first).toBeGreaterThanOrEqual(15 * 0.8)
  expect(first).toBeLessThanOrEqual(15 * 1.2)
  for (const [n, pause] of minutes.entries()) {
    expect(pause).toBeCloseTo(Math.min(first * 2 ** n, first * (480 / 15)), 3)
  }
})

test('a delivery begins the count anew', () => {
  const failure = (n: number) =>
    makeEvent({ id: `evt_${n}`, time: `2026-01-0${n}T00:00:00.000Z`, reason: 'mailbox_full' })
  const delivery = (n: number) =>
    makeEvent({ type: 'email.delivered', time: `2026-01-0${n}T12:00:00.000Z` })
  const countOf = (...events: ReturnType<typeof makeEvent>[]) =>
    decide(defaultPolicy, events.reduce(remember, nothingKnown), {
      event: failure(4),
      waitSeconds: null
    })?.failures
  expect(countOf(failure(1), failure(2), failure(4))).toBe(3)
  expect(countOf(failure(1), delivery(1), failure(2), failure(4))).toBe(2)
  expect(countOf(failure(1), failure(2), delivery(3), failure(4))).toBe(1)
  // The latest delivery counts, in whatever order they are learnt of.
  expect(countOf(delivery(3), delivery(1), failure(4), failure(2))).toBe(1)
  expect(countOf(delivery(1), delivery(3), failure(4), failure(2))).toBe(1)
})

test('no pause ends before the time that the reply names, nor before the failure', () => {
  const waiting = ['rate_limited', 'greylisted', 'mailbox_full', 'ip_reputation', 'policy'] as const
  const facts = fc.record({
    id: fc.string({ minLength: 1, maxLength: 8 }),
    reason: fc.constantFrom(...waiting),
    permanence: fc.constant('transient' as const)
  })
  fc.assert(
    fc.property(facts, fc.nat({ max: 200_000 }), fc.nat({ max: 60 }), (said, wait, before) => {
      const known: RecipientState = {
        failures: Array.from({ length: before }, (_, n) => ({
          event_id: `evt_old_${n}`,
          time: '2026-08-01T00:00:00.000Z',
          reason: said.reason
        })),
        lastDeliveryAt: null
      }
      const verdict = verdictOn(said, wait, known)
      const pause = Date.parse(verdict?.notBefore ?? '') - Date.parse(makeEvent().time)
      expect(pause).toBeGreaterThanOrEqual(wait * 1_000)
      expect(pause).toBeGreaterThan(0)
    }),
    { numRuns: 500 }
  )
})

// The same inputs, the same verdict

const anyEvent = fc
  .record({
    n: fc.nat({ max: 30 }),
    type: fc.constantFrom('email.delivered' as const, ...failing),
    reason: fc.constantFrom(...reasonNames),
    minute: fc.nat({ max: 59 })
  })
  .map(({ n, type, reason, minute }) =>
    makeEvent({
      id: `evt_${n}`,
      type,
      reason,
      time: `2026-08-30T09:${String(minute).padStart(2, '0')}:00.000Z`
    })
  )
const history = fc.uniqueArray(anyEvent, { selector: (event) => event.id, maxLength: 30 })

test('the same inputs give the same verdict, and are left as they were', () => {
  fc.assert(
    fc.property(history, anyEvent, (events, event) => {
      const known = events.reduce(remember, nothingKnown)
      const before = structuredClone({ known, event })
      const once = decide(defaultPolicy, remember(known, event), { event, waitSeconds: 60 })
      const copy = structuredClone(before)
      const again = decide(structuredClone(defaultPolicy), remember(copy.known, copy.event), {
        event: copy.event,
        waitSeconds: 60
      })
      expect(again).toEqual(once)
      expect({ known, event }).toEqual(before)
    })
  )
})

test('any order of the same events, repeats among them, leaves the same state', () => {
  const shuffled = history.chain((events) =>
    fc.tuple(
      fc.constant(events),
      fc
        .shuffledSubarray([...events, ...events.slice(0, 5)], { minLength: 0 })
        .map((some) => [...some, ...events]),
      fc.shuffledSubarray(events, { minLength: events.length })
    )
  )
  fc.assert(
    fc.property(shuffled, ([events, repeated, order]) => {
      const state = events.reduce(remember, nothingKnown)
      expect(order.reduce(remember, nothingKnown)).toEqual(state)
      expect(repeated.reduce(remember, nothingKnown)).toEqual(state)
    })
  )
})

test('of very many failures the latest fifty are kept, in whatever order they come', () => {
  const events = Array.from({ length: 120 }, (_, n) =>
    makeEvent({
      id: `evt_${n}`,
      time: new Date(Date.UTC(2026, 0, 1, 0, n >> 1)).toISOString(),
      reason: 'mailbox_full'
    })
  )
  const state = events.reduce(remember, nothingKnown)
  expect(state.failures).toHaveLength(50)
  expect(state.failures.at(-1)?.time).toBe(events.at(-1)?.time)
  fc.assert(
    fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (order) => {
      expect(order.reduce(remember, nothingKnown)).toEqual(state)
    }),
    { numRuns: 20 }
  )
})

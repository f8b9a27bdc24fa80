import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FormatRegistry, TypeRegistry } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { expect, test } from 'vitest'
import { Event, type ProviderEvent } from '../../src/events/event.ts'
import { keyOf } from '../../src/events/identity.ts'
import { type Arrival, normalise } from '../../src/events/normalise.ts'
import { postmark } from '../../src/providers/postmark.ts'

// TypeBox's own checker knows neither formats nor the kind that StringEnum is of.
FormatRegistry.Set('date-time', (text) => new Date(text).toISOString() === text)
TypeRegistry.Set<{ enum?: unknown[] }>('Unsafe', (schema, value) => !!schema.enum?.includes(value))

const arrival: Arrival = {
  tenant: 'default',
  sourceId: 'src_1',
  stream: 'from-the-source',
  receivedAt: new Date('2026-09-01T10:00:00.500Z')
}

test('a Postmark hard bounce becomes an event of the public shape', () => {
  const draft = read('bounce-hard-bounce')
  const { event, key, identityTime, recipient } = normalise(draft, arrival)
  expect([...Value.Errors(Event, event)]).toEqual([])
  expect(event).toMatchObject({
    specversion: '1.0',
    source: '/sources/src_1',
    type: 'email.bounced',
    time: draft.time?.toISOString(),
    timestamp: draft.time?.toISOString(),
    data: {
      classification: { reason: 'unknown_mailbox', fault: 'recipient', permanence: 'permanent' },
      decision: null,
      test: false,
      received_at: '2026-09-01T10:00:00.500Z'
    }
  })
  expect(keyOf('evt', event.id)).toEqual(key)
  expect(identityTime).toEqual(draft.time)
  expect(event.subject).toBe(recipient?.address)
  expect(event.data.smtp).toMatchObject({ code: 550, spoken_by: 'receiver' })
})

test('the recipient is canonical: address as it is shown, key as it is compared', () => {
  const draft = { ...read('bounce-hard-bounce'), recipient: 'Ada L <Ada@Bücher.Example.>' }
  const { event, recipient } = normalise(draft, arrival)
  expect(event.subject).toBe('Ada@xn--bcher-kva.example')
  expect(event.data.recipient).toEqual({
    address: 'Ada@xn--bcher-kva.example',
    domain: 'xn--bcher-kva.example'
  })
  expect(recipient?.key).toBe('ada@xn--bcher-kva.example')
})

test('a recipient that is no address is none, and the event stays', () => {
  const { event, recipient } = normalise({ ...read('bounce-hard-bounce'), recipient: 'x' }, arrival)
  expect(recipient).toBeNull()
  expect(event).toMatchObject({ subject: null, data: { recipient: null } })
})

test('the receiver is known by its host, and by the domain', () => {
  const draft = read('bounce-hard-bounce')
  const byHost = normalise({ ...draft, mx: 'gmail-smtp-in.l.google.com' }, arrival)
  expect(byHost.event.data.receiver).toEqual({ name: 'google', mx: 'gmail-smtp-in.l.google.com' })
  const byDomain = normalise({ ...draft, recipient: 'ada@gmail.com', mx: null }, arrival)
  expect(byDomain.event.data.receiver).toEqual({ name: 'google', mx: null })
  const unknown = normalise(
    { ...draft, recipient: 'ada@firm.example', mx: null, reply: null },
    arrival
  )
  expect(unknown.event.data.receiver).toBeNull()
})

test("the provider's stream comes before the source's, and an opt-out from everything has none", () => {
  const draft = read('bounce-hard-bounce')
  const streamOf = (message: object, more: Partial<ProviderEvent> = {}) =>
    normalise({ ...draft, ...more, message: { ...draft.message, ...message } }, arrival).event.data
      .message.stream
  expect(streamOf({ stream: 'outbound' })).toBe('outbound')
  expect(streamOf({ stream: null })).toBe('from-the-source')
  expect(streamOf({ stream: null }, { everyStream: true })).toBeNull()
  expect(streamOf({ stream: 'outbound' }, { everyStream: true })).toBeNull()
})

test('an event without a time happened when it was received, and has no time of its own', () => {
  const { event, identityTime } = normalise({ ...read('bounce-hard-bounce'), time: null }, arrival)
  expect(event.time).toBe('2026-09-01T10:00:00.500Z')
  expect(event.timestamp).toBe(event.time)
  expect(identityTime).toBeNull()
})

test('source, time of receipt and stream do not change the id; the tenant does', () => {
  const draft = read('bounce-hard-bounce')
  const { id } = normalise(draft, arrival).event
  const elsewhere = { ...arrival, sourceId: 'src_2', stream: null, receivedAt: new Date() }
  expect(normalise(draft, elsewhere).event.id).toBe(id)
  expect(normalise(draft, { ...arrival, tenant: 'other' }).event.id).not.toBe(id)
})

test.for([
  ['open', null],
  ['click', null],
  ['spam-complaint', null],
  ['delivery', 'delivered'],
  ['bounce-auto-responder', 'auto_response']
] as const)('the reason of %s is %j', ([name, reason]) => {
  expect(normalise(read(name), arrival).event.data.classification?.reason ?? null).toBe(reason)
})

test('text from outside is harmless everywhere in the event', () => {
  const draft = read('bounce-hard-bounce')
  const dirty = 'a\u0000\ud800'
  const { event } = normalise(
    {
      ...draft,
      recipient: '\ud800@example.com',
      mx: dirty,
      message: {
        provider_id: dirty,
        rfc5322_id: dirty,
        stream: dirty,
        tags: [dirty],
        metadata: { [dirty]: dirty }
      },
      reply: draft.reply && {
        ...draft.reply,
        parsed: { ...draft.reply.parsed, text: dirty, raw: dirty }
      },
      provider: { ...draft.provider, event: dirty, type: dirty, code: dirty },
      complaint: { feedback_type: dirty, candidates: 1 },
      engagement: { url: dirty, ip: dirty, user_agent: dirty, machine: null },
      provenance: { [dirty]: dirty }
    },
    { ...arrival, stream: dirty }
  )
  expect(JSON.stringify(event)).not.toMatch(/\\u0000|\\ud[89a-f]/)
})

test('the same draft and arrival give the same event', () => {
  const draft = read('bounce-hard-bounce')
  expect(normalise(structuredClone(draft), arrival)).toEqual(normalise(draft, arrival))
})

function read(name: string): ProviderEvent {
  const folder = join(import.meta.dirname, '../fixtures/providers/postmark')
  const { events } = postmark.parse({
    headers: {},
    body: readFileSync(join(folder, `${name}.payload.json`))
  })
  const [event] = events
  if (event === undefined) throw new Error(`${name} holds no event`)
  return event
}

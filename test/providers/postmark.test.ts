import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ErrorCode } from '../../src/errors.ts'
import type { ProviderEvent } from '../../src/events/event.ts'
import { postmark } from '../../src/providers/postmark.ts'
import type { Inbound, Tools } from '../../src/providers/provider.ts'
import { mutated, numbersIn } from './mutations.ts'

const folder = join(import.meta.dirname, '../fixtures/providers/postmark')
const fixtures = readdirSync(folder)
  .filter((file) => file.endsWith('.payload.json'))
  .map((file) => basename(file, '.payload.json'))

test.for(fixtures)('%s is read as expected', async (name) => {
  const parsed = postmark.parse(post(payload(name)))
  await expect(`${JSON.stringify(parsed, null, 2)}\n`).toMatchFileSnapshot(
    join(folder, `${name}.expected.json`)
  )
})

// Authentication

type Credentials = Parameters<typeof postmark.challenges>[0]
const basic: Credentials = { basic_auth: 'hook:s3cret:with-colon' }
const header: Credentials = { header: { name: 'X-Hook-Token', value: 'long-random-value' } }
const rotatingBasic: Credentials = { basic_auth: ['hook:old', 'hook:new'] }
const rotatingHeader: Credentials = { header: { name: 'X-Hook-Token', value: ['old', 'new'] } }

test.for<[string, Credentials, Record<string, string>]>([
  ['its Basic credentials', basic, { authorization: encode('hook:s3cret:with-colon') }],
  ['its header, whatever the case of the name', header, { 'x-hook-token': 'long-random-value' }],
  ['the old Basic credentials', rotatingBasic, { authorization: encode('hook:old') }],
  ['the new Basic credentials', rotatingBasic, { authorization: encode('hook:new') }],
  ['the old header', rotatingHeader, { 'x-hook-token': 'old' }],
  ['the new header', rotatingHeader, { 'x-hook-token': 'new' }]
])('a post with %s is let in', async ([, credentials, headers]) => {
  expect(postmark.check(credentials)).toEqual([])
  await expect(authenticate(headers, credentials)).resolves.toEqual({})
})

test.for<[string, Credentials, Record<string, string>, ErrorCode]>([
  ['no credentials', basic, {}, 'signature-missing'],
  ['Bearer instead of Basic', basic, { authorization: 'Bearer x' }, 'signature-missing'],
  ['a wrong password', basic, { authorization: encode('hook:s3cret') }, 'credentials-invalid'],
  ['garbage as Basic', basic, { authorization: 'Basic ~' }, 'credentials-invalid'],
  ['neither of two', rotatingBasic, { authorization: encode('hook:x') }, 'credentials-invalid'],
  ['no header', header, { authorization: encode('a:b') }, 'signature-missing'],
  ['an empty header', header, { 'x-hook-token': '' }, 'signature-missing'],
  ['a wrong header', header, { 'x-hook-token': 'long-random' }, 'credentials-invalid'],
  [
    'an empty secret known',
    { basic_auth: ':' },
    { authorization: encode(':') },
    'credentials-invalid'
  ],
  ['no secret at all', { basic_auth: [] }, { authorization: encode(':') }, 'signature-missing']
])('a post with %s is refused', async ([, credentials, headers, code]) => {
  const refusal = await authenticate(headers, credentials).catch((error: unknown) => error)
  expect(refusal).toMatchObject({ code })
  expect(String(refusal)).not.toMatch(/s3cret|long-random|hook:/)
})

test.for<[Credentials, string[]]>([
  [{ basic_auth: '' }, ['/basic_auth']],
  [{ basic_auth: 'hook:' }, ['/basic_auth']],
  [{ basic_auth: ':s3cret' }, ['/basic_auth']],
  [{ basic_auth: ['hook:new', 'hook'] }, ['/basic_auth/1']],
  [{ header: { name: 'X-Hook-Token', value: '' } }, ['/header/value']],
  [{ header: { name: 'X Hook', value: ' ' } }, ['/header/name', '/header/value']],
  [{ header: { name: 'X-Hook-Token', value: ['', 'new'] } }, ['/header/value/0']]
])('%o is pointed at as unusable', ([credentials, pointers]) => {
  expect(postmark.check(credentials).map(({ pointer }) => pointer)).toEqual(pointers)
})

test('the credentials are a user and password, or a header', () => {
  const isValid = (value: unknown) => Value.Check(postmark.credentials, value)
  expect([basic, header, rotatingBasic, rotatingHeader].every(isValid)).toBe(true)
  expect(isValid({})).toBe(false)
  expect(isValid({ basic_auth: [] })).toBe(false)
  expect(isValid({ ...basic, ...header })).toBe(false)
  expect(isValid({ header: { name: 'X-Hook-Token' } })).toBe(false)
})

test('only Basic credentials are asked for with a challenge', () => {
  expect(postmark.challenges(basic)).toBe(true)
  expect(postmark.challenges(header)).toBe(false)
})

// Identity

test('an id beyond 2^53 keeps all its digits', () => {
  const event = read(payload('bounce-big-id'))
  expect(event.provider.event_id).toBe('4323372036854775807')
  expect(event.identity).toEqual(['Bounce', '4323372036854775807'])
})

test('neighbouring ids beyond 2^53 are two events', () => {
  const one = payload('bounce-big-id').toString()
  const two = one.replace('4323372036854775807', '4323372036854775806')
  expect(read(Buffer.from(two)).identity).not.toEqual(read(Buffer.from(one)).identity)
})

test('an id that only looks like one, in a text or deeper down, is not taken for it', () => {
  const body =
    '{"RecordType":"Bounce","Subject":"\\",\\"ID\\":9999999999999999999","Metadata":{"ID":9999999999999999998},"ID":4323372036854775807,"Type":"HardBounce","Email":"noor@example.org"}'
  const event = read(Buffer.from(body))
  expect(event.provider.event_id).toBe('4323372036854775807')
  expect(event.message.metadata).toEqual({ ID: '9999999999999999998' })
})

test('a complaint is one event, whether it comes as SpamComplaint or as a kind of bounce', () => {
  const fields = fieldsOf('spam-complaint')
  const asBounce = { ...fields, RecordType: 'Bounce' }
  expect(readFields(asBounce).type).toBe('email.complained')
  expect(readFields(asBounce).identity).toEqual(readFields(fields).identity)
})

test.for([
  'delivery',
  'open',
  'click',
  'subscription-manual-recipient',
  'bounce-without-id'
] as const)('a copy of %s through another webhook is the same event', (name) => {
  const fields = fieldsOf(name)
  const reordered = Object.fromEntries(Object.entries(fields).reverse())
  const who = 'Email' in fields ? 'Email' : 'Recipient'
  const renamed = { ...fields, [who]: String(fields[who]).toUpperCase(), Tag: 'other' }
  expect(readFields(reordered).identity).toEqual(readFields(fields).identity)
  expect(readFields(renamed).identity).toEqual(readFields(fields).identity)
})

test.for([
  ['delivery', 'Recipient', 'otto@example.org'],
  ['delivery', 'MessageID', 'another'],
  ['delivery', 'DeliveredAt', '2026-03-12T09:21:02.251Z'],
  ['delivery', 'RecordType', 'Open'],
  ['click', 'OriginalLink', 'https://example.com/other'],
  ['subscription-manual-recipient', 'SuppressSending', false],
  ['subscription-manual-recipient', 'MessageStream', 'outbound'],
  ['bounce-without-id', 'Type', 'SoftBounce'],
  ['probe-unknown-object', 'Verify', false]
] as const)('%s with another %s is another event', ([name, field, value]) => {
  const fields = fieldsOf(name)
  expect(readFields({ ...fields, [field]: value }).identity).not.toEqual(
    readFields(fields).identity
  )
})

test('events that name neither recipient nor time are not taken for one another', () => {
  const one = readFields({ RecordType: 'Delivery', Details: '250 OK' })
  const two = readFields({ RecordType: 'Delivery', Details: '250 Fine' })
  expect(one.identity).not.toEqual(two.identity)
})

// Time

test.for([
  ['2026-03-12T09:20:31Z', '2026-03-12T09:20:31.000Z'],
  ['2026-03-12T09:20:31.5Z', '2026-03-12T09:20:31.500Z'],
  ['2026-03-12T09:20:31.5170342Z', '2026-03-12T09:20:31.517Z'],
  ['2026-03-12T05:20:31.5170342-04:00', '2026-03-12T09:20:31.517Z'],
  ['2026-03-12T14:50:31+0530', '2026-03-12T09:20:31.000Z'],
  ['2026-03-12T23:30:00-01:00', '2026-03-13T00:30:00.000Z'],
  ['2026-03-12T09:20:31', '2026-03-12T09:20:31.000Z']
] as const)('the time %s is %s', ([text, time]) => {
  const event = readFields({ ...fieldsOf('delivery'), DeliveredAt: text })
  expect(event.time?.toISOString()).toBe(time)
})

test.for([
  ['2026-02-30T09:20:31Z'],
  ['2026-13-01T09:20:31Z'],
  ['2026-03-12T25:20:31Z'],
  ['0001-01-01T00:00:00Z'],
  ['+275760-09-13T00:00:00Z'],
  ['9999-12-31T23:59:59-01:00'],
  ['yesterday'],
  [1773307231],
  [{}]
] as const)('%o is no possible time', ([value]) => {
  const parsed = postmark.parse(post(json({ ...fieldsOf('delivery'), DeliveredAt: value })))
  expect(parsed).toEqual({ events: [], unreadable: [{ pointer: '', detail: expect.any(String) }] })
})

// The reply

test('Description is never read', () => {
  const fields = fieldsOf('bounce-hard-bounce')
  const event = readFields({ ...fields, Details: '', Description: '550 5.1.1 User unknown' })
  expect(event.reply).toBeNull()
})

test('a returned mail of many recipients and no end of lines is read in time', () => {
  const group = 'Diagnostic-Code: smtp; 550 5.1.1 unknown\n'
  const folded = `Diagnostic-Code: smtp; 550 5.1.1${'\n word'.repeat(200_000)}`
  for (const Content of [group.repeat(50_000), `${group}\n`.repeat(50_000), folded]) {
    const event = readFields({ ...fieldsOf('bounce-hard-bounce'), Details: '', Content })
    expect(event.type).toBe('email.bounced')
  }
})

// Bad input

test.for([
  ['nothing', ''],
  ['prose', 'hello'],
  ['half an object', '{"RecordType":"Bounce"'],
  ['an array', '[]'],
  ['a number', '42'],
  ['null', 'null'],
  ['a text', '"Bounce"']
] as const)('a body of %s is unreadable', ([, body]) => {
  expect(postmark.parse(post(Buffer.from(body)))).toEqual({
    events: [],
    unreadable: [{ pointer: '', detail: expect.any(String) }]
  })
})

test('a record type or a kind named like a property of every object is only unknown', () => {
  for (const name of ['constructor', 'toString', '__proto__']) {
    expect(readFields({ RecordType: name }).type).toBe('email.unknown')
    const bounce = readFields({ RecordType: 'Bounce', Type: name, Email: 'noor@example.org' })
    expect(bounce.type).toBe('email.unknown')
  }
})

test('deep nesting, NUL, lone surrogates and a megabyte of text are read like anything else', () => {
  const fields = JSON.stringify(fieldsOf('bounce-without-id')).slice(0, -1)
  const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`
  const more = [
    `"Metadata":${deep}`,
    `"Details":"smtp;550 5.1.1 \\u0000 \\ud800"`,
    `"Details":${JSON.stringify(`smtp;550 5.1.1 ${'x'.repeat(1_000_000)}`)}`,
    `"__proto__":{"RecordType":"Open"}`
  ]
  for (const part of more) {
    expect(read(Buffer.from(`${fields},${part}}`)).type).toBe('email.bounced')
  }
})

test('however a payload is mangled, parse returns and invents no code', () => {
  fc.assert(
    fc.property(mutated(fixtures.map(payload)), (body) => {
      const parsed = postmark.parse(post(body))
      const known = numbersIn(body)
      expect(parsed.events.length + parsed.unreadable.length).toBe(1)
      for (const event of parsed.events) {
        const { code = null, enhanced = null } = event.reply?.parsed ?? {}
        if (code !== null) expect(known).toContain(String(code))
        if (enhanced !== null) expect(body.includes(enhanced)).toBe(true)
        if (event.recipient === null) expect(event.type).toBe('email.unknown')
        if (event.type === 'email.rejected') expect(event.reply).toBeNull()
        if (event.time !== null) expect(event.time.toISOString()).toMatch(/^\d{4}-/)
      }
    }),
    { numRuns: 500 }
  )
})

function authenticate(headers: Record<string, string>, credentials: Credentials) {
  return postmark.authenticate({ headers, body: payload('delivery') }, credentials, tools)
}

const tools: Tools = {
  now: new Date(0),
  fetchCertificate: () => Promise.reject(new Error('Postmark needs no certificate'))
}

function encode(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}

function payload(name: string): Buffer {
  return readFileSync(join(folder, `${name}.payload.json`))
}

function fieldsOf(name: string): Record<string, unknown> {
  return JSON.parse(payload(name).toString()) as Record<string, unknown>
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

function post(body: Buffer): Inbound {
  return { headers: { 'content-type': 'application/json' }, body }
}

function read(body: Buffer): ProviderEvent {
  const { events, unreadable } = postmark.parse(post(body))
  expect(unreadable).toEqual([])
  expect(events).toHaveLength(1)
  return events[0]!
}

function readFields(fields: Record<string, unknown>): ProviderEvent {
  return read(json(fields))
}

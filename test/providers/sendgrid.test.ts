import { createPrivateKey, createSign, generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ErrorCode } from '../../src/errors.ts'
import type { Inbound, Parsed, Tools } from '../../src/providers/provider.ts'
import { sendgrid } from '../../src/providers/sendgrid.ts'
import { classify } from '../../src/smtp/classify.ts'
import { mutated, numbersIn } from './mutations.ts'

const folder = join(import.meta.dirname, '../fixtures/providers/sendgrid')
const fixtures = readdirSync(folder)
  .filter((file) => file.endsWith('.payload.json'))
  .map((file) => basename(file, '.payload.json'))

test.for(fixtures)('%s is read as expected', async (name) => {
  const parsed = sendgrid.parse(post(payload(name)))
  await expect(`${JSON.stringify(parsed, null, 2)}\n`).toMatchFileSnapshot(
    join(folder, `${name}.expected.json`)
  )
})

// Authentication. The vector: a key, a timestamp, and two events with CRLF after each and UTF-8 inside.

const publicKey =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUvZzddjQ+l8n4kIo4vw5a2qdtjVy6KWfbqOKcjQgDL5s8UbUA8dopgBnvbfn9FhevIob8/vRLyVZ7uj7BIIVZQ=='
const signed = {
  headers: {
    'x-twilio-email-event-webhook-timestamp': '1767225600',
    'x-twilio-email-event-webhook-signature':
      'MEUCIQClLBmYqLI332uZaA7Trp3fW8XVtFhkbUG3hG8fT+ql2AIgFFRJIdGUUvIMopCkTjgNEMa6T41L541/YRq1oBoKcXk='
  },
  body: payload('signed')
}
const signedAt = 1767225600
const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const otherKey = other.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')

test('a genuine post is let in', async () => {
  expect(signed.body).toHaveLength(799)
  await expect(authenticate(signed)).resolves.toEqual({})
})

test.for([
  ['PEM armour', `-----BEGIN PUBLIC KEY-----\n${publicKey}\n-----END PUBLIC KEY-----\n`],
  ['PEM armour and folded lines', pem(publicKey, '\n')],
  ['Windows line ends', pem(publicKey, '\r\n')],
  ['line ends written as escapes', pem(publicKey, String.raw`\n`)],
  ['white space around it', `  ${publicKey} \n`]
] as const)('the key may have %s', async ([, key]) => {
  expect(sendgrid.check({ public_keys: [key] })).toEqual([])
  await expect(authenticate(signed, [key])).resolves.toEqual({})
})

test('either of two keys will do, in any order', async () => {
  await expect(authenticate(signed, [otherKey, publicKey])).resolves.toEqual({})
  await expect(authenticate(signed, [publicKey, otherKey])).resolves.toEqual({})
})

const rewritten = Buffer.from(JSON.stringify(JSON.parse(signed.body.toString())))
const swapped = Buffer.from(signed.body.toString().replace('ada@', 'eda@'))

test.for<[string, Inbound, string[], ErrorCode]>([
  [
    'no signature',
    without('x-twilio-email-event-webhook-signature'),
    [publicKey],
    'signature-missing'
  ],
  [
    'no timestamp',
    without('x-twilio-email-event-webhook-timestamp'),
    [publicKey],
    'signature-missing'
  ],
  ['an empty signature', withSignature(''), [publicKey], 'signature-missing'],
  [
    'a body parsed and written again',
    { ...signed, body: rewritten },
    [publicKey],
    'signature-invalid'
  ],
  [
    'the last line end trimmed',
    { ...signed, body: signed.body.subarray(0, -2) },
    [publicKey],
    'signature-invalid'
  ],
  ['one letter changed', { ...signed, body: swapped }, [publicKey], 'signature-invalid'],
  [
    'a body read as Latin-1',
    { ...signed, body: Buffer.from(signed.body.toString('latin1')) },
    [publicKey],
    'signature-invalid'
  ],
  ['an empty body', { ...signed, body: Buffer.alloc(0) }, [publicKey], 'signature-invalid'],
  ['the key of another webhook', signed, [otherKey], 'signature-invalid'],
  ['no readable key', signed, ['AAAA'], 'signature-invalid'],
  ['no key', signed, [], 'signature-invalid'],
  ['a signature that is no DER', withSignature('AAAA'), [publicKey], 'signature-invalid'],
  ['a signature that is no base64', withSignature('%%%'), [publicKey], 'signature-invalid'],
  ['a signature sent twice', withSignature('MEUCIQCl, MEUCIQCl'), [publicKey], 'signature-invalid'],
  ['another timestamp', withTimestamp('1767225601'), [publicKey], 'signature-invalid'],
  ['a timestamp that is none', withTimestamp('now'), [publicKey], 'signature-invalid']
])('a post with %s is refused', async ([, request, keys, code]) => {
  await expect(authenticate(request, keys)).rejects.toMatchObject({ code })
})

test.for<[string, number, boolean]>([
  ['25 hours old', 25 * 3600, true],
  ['a second older', 25 * 3600 + 1, false],
  ['five minutes ahead', -300, true],
  ['a second further ahead', -301, false]
])('a signature %s counts: %d s, %s', async ([, age, accepted]) => {
  const result = authenticate(signed, [publicKey], signedAt + age)
  if (accepted) await expect(result).resolves.toEqual({})
  else await expect(result).rejects.toMatchObject({ code: 'replayed' })
})

test('a forged post is called forged even when its timestamp is old', async () => {
  await expect(
    authenticate({ ...signed, body: swapped }, [publicKey], signedAt + 1e6)
  ).rejects.toMatchObject({ code: 'signature-invalid' })
})

test('a genuine signature over a timestamp that is no number is out of the window', async () => {
  const body = Buffer.from('[]\r\n')
  for (const timestamp of ['soon', '-1', '1e9', '99999999999999']) {
    const key = createPrivateKey(other.privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const signature = createSign('sha256').update(timestamp).update(body).sign(key, 'base64')
    const headers = {
      'x-twilio-email-event-webhook-timestamp': timestamp,
      'x-twilio-email-event-webhook-signature': signature
    }
    await expect(authenticate({ headers, body }, [otherKey])).rejects.toMatchObject({
      code: 'replayed'
    })
  }
})

test('the refusal tells the operator nothing secret', async () => {
  const refusal = await authenticate(signed, [otherKey]).catch((error: Error) => error.message)
  expect(refusal).not.toContain(otherKey)
  expect(refusal).toContain('another webhook')
})

test.for([
  ['nothing', ''],
  ['armour alone', '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----'],
  ['prose', 'my key!'],
  ['base64 of something else', Buffer.from('hello').toString('base64')],
  ['half a key', publicKey.slice(0, 60)],
  [
    'a private key',
    Buffer.from(other.privateKey.export({ format: 'der', type: 'pkcs8' })).toString('base64')
  ],
  [
    'a key on another curve',
    spki(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey)
  ],
  ['an Ed25519 key', spki(generateKeyPairSync('ed25519').publicKey)],
  ['an RSA key', spki(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey)]
] as const)('%s is no verification key', ([, key]) => {
  expect(sendgrid.check({ public_keys: [publicKey, key] })).toEqual([
    { pointer: '/public_keys/1', detail: expect.any(String) }
  ])
})

test('the credentials are one or two keys and nothing else', () => {
  const isValid = (value: unknown) => Value.Check(sendgrid.credentials, value)
  expect(isValid({ public_keys: ['a'] })).toBe(true)
  expect(isValid({ public_keys: ['a', 'b'] })).toBe(true)
  expect(isValid({ public_keys: ['a', 'b', 'c'] })).toBe(false)
  expect(isValid({ public_keys: [] })).toBe(false)
  expect(isValid({ public_keys: ['a'], basic_auth: 'a:b' })).toBe(false)
  expect(sendgrid.challenges({ public_keys: ['a'] })).toBe(false)
})

// Identity

test('a copy with another event id, or none, or numbers as texts, is the same event', () => {
  const fields = {
    event: 'group_unsubscribe',
    email: 'Mara@Example.com',
    timestamp: 1773279810,
    attempt: 5,
    asm_group_id: 7,
    sg_event_id: 'a',
    sg_message_id: 'kQ3v.recvd-1'
  }
  const copies = [
    fields,
    { ...fields, sg_event_id: 'b' },
    { ...fields, sg_event_id: undefined },
    { ...fields, email: 'mara@example.com' },
    { ...fields, timestamp: '1773279810', attempt: '5', asm_group_id: '7' },
    { ...fields, sg_message_id: 'kQ3v.recvd-2' },
    { ...fields, sg_message_id: undefined, 'smtp-id': '<kQ3v>' }
  ]
  const identities = copies.map((copy) => read([copy]).events[0]!.identity)
  const [first] = identities
  expect(identities.slice(0, 6)).toEqual(Array(6).fill(first))
  expect(identities[6]![2]).toBe('<kQ3v>')
})

test.for([
  ['event', 'open'],
  ['email', 'otto@example.com'],
  ['timestamp', 1773279811],
  ['type', 'blocked'],
  ['reason', '550 5.1.1 other'],
  ['response', '451 other'],
  ['attempt', 6],
  ['url', 'https://example.com/other'],
  ['asm_group_id', 8],
  ['sg_message_id', 'other.recvd-1']
] as const)('another %s is another event', ([field, value]) => {
  const fields: Record<string, unknown> = {
    event: 'click',
    email: 'mara@example.com',
    timestamp: 1773279810,
    sg_message_id: 'kQ3v.recvd-1'
  }
  const [one, two] = read([fields, { ...fields, [field]: value }]).events
  expect(two!.identity).not.toEqual(one!.identity)
})

// Bad input

test.for([
  ['nothing', ''],
  ['prose', 'hello'],
  ['half an array', '[{"event":"open"'],
  ['a form', 'event=open&email=mara%40example.com'],
  ['a number', '42'],
  ['null', 'null'],
  ['a text', '"[]"']
] as const)('a body of %s is unreadable as a whole', ([, body]) => {
  expect(sendgrid.parse(post(Buffer.from(body)))).toEqual({
    events: [],
    unreadable: [{ pointer: '', detail: expect.any(String) }]
  })
})

test('a bare object that cannot be read is pointed at as the whole', () => {
  expect(sendgrid.parse(post(Buffer.from('{"event":"bounce"}'))).unreadable).toEqual([
    { pointer: '', detail: expect.any(String) }
  ])
})

test('a byte order mark does not matter', () => {
  const body = Buffer.concat([Buffer.from('\ufeff'), payload('delivered')])
  expect(sendgrid.parse(post(body))).toEqual(sendgrid.parse(post(payload('delivered'))))
})

test('deep nesting, NUL, lone surrogates and a megabyte of text are read like anything else', () => {
  const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`
  const fields = { event: 'bounce', email: 'mara@example.com', timestamp: 1773279810 }
  const element = (more: string) => `${JSON.stringify(fields).slice(0, -1)},${more}}`
  const long = `550 5.1.1 ${'x'.repeat(1_000_000)}`
  const body = `[${[
    element(`"args":${deep}`),
    element(`"reason":"550 5.1.1 \\u0000 \\ud800"`),
    element(`"reason":${JSON.stringify(long)}`),
    element(`"order":1${'0'.repeat(100_000)},"quote":"${'\\"'.repeat(50_000)}"`)
  ].join(',')}]`
  const { events, unreadable } = sendgrid.parse(post(Buffer.from(body)))
  expect(unreadable).toEqual([])
  expect(events).toHaveLength(4)
  expect(events[2]!.reply?.parsed).toMatchObject({ code: 550, enhanced: '5.1.1' })
  expect(events[3]!.message.metadata.order).toHaveLength(100_001)
})

test('a batch of a hundred thousand elements loses none', () => {
  const body = Buffer.from(`[${Array(100_000).fill('{"event":1}').join(',')}]`)
  const { unreadable } = sendgrid.parse(post(body))
  expect(unreadable).toHaveLength(100_000)
  expect(unreadable.at(-1)!.pointer).toBe('/99999')
})

test('however a payload is mangled, parse returns and invents no code', () => {
  fc.assert(
    fc.property(mutated(fixtures.map(payload)), (body) => {
      const parsed = sendgrid.parse(post(body))
      const known = numbersIn(body)
      for (const event of parsed.events) {
        const { code = null, enhanced = null } = event.reply?.parsed ?? {}
        if (code !== null) expect(known).toContain(String(code))
        if (enhanced !== null) expect(body.includes(enhanced)).toBe(true)
        if (event.type === 'email.rejected') expect(event.reply).toBeNull()
        expect(event.time?.toISOString()).toMatch(/^\d{4}-/)
        const reading = classify({
          reply: event.reply?.parsed ?? null,
          outcome: 'failed',
          hint: event.hint
        })
        expect(reading.reason).toEqual(expect.any(String))
      }
    }),
    { numRuns: 300 }
  )
})

test('every element of a mangled batch is either an event or unreadable', () => {
  fc.assert(
    fc.property(mutated(fixtures.map(payload)), (body) => {
      const batch: unknown = JSON.parse(body.toString())
      if (!Array.isArray(batch)) return
      const parsed = sendgrid.parse(post(body))
      expect(parsed.events.length + parsed.unreadable.length).toBe(batch.length)
    }),
    { numRuns: 100 }
  )
})

function authenticate(request: Inbound, keys = [publicKey], now = signedAt) {
  return sendgrid.authenticate(request, { public_keys: keys }, tools(now))
}

function tools(seconds: number): Tools {
  return {
    now: new Date(seconds * 1000),
    fetchCertificate: () => Promise.reject(new Error('SendGrid needs no certificate'))
  }
}

function without(header: string): Inbound {
  return { ...signed, headers: { ...signed.headers, [header]: undefined } }
}

function withSignature(signature: string): Inbound {
  const headers = { ...signed.headers, 'x-twilio-email-event-webhook-signature': signature }
  return { ...signed, headers }
}

function withTimestamp(timestamp: string): Inbound {
  const headers = { ...signed.headers, 'x-twilio-email-event-webhook-timestamp': timestamp }
  return { ...signed, headers }
}

function payload(name: string): Buffer {
  return readFileSync(join(folder, `${name}.payload.json`))
}

function post(body: Buffer): Inbound {
  return { headers: { 'content-type': 'application/json' }, body }
}

function read(batch: unknown): Parsed {
  return sendgrid.parse(post(Buffer.from(JSON.stringify(batch))))
}

function pem(key: string, newLine: string): string {
  const lines = key.match(/.{1,64}/g) ?? []
  return ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join(newLine)
}

function spki(key: typeof other.publicKey): string {
  return key.export({ format: 'der', type: 'spki' }).toString('base64')
}

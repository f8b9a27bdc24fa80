import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { type MailgunCredentials, mailgun } from '../../src/providers/mailgun.ts'
import type { Inbound } from '../../src/providers/provider.ts'

/** A published vector: HMAC-SHA256 of timestamp and token under this key. */
const vector = {
  key: 'test-signing-key-not-a-secret',
  timestamp: '1767225600',
  token: '0123456789abcdef0123456789abcdef0123456789abcdef01',
  signature: 'd230ddf37f4bbdcaaf2ccf4791fd5b38973a1cd750e5adf9cc15e4af9ddb129e',
  parentKey: 'test-primary-account-key',
  parentSignature: 'fbb6f5559cdb9d49bc76c9fbb78543fa0c85afdf8ed815df748cb57cb397563a'
}
const signed = { timestamp: vector.timestamp, token: vector.token, signature: vector.signature }
const delivered = {
  event: 'delivered',
  id: 'a1',
  timestamp: 1767225599.5,
  recipient: 'ada@example.org'
}

test('accepts the published vector and gives its token for single use', async () => {
  expect(await authenticate(json(signed))).toEqual({
    token: { value: vector.token, signedAt: new Date('2026-01-01T00:00:00Z') }
  })
})

test('accepts either of two keys, wherever it stands', async () => {
  for (const keys of [
    [vector.key, 'another-key'],
    ['another-key', vector.key]
  ]) {
    await expect(authenticate(json(signed), keys)).resolves.toHaveProperty('token')
  }
})

test("accepts a subaccount's post by the primary account's signature", async () => {
  const post = { ...signed, signature: 'ab'.repeat(32), 'parent-signature': vector.parentSignature }
  await expect(authenticate(json(post), [vector.parentKey])).resolves.toHaveProperty('token')
  await expect(authenticate(json(post), [vector.key])).rejects.toHaveProperty(
    'code',
    'signature-invalid'
  )
})

test('accepts a timestamp that a proxy has turned into a number', async () => {
  const post = { ...signed, timestamp: Number(vector.timestamp) }
  await expect(authenticate(json(post))).resolves.toHaveProperty('token')
})

test.for([
  ['no signature', undefined],
  ['a list for the signature', []],
  ['an empty signature', { ...signed, signature: '' }],
  ['no token', { ...signed, token: null }],
  ['no timestamp', { token: signed.token, signature: signed.signature }]
])('calls %s unsigned', async ([, signature]) => {
  await expect(authenticate(json(signature))).rejects.toHaveProperty('code', 'signature-missing')
})

test.for([
  ['nothing', ''],
  ['an array', '[]'],
  ['broken JSON', '{"signature":'],
  ['a number', '17'],
  ['bytes', '\u0000\u00ff']
])('calls a body that is %s unsigned', async ([, body]) => {
  for (const type of [
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data'
  ]) {
    const request = { headers: { 'content-type': type }, body: Buffer.from(body ?? '') }
    await expect(authenticate(request)).rejects.toHaveProperty('code', 'signature-missing')
  }
})

test.for([
  ['another signature', { ...signed, signature: 'ab'.repeat(32) }],
  ['a shorter signature', { ...signed, signature: signed.signature.slice(2) }],
  ['a signature in a list', { ...signed, signature: [signed.signature] }],
  ['a token in a list', { ...signed, token: [signed.token] }],
  ['a token in an object', { ...signed, token: { toString: signed.token } }],
  ['a timestamp in a list', { ...signed, timestamp: [signed.timestamp] }],
  ['a fraction of a second', { ...signed, timestamp: 1767225600.5 }],
  ['white space', { ...signed, timestamp: ' 1767225600' }]
])('refuses %s', async ([, signature]) => {
  await expect(authenticate(json(signature))).rejects.toHaveProperty('code', 'signature-invalid')
})

test('refuses the right signature under another key', async () => {
  await expect(authenticate(json(signed), ['another-key'])).rejects.toHaveProperty(
    'code',
    'signature-invalid'
  )
})

test('refuses every re-cut of the signed text into another timestamp and token', async () => {
  const whole = vector.timestamp + vector.token
  for (let cut = 1; cut < whole.length; cut++) {
    if (cut === vector.timestamp.length) continue
    const post = { ...signed, timestamp: whole.slice(0, cut), token: whole.slice(cut) }
    await expect(authenticate(json(post))).rejects.toHaveProperty('code', 'signature-invalid')
  }
})

test('accepts what is up to twelve hours old, and five minutes ahead of our clock', async () => {
  const at = (seconds: number) =>
    authenticate(json(signed), [vector.key], new Date((1767225600 + seconds) * 1000))
  await expect(at(12 * 3600)).resolves.toHaveProperty('token')
  await expect(at(-300)).resolves.toHaveProperty('token')
  await expect(at(12 * 3600 + 1)).rejects.toHaveProperty('code', 'replayed')
  await expect(at(-301)).rejects.toHaveProperty('code', 'replayed')
})

test('calls an old forgery forged, not replayed', async () => {
  const post = { ...signed, signature: 'ab'.repeat(32) }
  const later = new Date('2026-03-01T00:00:00Z')
  await expect(authenticate(json(post), [vector.key], later)).rejects.toHaveProperty(
    'code',
    'signature-invalid'
  )
})

test('takes the last of repeated signature fields in a form, since variables come first', async () => {
  const fields: [string, string][] = [
    ['token', 'x'],
    ['timestamp', 'y'],
    ['signature', 'z'],
    ['event', 'delivered'],
    ['timestamp', signed.timestamp],
    ['token', signed.token],
    ['signature', signed.signature]
  ]
  await expect(authenticate(form(fields))).resolves.toHaveProperty('token')
  await expect(authenticate(form(fields.reverse()))).rejects.toHaveProperty(
    'code',
    'signature-invalid'
  )
})

test('no refusal repeats what was sent', async () => {
  const post = { ...signed, signature: 'ab'.repeat(32) }
  const refusal = await authenticate(json(post)).catch((error: Error) => error.message)
  expect(refusal).not.toMatch(new RegExp(`${vector.token}|abab|${vector.key}|ada@example`))
})

test('finds what is wrong with the keys', () => {
  const check = (...keys: string[]) => mailgun.check({ signing_keys: keys })
  expect(check(vector.key, 'another-key')).toEqual([])
  expect(check(' ')).toMatchObject([{ pointer: '/signing_keys/0' }])
  expect(check(vector.key, `${vector.key}\n`)).toMatchObject([{ pointer: '/signing_keys/1' }])
  expect(check(vector.key, vector.key)).toMatchObject([{ pointer: '/signing_keys/1' }])
  expect(check('pubkey-0123456789')[0]?.detail).toContain('signing key')
})

test('keeps an event itself however its numbers are printed', () => {
  const identity = (timestamp: string) => {
    const data = JSON.stringify({ ...delivered, timestamp: 0 })
    const body = `{"event-data":${data.replace('"timestamp":0', `"timestamp":${timestamp}`)}}`
    return mailgun.parse({ headers: {}, body: Buffer.from(body) }).events[0]?.identity
  }
  expect(identity('1767225599.500000')).toEqual(identity('1767225599.5'))
  expect(identity('"1767225599.5"')).toEqual(identity('1767225599.5'))
  expect(identity('1767225599.500001')).not.toEqual(identity('1767225599.5'))
  expect(identity('1767225599.500001')).toEqual(['id', 'a1', '1767225599.500001'])
})

test('the same id on another day is another event', () => {
  const [first] = eventsOf(delivered)
  const [second] = eventsOf({ ...delivered, timestamp: delivered.timestamp + 86400 })
  expect(first?.identity).not.toEqual(second?.identity)
})

test('without an id the content is the identity, whatever signs it', () => {
  const { id: _, ...nameless } = delivered
  const once = mailgun.parse(json(signed, nameless)).events
  const again = mailgun.parse(json({ ...signed, token: 'b'.repeat(50) }, nameless)).events
  expect(once[0]?.identity).toEqual(again[0]?.identity)
  const [other] = eventsOf({ ...nameless, recipient: 'bob@example.org' })
  expect(other?.identity).not.toEqual(once[0]?.identity)
})

test('a time out of range or long after the signature gives way to that of the signature', () => {
  for (const timestamp of [1e300, -1, 8.64e12, 8.64e15, 1767225600 + 200_000]) {
    const [event] = mailgun.parse(json(signed, { ...delivered, timestamp })).events
    expect(event?.time?.toISOString()).toBe('2026-01-01T00:00:00.000Z')
  }
})

test('an event without any time is an event still', () => {
  const [event] = mailgun.parse(json(undefined, { ...delivered, timestamp: null })).events
  expect(event).toMatchObject({ type: 'email.delivered', time: null })
})

test.for([498, 499, 600, 602, 605, 606, 607, 625, 650, 699, 999, 0, 100, 199])(
  'takes %i for a code of Mailgun, whoever seems to say so',
  (code) => {
    for (const severity of ['permanent', 'temporary']) {
      const status = { code, message: '5.1.1 550 5.1.1 words', 'enhanced-code': '5.1.1' }
      const [event] = eventsOf({
        ...delivered,
        event: 'failed',
        severity,
        'delivery-status': status
      })
      expect(event?.provider.code).toBe(code)
      expect(event?.reply?.parsed).toMatchObject({ code: null, enhanced: null })
      expect(event?.reply?.spokenBy).toBe('provider')
    }
  }
)

test('keeps the raw words apart from the reply that is rebuilt of them', () => {
  const message = '5.1.1 first\r\n5.1.1 second\n5.1.1 third'
  const status = { code: 550, message, 'mx-host': 'mx.example.org' }
  const [event] = eventsOf({
    ...delivered,
    event: 'failed',
    severity: 'permanent',
    'delivery-status': status
  })
  expect(event?.reply?.parsed).toMatchObject({
    code: 550,
    enhanced: '5.1.1',
    text: 'first second third',
    raw: message
  })
})

test("a hard bounce is believed for 550 and 5.1.x only, not for a refusal of the sender's", () => {
  const hint = (code: number, message: string) =>
    eventsOf({
      ...delivered,
      event: 'failed',
      severity: 'permanent',
      reason: 'bounce',
      'delivery-status': { code, message }
    })[0]?.hint
  expect(hint(550, '')).toMatchObject({ reason: 'unknown_mailbox', strength: 'hard' })
  expect(hint(553, '5.1.2 no')).toMatchObject({ reason: 'unknown_mailbox', strength: 'hard' })
  expect(hint(550, '5.7.1 no')).toBeNull()
  expect(hint(554, 'no')).toBeNull()
})

test.for([
  ['a, b', ['a', 'b']],
  ['"x, y" <a@b.example>, c@d.example', ['"x, y" <a@b.example>', 'c@d.example']],
  ['"x \\" , y" <a@b.example>', ['"x \\" , y" <a@b.example>']],
  ['<a,b@c.example>', ['<a,b@c.example>']],
  [' , a@b.example,', ['a@b.example']],
  ['"never closed, a', ['"never closed, a']],
  ['ends with \\', ['ends with \\']],
  ['"\\', ['"\\']],
  [',', [null]]
] as const)('finds the mailboxes of %s', ([to, expected]) => {
  const events = eventsOf({
    event: 'rejected',
    id: 'r',
    timestamp: 1767225599,
    message: { headers: { to } }
  })
  expect(events.map((event) => event.recipient)).toEqual(expected)
  expect(new Set(events.map((event) => event.identity.join())).size).toBe(events.length)
})

function authenticate(request: Inbound, keys = [vector.key], now = new Date(1767225610_000)) {
  const credentials: MailgunCredentials = { signing_keys: keys }
  return mailgun.authenticate(request, credentials, {
    now,
    fetchCertificate: () => Promise.reject(new Error('Mailgun has no certificates'))
  })
}

function json(signature: unknown, data: unknown = delivered): Inbound {
  const body = Buffer.from(JSON.stringify({ signature, 'event-data': data }))
  return { headers: { 'content-type': 'application/json' }, body }
}

function form(fields: [string, string][]): Inbound {
  const body = Buffer.from(new URLSearchParams(fields).toString())
  return { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body }
}

function eventsOf(data: unknown) {
  return mailgun.parse(json(sign('1767225600'), data)).events
}

function sign(timestamp: string) {
  const token = 'c'.repeat(50)
  const signature = createHmac('sha256', vector.key)
    .update(timestamp + token)
    .digest('hex')
  return { timestamp, token, signature }
}

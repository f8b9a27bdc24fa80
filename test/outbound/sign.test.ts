import { createHmac, randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import {
  keysValidAt,
  newEd25519Secret,
  newSecret,
  parseSecret,
  parseVerifyingKey,
  publicKeyText,
  type SignedRequest,
  sign,
  verify
} from '../../src/outbound/sign.ts'

const a = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1614265330,
  body: Buffer.from('{"test": 2432232314}'),
  header: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
}
const b = {
  newSecret: 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
  oldSecret: 'whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=',
  id: 'msg_2mB7h3nq0YkqX8r1',
  timestamp: 1767225600,
  body: Buffer.from(
    '{"type":"email.bounced","timestamp":"2026-01-01T00:00:00.000Z","data":{"id":"evt_1","note":"é"}}'
  ),
  header:
    'v1,8YQwqGAVxwKwWyhLJUcoO7oNATZqw8qEfs8lbRR9g/g= v1,EpVMgTo95GgqwMItHIVr5vpvTqLpffV0JSJWACk8PGY='
}
const c = {
  secret:
    'whsk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8DoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuA==',
  publicKey: 'whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=',
  header:
    'v1a,yoUrgEkc12aGqm0n4Sydmdz55xJfTz4AsAgieHFjmkR7LJtqVCZOQYzvvHjI5kAey+r4iaBGxTFRrl2iBQxtDQ=='
}

function requestA(change: Partial<SignedRequest> = {}): SignedRequest {
  return {
    id: a.id,
    timestamp: String(a.timestamp),
    signature: a.header,
    body: a.body,
    secrets: [parseSecret(a.secret)],
    now: new Date(a.timestamp * 1000),
    ...change
  }
}

function hmac(key: string | Buffer, content: string): string {
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`
}

const keyA = Buffer.from(a.secret.slice(6), 'base64')
const contentA = `${a.id}.${a.timestamp}.${a.body}`

test('signs the published HMAC vector', () => {
  expect(sign({ ...a, secrets: [parseSecret(a.secret)] })).toBe(a.header)
})

test('signs with every key of a rotation, newest first, over bytes', () => {
  expect(b.body.length).toBe(97)
  const secrets = [parseSecret(b.newSecret), parseSecret(b.oldSecret)]
  expect(sign({ ...b, secrets })).toBe(b.header)
})

test('signs the ed25519 vector and names its public key', () => {
  const key = parseSecret(c.secret)
  expect(sign({ ...a, secrets: [key] })).toBe(c.header)
  expect(key.version === 'v1a' && publicKeyText(key)).toBe(c.publicKey)
  expect(
    verify(requestA({ signature: c.header, secrets: [parseVerifyingKey(c.publicKey)] }))
  ).toEqual({
    matches: true,
    version: 'v1a',
    keyIndex: 0
  })
})

test('signs bytes that are not UTF-8 as they are', () => {
  const body = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d])
  const expected = createHmac('sha256', keyA)
    .update(Buffer.concat([Buffer.from(`${a.id}.${a.timestamp}.`), body]))
    .digest('base64')
  expect(sign({ ...a, body, secrets: [parseSecret(a.secret)] })).toBe(`v1,${expected}`)
})

test('the official library verifies what we sign, with either key of a rotation and beside ed25519', () => {
  const [fresh, former] = [newSecret(), newSecret()]
  const timestamp = Math.floor(Date.now() / 1000)
  const header = sign({
    ...b,
    timestamp,
    secrets: [parseSecret(newEd25519Secret()), parseSecret(fresh), parseSecret(former)]
  })
  expect(header).toMatch(/^v1a,\S{88} v1,\S{44} v1,\S{44}$/)
  const headers = {
    'webhook-id': b.id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': header
  }
  for (const secret of [fresh, former]) {
    expect(new Webhook(secret).verify(b.body, headers)).toEqual(JSON.parse(b.body.toString()))
  }
  expect(() => new Webhook(newSecret()).verify(b.body, headers)).toThrow('No matching signature')
})

test('verifies what the official library signs', () => {
  const header = new Webhook(a.secret).sign(a.id, new Date(a.timestamp * 1000), a.body)
  expect(verify(requestA({ signature: header })).matches).toBe(true)
})

test('a new secret holds 32 random bytes', () => {
  const [one, two] = [newSecret(), newSecret()]
  expect(one).not.toBe(two)
  expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(parseSecret(one).version).toBe('v1')
})

test('a new ed25519 secret signs what its public key verifies', () => {
  const key = parseSecret(newEd25519Secret())
  if (key.version !== 'v1a') throw new Error('not an ed25519 key')
  const signature = sign({ ...a, secrets: [key] })
  const secrets = [parseVerifyingKey(publicKeyText(key))]
  expect(verify(requestA({ signature, secrets })).matches).toBe(true)
  const other = [parseVerifyingKey(c.publicKey)]
  expect(verify(requestA({ signature, secrets: other })).matches).toBe(false)
})

test('takes the bare seed of an ed25519 key too', () => {
  const seed = `whsk_${Buffer.from(c.secret.slice(5), 'base64').subarray(0, 32).toString('base64')}`
  expect(sign({ ...a, secrets: [parseSecret(seed)] })).toBe(c.header)
})

const padded = (bytes: number) => randomBytes(bytes).toString('base64')
test.for([
  ['no prefix', padded(32)],
  ['another prefix', `whsec-${padded(32)}`],
  ['nothing after the prefix', 'whsec_'],
  ['23 bytes', `whsec_${padded(23)}`],
  ['65 bytes', `whsec_${padded(65)}`],
  ['missing padding', `whsec_${padded(32).replace(/=+$/, '')}`],
  ['too much padding', `whsec_${padded(24)}==`],
  ['the URL alphabet', `whsec_${'-_'.repeat(16)}`],
  ['a space inside', `whsec_${padded(12)} ${padded(12)}`],
  ['a line break at the end', `whsec_${padded(32)}\n`],
  ['bits set beyond the last byte', `whsec_${'A'.repeat(42)}B=`],
  ['an ed25519 key of 63 bytes', `whsk_${padded(63)}`],
  ['an ed25519 key of two halves that do not match', `whsk_${padded(64)}`],
  ['a public key, which cannot sign', c.publicKey]
] as const)('refuses a secret with %s without repeating it', ([, text]) => {
  const refusal = (() => {
    try {
      return parseSecret(text)
    } catch (error) {
      return error
    }
  })()
  if (!(refusal instanceof AppError)) throw new Error('was accepted')
  expect(refusal.code).toBe('credentials-invalid')
  if (text.length > 10) expect(refusal.message).not.toContain(text.slice(6))
})

test('takes secrets of 24 and of 64 bytes', () => {
  expect(parseSecret(`whsec_${padded(24)}`).version).toBe('v1')
  expect(parseSecret(`whsec_${padded(64)}`).version).toBe('v1')
})

test('refuses to sign an id or a timestamp that could be read in two ways', () => {
  const secrets = [parseSecret(a.secret)]
  expect(() => sign({ ...a, id: 'msg_1.2', secrets })).toThrow('webhook-id')
  expect(() => sign({ ...a, id: 'msg 1', secrets })).toThrow('webhook-id')
  expect(() => sign({ ...a, timestamp: 1.5, secrets })).toThrow('webhook-timestamp')
  expect(() => sign({ ...a, secrets: [] })).toThrow('no valid key')
})

test('an expired key neither signs nor verifies, and the newest signs first', () => {
  const now = new Date('2026-01-02T00:00:00Z')
  const former = parseSecret(b.oldSecret)
  const current = parseSecret(b.newSecret)
  const keys = (expiresAt: string) => [
    { key: former, createdAt: new Date('2025-01-01'), expiresAt: new Date(expiresAt) },
    { key: current, createdAt: new Date('2026-01-01'), expiresAt: null }
  ]
  expect(keysValidAt(keys('2026-01-02T00:00:01Z'), now)).toEqual([current, former])
  expect(keysValidAt(keys('2026-01-02T00:00:00Z'), now)).toEqual([current])

  const signature = b.header.split(' ')[1]
  const request = { ...requestA(), ...b, timestamp: String(b.timestamp), signature }
  const at = { now: new Date(b.timestamp * 1000) }
  expect(verify({ ...request, ...at, secrets: [current, former] })).toMatchObject({ keyIndex: 1 })
  expect(
    verify({ ...request, ...at, secrets: keysValidAt(keys('2026-01-02T00:00:00Z'), now) })
  ).toMatchObject({ matches: false, reason: 'signature-mismatch' })
})

const matching: [string, Partial<SignedRequest>][] = [
  ['at 300 s of age', { now: new Date((a.timestamp + 300) * 1000) }],
  ['at 300 s ahead', { now: new Date((a.timestamp - 300) * 1000) }],
  ['behind a version nobody knows', { signature: `v2,abc ${a.header}` }],
  ['behind a signature of another key', { signature: `v1,${padded(32)} ${a.header}` }],
  ['behind an unreadable signature', { signature: `v1,??? ${a.header}` }],
  ['behind a signature of another length', { signature: `v1,${padded(31)} ${a.header}` }],
  ['with a second key', { secrets: [parseSecret(newSecret()), parseSecret(a.secret)] }]
]
test.for(matching)('accepts a signature %s', ([, change]) => {
  expect(verify(requestA(change))).toMatchObject({ matches: true, version: 'v1' })
})

const refused: [string, string, string, Partial<SignedRequest>][] = [
  [
    'a body changed by one space',
    'signature-mismatch',
    'is not the one',
    { body: Buffer.from('{"test":  2432232314}') }
  ],
  ['another id', 'signature-mismatch', 'is not the one', { id: 'msg_other' }],
  [
    'another timestamp',
    'signature-mismatch',
    'is not the one',
    { timestamp: String(a.timestamp + 1) }
  ],
  [
    'another secret',
    'signature-mismatch',
    'is not the one',
    { secrets: [parseSecret(newSecret())] }
  ],
  [
    'a timestamp 301 s old',
    'timestamp-too-old',
    '301 s old',
    { now: new Date((a.timestamp + 301) * 1000) }
  ],
  [
    'a timestamp 301 s ahead',
    'timestamp-too-new',
    '301 s in the future',
    { now: new Date((a.timestamp - 301) * 1000) }
  ],
  [
    'a timestamp in milliseconds',
    'timestamp-too-new',
    'milliseconds',
    { timestamp: `${a.timestamp}000` }
  ],
  ['a timestamp with a sign', 'timestamp-malformed', 'digits', { timestamp: `+${a.timestamp}` }],
  [
    'a timestamp with a fraction',
    'timestamp-malformed',
    'digits',
    { timestamp: `${a.timestamp}.0` }
  ],
  ['only a future version', 'version-unknown', 'v1', { signature: a.header.replace('v1', 'v2') }],
  [
    'only an ed25519 signature but an HMAC key',
    'version-without-key',
    'key',
    { signature: c.header }
  ],
  ['an empty signature', 'header-missing', 'webhook-signature', { signature: '' }],
  [
    'no id and no timestamp',
    'header-missing',
    'webhook-id, webhook-timestamp',
    { id: undefined, timestamp: undefined }
  ],
  [
    'two spaces between entries',
    'signature-malformed',
    'one space',
    { signature: `v1,${padded(32)}  ${a.header}` }
  ],
  ['entries without a version', 'signature-malformed', 'version', { signature: a.header.slice(3) }],
  [
    'base64 without padding',
    'signature-malformed',
    'padding',
    { signature: a.header.replace('=', '') }
  ],
  [
    'the key text used without decoding',
    'signature-mismatch',
    'decode the base64',
    { signature: hmac(a.secret.slice(6), contentA) }
  ],
  [
    'the whole secret used as the key',
    'signature-mismatch',
    'decode the base64',
    { signature: hmac(a.secret, contentA) }
  ],
  [
    'a body written anew',
    'signature-mismatch',
    'raw bytes',
    { signature: hmac(keyA, contentA.replace(': ', ':')) }
  ],
  [
    'a lost line break',
    'signature-mismatch',
    'line break',
    { signature: hmac(keyA, `${contentA}\n`) }
  ],
  [
    'only the body signed',
    'signature-mismatch',
    'Only the body',
    { signature: hmac(keyA, a.body.toString()) }
  ],
  [
    'no id in the signed content',
    'signature-mismatch',
    'left out',
    { signature: hmac(keyA, `${a.timestamp}.${a.body}`) }
  ],
  [
    'a signature in hex',
    'signature-mismatch',
    'hex',
    { signature: `v1,${createHmac('sha256', keyA).update(contentA).digest('hex')}` }
  ]
]
test.for(refused)('refuses %s and says why', ([, reason, detail, change]) => {
  expect(verify(requestA(change))).toEqual({
    matches: false,
    reason,
    detail: expect.stringContaining(detail)
  })
})

test('a body that no JSON parser can write anew is only a mismatch', () => {
  const deep = Buffer.from('['.repeat(200_000) + ']'.repeat(200_000))
  expect(verify(requestA({ body: deep }))).toMatchObject({ reason: 'signature-mismatch' })
})

// Standard Webhooks signatures (specification 1.0.0): `v1` is HMAC-SHA256, `v1a` is ed25519. Both sign
// `<webhook-id>.<webhook-timestamp>.<body>`, joined as bytes, so that a body that is not UTF-8 survives.

import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  sign as ed25519Sign,
  verify as ed25519Verify,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual
} from 'node:crypto'
import { AppError } from '../errors.ts'

export type HmacKey = { version: 'v1'; key: Buffer }
export type PrivateKey = { version: 'v1a'; privateKey: KeyObject; publicKey: KeyObject }
export type PublicKey = { version: 'v1a'; publicKey: KeyObject }

/** What can sign. */
export type SigningKey = HmacKey | PrivateKey
/** What can verify: every signing key, and the public half alone. */
export type VerifyingKey = SigningKey | PublicKey

/** A key of an endpoint with its life. After a rotation the former key lives on until `expiresAt`. */
export interface DatedKey<K extends VerifyingKey = SigningKey> {
  key: K
  createdAt: Date
  expiresAt: Date | null
}

/** Five minutes in both directions, as every official library has it. */
export const toleranceSeconds = 300

// The ASN.1 wrapping of RFC 8410 around the bare 32 bytes; node:crypto takes no bare ed25519 keys.
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')

export function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

export function newEd25519Secret(): string {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
  return `whsk_${Buffer.concat([seed, rawPublicKey(publicKey)]).toString('base64')}`
}

/** The `whpk_` text that a receiver needs to verify what this key signs. */
export function publicKeyText(key: PrivateKey | PublicKey): string {
  return `whpk_${rawPublicKey(key.publicKey).toString('base64')}`
}

/** Reads `whsec_` and `whsk_`. Throws `credentials-invalid`; the message never repeats the secret. */
export function parseSecret(text: string): SigningKey {
  if (text.startsWith('whsec_')) return hmacKey(decodeKey(text.slice('whsec_'.length)))
  if (text.startsWith('whsk_')) return privateKey(decodeKey(text.slice('whsk_'.length)))
  throw invalid('A signing secret starts with whsec_ (HMAC) or whsk_ (ed25519)')
}

/** Reads `whpk_` as well, which can only verify. */
export function parseVerifyingKey(text: string): VerifyingKey {
  if (!text.startsWith('whpk_')) return parseSecret(text)
  const bytes = decodeKey(text.slice('whpk_'.length))
  if (bytes.length !== 32) throw invalid('A whpk_ key holds 32 bytes')
  return { version: 'v1a', publicKey: publicKeyOf(bytes) }
}

/** The keys that count at `now`, newest first: the order in which their signatures are sent. */
export function keysValidAt<K extends VerifyingKey>(keys: readonly DatedKey<K>[], now: Date): K[] {
  return keys
    .filter(({ expiresAt }) => expiresAt === null || expiresAt > now)
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
    .map(({ key }) => key)
}

/** The value of `webhook-signature`: one entry a key, in the order given. */
export function sign(message: {
  id: string
  /** Unix seconds of this attempt, not of the event. */
  timestamp: number
  body: Buffer
  /** All keys valid now, newest first. */
  secrets: readonly SigningKey[]
}): string {
  const { id, timestamp, body, secrets } = message
  // The parts are joined by dots: an id with a dot could be read as another id and timestamp. A space
  // or a line break would break the header.
  if (!/^[A-Za-z0-9_-]+$/.test(id)) throw new TypeError('webhook-id: letters, digits, _ and - only')
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) {
    throw new TypeError('webhook-timestamp: whole unix seconds')
  }
  if (secrets.length === 0)
    throw new TypeError('nothing to sign with: the endpoint has no valid key')
  const content = signedContent(id, String(timestamp), body)
  return secrets
    .map((key) => `${key.version},${signature(key, content).toString('base64')}`)
    .join(' ')
}

export interface SignedRequest {
  /** The three headers as received; undefined where one is missing. */
  id: string | undefined
  timestamp: string | undefined
  signature: string | undefined
  /** The raw bytes, before any parsing. */
  body: Buffer
  secrets: readonly VerifyingKey[]
  now: Date
}

export type MismatchReason =
  | 'header-missing'
  | 'timestamp-malformed'
  | 'timestamp-too-old'
  | 'timestamp-too-new'
  | 'signature-malformed'
  | 'version-unknown'
  | 'version-without-key'
  | 'signature-mismatch'

export type Verification =
  | { matches: true; version: 'v1' | 'v1a'; keyIndex: number }
  | { matches: false; reason: MismatchReason; detail: string }

/** Says whether a signed request is genuine and, where it is not, what to mend. */
export function verify(request: SignedRequest): Verification {
  const { id, timestamp, signature: header } = request
  if (!id || !timestamp || !header) return missing({ id, timestamp, header })

  const late = checkTimestamp(timestamp, request.now)
  if (late) return late

  const entries = parseEntries(header)
  if (entries === null) {
    return mismatch(
      'signature-malformed',
      'webhook-signature is a list of version,base64 entries with exactly one space between them'
    )
  }
  const content = signedContent(id, timestamp, request.body)
  let unreadable = 0
  let comparable = 0
  for (const entry of entries) {
    // Versions of the future are skipped, not refused.
    if (entry.version !== 'v1' && entry.version !== 'v1a') continue
    const bytes = decodeBase64(entry.signature)
    if (bytes === null) {
      unreadable += 1
      continue
    }
    for (const [keyIndex, key] of request.secrets.entries()) {
      if (key.version !== entry.version) continue
      comparable += 1
      if (confirms(key, content, bytes)) return { matches: true, version: entry.version, keyIndex }
    }
  }
  if (comparable > 0)
    return mismatch('signature-mismatch', explain(request, id, timestamp, entries))
  if (unreadable > 0) {
    return mismatch('signature-malformed', 'A signature is standard base64 with its = padding')
  }
  return entries.some(({ version }) => version === 'v1' || version === 'v1a')
    ? mismatch('version-without-key', 'No key of the kind that these signatures need was given')
    : mismatch('version-unknown', 'No entry of webhook-signature has the version v1 or v1a')
}

function missing(headers: Record<'id' | 'timestamp' | 'header', string | undefined>): Verification {
  const names = [
    headers.id ? null : 'webhook-id',
    headers.timestamp ? null : 'webhook-timestamp',
    headers.header ? null : 'webhook-signature'
  ].filter((name) => name !== null)
  return mismatch('header-missing', `Missing or empty: ${names.join(', ')}`)
}

function checkTimestamp(timestamp: string, now: Date): Verification | null {
  if (!/^\d{1,15}$/.test(timestamp)) {
    return mismatch('timestamp-malformed', 'webhook-timestamp holds unix seconds: digits only')
  }
  const age = Math.floor(now.getTime() / 1000) - Number(timestamp)
  if (age > toleranceSeconds) {
    return mismatch(
      'timestamp-too-old',
      `webhook-timestamp is ${age} s old; ${toleranceSeconds} s are allowed`
    )
  }
  if (age < -toleranceSeconds) {
    const hint = timestamp.length >= 13 ? ' (are these milliseconds?)' : ''
    return mismatch(
      'timestamp-too-new',
      `webhook-timestamp is ${-age} s in the future; ${toleranceSeconds} s are allowed${hint}`
    )
  }
  return null
}

interface Entry {
  version: string
  signature: string
}

function parseEntries(header: string): Entry[] | null {
  const entries: Entry[] = []
  for (const text of header.split(' ')) {
    const comma = text.indexOf(',')
    if (comma < 1) return null
    entries.push({ version: text.slice(0, comma), signature: text.slice(comma + 1) })
  }
  return entries
}

/**
 * Tries the mistakes that signers and receivers usually make. Only ever called with a key that the
 * caller holds, so it tells nobody anything that they could not compute.
 */
function explain(request: SignedRequest, id: string, timestamp: string, entries: Entry[]): string {
  const { body, secrets } = request
  const right = signedContent(id, timestamp, body)
  const reserialised = rewritten(body)
  const slips: [string, Buffer][] = [
    ['Only the body was signed: sign webhook-id.webhook-timestamp.body', body],
    [
      'The webhook-id was left out of the signed content',
      Buffer.concat([Buffer.from(`${timestamp}.`), body])
    ],
    [
      'The body gained or lost a line break at its end',
      signedContent(id, timestamp, otherNewline(body))
    ]
  ]
  if (reserialised !== null) {
    slips.push([
      'The body was parsed and written anew on one side: sign and verify the raw bytes',
      signedContent(id, timestamp, reserialised)
    ])
  }
  const sent = new Set(entries.map((entry) => entry.signature))
  for (const key of secrets) {
    if (key.version !== 'v1') continue
    for (const [detail, content] of slips) {
      if (sent.has(signature(key, content).toString('base64'))) return detail
    }
    const text = key.key.toString('base64')
    for (const undecoded of [text, `whsec_${text}`]) {
      if (sent.has(createHmac('sha256', undecoded).update(right).digest('base64'))) {
        return 'The text of the secret was used as the key: decode the base64 after whsec_ first'
      }
    }
    if (sent.has(signature(key, right).toString('hex')))
      return 'The signature is in hex: use base64'
  }
  return 'The body, the webhook-id, the webhook-timestamp or the secret is not the one that was signed'
}

function otherNewline(body: Buffer): Buffer {
  return body.at(-1) === 0x0a ? body.subarray(0, -1) : Buffer.concat([body, Buffer.from('\n')])
}

function rewritten(body: Buffer): Buffer | null {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(body.toString('utf8'))))
  } catch {
    return null // not JSON, or nested too deep to write: then this was not the mistake
  }
}

function signedContent(id: string, timestamp: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body])
}

function signature(key: SigningKey, content: Buffer): Buffer {
  return key.version === 'v1'
    ? createHmac('sha256', key.key).update(content).digest()
    : ed25519Sign(null, content, key.privateKey)
}

function confirms(key: VerifyingKey, content: Buffer, candidate: Buffer): boolean {
  if (key.version === 'v1a') {
    return candidate.length === 64 && ed25519Verify(null, content, key.publicKey, candidate)
  }
  const expected = signature(key, content)
  return candidate.length === expected.length && timingSafeEqual(candidate, expected)
}

function hmacKey(key: Buffer): HmacKey {
  if (key.length < 24 || key.length > 64) throw invalid('A whsec_ secret holds 24 to 64 bytes')
  return { version: 'v1', key }
}

/** 64 bytes are the seed and its public key, the common layout; 32 bytes are the seed alone. */
function privateKey(bytes: Buffer): PrivateKey {
  if (bytes.length !== 32 && bytes.length !== 64) {
    throw invalid('A whsk_ key holds 64 bytes (seed and public key) or 32 (the seed alone)')
  }
  const der = Buffer.concat([pkcs8Prefix, bytes.subarray(0, 32)])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(key)
  if (bytes.length === 64 && !rawPublicKey(publicKey).equals(bytes.subarray(32))) {
    throw invalid('The two halves of this whsk_ key do not belong together')
  }
  return { version: 'v1a', privateKey: key, publicKey }
}

function publicKeyOf(bytes: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([spkiPrefix, bytes]), format: 'der', type: 'spki' })
}

function rawPublicKey(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(-32)
}

function decodeKey(text: string): Buffer {
  const bytes = decodeBase64(text)
  if (bytes === null) throw invalid('After its prefix a key is standard base64 with its = padding')
  return bytes
}

/** `Buffer.from(text, 'base64')` takes any rubbish in silence, so the bytes must spell the text again. */
function decodeBase64(text: string): Buffer | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}

function mismatch(reason: MismatchReason, detail: string): Verification {
  return { matches: false, reason, detail }
}

function invalid(detail: string): AppError {
  return new AppError('credentials-invalid', detail)
}

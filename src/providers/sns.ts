import { createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto'
import { AppError } from '../errors.ts'
import { type Fields, textOf } from './json-body.ts'
import type { Inbound, Tools } from './provider.ts'

/**
 * Amazon SNS: the envelope it posts, and the proof that it came from SNS and from the operator's own topic.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */

const envelopeTypes = [
  'Notification',
  'SubscriptionConfirmation',
  'UnsubscribeConfirmation'
] as const
export type EnvelopeType = (typeof envelopeTypes)[number]

/** One SNS message, under SNS's own names; null where a field is missing or is not a text. */
export interface Envelope {
  readonly Type: EnvelopeType
  readonly Message: string
  readonly MessageId: string | null
  readonly TopicArn: string | null
  readonly Timestamp: string | null
  readonly Subject: string | null
  readonly Token: string | null
  readonly SubscribeURL: string | null
  readonly SignatureVersion: string | null
  readonly Signature: string | null
  readonly SigningCertURL: string | null
}

/** Which keys are signed, in the order in which they are (byte order). */
const signedKeys = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  // With the token: a validator that checks an unsubscription like a notification refuses genuine ones.
  SubscriptionConfirmation: confirmationKeys(),
  UnsubscribeConfirmation: confirmationKeys()
} as const satisfies Record<EnvelopeType, readonly (keyof Envelope)[]>

function confirmationKeys() {
  return ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'] as const
}

const digests = new Map([
  ['1', 'RSA-SHA1'],
  ['2', 'RSA-SHA256']
])

/** Three retries 20 s apart are the default, an hour is the longest retry policy SNS allows. */
const maxAge = 60 * 60_000
const maxSkew = 5 * 60_000

/** Reads JSON as an SNS message; null where it is something else (raw delivery, EventBridge). */
export function readEnvelope(fields: Fields): Envelope | null {
  const Type = envelopeTypes.find((type) => type === fields.Type)
  if (Type === undefined || typeof fields.Message !== 'string') return null
  return {
    Type,
    Message: fields.Message,
    MessageId: textOf(fields.MessageId),
    TopicArn: textOf(fields.TopicArn),
    Timestamp: textOf(fields.Timestamp),
    Subject: typeof fields.Subject === 'string' ? fields.Subject : null,
    Token: textOf(fields.Token),
    SubscribeURL: textOf(fields.SubscribeURL),
    SignatureVersion: textOf(fields.SignatureVersion),
    Signature: textOf(fields.Signature),
    SigningCertURL: textOf(fields.SigningCertURL)
  }
}

/** Whose messages are believed. */
export interface Trust {
  topicArns: readonly string[]
  /** A PEM that stands in for the one at `SigningCertURL`. */
  certificate: string | null
}

/**
 * Proves that SNS signed the message, lately, for one of our topics. A valid signature alone proves only that
 * some AWS customer published it: anybody can subscribe our URL to a topic of theirs.
 */
export async function authenticateEnvelope(
  envelope: Envelope,
  headers: Inbound['headers'],
  trust: Trust,
  tools: Tools
): Promise<void> {
  requireSignedFields(envelope)
  requireTopic(envelope, trust.topicArns)
  requireSameHeaders(envelope, headers)
  requireVersion(envelope)
  const url = requireCertificateUrl(envelope)
  const key =
    trust.certificate === null
      ? fetchedKey(await tools.fetchCertificate(url), tools.now)
      : pinnedKey(trust.certificate)
  requireSignature(envelope, key, trust.certificate !== null)
  // Last, so that "too old" is said of genuine messages only: it then means a clock or a replay.
  requireFresh(envelope, tools.now)
}

function requireSignedFields(envelope: Envelope): void {
  const flaw = flawIn(envelope)
  if (flaw === null) return
  throw new AppError(
    'signature-missing',
    `The body is not a complete SNS message: ${flaw}. Subscribe this URL to the topic directly, with nothing between that rewrites bodies.`
  )
}

/**
 * The signed text joins keys and values by line feeds alone, so a value that holds one could be cut anew into
 * other values under the same signature. All but `Message` are single lines; then one reading is left.
 */
function flawIn(envelope: Envelope): string | null {
  const required = [
    ...signedKeys[envelope.Type].filter((key) => key !== 'Subject'),
    'SignatureVersion',
    'Signature',
    'SigningCertURL'
  ] as const
  for (const key of required) {
    if (envelope[key] === null) return `${key} is missing or not a text`
  }
  for (const key of [...required, 'Subject'] as const) {
    if (key !== 'Message' && envelope[key]?.includes('\n')) return `${key} holds a line break`
  }
  if (!timestampShape.test(envelope.Timestamp ?? '')) return 'Timestamp is not an ISO 8601 time'
  return null
}

const timestampShape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/

function requireTopic(envelope: Envelope, topicArns: readonly string[]): void {
  const topic = envelope.TopicArn ?? ''
  if (topicArns.includes(topic)) return
  const named = snsHost(topic) ? ` ${topic}` : ''
  throw new AppError(
    'signature-invalid',
    `The message is from the topic${named}, which is not one of this source's topic_arns. Add it there if it is yours.`
  )
}

const signedHeaders = {
  'x-amz-sns-message-type': 'Type',
  'x-amz-sns-message-id': 'MessageId',
  'x-amz-sns-topic-arn': 'TopicArn'
} as const satisfies Record<string, keyof Envelope>

/** Headers are not signed; one that says otherwise than the body means that somebody changed one of them. */
function requireSameHeaders(envelope: Envelope, headers: Inbound['headers']): void {
  for (const [header, key] of Object.entries(signedHeaders)) {
    const value = headers[header]
    if (value === undefined || value === envelope[key]) continue
    throw new AppError(
      'signature-invalid',
      `The header ${header} differs from ${key} in the signed body. Something on the way rewrites headers or bodies.`
    )
  }
}

function requireCertificateUrl(envelope: Envelope): string {
  const url = certificateUrl(envelope.SigningCertURL ?? '', envelope.TopicArn ?? '')
  if (url !== null) return url
  throw new AppError(
    'signature-invalid',
    "SigningCertURL does not lead to a certificate of SNS in the topic's own region, so the message is not from SNS."
  )
}

function requireVersion(envelope: Envelope): void {
  if (digestOf(envelope) !== undefined) return
  throw new AppError(
    'signature-invalid',
    'The SignatureVersion is neither 1 nor 2. Set the attribute SignatureVersion of the topic to 2.'
  )
}

function requireSignature(envelope: Envelope, key: KeyObject, pinned: boolean): void {
  if (isSignedBy(envelope, key)) return
  throw new AppError(
    'signature-invalid',
    `The signature does not match the body. Either a proxy altered the body on its way (bodies must arrive byte for byte), or it is forged${
      pinned ? ', or SNS signs with another certificate than signing_certificate by now' : ''
    }.`
  )
}

function requireFresh(envelope: Envelope, now: Date): void {
  const age = now.getTime() - Date.parse(envelope.Timestamp ?? '')
  if (age > maxAge + maxSkew) {
    throw new AppError(
      'replayed',
      "The message is genuine but older than one hour: a replay, or this machine's clock is fast."
    )
  }
  // Not a number (a 31st of February) is out of the window too.
  if (!(age >= -maxSkew)) {
    throw new AppError(
      'replayed',
      "The message is genuine but dated in the future: this machine's clock is slow."
    )
  }
}

/** Whether the key's owner signed the message: no clock, no topic, nothing but the signature. */
export function isSignedBy(envelope: Envelope, key: KeyObject): boolean {
  const digest = digestOf(envelope)
  if (digest === undefined || envelope.Signature === null || key.asymmetricKeyType !== 'rsa') {
    return false
  }
  const signature = Buffer.from(envelope.Signature, 'base64')
  return verify(digest, Buffer.from(canonicalText(envelope)), key, signature)
}

function digestOf(envelope: Envelope): string | undefined {
  return digests.get(envelope.SignatureVersion ?? '')
}

/** The text that is signed: key, line feed, value, line feed, for each signed key that is present. */
export function canonicalText(envelope: Envelope): string {
  let text = ''
  for (const key of signedKeys[envelope.Type]) {
    const value = envelope[key]
    if (value !== null) text += `${key}\n${value}\n`
  }
  return text
}

function fetchedKey(pem: string, now: Date): KeyObject {
  const certificate = readCertificate(pem)
  if (certificate === null) {
    throw new AppError(
      'upstream-unavailable',
      'What is at SigningCertURL is not a certificate with an RSA key. Something between this machine and SNS answers in its place.'
    )
  }
  if (now.getTime() < certificate.validFrom || now.getTime() > certificate.validTo) {
    throw new AppError(
      'signature-invalid',
      "The certificate at SigningCertURL is not valid at this machine's time. Check the clock."
    )
  }
  return certificate.key
}

/** A pinned certificate is the operator's own choice: its dates are not looked at. */
function pinnedKey(pem: string): KeyObject {
  const certificate = readCertificate(pem)
  if (certificate !== null) return certificate.key
  throw new AppError(
    'upstream-unavailable',
    'The signing_certificate of this source cannot be read. Store it again, as PEM.'
  )
}

interface Certificate {
  key: KeyObject
  validFrom: number
  validTo: number
}

/** Reading a certificate costs three times what checking a signature does, and there are only a few. */
const certificates = new Map<string, Certificate | null>()
const mostCertificates = 32

/** The RSA key of an X.509 certificate, or of a bare public key (SPKI), which has no dates; null of anything else. */
export function readCertificate(pem: string): Certificate | null {
  const known = certificates.get(pem)
  if (known !== undefined) return known
  const certificate = decodeCertificate(pem)
  if (certificates.size >= mostCertificates) certificates.clear()
  certificates.set(pem, certificate)
  return certificate
}

function decodeCertificate(pem: string): Certificate | null {
  try {
    if (pem.includes('-----BEGIN PUBLIC KEY-----')) {
      const key = createPublicKey(pem)
      return isRsa(key) ? { key, validFrom: -Infinity, validTo: Infinity } : null
    }
    if (!pem.includes('-----BEGIN CERTIFICATE-----')) return null
    const { publicKey: key, validFrom, validTo } = new X509Certificate(pem)
    if (!isRsa(key)) return null
    return { key, validFrom: Date.parse(validFrom), validTo: Date.parse(validTo) }
  } catch {
    return null
  }
}

function isRsa(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa'
}

/** The DNS suffix of each partition, and how its regions begin. */
const partitions = new Map([
  ['aws', { suffix: 'amazonaws.com', regions: /^(?!cn-|us-gov-|eusc-)/ }],
  ['aws-cn', { suffix: 'amazonaws.com.cn', regions: /^cn-/ }],
  ['aws-us-gov', { suffix: 'amazonaws.com', regions: /^us-gov-/ }],
  ['aws-eusc', { suffix: 'amazonaws.eu', regions: /^eusc-/ }]
])

/** Region names grow (`il-`, `mx-`); the shape is enough, because the topic is pinned and names its region. */
const topicArnShape =
  /^arn:(aws[a-z-]{0,10}):sns:([a-z]{2,4}(?:-[a-z]{1,20}){1,3}-\d{1,2}):\d{12}:[\w-]{1,256}(?:\.fifo)?$/

/** The host that serves a topic; null where the text is no topic's ARN. */
export function snsHost(topicArn: string): string | null {
  const [, name, region] = topicArnShape.exec(topicArn) ?? []
  const partition = name === undefined ? undefined : partitions.get(name)
  if (partition === undefined || region === undefined) return null
  return partition.regions.test(region) ? `sns.${region}.${partition.suffix}` : null
}

/** The certificate's URL if SNS itself serves it in the topic's region; null for every other. */
export function certificateUrl(text: string, topicArn: string): string | null {
  const url = snsUrl(text, topicArn)
  if (!url || text.includes('?')) return null
  return /^\/SimpleNotificationService-[0-9A-Za-z]{32}\.pem$/.test(url.pathname) ? url.href : null
}

/** The URL that confirms the subscription, if it confirms this very topic; null for every other. */
export function confirmationUrl(envelope: Envelope): string | null {
  const topic = envelope.TopicArn ?? ''
  const url = snsUrl(envelope.SubscribeURL ?? '', topic)
  if (url?.pathname !== '/') return null
  const only = (name: string) => {
    const values = url.searchParams.getAll(name)
    return values.length === 1 ? values[0] : undefined
  }
  return only('Action') === 'ConfirmSubscription' && only('TopicArn') === topic ? url.href : null
}

/**
 * A URL at exactly `sns.<region>.<suffix>` of the topic. Whole-host comparison after parsing: suffixes and
 * patterns have let in S3 buckets and `…amazonaws.com.evil.example` elsewhere.
 */
function snsUrl(text: string, topicArn: string): URL | null {
  const host = snsHost(topicArn)
  if (host === null || /[\s\\@#]/.test(text) || !URL.canParse(text)) return null
  const url = new URL(text)
  // The parser drops 443; any other port is left in `port`.
  const ours = url.protocol === 'https:' && url.hostname === host && url.port === ''
  return ours && url.username === '' && url.password === '' ? url : null
}

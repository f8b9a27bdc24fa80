import { createHash, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  canonicalText,
  certificateUrl,
  confirmationUrl,
  type Envelope,
  isSignedBy,
  readCertificate,
  readEnvelope,
  snsHost
} from '../../src/providers/sns.ts'
import { signEnvelope } from './sns-signer.ts'

interface Vectors {
  certificate: string
  messages: { name: string; canonical_sha256: string; envelope: Record<string, unknown> }[]
  canonical_of_version_1: string
}

/** Keys and signatures that others made; nothing here was signed by our own code. */
const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../fixtures/providers/sns/vectors.json', import.meta.url), 'utf8')
)
const key = new X509Certificate(vectors.certificate).publicKey
const [version2, version1, confirmation] = vectors.messages.map(({ envelope }) => envelope)

function read(fields: Record<string, unknown>): Envelope {
  const envelope = readEnvelope(fields)
  expect(envelope).not.toBeNull()
  return envelope!
}

test.for(vectors.messages)('$name is signed by its key', ({ envelope, canonical_sha256 }) => {
  const text = canonicalText(read(envelope))
  expect(createHash('sha256').update(text).digest('hex')).toBe(canonical_sha256)
  expect(isSignedBy(read(envelope), key)).toBe(true)
})

test('the text that is signed joins keys and decoded values, without the absent subject', () => {
  expect(canonicalText(read(version1!))).toBe(vectors.canonical_of_version_1)
  expect(canonicalText(read({ ...version1, Subject: null }))).toBe(vectors.canonical_of_version_1)
})

test('order and unsigned fields do not matter', () => {
  const turned = Object.fromEntries(Object.entries({ ...version2!, New: {} }).reverse())
  expect(isSignedBy(read({ ...turned, UnsubscribeURL: 'https://example.com/' }), key)).toBe(true)
})

const message = String(version2!.Message)
test.for<[string, Record<string, unknown>]>([
  ['one character of Message', { ...version2, Message: message.replace('ada@', 'eda@') }],
  ['no line feed after Message', { ...version2, Message: message.trim() }],
  ['no Subject', { ...version2, Subject: undefined }],
  ['another Subject', { ...version2, Subject: 'Hello' }],
  ['a Subject where there was none', { ...version1, Subject: 'Hello' }],
  ['an empty Subject where there was none', { ...version1, Subject: '' }],
  ['version 1 on a message of version 2', { ...version2, SignatureVersion: '1' }],
  ['version 2 on a message of version 1', { ...version1, SignatureVersion: '2' }],
  ['version 3', { ...version2, SignatureVersion: '3' }],
  ['a number as version', { ...version2, SignatureVersion: 2 }],
  ['an inherited property as version', { ...version2, SignatureVersion: 'constructor' }],
  ['another TopicArn', { ...version2, TopicArn: `${version2!.TopicArn}2` }],
  ['another Timestamp', { ...version2, Timestamp: '2026-01-01T00:00:00.124Z' }],
  ['another MessageId', { ...version2, MessageId: version1!.MessageId }],
  ['the signature of another message', { ...version2, Signature: version1!.Signature }],
  ['half a signature', { ...version2, Signature: String(version2!.Signature).slice(0, 100) }],
  ['no signature', { ...version2, Signature: undefined }],
  ['an array as signature', { ...version2, Signature: [version2!.Signature] }],
  ['another Token', { ...confirmation, Token: '2336412f37fbffff0001' }],
  ['another SubscribeURL', { ...confirmation, SubscribeURL: 'https://example.com/' }],
  ['an unsubscription made of it', { ...confirmation, Type: 'UnsubscribeConfirmation' }]
])('with %s the signature does not match', ([, fields]) => {
  expect(isSignedBy(read(fields), key)).toBe(false)
})

test('another key or another kind of key has signed nothing', () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const curve = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  expect(isSignedBy(read(version2!), other.publicKey)).toBe(false)
  expect(isSignedBy(read(version2!), curve.publicKey)).toBe(false)
})

test('an unsubscription is signed with its token', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const goodbye = { ...confirmation, Type: 'UnsubscribeConfirmation' }
  const signed = signEnvelope(goodbye, pair.privateKey)
  expect(isSignedBy(read(signed), pair.publicKey)).toBe(true)
  expect(isSignedBy(read({ ...signed, Token: undefined }), pair.publicKey)).toBe(false)
})

test.for<[string, Record<string, unknown>]>([
  ['an SES event', { eventType: 'Send', mail: {} }],
  ['an unknown type', { Type: 'Greeting', Message: 'x' }],
  ['a type that is no text', { Type: ['Notification'], Message: 'x' }],
  ['no message', { Type: 'Notification' }],
  ['an object as message', { Type: 'Notification', Message: {} }]
])('%s is no envelope', ([, fields]) => {
  expect(readEnvelope(fields)).toBeNull()
})

// Where certificates and confirmations may be

const topic = 'arn:aws:sns:eu-central-1:111122223333:ses-events'
const pem = 'SimpleNotificationService-0123456789abcdef0123456789abcdef.pem'

test.for([
  ['arn:aws:sns:eu-central-1:111122223333:ses-events', 'sns.eu-central-1.amazonaws.com'],
  ['arn:aws:sns:il-central-1:111122223333:x', 'sns.il-central-1.amazonaws.com'],
  ['arn:aws:sns:ap-southeast-7:111122223333:x_Y-1', 'sns.ap-southeast-7.amazonaws.com'],
  ['arn:aws-cn:sns:cn-north-1:111122223333:x', 'sns.cn-north-1.amazonaws.com.cn'],
  ['arn:aws-us-gov:sns:us-gov-west-1:111122223333:x', 'sns.us-gov-west-1.amazonaws.com'],
  ['arn:aws-eusc:sns:eusc-de-east-1:111122223333:x', 'sns.eusc-de-east-1.amazonaws.eu']
] as const)('the topic %s is served by %s', ([arn, host]) => {
  expect(snsHost(arn)).toBe(host)
  expect(certificateUrl(`https://${host}/${pem}`, arn)).toBe(`https://${host}/${pem}`)
})

test.for([
  [''],
  ['ses-events'],
  ['arn:aws:sqs:eu-central-1:111122223333:queue'],
  ['arn:aws:sns:eu-central-1:1111:short-account'],
  ['arn:aws:sns:eu-central-1:111122223333:'],
  ['arn:aws:sns:eu-central-1:111122223333:a:subscription-id'],
  ['arn:aws:sns:cn-north-1:111122223333:wrong-partition'],
  ['arn:aws-cn:sns:eu-central-1:111122223333:wrong-partition'],
  ['arn:aws-us-gov:sns:us-east-1:111122223333:wrong-partition'],
  ['arn:aws-moon:sns:moon-dark-1:111122223333:x'],
  ['arn:aws:sns:evil.example/:111122223333:x'],
  [`${topic}\n`]
])('"%s" is the ARN of no topic', ([arn]) => {
  expect(snsHost(arn!)).toBeNull()
})

test('the default port may be written out', () => {
  const plain = `https://sns.eu-central-1.amazonaws.com/${pem}`
  expect(certificateUrl(`https://sns.eu-central-1.amazonaws.com:443/${pem}`, topic)).toBe(plain)
  expect(certificateUrl(plain.replace(/[0-9a-f]{32}/, 'Zz'.repeat(16)), topic)).not.toBeNull()
})

test.for([
  [`https://sns.eu-central-1.amazonaws.com.evil.example/${pem}`],
  [`https://sns.evil.example/${pem}`],
  [`https://s3.amazonaws.com/${pem}`],
  [`https://sns.eu-central-1.s3.amazonaws.com/${pem}`],
  [`https://evil-sns.eu-central-1.amazonaws.com/${pem}`],
  [`https://sns.us-east-1.amazonaws.com/${pem}`],
  [`https://sns.eu-central-1.amazonaws.com.cn/${pem}`],
  [`https://sns.eu-central-1.amazonaws.com./${pem}`],
  [`https://user@sns.eu-central-1.amazonaws.com/${pem}`],
  [`https://user:pass@sns.eu-central-1.amazonaws.com/${pem}`],
  [`https://@sns.eu-central-1.amazonaws.com/${pem}`],
  [`https://sns.eu-central-1.amazonaws.com@evil.example/${pem}`],
  [`https://evil.example\\@sns.eu-central-1.amazonaws.com/${pem}`],
  [`https://sns.eu-central-1.amazonaws.com\\.evil.example/${pem}`],
  [`http://sns.eu-central-1.amazonaws.com/${pem}`],
  [`//sns.eu-central-1.amazonaws.com/${pem}`],
  [`file:///${pem}`],
  [`https://sns.eu-central-1.amazonaws.com:8443/${pem}`],
  [`https://sns.eu-central-1.amazonaws.com/${pem}?x=1`],
  [`https://sns.eu-central-1.amazonaws.com/${pem}?`],
  [`https://sns.eu-central-1.amazonaws.com/${pem}#x`],
  [`https://sns.eu-central-1.amazonaws.com/${pem}#`],
  [`https://sns.eu-central-1.amazonaws.com/bucket/${pem}`],
  [`https://sns.eu-central-1.amazonaws.com/../${pem}/x`],
  ['https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123.pem'],
  ['https://sns.eu-central-1.amazonaws.com/cert.pem'],
  [`https://sns.eu-central-1.amazonaws.com/${pem}.exe`],
  [` https://sns.eu-central-1.amazonaws.com/${pem}`],
  [`https://sns.eu-central-1.amazonaws.com/\n${pem}`],
  [`https://sns.eu-central-1.amazonaws.com%2eevil.example/${pem}`],
  [`https://sns.eu-cëntral-1.amazonaws.com/${pem}`],
  ['']
])('no certificate is fetched from "%s"', ([url]) => {
  expect(certificateUrl(url!, topic)).toBeNull()
})

test('no certificate is fetched for what is no topic', () => {
  expect(certificateUrl(`https://sns.eu-central-1.amazonaws.com/${pem}`, 'x')).toBeNull()
})

test('a confirmation leads to SNS', () => {
  expect(confirmationUrl(read(confirmation!))).toBe(confirmation!.SubscribeURL)
})

const arns = encodeURIComponent(topic)
test.for([
  [`http://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${arns}`],
  [`https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${arns}`],
  [`https://169.254.169.254/?Action=ConfirmSubscription&TopicArn=${arns}`],
  [`https://sns.eu-central-1.amazonaws.com/x?Action=ConfirmSubscription&TopicArn=${arns}`],
  [`https://sns.eu-central-1.amazonaws.com:444/?Action=ConfirmSubscription&TopicArn=${arns}`],
  [`https://u@sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${arns}`],
  [`https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe&TopicArn=${arns}`],
  [`https://sns.eu-central-1.amazonaws.com/?TopicArn=${arns}`],
  [`https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${arns}2`],
  ['https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription'],
  [
    `https://sns.eu-central-1.amazonaws.com/?Action=DeleteTopic&Action=ConfirmSubscription&TopicArn=${arns}`
  ],
  [`https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${arns}&TopicArn=x`]
])('%s confirms nothing of ours', ([url]) => {
  expect(confirmationUrl(read({ ...confirmation, SubscribeURL: url }))).toBeNull()
})

test('a key may come as certificate or bare, and only for RSA', () => {
  const spki = createPublicKey(vectors.certificate).export({ format: 'pem', type: 'spki' })
  expect(readCertificate(vectors.certificate)).toMatchObject({
    validFrom: Date.parse('2026-11-23T18:59:38Z')
  })
  expect(isSignedBy(read(version2!), readCertificate(String(spki))!.key)).toBe(true)
  const curve = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const curvePem = curve.publicKey.export({ format: 'pem', type: 'spki' })
  for (const text of [String(curvePem), '', 'x', vectors.certificate.slice(0, 300)]) {
    expect(readCertificate(text)).toBeNull()
  }
})

test('a private key is not taken for a certificate', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  expect(readCertificate(String(privateKey.export({ format: 'pem', type: 'pkcs8' })))).toBeNull()
})

import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Value } from '@sinclair/typebox/value'
import { expect, test } from 'vitest'
import { AppError, type ErrorCode } from '../../src/errors.ts'
import type { Inbound, Tools } from '../../src/providers/provider.ts'
import { type SesCredentials, ses } from '../../src/providers/ses.ts'
import { canonicalText, readEnvelope } from '../../src/providers/sns.ts'
import { signEnvelope } from './sns-signer.ts'

interface Vectors {
  certificate: string
  messages: { name: string; envelope: Fields }[]
}

type Fields = Record<string, unknown>

const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../fixtures/providers/sns/vectors.json', import.meta.url), 'utf8')
)
const [version2, version1, confirmation] = vectors.messages.map(({ envelope }) => envelope)
const topic = 'arn:aws:sns:eu-central-1:111122223333:ses-events'
const pinned = { topic_arns: [topic], signing_certificate: vectors.certificate }
/** When the messages of the vectors were published. */
const published = '2026-01-01T00:00:00.123Z'

const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ownPem = String(own.publicKey.export({ format: 'pem', type: 'spki' }))

// SNS

test.for(vectors.messages)('$name is let in', async ({ envelope }) => {
  await expect(authenticate(post(envelope), pinned)).resolves.toEqual({})
})

test('the certificate is fetched from the URL in the message, once that is known to be of SNS', async () => {
  const fetched: string[] = []
  const tools = toolsAt(published, (url) => {
    fetched.push(url)
    return ownPem
  })
  const message = signEnvelope({ ...version2 }, own.privateKey)
  await expect(ses.authenticate(post(message), { topic_arns: [topic] }, tools)).resolves.toEqual({})
  expect(fetched).toEqual([version2!.SigningCertURL])
})

test('a fetched certificate is good within its dates only, a pinned one always', async () => {
  const { validFrom } = new X509Certificate(vectors.certificate)
  const after = new Date(Date.parse(validFrom) + 1000).toISOString()
  const tools = (now: string) => toolsAt(now, () => vectors.certificate)
  // The vector's certificate begins after the vector's messages: within its dates, they are too old.
  await refused(post(version2), { topic_arns: [topic] }, 'signature-invalid', tools(published))
  await refused(post(version2), { topic_arns: [topic] }, 'replayed', tools(after))
  await expect(authenticate(post(version2), pinned)).resolves.toEqual({})
})

test('where the certificate cannot be had, the message is neither good nor forged', async () => {
  const unreachable = toolsAt(published, () => {
    throw new AppError('upstream-unavailable', 'No answer.')
  })
  const credentials = { topic_arns: [topic] }
  await refused(post(version2), credentials, 'upstream-unavailable', unreachable)
  const page = toolsAt(published, () => '<html>Please log in</html>')
  await refused(post(version2), credentials, 'upstream-unavailable', page)
})

test.for<[string, Fields, ErrorCode]>([
  ['another Message', { Message: '{}' }, 'signature-invalid'],
  ['no Subject', { Subject: undefined }, 'signature-invalid'],
  ['another version', { SignatureVersion: '1' }, 'signature-invalid'],
  ['an unheard-of version', { SignatureVersion: '3' }, 'signature-invalid'],
  ['a topic that is not listed', { TopicArn: `${topic}-2` }, 'signature-invalid'],
  ['a topic of somebody else', { TopicArn: topic.replace('1111', '9999') }, 'signature-invalid'],
  ['no Signature', { Signature: undefined }, 'signature-missing'],
  ['an empty Signature', { Signature: '' }, 'signature-missing'],
  ['no SignatureVersion', { SignatureVersion: undefined }, 'signature-missing'],
  ['a number as version', { SignatureVersion: 2 }, 'signature-missing'],
  ['no SigningCertURL', { SigningCertURL: undefined }, 'signature-missing'],
  ['no TopicArn', { TopicArn: undefined }, 'signature-missing'],
  ['no MessageId', { MessageId: null }, 'signature-missing'],
  ['an object as Message', { Message: {} }, 'signature-missing'],
  ['a type of its own', { Type: 'Other' }, 'signature-missing'],
  ['an array as Timestamp', { Timestamp: [published] }, 'signature-missing'],
  ['a Timestamp in words', { Timestamp: 'yesterday' }, 'signature-missing']
])('a message with %s is refused', async ([, change, code]) => {
  await refused(post({ ...version2, ...change }), pinned, code)
})

test.for([
  'sns.eu-central-1.amazonaws.com.evil.example',
  'sns.evil.example',
  's3.amazonaws.com',
  'sns.us-east-1.amazonaws.com',
  'user@sns.eu-central-1.amazonaws.com',
  'sns.eu-central-1.amazonaws.com:8443'
])('no certificate is fetched from %s, not even with a pinned one', async (host) => {
  const SigningCertURL = String(version2!.SigningCertURL).replace(
    'sns.eu-central-1.amazonaws.com',
    host
  )
  const tools = toolsAt(published, () => {
    throw new Error('fetched')
  })
  for (const credentials of [{ topic_arns: [topic] }, pinned]) {
    await refused(post({ ...version2, SigningCertURL }), credentials, 'signature-invalid', tools)
  }
})

test('a certificate is not fetched without TLS', async () => {
  const SigningCertURL = String(version2!.SigningCertURL).replace('https:', 'http:')
  await refused(post({ ...version2, SigningCertURL }), pinned, 'signature-invalid')
})

test.for<[string, string, ErrorCode | null]>([
  ['at once', '2026-01-01T00:00:00.123Z', null],
  ['after an hour of retries', '2026-01-01T01:04:59.000Z', null],
  ['after more than an hour', '2026-01-01T01:05:01.000Z', 'replayed'],
  ['a year later', '2027-01-01T00:00:00.000Z', 'replayed'],
  ['by a clock that is a little slow', '2025-12-31T23:55:01.000Z', null],
  ['by a clock that is too slow', '2025-12-31T23:54:59.000Z', 'replayed']
])('a message that arrives %s is judged by its age', async ([, now, code]) => {
  const tools = toolsAt(now, () => '')
  if (code !== null) await refused(post(version2), pinned, code, tools)
  else await expect(ses.authenticate(post(version2), pinned, tools)).resolves.toEqual({})
})

test('only a genuine message is said to be replayed', async () => {
  const tools = toolsAt('2027-01-01T00:00:00.000Z', () => '')
  await refused(post({ ...version2, Message: '{}' }), pinned, 'signature-invalid', tools)
})

test('a signed day that no calendar has is out of the window', async () => {
  const message = { ...version2, Timestamp: '2026-13-45T00:00:00.000Z' }
  await refused(post(signEnvelope(message, own.privateKey)), ownPinned(), 'replayed')
})

test.for<[string, Fields]>([
  [
    'Subject moved into MessageId',
    { MessageId: `${version2!.MessageId}\nSubject\n${version2!.Subject}`, Subject: undefined }
  ],
  [
    'MessageId moved into Message',
    {
      Message: `${version2!.Message}\nMessageId\n${version2!.MessageId}`,
      MessageId: undefined
    }
  ]
])('a message cut anew (%s) is refused, although the signed text is the same', async ([, cut]) => {
  const [whole, anew] = [version2!, { ...version2, ...cut }].map((fields) => readEnvelope(fields)!)
  expect(canonicalText(anew!)).toBe(canonicalText(whole!))
  await refused(post({ ...version2, ...cut }), pinned, 'signature-missing')
})

test.for(['MessageId', 'Subject', 'TopicArn', 'Timestamp'])(
  'a line break in %s is refused, even if it was signed so',
  async (name) => {
    const message = signEnvelope({ ...version2, [name]: `a\nb` }, own.privateKey)
    await refused(post(message), ownPinned(), 'signature-missing')
  }
)

test.for<[string, string]>([
  ['x-amz-sns-message-type', 'SubscriptionConfirmation'],
  ['x-amz-sns-message-id', '11111111-2222-5333-8444-555555555599'],
  ['x-amz-sns-topic-arn', `${topic}-2`]
])('a header %s that differs from the body is refused', async ([name, value]) => {
  await refused(post(version2, { [name]: value }), pinned, 'signature-invalid')
})

test('headers that agree with the body are fine, and none is needed', async () => {
  const headers = {
    'x-amz-sns-message-type': 'Notification',
    'x-amz-sns-message-id': String(version2!.MessageId),
    'x-amz-sns-topic-arn': topic,
    'x-amz-sns-subscription-arn': `${topic}:99999999-8888-4777-8666-555555555555`
  }
  await expect(authenticate(post(version2, headers), pinned)).resolves.toEqual({})
})

test.for<[string, Inbound, RegExp]>([
  ['raw delivery', post({ eventType: 'Send', mail: {} }), /raw message delivery is on/],
  [
    'raw delivery of a greeting',
    {
      headers: { 'x-amz-sns-rawdelivery': 'true' },
      body: Buffer.from('Successfully validated SNS topic for Amazon SES event publishing.')
    },
    /raw message delivery is on/
  ],
  ['EventBridge', post({ 'detail-type': 'Email Sent', detail: {} }), /EventBridge/],
  ['an empty body', { headers: {}, body: Buffer.alloc(0) }, /not JSON/],
  ['a list', post([version2]), /not JSON|not an SNS message/],
  ['anything', post({ hello: 'world' }), /not an SNS message/]
])('%s is not signed, and the refusal says what to switch', async ([, request, words]) => {
  const error = await refused(request, pinned, 'signature-missing')
  expect(error.message).toMatch(words)
})

test('refusals tell a foreign topic, an altered body, and a wrong clock apart', async () => {
  const messages = await Promise.all([
    refused(post({ ...version2, TopicArn: `${topic}-2` }), pinned, 'signature-invalid'),
    refused(post({ ...version2, Message: '{ }' }), pinned, 'signature-invalid'),
    refused(
      post(version2),
      pinned,
      'replayed',
      toolsAt('2026-01-02T00:00:00Z', () => '')
    ),
    refused(
      post(version2),
      pinned,
      'replayed',
      toolsAt('2025-12-31T00:00:00Z', () => '')
    )
  ])
  expect(messages.map((error) => error.message)).toEqual([
    expect.stringContaining(`${topic}-2`),
    expect.stringContaining('altered'),
    expect.stringContaining('clock is fast'),
    expect.stringContaining('clock is slow')
  ])
})

test('a refusal repeats nothing that only looks like a topic', async () => {
  const TopicArn = '<script>ada@example.com</script>'
  const error = await refused(post({ ...version2, TopicArn }), pinned, 'signature-invalid')
  expect(error.message).not.toContain('ada@example.com')
})

test('a signed event goes through both doors', async () => {
  const Message = '{"eventType":"Open","open":{"timestamp":"2026-01-01T00:00:00Z"},"mail":{}}'
  const message = { ...version1, Message, SignatureVersion: '1' }
  const request = post(signEnvelope(message, own.privateKey))
  await expect(authenticate(request, ownPinned())).resolves.toEqual({})
  expect(ses.parse(request).events).toMatchObject([{ type: 'email.opened' }])
})

test('a confirmation is handed on with its topic', () => {
  expect(ses.parse(post(confirmation))).toEqual({
    events: [],
    unreadable: [],
    confirm: { url: confirmation!.SubscribeURL, topic }
  })
})

test('an unsubscription confirms nothing', async () => {
  const goodbye = { ...confirmation, Type: 'UnsubscribeConfirmation' }
  const request = post(signEnvelope(goodbye, own.privateKey))
  await expect(authenticate(request, ownPinned())).resolves.toEqual({})
  const parsed = ses.parse(request)
  expect(parsed.confirm).toBeUndefined()
  expect(parsed.events).toMatchObject([
    { type: 'email.unknown', recipient: null, provider: { event: 'UnsubscribeConfirmation' } }
  ])
})

test('a message of a Chinese topic has its certificate there', async () => {
  const TopicArn = 'arn:aws-cn:sns:cn-north-1:111122223333:ses-events'
  const SigningCertURL = `https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-${'0a'.repeat(16)}.pem`
  const message = signEnvelope({ ...version2, TopicArn, SigningCertURL }, own.privateKey)
  const credentials = { topic_arns: [topic, TopicArn] }
  await expect(
    ses.authenticate(
      post(message),
      credentials,
      toolsAt(published, () => ownPem)
    )
  ).resolves.toEqual({})
})

// The channels that sign nothing

const secret = { basic_auth: 'hook:s3cret' }
const two = { basic_auth: ['hook:s3cret', 'hook:next'] }
const header = { header: { name: 'X-Api-Key', value: 's3cret' } }
const event = { eventType: 'Send', mail: {}, send: {} }

test.for<[string, Inbound['headers'], SesCredentials, ErrorCode | null]>([
  ['the right Basic credentials', basic('hook:s3cret'), secret, null],
  ['wrong Basic credentials', basic('hook:secret'), secret, 'credentials-invalid'],
  ['no Basic credentials', {}, secret, 'signature-missing'],
  ['a bearer token', { authorization: 'Bearer s3cret' }, secret, 'signature-missing'],
  ['the newer of two Basic secrets', basic('hook:next'), two, null],
  ['the older of two Basic secrets', basic('hook:s3cret'), two, null],
  ['neither of two Basic secrets', basic('hook:last'), two, 'credentials-invalid'],
  ['none of two Basic secrets', {}, two, 'signature-missing'],
  ['the right header', { 'x-api-key': 's3cret' }, header, null],
  ['a wrong header', { 'x-api-key': 'other' }, header, 'credentials-invalid'],
  ['no header', basic('hook:s3cret'), header, 'signature-missing']
])('%s are judged', async ([, headers, credentials, code]) => {
  const request = post(event, headers)
  if (code !== null) await refused(request, credentials, code)
  else await expect(authenticate(request, credentials)).resolves.toEqual({})
})

test('with a secret, envelopes need no signature', async () => {
  const { Signature: _, ...unsigned } = version2!
  const request = post(unsigned, basic('hook:s3cret'))
  await expect(authenticate(request, secret)).resolves.toEqual({})
  expect(ses.parse(request).events).toMatchObject([{ type: 'email.accepted' }])
})

test('only Basic credentials are asked for by a challenge', () => {
  expect([secret, header, pinned].map((credentials) => ses.challenges(credentials))).toEqual([
    true,
    false,
    false
  ])
})

// Credentials

test.for<[unknown, boolean]>([
  [{ topic_arns: [topic] }, true],
  [pinned, true],
  [secret, true],
  [header, true],
  [two, true],
  [{ basic_auth: ['a:b', 'c:d', 'e:f'] }, false],
  [{}, false],
  [{ topic_arns: [] }, false],
  [{ topic_arns: [topic, topic] }, false],
  [{ topic_arns: topic }, false],
  [{ topic_arns: [topic], basic_auth: 'hook:s3cret' }, false],
  [{ ...secret, ...header }, false],
  [{ signing_certificate: vectors.certificate }, false],
  [{ header: { name: 'X-Api-Key' } }, false],
  [{ ...secret, more: 1 }, false]
])('%o are credentials: %s', ([credentials, valid]) => {
  expect(Value.Check(ses.credentials, credentials)).toBe(valid)
})

test.for<[SesCredentials, string[]]>([
  [{ topic_arns: [topic] }, []],
  [pinned, []],
  [ownPinned(), []],
  [secret, []],
  [header, []],
  [{ topic_arns: [topic, 'ses-events'] }, ['/topic_arns/1']],
  [{ topic_arns: ['arn:aws:sqs:eu-central-1:111122223333:x'] }, ['/topic_arns/0']],
  [{ topic_arns: [topic], signing_certificate: '' }, ['/signing_certificate']],
  [{ topic_arns: ['x'], signing_certificate: 'x' }, ['/topic_arns/0', '/signing_certificate']],
  [{ basic_auth: 'hook' }, ['/basic_auth']],
  [{ basic_auth: ['hook:s3cret', 'hook:'] }, ['/basic_auth/1']],
  [{ header: { name: 'X Api', value: 's3cret' } }, ['/header/name']],
  [{ header: { name: 'X-Api', value: ['s3cret', ' '] } }, ['/header/value/1']]
])('what is wrong with %o is pointed out', ([credentials, pointers]) => {
  expect(ses.check(credentials).map(({ pointer }) => pointer)).toEqual(pointers)
})

// The requests

function post(body: unknown, headers: Inbound['headers'] = {}): Inbound {
  return { headers, body: Buffer.from(JSON.stringify(body)) }
}

function basic(userAndPassword: string): Inbound['headers'] {
  return { authorization: `Basic ${Buffer.from(userAndPassword).toString('base64')}` }
}

function ownPinned(): SesCredentials {
  return { topic_arns: [topic], signing_certificate: ownPem }
}

function toolsAt(now: string, certificate: (url: string) => string): Tools {
  return { now: new Date(now), fetchCertificate: async (url) => certificate(url) }
}

const unasked = toolsAt(published, () => {
  throw new Error('a pinned certificate is not fetched')
})

function authenticate(request: Inbound, credentials: SesCredentials) {
  return ses.authenticate(request, credentials, unasked)
}

async function refused(
  request: Inbound,
  credentials: SesCredentials,
  code: ErrorCode,
  tools = unasked
): Promise<Error> {
  const error: unknown = await ses.authenticate(request, credentials, tools).then(
    () => null,
    (reason: unknown) => reason
  )
  expect(error).toBeInstanceOf(AppError)
  expect(error).toMatchObject({ code })
  return error as AppError
}

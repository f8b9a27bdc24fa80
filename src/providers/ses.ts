import { type Static, Type } from '@sinclair/typebox'
import { AppError } from '../errors.ts'
import { type Fields, isFields, readJson, textOf } from './json-body.ts'
import type { Inbound, Parsed, Provider, Tools } from './provider.ts'
import { readSesEvents } from './ses-events.ts'
import type { Carried } from './ses-notice.ts'
import {
  BasicCredentials,
  HeaderCredentials,
  mistakesIn,
  mistakesInSecret,
  type SecretCredentials,
  shownSecret
} from './shared-secret.ts'
import {
  authenticateEnvelope,
  confirmationUrl,
  type Envelope,
  readCertificate,
  readEnvelope,
  snsHost
} from './sns.ts'

// Amazon SES calls nobody itself. What carries its events here: SNS (signed), SNS with raw message delivery,
// or an EventBridge API destination (both unsigned).

const strict = { additionalProperties: false }

export const SesCredentials = Type.Union(
  [
    Type.Object(
      {
        topic_arns: Type.Array(Type.String(), {
          minItems: 1,
          maxItems: 100,
          uniqueItems: true,
          description:
            'The SNS topics that events may come from. Only signed messages are accepted.'
        }),
        signing_certificate: Type.Optional(
          Type.String({
            description:
              "PEM that stands in for SNS's certificate, where the service has no way out to fetch it."
          })
        )
      },
      strict
    ),
    BasicCredentials('`user:password`, for raw message delivery and EventBridge.'),
    HeaderCredentials("The API key of an EventBridge connection's own header.")
  ],
  { description: 'Amazon SES: SNS topics, or a secret for the channels that sign nothing.' }
)
export type SesCredentials = Static<typeof SesCredentials>

export const ses: Provider<SesCredentials> = {
  name: 'ses',
  credentials: SesCredentials,

  check(credentials) {
    if (!('topic_arns' in credentials)) return mistakesInSecret(credentials)
    const { topic_arns, signing_certificate: pem } = credentials
    return [
      ...topic_arns.flatMap((arn, at) => mistakesIn(`/topic_arns/${at}`, arn, mistakeInTopic)),
      ...(pem === undefined ? [] : mistakesIn('/signing_certificate', pem, mistakeInCertificate))
    ]
  },

  async authenticate(request, credentials, tools) {
    if ('topic_arns' in credentials) await authenticateTopic(request, credentials, tools)
    else authenticateSecret(request, credentials)
    return {}
  },

  // SNS sends the credentials of a URL only after a challenge.
  challenges: (credentials) => 'basic_auth' in credentials,

  parse(request) {
    const body = readJson(request.body)
    if (!isFields(body)) return readText(request.body.toString())
    const envelope = readEnvelope(body)
    if (envelope) return readMessage(envelope)
    const text = request.body.toString()
    return readObject({ fields: body, pointer: '', text, published: null, id: null, name: null })
  }
}

function mistakeInTopic(arn: string): string | null {
  if (snsHost(arn) !== null) return null
  return 'Not the ARN of an SNS topic, such as arn:aws:sns:eu-central-1:111122223333:ses-events.'
}

function mistakeInCertificate(pem: string): string | null {
  return readCertificate(pem) ? null : 'Not the PEM of an X.509 certificate or public key for RSA.'
}

async function authenticateTopic(
  { headers, body }: Inbound,
  credentials: Extract<SesCredentials, { topic_arns: string[] }>,
  tools: Tools
): Promise<void> {
  const json = readJson(body)
  const envelope = isFields(json) ? readEnvelope(json) : null
  if (envelope === null) {
    throw new AppError('signature-missing', unsigned(isFields(json) ? json : null, headers))
  }
  const { topic_arns: topicArns, signing_certificate: certificate = null } = credentials
  await authenticateEnvelope(envelope, headers, { topicArns, certificate }, tools)
}

/** Why there is no envelope, and what to switch. */
function unsigned(json: Fields | null, headers: Inbound['headers']): string {
  if (json && isEventBridge(json)) {
    return 'The body is an EventBridge event, which nobody signs, and this source expects signed SNS messages. Make a source with basic_auth or header for EventBridge.'
  }
  const bare = json !== null && ('eventType' in json || 'notificationType' in json)
  if (bare || headers['x-amz-sns-rawdelivery'] === 'true') {
    return 'The body is not signed: raw message delivery is on for this subscription. Switch it off, or make a source with basic_auth for it.'
  }
  return json === null
    ? 'The body is not JSON: either it is not from SNS, or something on the way altered it.'
    : 'The body is not an SNS message: either it is not from SNS, or something on the way took it out of its envelope.'
}

function authenticateSecret(request: Inbound, credentials: SecretCredentials): void {
  const basic = 'basic_auth' in credentials
  const shown = shownSecret(request, credentials)
  if (shown === 'ok') return
  if (shown === 'wrong') {
    throw new AppError(
      'credentials-invalid',
      basic
        ? "The user or the password is wrong: compare the subscription's endpoint (special characters percent-encoded) with this source's basic_auth."
        : "The secret in the header is wrong: compare the connection's API key with this source's header."
    )
  }
  throw new AppError(
    'signature-missing',
    basic
      ? 'There are no Basic credentials. Put them into the endpoint of the subscription (https://user:password@…) or into the connection of the API destination.'
      : "The header with the secret is missing. Set it as the API key of the API destination's connection."
  )
}

// What the channels wrap round an event

function readMessage(envelope: Envelope): Parsed {
  if (envelope.Type === 'SubscriptionConfirmation') return readSubscription(envelope)
  const { Type: name, Message: text, MessageId: id, Timestamp: value } = envelope
  const published = { value, pointer: '/Timestamp' }
  const carried: Carried = { fields: {}, pointer: '/Message', text, published, id, name: null }
  // Its SubscribeURL would subscribe us again; an unwanted goodbye is for an operator to see.
  if (name === 'UnsubscribeConfirmation') {
    return readSesEvents({ ...carried, pointer: '', text: id ?? text, name })
  }
  const json = readJson(Buffer.from(text))
  if (isFields(json)) return readObject({ ...carried, fields: json })
  if (/^\s*[[{]/.test(text)) return unreadable('/Message', 'Message is not the JSON of one event.')
  return readNotice({ ...carried, text: id ?? text, name }, text)
}

function readSubscription(envelope: Envelope): Parsed {
  const url = confirmationUrl(envelope)
  const { TopicArn: topic } = envelope
  if (url === null || topic === null) {
    return unreadable('/SubscribeURL', 'SubscribeURL does not confirm this topic at SNS.')
  }
  return { events: [], unreadable: [], confirm: { url, topic } }
}

/** An SES event as it is, or inside what EventBridge wraps round it (also when a rule feeds SNS). */
function readObject(carried: Carried): Parsed {
  const { fields, pointer } = carried
  if (!isEventBridge(fields)) return readSesEvents(carried)
  const { detail, time, id, 'detail-type': name } = fields
  if (!isFields(detail)) return unreadable(`${pointer}/detail`, 'detail is not an object.')
  return readSesEvents({
    ...carried,
    fields: detail,
    pointer: `${pointer}/detail`,
    published: { value: time, pointer: `${pointer}/time` },
    id: textOf(id),
    name: textOf(name)
  })
}

function isEventBridge(fields: Fields): boolean {
  return textOf(fields['detail-type']) !== null && 'detail' in fields
}

const validated = /^\s*Successfully validated SNS topic\b/

/** A text to the topic: SES's greeting when an event destination is made, or somebody's trial by hand. */
function readNotice(carried: Carried, text: string): Parsed {
  const parsed = readSesEvents({ ...carried, pointer: '' })
  if (validated.test(text)) return parsed
  return { ...parsed, events: parsed.events.map((event) => ({ ...event, test: true })) }
}

/** Raw delivery hands the same greeting over bare; no other body without JSON has a meaning. */
function readText(text: string): Parsed {
  if (!validated.test(text)) return unreadable('', 'The body is not the JSON of one event.')
  const bare = { fields: {}, pointer: '', published: null, id: null }
  return readNotice({ ...bare, text, name: 'Notification' }, text)
}

function unreadable(pointer: string, detail: string): Parsed {
  return { events: [], unreadable: [{ pointer, detail }] }
}

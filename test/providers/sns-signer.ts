import { type KeyObject, sign } from 'node:crypto'

/** Written apart from the code under test, from SNS's description of what is signed. */
const signed: Record<string, readonly string[]> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: [
    ...['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
  ],
  UnsubscribeConfirmation: [
    ...['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
  ]
}

/** Signs the fields as SNS would, by their own SignatureVersion. */
export function signEnvelope<T extends Record<string, unknown>>(fields: T, key: KeyObject) {
  const keys = signed[String(fields.Type)] ?? []
  const text = keys
    .filter((name) => fields[name] !== undefined && fields[name] !== null)
    .map((name) => `${name}\n${fields[name]}\n`)
    .join('')
  const digest = fields.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256'
  return { ...fields, Signature: sign(digest, Buffer.from(text), key).toString('base64') }
}

/** One signed hard bounce of each provider, as it goes over the wire; keys are made anew for each run. */
import { createHmac, createSign, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { ProviderName } from '../../src/events/event.ts'

export interface SignedWebhook {
  headers: Record<string, string>
  body: string
}

export interface Signer {
  /** What `POST /sources` takes. */
  credentials: unknown
  hardBounce(address: string, n?: number): SignedWebhook
}

const topic = 'arn:aws:sns:eu-central-1:111122223333:ses-events'

function ses(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    credentials: {
      topic_arns: [topic],
      signing_certificate: publicKey.export({ type: 'spki', format: 'pem' })
    },
    hardBounce(address, n = 0) {
      const time = new Date(Date.now() - 60_000).toISOString()
      const message = JSON.stringify({
        eventType: 'Bounce',
        bounce: {
          feedbackId: `0107019b-feedback-${n}`,
          bounceType: 'Permanent',
          bounceSubType: 'General',
          bouncedRecipients: [
            {
              emailAddress: address,
              action: 'failed',
              status: '5.1.1',
              diagnosticCode: 'smtp; 550 5.1.1 <zoë>: user unknown'
            }
          ],
          timestamp: time,
          reportingMTA: 'dns; b226-44.smtp-out.eu-central-1.amazonses.com'
        },
        mail: {
          timestamp: time,
          source: 'news@example.com',
          sendingAccountId: '111122223333',
          messageId: `0107019b1a2b3000-${n}-000000`,
          destination: [address]
        }
      })
      const envelope = {
        Type: 'Notification',
        MessageId: `11111111-2222-5333-8444-${String(n).padStart(12, '0')}`,
        TopicArn: topic,
        Message: message,
        Timestamp: new Date().toISOString(),
        SignatureVersion: '2',
        SigningCertURL: `https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-${'0'.repeat(32)}.pem`,
        UnsubscribeURL: 'https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe'
      }
      const keys = ['Message', 'MessageId', 'Timestamp', 'TopicArn', 'Type'] as const
      const text = keys.map((key) => `${key}\n${envelope[key]}\n`).join('')
      const signature = createSign('RSA-SHA256').update(text, 'utf8').sign(privateKey, 'base64')
      return {
        headers: {
          'content-type': 'text/plain; charset=UTF-8',
          'x-amz-sns-message-type': 'Notification'
        },
        body: JSON.stringify({ ...envelope, Signature: signature })
      }
    }
  }
}

function sendgrid(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    credentials: {
      public_keys: [publicKey.export({ type: 'spki', format: 'der' }).toString('base64')]
    },
    hardBounce(address, n = 0) {
      const at = Math.floor(Date.now() / 1000)
      const event = {
        email: address,
        timestamp: at - 60,
        'smtp-id': `<${n}@geopod-ismtpd-3>`,
        event: 'bounce',
        type: 'bounce',
        bounce_classification: 'Invalid Address',
        reason: `550 5.1.1 <${address}>: Recipient address rejected: User unknown`,
        status: '5.1.1',
        ip: '192.0.2.44',
        sg_event_id: `Ym91bmNl${n}`,
        sg_message_id: `aGFyZEJvdW5jZQ${n}.recvd-6f7c9d8b5c-x2x2x-1-69A54F68-11.0`
      }
      const body = `[${JSON.stringify(event)}]\r\n`
      return {
        headers: {
          'content-type': 'application/json',
          'x-twilio-email-event-webhook-timestamp': `${at}`,
          'x-twilio-email-event-webhook-signature': sign(
            'sha256',
            Buffer.from(`${at}${body}`),
            privateKey
          ).toString('base64')
        },
        body
      }
    }
  }
}

function postmark(): Signer {
  const secret = `hook:${randomBytes(12).toString('hex')}`
  return {
    credentials: { basic_auth: secret },
    hardBounce: (address, n = 0) => ({
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from(secret).toString('base64')}`
      },
      body: JSON.stringify({
        RecordType: 'Bounce',
        MessageStream: 'outbound',
        ID: 42107001 + n,
        Type: 'HardBounce',
        TypeCode: 1,
        Name: 'Hard bounce',
        MessageID: `0f1e2d3c-4b5a-4678-9abc-${String(n).padStart(12, '0')}`,
        ServerID: 7001,
        Details: `smtp;550 5.1.1 <${address}>: Recipient address rejected: User unknown`,
        Email: address,
        From: 'shop@example.com',
        BouncedAt: new Date(Date.now() - 60_000).toISOString(),
        Inactive: true,
        Subject: 'Your order'
      })
    })
  }
}

function mailgun(): Signer {
  const key = randomBytes(16).toString('hex')
  return {
    credentials: { signing_keys: [key] },
    hardBounce(address, n = 0) {
      const timestamp = `${Math.floor(Date.now() / 1000)}`
      const token = randomBytes(25).toString('hex')
      return {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          signature: {
            timestamp,
            token,
            signature: createHmac('sha256', key)
              .update(timestamp + token)
              .digest('hex')
          },
          'event-data': {
            event: 'failed',
            id: `mG1aBcDeQ2WxYz34567${n}`,
            timestamp: Number(timestamp) - 60.25,
            'log-level': 'error',
            severity: 'permanent',
            reason: 'bounce',
            recipient: address,
            'delivery-status': {
              'attempt-no': 1,
              code: 550,
              message: '5.1.1 No such mailbox here.',
              'enhanced-code': '5.1.1',
              'mx-host': 'mx1.example.org',
              'session-seconds': 0.43
            },
            message: { headers: { 'message-id': `2026.${n}@mg.example.com` } },
            tags: [],
            'user-variables': []
          }
        })
      }
    }
  }
}

export const signers: Record<ProviderName, () => Signer> = { ses, sendgrid, postmark, mailgun }

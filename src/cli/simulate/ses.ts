import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { hexId, uuid } from './ids.ts'
import type { Builder, Simulator } from './simulator.ts'

type Fields = Record<string, unknown>

const region = 'eu-central-1'
const account = '111122223333'
const topic = `arn:aws:sns:${region}:${account}:mailverdict-simulator`
const sns = `https://sns.${region}.amazonaws.com`

export const ses: Simulator = {
  events: {
    send: published('Send', 'send', () => ({})),
    delivery: published('Delivery', 'delivery', (to, now) => delivery(to, now)),
    bounce: bounce('Permanent', 'General', (to) => dsn('5.1.1', unknownUser(to))),
    'bounce-no-email': bounce('Permanent', 'NoEmail', (to) => dsn('5.1.1', unknownUser(to))),
    'bounce-suppressed': bounce('Permanent', 'Suppressed', onList),
    'bounce-on-account-suppression-list': bounce('Permanent', 'OnAccountSuppressionList', onList),
    'bounce-on-tenant-suppression-list': bounce('Permanent', 'OnTenantSuppressionList', onList),
    'bounce-email-validation-suppressed': bounce('Permanent', 'EmailValidationSuppressed', onList),
    'bounce-unsubscribed-recipient': bounce('Permanent', 'UnsubscribedRecipient', onList),
    'bounce-general': bounce('Transient', 'General', () =>
      dsn('4.4.7', 'smtp; 554 4.4.7 Message expired: unable to deliver in 840 minutes.')
    ),
    'bounce-out-of-office': bounce('Transient', 'General', () => ({})),
    'bounce-mailbox-full': bounce('Transient', 'MailboxFull', () =>
      dsn('5.2.2', 'smtp; 552 5.2.2 Mailbox size limit exceeded')
    ),
    'bounce-message-too-large': bounce('Transient', 'MessageTooLarge', () =>
      dsn('5.3.4', 'smtp; 552 5.3.4 Message size exceeds fixed limit')
    ),
    'bounce-content-rejected': bounce('Transient', 'ContentRejected', () =>
      dsn('5.7.1', 'smtp; 554 5.7.1 Message refused as spam')
    ),
    'bounce-attachment-rejected': bounce('Transient', 'AttachmentRejected', () =>
      dsn('5.7.1', 'smtp; 552 5.7.0 This message was blocked because of its attachment')
    ),
    'bounce-custom-timeout-exceeded': bounce('Transient', 'CustomTimeoutExceeded', () => ({})),
    'bounce-undetermined': bounce('Undetermined', 'Undetermined', () => ({})),
    complaint: complaint({ complaintFeedbackType: 'abuse' }),
    'complaint-not-spam': complaint({ complaintFeedbackType: 'not-spam' }),
    'complaint-on-account-suppression-list': complaint({
      complaintSubType: 'OnAccountSuppressionList'
    }),
    'delivery-delay': delay('TransientCommunicationFailure', '4.4.1', () => {
      return 'smtp; 421 4.4.1 Unable to connect to remote host'
    }),
    'delivery-delay-internal-failure': delay('InternalFailure'),
    'delivery-delay-general': delay('General', '4.7.1', () => 'smtp; 451 4.7.1 Greylisted'),
    'delivery-delay-mailbox-full': delay('MailboxFull', '4.2.2', () => {
      return 'smtp; 452 4.2.2 The mailbox is over quota'
    }),
    'delivery-delay-spam-detected': delay('SpamDetected', '4.7.0', () => {
      return 'smtp; 421 4.7.0 Unusual rate of unsolicited mail'
    }),
    'delivery-delay-recipient-server-error': delay('RecipientServerError', '4.3.2', () => {
      return 'smtp; 451 4.3.2 System not accepting network messages'
    }),
    'delivery-delay-ip-failure': delay('IPFailure', '4.7.1', () => {
      return 'smtp; 421 4.7.1 Connections from 192.0.2.77 are throttled'
    }),
    'delivery-delay-byoip-host-name-lookup-unavailable': delay('BYOIPHostNameLookupUnavailable'),
    'delivery-delay-sending-deferral': delay('SendingDeferral'),
    'delivery-delay-undetermined': delay('Undetermined'),
    reject: published('Reject', 'reject', () => ({ reason: 'Bad content' })),
    open: published('Open', 'open', (_, now) => engagement(now)),
    click: published('Click', 'click', (_, now) => ({
      ...engagement(now),
      link: 'https://www.example.com/orders',
      linkTags: { position: ['top'] }
    })),
    'rendering-failure': published('Rendering Failure', 'failure', () => ({
      errorMessage: "Attribute 'firstName' is not present in the rendering data.",
      templateName: 'welcome'
    })),
    subscription: subscription({ unsubscribeAll: true, topicSubscriptionStatus: [] }),
    'subscription-topic': subscription({
      unsubscribeAll: false,
      topicSubscriptionStatus: [{ topicName: 'weekly', subscriptionStatus: 'OptOut' }]
    }),
    // The older format of the same: feedback notifications of an identity.
    'notification-delivery': notification('Delivery', 'delivery', (to, now) => delivery(to, now)),
    'notification-bounce': notification('Bounce', 'bounce', (to, now, n) => ({
      ...bounced('Permanent', 'General', to, now, n, dsn('5.1.1', unknownUser(to))),
      remoteMtaIp: '203.0.113.25'
    })),
    'notification-complaint': notification('Complaint', 'complaint', (to, now, n) =>
      complained({ complaintFeedbackType: 'abuse' }, to, now, n)
    )
  },

  keys() {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
    return {
      credentials: { topic_arns: [topic], signing_certificate: pem },
      sign(payload, now) {
        const message = {
          Type: 'Notification',
          MessageId: randomUUID(),
          TopicArn: topic,
          Subject: 'Amazon SES Email Event Notification',
          // SES ends the message with a line feed, which is signed with the rest.
          Message: `${JSON.stringify(payload)}\n`,
          Timestamp: now.toISOString()
        }
        const signature = sign('sha256', Buffer.from(canonical(message)), privateKey)
        const envelope = {
          ...message,
          SignatureVersion: '2',
          Signature: signature.toString('base64'),
          SigningCertURL: `${sns}/SimpleNotificationService-${'0'.repeat(32)}.pem`,
          UnsubscribeURL: `${sns}/?Action=Unsubscribe&SubscriptionArn=${topic}:${uuid(topic)}`
        }
        return {
          headers: {
            'content-type': 'text/plain; charset=UTF-8',
            'user-agent': 'Amazon Simple Notification Service Agent',
            'x-amz-sns-message-type': message.Type,
            'x-amz-sns-message-id': message.MessageId,
            'x-amz-sns-topic-arn': topic,
            'x-amz-sns-subscription-arn': `${topic}:${uuid(topic)}`
          },
          body: Buffer.from(JSON.stringify(envelope))
        }
      }
    }
  }
}

const signedKeys = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'] as const

/** Each key and its value on lines of their own, the keys in the order of their bytes. */
function canonical(message: Record<(typeof signedKeys)[number], string>): string {
  return signedKeys.map((key) => `${key}\n${message[key]}\n`).join('')
}

type Part = (to: string, now: Date, n: number) => Fields

/** Event publishing, the format of configuration sets. */
function published(type: string, key: string, part: Part): Builder {
  return (to, now, n) => ({
    eventType: type,
    [key]: part(to, now, n),
    mail: { ...mail(to, now, n), tags: { 'ses:configuration-set': ['main'], campaign: ['orders'] } }
  })
}

function notification(type: string, key: string, part: Part): Builder {
  return (to, now, n) => ({
    notificationType: type,
    [key]: part(to, now, n),
    mail: { ...mail(to, now, n), sourceIp: '192.0.2.10', callerIdentity: 'mailer' }
  })
}

function mail(to: string, now: Date, n: number): Fields {
  const from = 'Shop <shop@example.com>'
  const id = messageId('mail', to, now, n)
  return {
    timestamp: before(now, 2),
    source: from,
    sourceArn: `arn:aws:ses:${region}:${account}:identity/example.com`,
    sendingAccountId: account,
    messageId: id,
    destination: [to],
    headersTruncated: false,
    headers: [
      { name: 'From', value: from },
      { name: 'To', value: to },
      { name: 'Subject', value: 'Your order' },
      { name: 'Message-ID', value: `<${id}@app.example.com>` }
    ],
    commonHeaders: {
      from: [from],
      to: [to],
      messageId: `<${id}@app.example.com>`,
      subject: 'Your order'
    }
  }
}

function messageId(kind: string, to: string, now: Date, n: number): string {
  return `0107${hexId(12, kind, to, now, n)}-${uuid(kind, to, now, n)}-000000`
}

function bounce(type: string, subtype: string, recipient: (to: string) => Fields): Builder {
  return published('Bounce', 'bounce', (to, now, n) =>
    bounced(type, subtype, to, now, n, recipient(to))
  )
}

function bounced(
  type: string,
  subtype: string,
  to: string,
  now: Date,
  n: number,
  recipient: Fields
): Fields {
  const own = recipient.diagnosticCode === onList().diagnosticCode
  return {
    feedbackId: messageId('bounce', to, now, n),
    bounceType: type,
    bounceSubType: subtype,
    bouncedRecipients: [{ emailAddress: to, ...recipient }],
    timestamp: now.toISOString(),
    reportingMTA: own ? 'dns; amazonses.com' : `dns; b226-44.smtp-out.${region}.amazonses.com`
  }
}

function dsn(status: string, diagnosticCode: string): Fields {
  return { action: 'failed', status, diagnosticCode }
}

function unknownUser(to: string): string {
  return `smtp; 550-5.1.1 <${to}>: no such user here.\n550 5.1.1 Check the address.`
}

/** What SES says when it did not try; its 5.1.1 is nobody's answer. */
function onList(): Fields {
  return dsn(
    '5.1.1',
    'Amazon SES did not send the message to this address because it is on the suppression list for your account.'
  )
}

function complaint(report: Fields): Builder {
  return published('Complaint', 'complaint', (to, now, n) => complained(report, to, now, n))
}

function complained(report: Fields, to: string, now: Date, n: number): Fields {
  return {
    feedbackId: messageId('complaint', to, now, n),
    complaintSubType: null,
    complainedRecipients: [{ emailAddress: to }],
    timestamp: now.toISOString(),
    userAgent: 'ExampleISP FBL/2.0',
    arrivalDate: before(now, 1),
    ...report
  }
}

function delay(type: string, status?: string, diagnostic?: (to: string) => string): Builder {
  return published('DeliveryDelay', 'deliveryDelay', (to, now) => ({
    timestamp: now.toISOString(),
    delayType: type,
    expirationTime: before(now, -14 * 3600),
    delayedRecipients: [
      {
        emailAddress: to,
        ...(status !== undefined && { status, diagnosticCode: diagnostic?.(to) })
      }
    ]
  }))
}

function delivery(to: string, now: Date): Fields {
  return {
    timestamp: now.toISOString(),
    processingTimeMillis: 2221,
    recipients: [to],
    smtpResponse: '250 2.0.0 OK queued as 4F1A2B',
    reportingMTA: `b226-44.smtp-out.${region}.amazonses.com`
  }
}

function engagement(now: Date): Fields {
  return { timestamp: now.toISOString(), ipAddress: '198.51.100.9', userAgent: 'ExampleMail/7' }
}

function subscription(preferences: Fields): Builder {
  return published('Subscription', 'subscription', (_, now) => ({
    contactList: 'Newsletter',
    timestamp: now.toISOString(),
    source: 'UnsubscribeHeader',
    newTopicPreferences: preferences,
    oldTopicPreferences: {
      unsubscribeAll: false,
      topicSubscriptionStatus: [{ topicName: 'weekly', subscriptionStatus: 'OptIn' }]
    }
  }))
}

function before(now: Date, seconds: number): string {
  return new Date(now.getTime() - seconds * 1000).toISOString()
}

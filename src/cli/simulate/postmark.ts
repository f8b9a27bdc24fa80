import { randomBytes, randomUUID } from 'node:crypto'
import { hexId, uuid } from './ids.ts'
import type { Builder, Simulator } from './simulator.ts'

type Fields = Record<string, unknown>

export const postmark: Simulator = {
  events: {
    delivery: (to, now, n) => ({
      ...common('Delivery', to, now, n),
      ServerID: server,
      Recipient: to,
      DeliveredAt: now.toISOString(),
      Details: '250 2.0.0 OK queued as 4F1A2B'
    }),
    'hard-bounce': bounce('HardBounce', 1, (to) => ({
      Details: `smtp;550 5.1.1 <${to}>: Recipient address rejected: User unknown`,
      Inactive: true
    })),
    'hard-bounce-inactive': bounce('HardBounce', 1, () => ({
      Details: 'smtp;550 5.2.1 The account is inactive and does not take mail',
      Inactive: true
    })),
    transient: bounce('Transient', 2, () => ({
      Details: 'smtp;451 4.7.500 Server busy. Please try again later from [192.0.2.10].'
    })),
    unsubscribe: bounce('Unsubscribe', 16),
    subscribe: bounce('Subscribe', 32),
    'auto-responder': bounce('AutoResponder', 64),
    'address-change': bounce('AddressChange', 128),
    'dns-error': bounce('DnsError', 256),
    'spam-notification': bounce('SpamNotification', 512, () => ({
      Details: 'smtp;554 5.7.1 The message looks like spam'
    })),
    'open-relay-test': bounce('OpenRelayTest', 1024),
    unknown: bounce('Unknown', 2048, () => ({ Details: 'smtp;554 Transaction failed' })),
    'soft-bounce': bounce('SoftBounce', 4096, () => ({
      Details: 'smtp;452 4.2.2 The mailbox is over its quota'
    })),
    'virus-notification': bounce('VirusNotification', 8192, () => ({
      Details: 'smtp;554 5.7.1 The message contains a virus'
    })),
    'challenge-verification': bounce('ChallengeVerification', 16384),
    'bad-email-address': bounce('BadEmailAddress', 100000, () => ({ Inactive: true })),
    'spam-complaint': (to, now, n) => ({
      ...bounce('SpamComplaint', 100001, () => ({ Inactive: true, CanActivate: false }))(
        to,
        now,
        n
      ),
      RecordType: 'SpamComplaint',
      MessageStream: 'broadcast'
    }),
    'manually-deactivated': bounce('ManuallyDeactivated', 100002, () => ({ Inactive: true })),
    unconfirmed: bounce('Unconfirmed', 100003),
    blocked: bounce('Blocked', 100006, () => ({
      Details: 'smtp;550 5.7.1 Client host [192.0.2.10] blocked using dnsbl.example.net'
    })),
    'smtp-api-error': bounce('SMTPApiError', 100007, () => ({
      Details: 'The recipient is inactive, the message was not accepted.',
      CanActivate: false
    })),
    'inbound-error': bounce('InboundError', 100008),
    'dmarc-policy': bounce('DMARCPolicy', 100009, () => ({
      Details:
        'smtp;550 5.7.26 Unauthenticated mail from example.com is refused by its DMARC policy'
    })),
    'template-rendering-failed': bounce('TemplateRenderingFailed', 100010),
    'subscription-change': subscription({}),
    'subscription-change-hard-bounce': subscription({ SuppressionReason: 'HardBounce' }),
    'subscription-change-spam-complaint': subscription({ SuppressionReason: 'SpamComplaint' }),
    'subscription-change-by-customer': subscription({ Origin: 'Customer', MessageID: null }),
    'subscription-change-reactivated': subscription({
      Origin: 'Customer',
      MessageID: null,
      SuppressSending: false,
      SuppressionReason: null
    }),
    open: (to, now, n) => ({ ...engagement('Open', to, now, n), FirstOpen: true, ReadSeconds: 7 }),
    click: (to, now, n) => ({
      ...engagement('Click', to, now, n),
      ClickLocation: 'HTML',
      OriginalLink: 'https://www.example.com/orders'
    })
  },

  keys() {
    const secret = `simulator:${randomBytes(16).toString('hex')}`
    return {
      credentials: { basic_auth: secret },
      sign(payload) {
        return {
          headers: {
            'content-type': 'application/json',
            'user-agent': 'Postmark',
            authorization: `Basic ${Buffer.from(secret).toString('base64')}`,
            'x-pm-webhook-trace-id': randomUUID(),
            'x-pm-retries-remaining': '6'
          },
          body: Buffer.from(JSON.stringify(payload))
        }
      }
    }
  }
}

const server = 7001

function common(record: string, to: string, now: Date, n: number): Fields {
  return {
    RecordType: record,
    MessageStream: 'outbound',
    MessageID: uuid('postmark', to, now, n),
    Tag: 'receipt',
    Metadata: { order: `A-${1000 + n}` }
  }
}

function bounce(type: string, code: number, say: (to: string) => Fields = () => ({})): Builder {
  return (to, now, n) => ({
    ...common('Bounce', to, now, n),
    // Thirteen digits: large, and exact in JSON.
    ID: Number.parseInt(hexId(12, 'postmark', type, to, now, n), 16) % 1e13,
    Type: type,
    TypeCode: code,
    Name: type,
    ServerID: server,
    Description: 'What Postmark says about every bounce of this type.',
    Details: '',
    Email: to,
    From: 'shop@example.com',
    BouncedAt: now.toISOString(),
    DumpAvailable: false,
    Inactive: false,
    CanActivate: true,
    Subject: 'Your order',
    ...say(to)
  })
}

function subscription(change: Fields): Builder {
  return (to, now, n) => ({
    ...common('SubscriptionChange', to, now, n),
    MessageStream: 'broadcast',
    ServerID: server,
    // Nothing but the time tells one change of an address from the next.
    ChangedAt: new Date(now.getTime() - n).toISOString(),
    Recipient: to,
    Origin: 'Recipient',
    SuppressSending: true,
    SuppressionReason: 'ManualSuppression',
    ...change
  })
}

function engagement(record: string, to: string, now: Date, n: number): Fields {
  return {
    ...common(record, to, now, n),
    Client: { Name: 'Example Mail', Company: 'Example', Family: 'Example Mail' },
    OS: { Name: 'Example OS 5', Company: 'Example', Family: 'Example OS' },
    Platform: 'Desktop',
    UserAgent: 'ExampleMail/7',
    Geo: { CountryISOCode: 'DE', Country: 'Germany', City: 'Berlin', IP: '198.51.100.40' },
    ReceivedAt: now.toISOString(),
    Recipient: to
  }
}

import { generateKeyPairSync, sign } from 'node:crypto'
import { hexId } from './ids.ts'
import type { Builder, Simulator } from './simulator.ts'

type Fields = Record<string, unknown>

export const sendgrid: Simulator = {
  events: {
    processed: event('processed', () => ({ send_at: 0, pool: { name: 'transactional', id: 210 } })),
    deferred: event('deferred', (to) => ({
      ...outgoing,
      attempt: '1',
      response: `451 4.7.1 <${to}>: Recipient address rejected: Greylisted, try again in five minutes`
    })),
    'deferred-throttled': event('deferred', (to) => ({
      attempt: 2,
      domain: to.slice(to.lastIndexOf('@') + 1),
      response:
        'Email was deferred due to the following reason(s): ["IPs were throttled by recipient server"]'
    })),
    delivered: event('delivered', () => ({
      ...outgoing,
      response: '250 2.0.0 OK queued as 4F1A2B'
    })),
    bounce: bounce('bounce', 'Invalid Address', (to) => ({
      reason: `550 5.1.1 <${to}>: Recipient address rejected: User unknown in virtual mailbox table`,
      status: '5.1.1'
    })),
    'bounce-blocked': bounce('blocked', 'Reputation', () => ({
      reason:
        '554 5.7.1 Service unavailable; Client host [192.0.2.44] blocked using dnsbl.example.net',
      status: '5.7.1'
    })),
    'bounce-mailbox-full': bounce('blocked', 'Mailbox Unavailable', () => ({
      reason: '552 5.2.2 The mailbox you tried to reach is over its quota',
      status: '5.2.2'
    })),
    'bounce-content': bounce('blocked', 'Content', () => ({
      reason: '550 5.7.1 The message was refused as spam',
      status: '5.7.1'
    })),
    'bounce-volume': bounce('blocked', 'Frequency or Volume Too High', () => ({
      reason: '421 4.7.0 Too many messages from 192.0.2.44',
      status: '4.7.0'
    })),
    'bounce-technical': bounce('blocked', 'Technical', () => ({
      reason:
        'unable to get mx info: failed to get IPs from PTR record: lookup <nil>: unrecognized address',
      status: undefined,
      ip: undefined
    })),
    'bounce-expired': bounce('expired', 'Unclassified', () => ({
      reason: 'unable to deliver within 72 hours',
      status: undefined
    })),
    'bounce-asynchronous': bounce('bounce', 'Invalid Address', (to, now, n) => ({
      reason: `550 5.1.1 The account is closed ${hexId(12, to, now, n)}`,
      status: '5.1.1',
      sg_message_id: '',
      'smtp-id': undefined,
      ip: undefined,
      order: undefined
    })),
    dropped: dropped('Bounced Address'),
    'dropped-unsubscribed': dropped('Unsubscribed Address'),
    'dropped-spam-reporting': dropped('Spam Reporting Address'),
    'dropped-invalid': dropped('Invalid'),
    'dropped-smtpapi-header': dropped('Invalid SMTPAPI header'),
    'dropped-spam-content': dropped('Spam Content'),
    'dropped-over-quota': dropped('Recipient List over Package Quota'),
    open: event('open', () => ({ ...client, sg_machine_open: false, sg_content_type: 'html' })),
    'open-machine': event('open', () => ({
      ...client,
      sg_machine_open: true,
      sg_content_type: 'html'
    })),
    click: event('click', () => ({
      ...client,
      url: 'https://www.example.com/orders',
      url_offset: { index: 0, type: 'html' }
    })),
    spamreport: event('spamreport'),
    unsubscribe: event('unsubscribe'),
    'group-unsubscribe': event('group_unsubscribe', () => ({ ...client, asm_group_id: 4711 })),
    'group-resubscribe': event('group_resubscribe', () => ({ ...client, asm_group_id: 4711 })),
    'account-status-change': (to, now, n) => ({
      event: 'account_status_change',
      type: 'compliance_suspend',
      timestamp: seconds(now),
      sg_event_id: eventId('account_status_change', to, now, n)
    })
  },

  keys() {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
    return {
      credentials: { public_keys: [spki] },
      sign(payload, now) {
        const timestamp = String(seconds(now))
        const events: unknown[] = Array.isArray(payload) ? payload : [payload]
        // Every event ends with CRLF, and so does the batch: it is part of what is signed.
        const body = Buffer.from(
          `[${events.map((each) => JSON.stringify(each)).join(',\r\n')}]\r\n`
        )
        const signed = Buffer.concat([Buffer.from(timestamp), body])
        return {
          headers: {
            'content-type': 'application/json',
            'user-agent': 'SendGrid Event API',
            'x-twilio-email-event-webhook-timestamp': timestamp,
            'x-twilio-email-event-webhook-signature': sign('sha256', signed, privateKey).toString(
              'base64'
            )
          },
          body
        }
      }
    }
  }
}

const outgoing = { ip: '192.0.2.44', tls: 1 }
const client = { ip: '198.51.100.20', useragent: 'ExampleMail/7' }

type Part = (to: string, now: Date, n: number) => Fields

function event(name: string, say: Part = () => ({})): Builder {
  return (to, now, n) => {
    const message = Buffer.from(hexId(16, 'sendgrid', to, now, n)).toString('base64url')
    return {
      email: to,
      timestamp: seconds(now),
      'smtp-id': `<${message}@geopod-ismtpd-3>`,
      event: name,
      category: ['receipt'],
      order: `A-${1000 + n}`,
      sg_event_id: eventId(name, to, now, n),
      sg_message_id: `${message}.recvd-6f7c9d8b5c-x2x2x-1-${seconds(now).toString(16).toUpperCase()}-11.0`,
      ...say(to, now, n)
    }
  }
}

function bounce(type: string, classification: string, say: Part): Builder {
  return event('bounce', (to, now, n) => ({
    ...outgoing,
    type,
    bounce_classification: classification,
    ...say(to, now, n)
  }))
}

function dropped(reason: string): Builder {
  return event('dropped', () => ({ reason, status: '5.0.0' }))
}

function eventId(name: string, to: string, now: Date, n: number): string {
  return Buffer.from(`${name}-${hexId(24, 'sendgrid', name, to, now, n)}`).toString('base64url')
}

function seconds(now: Date): number {
  return Math.floor(now.getTime() / 1000)
}

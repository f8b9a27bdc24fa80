import { createHmac, randomBytes } from 'node:crypto'
import { hexId, mxOf } from './ids.ts'
import type { Builder, Simulator } from './simulator.ts'

type Fields = Record<string, unknown>

export const mailgun: Simulator = {
  events: {
    accepted: event('accepted', () => ({ 'delivery-status': null, method: 'HTTP' })),
    delivered: event('delivered', (to) => ({
      'delivery-status': status(to, 250, 'OK', { 'enhanced-code': null, description: null })
    })),
    'failed-permanent': failed('permanent', 'bounce', (to) =>
      status(to, 550, `5.1.1 <${to}>: no such user here\n5.1.1 check the address`, {
        'enhanced-code': '5.1.1',
        'bounce-type': 'hard'
      })
    ),
    'failed-permanent-generic': failed('permanent', 'generic', (to) =>
      status(to, 552, '5.2.2 The mailbox is over its quota', { 'enhanced-code': '5.2.2' })
    ),
    'failed-permanent-espblock': failed('permanent', 'espblock', (to) =>
      status(to, 550, '5.7.1 Messages from 192.0.2.61 are not accepted, the network is blocked')
    ),
    'failed-permanent-blacklisted': failed('permanent', 'blacklisted', (to) =>
      status(to, 554, '5.7.1 Client host [192.0.2.61] blocked using dnsbl.example.net')
    ),
    'failed-permanent-greylisted': failed('permanent', 'greylisted', (to) =>
      status(to, 451, '4.7.1 Greylisted, try again later', { 'attempt-no': 8 })
    ),
    'failed-permanent-old': failed('permanent', 'old', () =>
      noSession(602, 'Too old', {
        'attempt-no': 8,
        'last-code': 421,
        'last-message': '4.3.2 The system is not accepting messages, try again later'
      })
    ),
    'failed-permanent-no-mx': failed('permanent', 'generic', (to) =>
      noSession(498, `No MX for ${to.slice(to.lastIndexOf('@') + 1)}`)
    ),
    'failed-suppress-bounce': failed('permanent', 'suppress-bounce', () =>
      noSession(605, '', { description: 'Not delivering to previously bounced address' })
    ),
    'failed-suppress-unsubscribe': failed('permanent', 'suppress-unsubscribe', () =>
      noSession(606, '', { description: 'Not delivering to unsubscribed address' })
    ),
    'failed-suppress-complaint': failed('permanent', 'suppress-complaint', () =>
      noSession(607, '', {
        description: 'Not delivering to a user who marked your messages as spam'
      })
    ),
    'failed-temporary': failed('temporary', 'generic', (to) =>
      status(to, 421, '4.7.0 Too many messages from 192.0.2.61, slow down', retry)
    ),
    'failed-temporary-greylisted': failed('temporary', 'greylisted', (to) =>
      status(to, 451, '4.7.1 Greylisted, try again in five minutes', retry)
    ),
    'failed-temporary-no-connection': failed('temporary', 'generic', (to) =>
      noSession(499, `Unable to connect to MX servers: ['${mxOf(to)}']`, retry)
    ),
    'failed-delayed': event('failed', () => ({
      severity: 'permanent',
      reason: 'generic',
      'log-level': 'error',
      envelope: {},
      flags: { 'is-delayed-bounce': true, 'is-test-mode': false },
      'delivery-status': {
        code: 550,
        message: 'smtp; 550-5.1.1 This mailbox is not here any more',
        description: 'A message that you sent could not be delivered to one of its recipients.',
        'bounce-code': '5.1.1',
        'bounce-type': 'hard'
      }
    })),
    rejected: (to, now, n) => {
      const { recipient: _, 'recipient-domain': __, ...rest } = common('rejected', to, now, n)
      const reason = 'Sandbox domains may write to authorised recipients only'
      return { ...rest, 'log-level': 'warn', reject: { reason, description: '' } }
    },
    complained: event('complained', () => ({ 'log-level': 'warn' })),
    unsubscribed: event('unsubscribed', () => ({ ...client, tags: ['programme'] })),
    'unsubscribed-all': event('unsubscribed', () => ({ ...client, tags: ['*'] })),
    opened: event('opened', () => client),
    'opened-machine': event('opened', () => ({
      ...client,
      'client-info': { ...client['client-info'], bot: 'apple' }
    })),
    clicked: event('clicked', () => ({ ...client, url: 'https://www.example.com/orders' }))
  },

  keys() {
    const key = randomBytes(16).toString('hex')
    return {
      credentials: { signing_keys: [key] },
      sign(payload, now) {
        const timestamp = String(Math.floor(now.getTime() / 1000))
        const token = randomBytes(25).toString('hex')
        const signature = createHmac('sha256', key).update(timestamp).update(token).digest('hex')
        return {
          headers: { 'content-type': 'application/json', 'user-agent': 'mailgun/treq-22.2.0' },
          body: Buffer.from(
            JSON.stringify({ signature: { timestamp, token, signature }, 'event-data': payload })
          )
        }
      }
    }
  }
}

const retry = { 'retry-seconds': 600 }

const client = {
  ip: '198.51.100.50',
  geolocation: { country: 'DE', region: 'BE', city: 'Berlin', timezone: 'Europe/Berlin' },
  'client-info': {
    'client-name': 'Example Mail',
    'client-os': 'Example OS',
    'client-type': 'email client',
    'device-type': 'desktop',
    'user-agent': 'ExampleMail/7',
    bot: ''
  }
}

function event(name: string, say: (to: string) => Fields): Builder {
  return (to, now, n) => ({ ...common(name, to, now, n), ...say(to) })
}

function failed(severity: string, reason: string, say: (to: string) => Fields): Builder {
  const level = severity === 'permanent' ? 'error' : 'warn'
  return event('failed', (to) => ({
    'log-level': level,
    severity,
    reason,
    'delivery-status': say(to)
  }))
}

function common(event: string, to: string, now: Date, n: number): Fields {
  const message = hexId(16, 'mailgun', to, now, n)
  return {
    event,
    id: hexId(22, 'mailgun', event, to, now, n),
    timestamp: now.getTime() / 1000,
    'log-level': 'info',
    recipient: to,
    'recipient-domain': to.slice(to.lastIndexOf('@') + 1),
    'recipient-provider': 'Other',
    account: { id: '0a1b2c3d4e5f60718293a4b5' },
    domain: { name: 'mg.example.com' },
    envelope: {
      sender: 'shop@mg.example.com',
      transport: 'smtp',
      targets: to,
      'sending-ip': '192.0.2.61'
    },
    flags: {
      'is-routed': false,
      'is-authenticated': true,
      'is-system-test': false,
      'is-test-mode': false
    },
    message: {
      headers: {
        to,
        from: 'Shop <shop@mg.example.com>',
        subject: 'Your order',
        'message-id': `${now.toISOString().replace(/\D/g, '').slice(0, 14)}.${message}@mg.example.com`
      },
      attachments: [],
      size: 2104
    },
    tags: ['receipt'],
    campaigns: [],
    'user-variables': { order: `A-${1000 + n}` }
  }
}

function status(to: string, code: number, message: string, more: Fields = {}): Fields {
  return {
    'attempt-no': 1,
    code,
    message,
    description: '',
    'mx-host': mxOf(to),
    'session-seconds': 0.43,
    tls: true,
    'certificate-verified': true,
    utf8: true,
    ...more
  }
}

function noSession(code: number, message: string, more: Fields = {}): Fields {
  return { 'attempt-no': 1, code, message, description: '', 'session-seconds': 0, ...more }
}

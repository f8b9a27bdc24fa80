import type { Rule } from '../rule.ts'

/**
 * What the sending providers write by themselves: their own suppression lists, their queues, their refusals. No
 * receiver said these words.
 */

const ses = 'https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html'
const sendgrid = 'https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event'
const postmark = 'https://postmarkapp.com/developer/api/bounce-api'
const mailgun = 'https://documentation.mailgun.com/docs/mailgun/user-manual/events/event-types'
const sparkpost = 'https://support.sparkpost.com/docs/deliverability/bounce-classification-codes'

export const providers = [
  {
    id: 'providers.suppressed',
    reason: 'suppressed_by_provider',
    says: [
      'suppression list',
      'suppressed|suppress ~ ~ recipient|address|list|bounce|complaint|unsubscribe|delivery|sending|by|due',
      'recipient|address ~ ~ ~ suppressed|suppression',
      'not delivering to * previously|complained|unsubscribed|bounced|marked',
      'not deliver|delivered|sent|send|attempted ~ ~ previously|prior ~ ~ bounced|bounce|bounces|complained|unsubscribed|complaint',
      'previously|already ~ bounced|complained|unsubscribed',
      'hard bounced ~ ~ previously|before|in past',
      'bounced|unsubscribed|complained address',
      'spam reporting address',
      'bounce list',
      'internal|global|account suppression',
      'marked ~ ~ inactive',
      'inactive recipient',
      'dropped bounced|unsubscribed|spam|invalid ~ address?'
    ],
    unless: ['postmaster|blacklist'],
    weight: 'exact',
    source: ses,
    examples: [
      'Amazon SES did not send the message to this address because it is on the suppression list for your account.',
      '605 Not delivering to previously bounced address',
      'Recipient is on the account suppression list; message not sent'
    ]
  },
  {
    id: 'sendgrid.dropped.spam-report',
    reason: 'suppressed_by_provider',
    says: ['START dropped ** address', 'START dropped ~ ~ suppress', 'spam reporting address'],
    weight: 'token',
    source: sendgrid,
    examples: ['dropped: Spam Reporting Address', 'Dropped: Unsubscribed Address']
  },
  {
    id: 'sendgrid.dropped.quota',
    reason: 'rate_limited',
    says: ['recipient list over package quota', 'over package quota'],
    weight: 'token',
    source: sendgrid,
    examples: ['Recipient List over Package Quota', 'dropped: Recipient List over Package Quota']
  },
  {
    id: 'sendgrid.dropped.smtpapi',
    reason: 'content_rejected',
    says: ['invalid smtpapi header', 'smtpapi ~ invalid'],
    weight: 'token',
    source: sendgrid,
    examples: ['Invalid SMTPAPI header', 'dropped: Invalid SMTPAPI header']
  },
  {
    id: 'sendgrid.queue.throttled',
    reason: 'rate_limited',
    says: [
      'deferred due to following reason ** ips|ip ** throttled|limit|maximum',
      'ips ~ throttled by recipient server',
      'ips? reached ~ ~ ~ limit',
      'reached hourly|max|maximum ~ ~ limit|connection'
    ],
    weight: 'token',
    source: 'https://www.twilio.com/docs/sendgrid/concepts/deliverability/deferrals',
    examples: [
      'Email was deferred due to the following reason(s): ["IPs were throttled by recipient server"]',
      'Email was deferred due to the following reason(s): ["IPs reached the hourly limit suggested by the ISP"]'
    ]
  },
  {
    id: 'sendgrid.auth',
    reason: 'auth_required',
    says: [
      'unauthenticated senders not allowed',
      'from address not match verified sender identity',
      'authenticated user not authorized to send mail'
    ],
    weight: 'token',
    source:
      'https://www.twilio.com/docs/sendgrid/for-developers/sending-email/smtp-errors-and-troubleshooting',
    examples: [
      '550 Unauthenticated senders not allowed',
      '550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.'
    ]
  },
  {
    id: 'sendgrid.credits',
    reason: 'rate_limited',
    says: ['maximum credits exceeded', 'credits exceeded'],
    weight: 'token',
    source:
      'https://www.twilio.com/docs/sendgrid/for-developers/sending-email/smtp-errors-and-troubleshooting',
    examples: [
      '451 Authentication failed: Maximum credits exceeded',
      '550 credits exceeded for this account'
    ]
  },
  {
    id: 'ses.expired',
    reason: 'expired',
    says: ['message expired unable to deliver in # minutes', 'expired unable to deliver'],
    weight: 'exact',
    source: 'https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html',
    examples: [
      '554 4.4.7 Message expired: unable to deliver in 840 minutes.',
      'smtp; 554 4.4.7 Message expired: unable to deliver in 600 minutes'
    ]
  },
  {
    id: 'ses.domain',
    reason: 'domain_not_found',
    says: ['START invalid domain END'],
    when: { enhanced: ['4.4'] },
    weight: 'exact',
    source: 'https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html',
    examples: ['smtp; 550 5.4.4 Invalid domain', '550 5.4.4 Invalid domain']
  },
  {
    id: 'ses.not-verified',
    reason: 'sender_rejected',
    says: ['address not verified', 'identities failed check', 'not verified ** identities'],
    weight: 'token',
    source: 'https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html',
    examples: [
      '554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: ada@example.com',
      'Email address is not verified.'
    ]
  },
  {
    id: 'ses.throttled',
    reason: 'rate_limited',
    says: [
      'throttling failure ** rate|quota|exceeded',
      'maximum sending rate exceeded',
      'daily message quota exceeded',
      'sending quota exceeded'
    ],
    weight: 'token',
    source: 'https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html',
    examples: [
      '454 Throttling failure: Maximum sending rate exceeded.',
      '454 Throttling failure: Daily message quota exceeded.'
    ]
  },
  {
    id: 'ses.paused',
    reason: 'auth_required',
    says: ['sending paused|suspended|disabled', 'account ~ paused|shutdown|suspended ~ sending'],
    weight: 'exact',
    source: 'https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html',
    examples: [
      '554 Message rejected: Sending paused for this account. For more information see the docs',
      '554 Sending suspended for this account'
    ]
  },
  {
    id: 'mailgun.no-mx',
    reason: 'domain_not_found',
    says: ['START no mx for'],
    weight: 'exact',
    source: mailgun,
    examples: ['No MX for nowhere.example', '498 No MX for nowhere.example']
  },
  {
    id: 'mailgun.unreachable',
    reason: 'network_error',
    says: ['unable to connect to mx servers', 'unable to connect to mx'],
    weight: 'exact',
    source: mailgun,
    examples: [
      '499 Unable to connect to MX servers: [mx.example.com]',
      'Unable to connect to MX servers'
    ]
  },
  {
    id: 'mailgun.too-old',
    reason: 'expired',
    says: ['START # too old', 'START too old END'],
    weight: 'exact',
    source: mailgun,
    examples: ['602 Too old', 'Too old']
  },
  {
    id: 'mailgun.disabled',
    reason: 'auth_required',
    says: [
      'domain ~ not allowed to send',
      'account ~ not allowed to send',
      'free accounts ~ for test'
    ],
    weight: 'exact',
    source: mailgun,
    examples: [
      'Domain mail.example.com is not allowed to send: The domain is unverified',
      'Free accounts are for test purposes only. Please upgrade'
    ]
  },
  {
    id: 'mailgun.hourly',
    reason: 'rate_limited',
    says: [
      'hourly rate exceeded',
      'exceeded ~ ~ quota of # ~ messages',
      'recipient limit exceeded'
    ],
    weight: 'exact',
    source: mailgun,
    examples: ['550 hourly rate exceeded for the domain', 'Recipient limit exceeded: 20 a minute']
  },
  {
    id: 'postmark.inactive',
    reason: 'suppressed_by_provider',
    says: [
      'tried to send ~ ~ recipients? ~ ~ marked ~ inactive',
      'marked as inactive',
      'inactive recipients ~ ones ~ ~ generated'
    ],
    weight: 'token',
    source: postmark,
    examples: [
      'You tried to send to a recipient that has been marked as inactive. Found inactive addresses: ada@example.com',
      'recipient ada@example.com was marked as inactive'
    ]
  },
  {
    id: 'sparkpost.internal.suspended',
    reason: 'rate_limited',
    says: ['internal ~ sending ip ~ suspended', 'internal ~ throttled|suspended|ratelimited'],
    weight: 'exact',
    source: sparkpost,
    examples: [
      '451 4.3.0 [internal] Sending IP temporarily suspended',
      '451 4.4.2 [internal] domain suspended for a while'
    ]
  },
  {
    id: 'sparkpost.internal.network',
    reason: 'network_error',
    says: [
      'internal connection|connect|timeout|mx|no',
      'internal ~ failed to connect|resolve',
      'internal exceeded|bad ~ connection'
    ],
    unless: ['internal ~ suspended|throttled', 'internal recipient|address|suppressed'],
    weight: 'exact',
    source: sparkpost,
    examples: [
      '451 4.4.1 [internal] No valid hosts (all attempts failed)',
      '451 4.4.2 [internal] Connection timed out waiting for the peer'
    ]
  },
  {
    id: 'sparkpost.internal.policy-domain',
    reason: 'suppressed_by_provider',
    says: ['internal recipient address ~ ~ suppressed', 'internal ~ ~ suppressed'],
    weight: 'token',
    source: sparkpost,
    examples: [
      '550 5.7.1 [internal] recipient address was suppressed due to customer policy',
      '550 [internal] address was suppressed'
    ]
  },
  {
    id: 'providers.unsubscribed',
    reason: 'suppressed_by_provider',
    says: ['recipient|user ~ unsubscribed', 'unsubscribed ~ ~ from|recipient|user', 'opted out of'],
    weight: 'exact',
    source: mailgun,
    examples: [
      '606 Not sent: recipient has unsubscribed',
      'The recipient unsubscribed from your messages'
    ]
  }
] as const satisfies readonly Rule[]

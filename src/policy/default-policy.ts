import type { Policy } from './policy.ts'

const pause = { baseMinutes: 15, capMinutes: 480 }

/** What happens unless somebody says otherwise. The reason decides, never the reply code alone. */
export const defaultPolicy: Policy = {
  version: 1,
  rules: [
    {
      id: 'not-spam',
      because:
        'The report says that the message is not spam, which is the opposite of a complaint.',
      on: 'complaint',
      spam: false,
      candidates: 'any',
      action: 'none'
    },
    {
      id: 'complaint',
      because:
        'The recipient marked the message as spam; mailing on costs the reputation of all mail.',
      on: 'complaint',
      spam: true,
      candidates: 'one',
      action: 'suppress',
      scope: 'stream'
    },
    {
      id: 'complaint-of-several',
      because:
        'The report fits several recipients, and it cannot be known which of them complained.',
      on: 'complaint',
      spam: true,
      candidates: 'any',
      action: 'investigate'
    },
    {
      id: 'opt-out',
      because: 'The recipient unsubscribed.',
      on: 'opt-out',
      action: 'suppress',
      scope: 'stream'
    },
    {
      id: 'opt-in',
      because: 'The recipient subscribed again, which answers the opt-out.',
      on: 'opt-in',
      action: 'none'
    },
    {
      id: 'provider-still-trying',
      because: 'The provider goes on trying by itself; sending again would double the message.',
      on: 'failure',
      willRetry: true,
      reasons: 'any',
      action: 'wait'
    },
    {
      id: 'listed-by-provider',
      because: 'The provider has the address on its own suppression list and drops mail to it.',
      on: 'failure',
      reasons: ['suppressed_by_provider'],
      action: 'suppress',
      scope: 'all',
      expiresDays: null
    },
    {
      id: 'mailbox-unavailable',
      because:
        'The refusal says little more than "mailbox unavailable" (RFC 5321 section 4.2.3), so the address is stopped for a month only.',
      on: 'failure',
      permanence: ['permanent', 'unknown'],
      confidence: ['low'],
      reasons: ['unknown_mailbox'],
      action: 'suppress',
      scope: 'all',
      expiresDays: 30
    },
    {
      id: 'no-such-mailbox',
      because: 'The receiver says that the mailbox does not exist.',
      on: 'failure',
      permanence: ['permanent', 'unknown'],
      reasons: ['unknown_mailbox'],
      action: 'suppress',
      scope: 'all',
      expiresDays: 365
    },
    {
      id: 'mailbox-disabled',
      because: 'The mailbox was closed or disabled; some come back after months.',
      on: 'failure',
      permanence: ['permanent', 'unknown'],
      reasons: ['mailbox_disabled'],
      action: 'suppress',
      scope: 'all',
      expiresDays: 180
    },
    {
      id: 'no-such-domain',
      because: 'The domain does not exist or takes no mail.',
      on: 'failure',
      permanence: ['permanent', 'unknown'],
      reasons: ['domain_not_found'],
      action: 'suppress',
      scope: 'all',
      expiresDays: 90
    },
    {
      id: 'invalid-address',
      because: 'No mail can be sent to an address of this form.',
      on: 'failure',
      permanence: ['permanent', 'unknown'],
      reasons: ['invalid_address'],
      action: 'suppress',
      scope: 'all',
      expiresDays: null
    },
    {
      id: 'blocked-by-recipient',
      because: 'The recipient refuses mail from this sender.',
      on: 'failure',
      permanence: ['permanent', 'unknown'],
      reasons: ['recipient_block'],
      action: 'suppress',
      scope: 'stream',
      expiresDays: null
    },
    {
      id: 'rate-limited',
      because: 'The receiver asks for a slower pace. The address is innocent.',
      on: 'failure',
      reasons: ['rate_limited'],
      action: 'throttle',
      pause: { baseMinutes: 15, capMinutes: 240 }
    },
    {
      id: 'reputation-deferral',
      because: 'The receiver holds our mail back for our reputation. The address is innocent.',
      on: 'failure',
      permanence: ['transient'],
      reasons: ['ip_reputation', 'domain_reputation'],
      action: 'throttle',
      pause: { baseMinutes: 60, capMinutes: 240 }
    },
    {
      id: 'temporary-on-our-side',
      because: 'The refusal was a temporary one, so a later mail may pass unchanged.',
      on: 'failure',
      permanence: ['transient'],
      reasons: ['auth_required', 'policy', 'relay_denied', 'tls_required', 'protocol_error'],
      action: 'retry',
      pause: { baseMinutes: 30, capMinutes: 480 }
    },
    {
      id: 'sender-at-fault',
      because:
        'The fault is on the sending side; sending again unchanged is useless. The address is innocent.',
      on: 'failure',
      reasons: [
        'sender_rejected',
        'auth_failure',
        'auth_required',
        'ip_reputation',
        'domain_reputation',
        'reverse_dns',
        'policy',
        'relay_denied',
        'tls_required',
        'protocol_error'
      ],
      action: 'investigate'
    },
    {
      id: 'message-at-fault',
      because: 'This message was refused, whoever it goes to. The address is innocent.',
      on: 'failure',
      reasons: ['spam_content', 'virus_detected', 'message_too_large', 'content_rejected'],
      action: 'investigate'
    },
    {
      id: 'nothing-wrong',
      because: 'An automatic answer proves that the address takes mail.',
      on: 'failure',
      reasons: ['auto_response', 'delivered'],
      action: 'none'
    },
    {
      id: 'try-later',
      because: 'The failure may pass by itself; a later mail may arrive.',
      on: 'failure',
      reasons: 'any',
      action: 'retry',
      pause
    }
  ]
}

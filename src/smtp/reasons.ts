import type { Static } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'

export const faults = ['recipient', 'sender', 'message', 'infrastructure', 'none'] as const
/** Whose fault a failure is. Only `recipient` may ever lead to an address being suppressed. */
export const Fault = StringEnum(faults, { description: 'Whose fault the failure is.' })
export type Fault = Static<typeof Fault>

export const actions = ['suppress', 'retry', 'wait', 'throttle', 'investigate', 'none'] as const
/** What a sender should do next. */
export const Action = StringEnum(actions, {
  description:
    'What to do next. `wait`: the provider is still trying, sending again would double the message. ' +
    '`retry`: a later message to this recipient may pass.'
})
export type Action = Static<typeof Action>

interface ReasonFacts {
  readonly definition: string
  readonly fault: Fault
  /** What to do when the failure is final (5xx, or no class at all). */
  readonly onPermanent: Exclude<Action, 'wait'>
  /** What to do when the reply was a temporary one (4xx). */
  readonly onTransient: Exclude<Action, 'wait'>
  readonly advice: string
}

/**
 * The 30 reasons: why a message was not (or was) delivered. The reason decides what to do, never the
 * reply code alone. Only the seven with `fault: 'recipient'` can suppress an address.
 */
export const reasons = {
  unknown_mailbox: {
    definition: 'No such mailbox, user or alias exists at that domain.',
    fault: 'recipient',
    onPermanent: 'suppress',
    onTransient: 'retry',
    advice: 'Stop mailing the address; check where it came from.'
  },
  mailbox_disabled: {
    definition: 'The mailbox existed but is closed, disabled, suspended, expired or moved.',
    fault: 'recipient',
    onPermanent: 'suppress',
    onTransient: 'retry',
    advice: 'Stop mailing the address; try again in half a year at the earliest.'
  },
  mailbox_full: {
    definition: 'The mailbox is over its quota.',
    fault: 'recipient',
    onPermanent: 'retry',
    onTransient: 'retry',
    advice: 'Send later mail; an address that stays full for weeks is abandoned.'
  },
  invalid_address: {
    definition: 'The recipient address is malformed or ambiguous.',
    fault: 'recipient',
    onPermanent: 'suppress',
    onTransient: 'retry',
    advice: 'Correct the address or stop mailing it.'
  },
  domain_not_found: {
    definition: 'The domain does not exist, has no mail host, or declares that it takes no mail.',
    fault: 'recipient',
    onPermanent: 'suppress',
    onTransient: 'retry',
    advice: 'Check the spelling of the domain; stop mailing it.'
  },
  recipient_block: {
    definition: 'The recipient, or the owner of the list, refuses this sender or all strangers.',
    fault: 'recipient',
    onPermanent: 'suppress',
    onTransient: 'retry',
    advice: 'Respect the refusal.'
  },
  suppressed_by_provider: {
    definition: 'The sending provider refused because the address is on its own suppression list.',
    fault: 'recipient',
    onPermanent: 'suppress',
    onTransient: 'suppress',
    advice: "To mail the address again, take it off the provider's list too."
  },
  relay_denied: {
    definition: 'The server that was asked does not handle mail for that domain.',
    fault: 'infrastructure',
    onPermanent: 'investigate',
    onTransient: 'retry',
    advice: "Look at the domain's MX records: they may be wrong or just changing."
  },
  sender_rejected: {
    definition:
      "The sender's address or domain was refused: not resolvable, not owned, null or blocked.",
    fault: 'sender',
    onPermanent: 'investigate',
    onTransient: 'investigate',
    advice: 'Check the envelope and header sender; sending again unchanged is useless.'
  },
  auth_failure: {
    definition: 'SPF, DKIM, DMARC or ARC failed.',
    fault: 'sender',
    onPermanent: 'investigate',
    onTransient: 'investigate',
    advice: 'Repair the DNS records or the signing of the sending domain.'
  },
  auth_required: {
    definition: 'Our login was missing, wrong, disabled or not entitled to send.',
    fault: 'sender',
    onPermanent: 'investigate',
    onTransient: 'retry',
    advice: 'Check the SMTP credentials and what they may send.'
  },
  ip_reputation: {
    definition:
      'The sending IP is blocked: on a block list, unknown, dynamic, or with a poor score.',
    fault: 'sender',
    onPermanent: 'investigate',
    onTransient: 'throttle',
    advice: 'Find the listing and its cause; slow down at this receiver until it is lifted.'
  },
  domain_reputation: {
    definition: 'A domain or URL of the message is on a block list or has a poor reputation.',
    fault: 'sender',
    onPermanent: 'investigate',
    onTransient: 'throttle',
    advice: 'Look up the sending and link domains on the block list that is named.'
  },
  reverse_dns: {
    definition: 'The sending host has no usable reverse DNS (PTR) or greeted with a bad name.',
    fault: 'sender',
    onPermanent: 'investigate',
    onTransient: 'investigate',
    advice: 'Give the sending IP a PTR record that resolves back to it.'
  },
  rate_limited: {
    definition: 'Too many messages, connections or recipients in a given time.',
    fault: 'sender',
    onPermanent: 'throttle',
    onTransient: 'throttle',
    advice: 'Halve the rate at this receiver and grow again slowly.'
  },
  greylisted: {
    definition: 'First contact was put off for a while on purpose.',
    fault: 'infrastructure',
    onPermanent: 'retry',
    onTransient: 'retry',
    advice: 'Try again after five to fifteen minutes.'
  },
  spam_content: {
    definition: 'This message was judged to be spam or bulk.',
    fault: 'message',
    onPermanent: 'investigate',
    onTransient: 'investigate',
    advice: 'Look at the content, its links and at how the list was built.'
  },
  virus_detected: {
    definition: 'Malware, a phishing link or a forbidden attachment was found.',
    fault: 'message',
    onPermanent: 'investigate',
    onTransient: 'investigate',
    advice: 'Stop this message and look at what was attached or linked.'
  },
  message_too_large: {
    definition: 'The message is over a size limit.',
    fault: 'message',
    onPermanent: 'investigate',
    onTransient: 'investigate',
    advice: 'Make the message smaller; send a link instead of the attachment.'
  },
  content_rejected: {
    definition:
      'The form of the message was refused: headers, MIME, character set, line length, template.',
    fault: 'message',
    onPermanent: 'investigate',
    onTransient: 'investigate',
    advice: 'Repair the message; every copy of it will be refused.'
  },
  policy: {
    definition: 'Refused by a local rule of the receiver, with no better clue.',
    fault: 'sender',
    onPermanent: 'investigate',
    onTransient: 'retry',
    advice: "Ask the receiver's postmaster which rule it was."
  },
  tls_required: {
    definition: 'Encryption was demanded, missing or failed.',
    fault: 'infrastructure',
    onPermanent: 'investigate',
    onTransient: 'retry',
    advice: 'Check TLS on the sending side, and MTA-STS and DANE at the receiver.'
  },
  network_error: {
    definition: 'No conversation took place: refused, timed out, unreachable, DNS out of order.',
    fault: 'infrastructure',
    onPermanent: 'retry',
    onTransient: 'retry',
    advice: 'Send later mail; look at our own network if many domains fail at once.'
  },
  routing_loop: {
    definition: 'The message went round in circles or over too many hops.',
    fault: 'infrastructure',
    onPermanent: 'retry',
    onTransient: 'retry',
    advice: 'Only the receiver can repair this; send later mail.'
  },
  system_error: {
    definition: 'The receiver is broken, busy or out of space.',
    fault: 'infrastructure',
    onPermanent: 'retry',
    onTransient: 'retry',
    advice: 'Send later mail.'
  },
  protocol_error: {
    definition: 'A command, its order or its syntax was refused.',
    fault: 'infrastructure',
    onPermanent: 'investigate',
    onTransient: 'retry',
    advice: 'Look at the SMTP session; one of the two sides speaks it wrongly.'
  },
  expired: {
    definition: 'Delivery was given up when the time for attempts ran out, with no better clue.',
    fault: 'infrastructure',
    onPermanent: 'retry',
    onTransient: 'retry',
    advice: 'Look at the deferrals before it; send later mail.'
  },
  auto_response: {
    definition: 'A vacation notice, a ticket or another automatic answer.',
    fault: 'none',
    onPermanent: 'none',
    onTransient: 'none',
    advice: 'Nothing to do: the message arrived.'
  },
  delivered: {
    definition: 'The receiver accepted the message.',
    fault: 'none',
    onPermanent: 'none',
    onTransient: 'none',
    advice: 'Nothing to do.'
  },
  undetermined: {
    definition: 'Nothing usable was said.',
    fault: 'none',
    onPermanent: 'retry',
    onTransient: 'retry',
    advice: 'Send later mail; watch whether it happens again.'
  }
} as const satisfies Record<string, ReasonFacts>

export type Reason = keyof typeof reasons

/** The reasons of one fault, e.g. `ReasonOf<'recipient'>`: the only ones that may suppress. */
export type ReasonOf<F extends Fault> = {
  [R in Reason]: (typeof reasons)[R]['fault'] extends F ? R : never
}[Reason]

export const reasonNames = Object.keys(reasons) as Reason[]

export const Reason = StringEnum(reasonNames, {
  description: 'Why the message was or was not delivered.'
})

export function faultOf(reason: Reason): Fault {
  return reasons[reason].fault
}

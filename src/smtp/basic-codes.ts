import type { Reason } from './reasons.ts'

/** The three-digit reply codes (RFC 5321 section 4.2.3 and extensions), and those that servers made up. */

export interface BasicCodeFacts {
  readonly meaning: string
  /** The RFC that defines it; null for inventions that are met all the same. */
  readonly rfc: number | null
  /** The reason it supports by itself, with no words and no enhanced code. */
  readonly reason: Reason
  /** Whether the number alone is worth something; most say class and phase only. */
  readonly definite: boolean
}

export const basicCodes = {
  211: { meaning: 'System status or help reply', rfc: 5321, reason: 'delivered', definite: false },
  214: { meaning: 'Help message', rfc: 5321, reason: 'delivered', definite: false },
  220: { meaning: 'Service ready', rfc: 5321, reason: 'delivered', definite: false },
  221: {
    meaning: 'Service closing transmission channel',
    rfc: 5321,
    reason: 'delivered',
    definite: false
  },
  235: { meaning: 'Authentication succeeded', rfc: 4954, reason: 'delivered', definite: false },
  250: {
    meaning: 'Requested mail action okay, completed',
    rfc: 5321,
    reason: 'delivered',
    definite: true
  },
  251: { meaning: 'User not local; will forward', rfc: 5321, reason: 'delivered', definite: true },
  252: {
    meaning: 'Cannot verify the user, but will accept the message',
    rfc: 5321,
    reason: 'delivered',
    definite: true
  },
  334: { meaning: 'Server challenge', rfc: 4954, reason: 'undetermined', definite: false },
  354: { meaning: 'Start mail input', rfc: 5321, reason: 'undetermined', definite: false },
  421: {
    meaning: 'Service not available, closing transmission channel',
    rfc: 5321,
    reason: 'undetermined',
    definite: false
  },
  422: { meaning: 'Mailbox full', rfc: null, reason: 'mailbox_full', definite: true },
  431: {
    meaning: 'Not enough space, or too many recipients',
    rfc: null,
    reason: 'system_error',
    definite: false
  },
  432: {
    meaning: 'A password transition is needed',
    rfc: 4954,
    reason: 'auth_required',
    definite: false
  },
  441: {
    meaning: 'The receiving server does not answer',
    rfc: null,
    reason: 'network_error',
    definite: true
  },
  442: {
    meaning: 'The connection was dropped',
    rfc: null,
    reason: 'network_error',
    definite: true
  },
  446: { meaning: 'Too many hops', rfc: null, reason: 'routing_loop', definite: true },
  447: { meaning: 'Timed out', rfc: null, reason: 'expired', definite: true },
  449: { meaning: 'Routing error', rfc: null, reason: 'network_error', definite: true },
  450: {
    meaning: 'Mailbox unavailable for now',
    rfc: 5321,
    reason: 'undetermined',
    definite: false
  },
  451: { meaning: 'Local error in processing', rfc: 5321, reason: 'undetermined', definite: false },
  452: {
    meaning: 'Insufficient system storage',
    rfc: 5321,
    reason: 'system_error',
    definite: false
  },
  453: { meaning: 'You have no mail', rfc: 2645, reason: 'protocol_error', definite: true },
  454: {
    meaning: 'TLS or authentication not available for now',
    rfc: 3207,
    reason: 'undetermined',
    definite: false
  },
  455: {
    meaning: 'Server cannot accommodate the parameters',
    rfc: 5321,
    reason: 'system_error',
    definite: false
  },
  458: {
    meaning: 'Unable to queue messages for the node',
    rfc: 1985,
    reason: 'system_error',
    definite: false
  },
  459: { meaning: 'Node not allowed', rfc: 1985, reason: 'system_error', definite: false },
  471: { meaning: 'Local spam or virus filter', rfc: null, reason: 'spam_content', definite: true },
  500: {
    meaning: 'Syntax error, command not recognised',
    rfc: 5321,
    reason: 'protocol_error',
    definite: true
  },
  501: {
    meaning: 'Syntax error in parameters or arguments',
    rfc: 5321,
    reason: 'protocol_error',
    definite: false
  },
  502: { meaning: 'Command not implemented', rfc: 5321, reason: 'protocol_error', definite: true },
  503: { meaning: 'Bad sequence of commands', rfc: 5321, reason: 'protocol_error', definite: true },
  504: {
    meaning: 'Command parameter not implemented',
    rfc: 5321,
    reason: 'protocol_error',
    definite: true
  },
  510: { meaning: 'Bad address', rfc: null, reason: 'unknown_mailbox', definite: false },
  511: { meaning: 'Bad address', rfc: null, reason: 'unknown_mailbox', definite: false },
  512: { meaning: 'Host unknown', rfc: null, reason: 'domain_not_found', definite: true },
  513: { meaning: 'Address type wrong', rfc: null, reason: 'unknown_mailbox', definite: false },
  521: { meaning: 'Host does not accept mail', rfc: 7504, reason: 'undetermined', definite: false },
  523: { meaning: 'Encryption needed', rfc: 5248, reason: 'tls_required', definite: false },
  524: {
    meaning: 'Encryption needed for this mechanism',
    rfc: 5248,
    reason: 'tls_required',
    definite: false
  },
  525: { meaning: 'User account disabled', rfc: 5248, reason: 'auth_required', definite: false },
  530: { meaning: 'Authentication required', rfc: 4954, reason: 'auth_required', definite: true },
  534: {
    meaning: 'Authentication mechanism is too weak',
    rfc: 4954,
    reason: 'auth_required',
    definite: true
  },
  535: {
    meaning: 'Authentication credentials invalid',
    rfc: 4954,
    reason: 'auth_required',
    definite: true
  },
  538: {
    meaning: 'Encryption required for the mechanism',
    rfc: 4954,
    reason: 'tls_required',
    definite: true
  },
  541: {
    meaning: 'Refused by an anti-spam rule of the recipient',
    rfc: null,
    reason: 'policy',
    definite: true
  },
  546: { meaning: 'Routing loop', rfc: null, reason: 'routing_loop', definite: true },
  550: { meaning: 'Mailbox unavailable', rfc: 5321, reason: 'undetermined', definite: false },
  551: { meaning: 'User not local', rfc: 5321, reason: 'undetermined', definite: false },
  552: {
    meaning: 'Exceeded storage allocation',
    rfc: 5321,
    reason: 'undetermined',
    definite: false
  },
  553: { meaning: 'Mailbox name not allowed', rfc: 5321, reason: 'undetermined', definite: false },
  554: { meaning: 'Transaction failed', rfc: 5321, reason: 'undetermined', definite: false },
  555: {
    meaning: 'MAIL or RCPT parameters not recognised',
    rfc: 5321,
    reason: 'protocol_error',
    definite: true
  },
  556: {
    meaning: 'Domain does not accept mail',
    rfc: 7504,
    reason: 'domain_not_found',
    definite: true
  },
  571: { meaning: 'Delivery not authorised', rfc: null, reason: 'policy', definite: false }
} as const satisfies Record<number, BasicCodeFacts>

/** The row of a reply code; null where nobody defined it. */
export function basicCodeFacts(code: number): BasicCodeFacts | null {
  return Object.hasOwn(basicCodes, code) ? basicCodes[code as keyof typeof basicCodes] : null
}

import type { Reason } from './reasons.ts'

/**
 * The registry of enhanced status codes that IANA keeps (set up by RFC 5248), as `subject.detail`; the class
 * before it says 2 done, 4 for now, 5 for good. What each one supports as a reason is our reading of it.
 */

export interface EnhancedCodeFacts {
  readonly name: string
  readonly meaning: string
  /** The RFC that registered it; null where the registry itself is the reference. */
  readonly rfc: number | null
  /** The reason it supports by itself. */
  readonly reason: Reason
  /** The reason where the class is 4, if another. */
  readonly transient?: Reason
  /** False for the codes that say nothing by themselves (`5.0.0`, `5.7.1`): there only the words count. */
  readonly definite: boolean
}

export const enhancedCodes = {
  '0.0': {
    name: 'Other undefined status',
    meaning: 'Nothing more is known than the class.',
    rfc: 3463,
    reason: 'undetermined',
    definite: false
  },
  '1.0': {
    name: 'Other address status',
    meaning: 'Something about the address caused this.',
    rfc: 3463,
    reason: 'undetermined',
    definite: false
  },
  '1.1': {
    name: 'Bad destination mailbox address',
    meaning: 'The mailbox does not exist: what stands left of the @ is not valid.',
    rfc: 3463,
    reason: 'unknown_mailbox',
    definite: true
  },
  '1.2': {
    name: 'Bad destination system address',
    meaning:
      'The domain does not exist or cannot accept mail: what stands right of the @ is not valid.',
    rfc: 3463,
    reason: 'domain_not_found',
    definite: true
  },
  '1.3': {
    name: 'Bad destination mailbox address syntax',
    meaning: 'The recipient address is malformed.',
    rfc: 3463,
    reason: 'invalid_address',
    definite: true
  },
  '1.4': {
    name: 'Destination mailbox address ambiguous',
    meaning: 'The address matches more than one recipient.',
    rfc: 3463,
    reason: 'invalid_address',
    definite: true
  },
  '1.5': {
    name: 'Destination address valid',
    meaning: 'The address is valid; a success code that some servers misuse for failures.',
    rfc: 3463,
    reason: 'unknown_mailbox',
    definite: false
  },
  '1.6': {
    name: 'Destination mailbox has moved, no forwarding address',
    meaning: 'The mailbox existed and no longer accepts mail.',
    rfc: 3463,
    reason: 'mailbox_disabled',
    definite: true
  },
  '1.7': {
    name: "Bad sender's mailbox address syntax",
    meaning: 'The sender address is malformed.',
    rfc: 3463,
    reason: 'sender_rejected',
    definite: true
  },
  '1.8': {
    name: "Bad sender's system address",
    meaning: "The sender's domain does not exist or cannot take a reply.",
    rfc: 3463,
    reason: 'sender_rejected',
    definite: true
  },
  '1.9': {
    name: 'Message relayed to a non-compliant mailer',
    meaning: 'The mail went on to a system that does not speak these codes.',
    rfc: 3886,
    reason: 'undetermined',
    definite: false
  },
  '1.10': {
    name: 'Recipient address has null MX',
    meaning: "The recipient's domain declares that it accepts no mail.",
    rfc: 7505,
    reason: 'domain_not_found',
    definite: true
  },
  '2.0': {
    name: 'Other or undefined mailbox status',
    meaning: 'The mailbox exists but something about it caused this.',
    rfc: 3463,
    reason: 'undetermined',
    definite: false
  },
  '2.1': {
    name: 'Mailbox disabled, not accepting messages',
    meaning: 'The mailbox exists but is switched off.',
    rfc: 3463,
    reason: 'mailbox_disabled',
    definite: true
  },
  '2.2': {
    name: 'Mailbox full',
    meaning: 'The mailbox is over its quota.',
    rfc: 3463,
    reason: 'mailbox_full',
    definite: true
  },
  '2.3': {
    name: 'Message length exceeds administrative limit',
    meaning: 'Longer than this mailbox may receive.',
    rfc: 3463,
    reason: 'message_too_large',
    definite: true
  },
  '2.4': {
    name: 'Mailing list expansion problem',
    meaning: 'The mailing list could not be expanded.',
    rfc: 3463,
    reason: 'system_error',
    definite: true
  },
  '3.0': {
    name: 'Other or undefined mail system status',
    meaning: 'Something about the receiving system caused this.',
    rfc: 3463,
    reason: 'system_error',
    definite: false
  },
  '3.1': {
    name: 'Mail system full',
    meaning: 'The receiving system has no space left.',
    rfc: 3463,
    reason: 'system_error',
    definite: true
  },
  '3.2': {
    name: 'System not accepting network messages',
    meaning: 'The receiving system is closed for now (shutdown, load, maintenance).',
    rfc: 3463,
    reason: 'system_error',
    definite: true
  },
  '3.3': {
    name: 'System not capable of selected features',
    meaning: 'The receiving system cannot do what the message asks for.',
    rfc: 3463,
    reason: 'system_error',
    definite: true
  },
  '3.4': {
    name: 'Message too big for system',
    meaning: 'Larger than the receiving system takes.',
    rfc: 3463,
    reason: 'message_too_large',
    definite: true
  },
  '3.5': {
    name: 'System incorrectly configured',
    meaning: 'The receiving system is set up wrongly.',
    rfc: 3463,
    reason: 'system_error',
    definite: true
  },
  '3.6': {
    name: 'Requested priority was changed',
    meaning: 'Accepted with another priority.',
    rfc: 6710,
    reason: 'delivered',
    definite: false
  },
  '4.0': {
    name: 'Other or undefined network or routing status',
    meaning: 'Something on the network caused this.',
    rfc: 3463,
    reason: 'network_error',
    definite: false
  },
  '4.1': {
    name: 'No answer from host',
    meaning: 'The receiving host did not answer.',
    rfc: 3463,
    reason: 'network_error',
    definite: true
  },
  '4.2': {
    name: 'Bad connection',
    meaning: 'The connection broke.',
    rfc: 3463,
    reason: 'network_error',
    definite: true
  },
  '4.3': {
    name: 'Directory server failure',
    meaning: 'A directory (DNS, LDAP) could not be asked.',
    rfc: 3463,
    reason: 'network_error',
    definite: true
  },
  '4.4': {
    name: 'Unable to route',
    meaning: 'No route to the domain: no usable DNS records.',
    rfc: 3463,
    reason: 'domain_not_found',
    transient: 'network_error',
    definite: true
  },
  '4.5': {
    name: 'Mail system congestion',
    meaning: 'The mail system is overloaded.',
    rfc: 3463,
    reason: 'system_error',
    definite: true
  },
  '4.6': {
    name: 'Routing loop detected',
    meaning: 'The message goes in circles.',
    rfc: 3463,
    reason: 'routing_loop',
    definite: true
  },
  '4.7': {
    name: 'Delivery time expired',
    meaning: 'The message grew too old before it could be delivered.',
    rfc: 3463,
    reason: 'expired',
    definite: true
  },
  '5.0': {
    name: 'Other or undefined protocol status',
    meaning: 'Something in the SMTP conversation caused this.',
    rfc: 3463,
    reason: 'protocol_error',
    definite: false
  },
  '5.1': {
    name: 'Invalid command',
    meaning: 'A command out of order or not known.',
    rfc: 3463,
    reason: 'protocol_error',
    definite: true
  },
  '5.2': {
    name: 'Syntax error',
    meaning: 'A command could not be understood.',
    rfc: 3463,
    reason: 'protocol_error',
    definite: true
  },
  '5.3': {
    name: 'Too many recipients',
    meaning: 'More recipients than may be given at once.',
    rfc: 3463,
    reason: 'rate_limited',
    definite: true
  },
  '5.4': {
    name: 'Invalid command arguments',
    meaning: 'A command with arguments that are not valid or not supported.',
    rfc: 3463,
    reason: 'protocol_error',
    definite: true
  },
  '5.5': {
    name: 'Wrong protocol version',
    meaning: 'The two sides speak different versions.',
    rfc: 3463,
    reason: 'protocol_error',
    definite: true
  },
  '5.6': {
    name: 'Authentication exchange line is too long',
    meaning: 'An AUTH line was over the limit.',
    rfc: 4954,
    reason: 'protocol_error',
    definite: true
  },
  '6.0': {
    name: 'Other or undefined media error',
    meaning: "Something about the content's format caused this.",
    rfc: 3463,
    reason: 'content_rejected',
    definite: true
  },
  '6.1': {
    name: 'Media not supported',
    meaning: "The content's type is not supported.",
    rfc: 3463,
    reason: 'content_rejected',
    definite: true
  },
  '6.2': {
    name: 'Conversion required and prohibited',
    meaning: 'The content would need a conversion that is forbidden.',
    rfc: 3463,
    reason: 'content_rejected',
    definite: true
  },
  '6.3': {
    name: 'Conversion required but not supported',
    meaning: 'The content would need a conversion that is not possible.',
    rfc: 3463,
    reason: 'content_rejected',
    definite: true
  },
  '6.4': {
    name: 'Conversion with loss performed',
    meaning: 'The content was or would be converted with a loss.',
    rfc: 3463,
    reason: 'content_rejected',
    definite: true
  },
  '6.5': {
    name: 'Conversion failed',
    meaning: 'A conversion of the content failed.',
    rfc: 3463,
    reason: 'content_rejected',
    definite: true
  },
  '6.6': {
    name: 'Message content not available',
    meaning: 'The content could not be fetched (BURL).',
    rfc: 4468,
    reason: 'content_rejected',
    definite: true
  },
  '6.7': {
    name: 'Non-ASCII addresses not permitted',
    meaning: 'An internationalised address was used and is not supported.',
    rfc: 6531,
    reason: 'content_rejected',
    definite: true
  },
  '6.8': {
    name: 'UTF-8 string reply is required, but not permitted',
    meaning: 'The reply would need UTF-8, which the client did not allow.',
    rfc: 6531,
    reason: 'protocol_error',
    definite: true
  },
  '6.9': {
    name: 'UTF-8 header message cannot be transferred',
    meaning: 'The headers hold UTF-8 that one of the recipients cannot take.',
    rfc: 6531,
    reason: 'content_rejected',
    definite: true
  },
  '6.10': {
    name: 'UTF-8 string reply is required (duplicate of X.6.8)',
    meaning: 'Deprecated twin of X.6.8.',
    rfc: 6531,
    reason: 'protocol_error',
    definite: true
  },
  '7.0': {
    name: 'Other or undefined security status',
    meaning: 'Something about security or policy caused this.',
    rfc: 3463,
    reason: 'policy',
    definite: false
  },
  '7.1': {
    name: 'Delivery not authorized, message refused',
    meaning: 'Refused by a rule of the receiver; only the words tell which.',
    rfc: 3463,
    reason: 'policy',
    definite: false
  },
  '7.2': {
    name: 'Mailing list expansion prohibited',
    meaning: 'The sender may not write to this list.',
    rfc: 3463,
    reason: 'recipient_block',
    definite: true
  },
  '7.3': {
    name: 'Security conversion required but not possible',
    meaning: 'The message would need a protection that cannot be given.',
    rfc: 3463,
    reason: 'tls_required',
    definite: true
  },
  '7.4': {
    name: 'Security features not supported',
    meaning: 'A protection that was asked for is not supported.',
    rfc: 3463,
    reason: 'tls_required',
    definite: true
  },
  '7.5': {
    name: 'Cryptographic failure',
    meaning: 'Decryption or verification failed.',
    rfc: 3463,
    reason: 'tls_required',
    definite: true
  },
  '7.6': {
    name: 'Cryptographic algorithm not supported',
    meaning: 'The algorithm in use is not supported.',
    rfc: 3463,
    reason: 'tls_required',
    definite: true
  },
  '7.7': {
    name: 'Message integrity failure',
    meaning: 'The message was altered on its way.',
    rfc: 3463,
    reason: 'auth_failure',
    definite: true
  },
  '7.8': {
    name: 'Authentication credentials invalid',
    meaning: 'The login was refused.',
    rfc: 4954,
    reason: 'auth_required',
    definite: true
  },
  '7.9': {
    name: 'Authentication mechanism is too weak',
    meaning: 'The login needs a stronger mechanism.',
    rfc: 4954,
    reason: 'auth_required',
    definite: true
  },
  '7.10': {
    name: 'Encryption needed',
    meaning: 'The connection must be encrypted.',
    rfc: 5248,
    reason: 'tls_required',
    definite: true
  },
  '7.11': {
    name: 'Encryption required for requested authentication mechanism',
    meaning: 'This login is allowed on an encrypted connection only.',
    rfc: 4954,
    reason: 'tls_required',
    definite: true
  },
  '7.12': {
    name: 'A password transition is needed',
    meaning: 'The account must change its password or mechanism.',
    rfc: 4954,
    reason: 'auth_required',
    definite: true
  },
  '7.13': {
    name: 'User account disabled',
    meaning: 'The account is switched off.',
    rfc: 5248,
    reason: 'auth_required',
    definite: true
  },
  '7.14': {
    name: 'Trust relationship required',
    meaning: 'The server does not trust the submitting one.',
    rfc: 5248,
    reason: 'auth_required',
    definite: true
  },
  '7.15': {
    name: 'Priority level is too low',
    meaning: "The message's priority is too low to be taken now.",
    rfc: 6710,
    reason: 'policy',
    definite: true
  },
  '7.16': {
    name: 'Message is too big for the specified priority',
    meaning: 'Larger than this priority allows.',
    rfc: 6710,
    reason: 'message_too_large',
    definite: true
  },
  '7.17': {
    name: 'Mailbox owner has changed',
    meaning: 'The address belongs to somebody else by now.',
    rfc: 7293,
    reason: 'unknown_mailbox',
    definite: true
  },
  '7.18': {
    name: 'Domain owner has changed',
    meaning: 'The domain belongs to somebody else by now.',
    rfc: 7293,
    reason: 'unknown_mailbox',
    definite: true
  },
  '7.19': {
    name: 'RRVS test cannot be completed',
    meaning: 'Whether the owner changed could not be found out.',
    rfc: 7293,
    reason: 'system_error',
    definite: true
  },
  '7.20': {
    name: 'No passing DKIM signature found',
    meaning: 'No DKIM signature passes.',
    rfc: 7372,
    reason: 'auth_failure',
    definite: true
  },
  '7.21': {
    name: 'No acceptable DKIM signature found',
    meaning: 'DKIM signatures pass but none is acceptable.',
    rfc: 7372,
    reason: 'auth_failure',
    definite: true
  },
  '7.22': {
    name: 'No valid author-matched DKIM signature found',
    meaning: 'No DKIM signature belongs to the From domain.',
    rfc: 7372,
    reason: 'auth_failure',
    definite: true
  },
  '7.23': {
    name: 'SPF validation failed',
    meaning: 'The sending host is not one that the domain allows.',
    rfc: 7372,
    reason: 'auth_failure',
    definite: true
  },
  '7.24': {
    name: 'SPF validation error',
    meaning: 'The SPF record could not be evaluated.',
    rfc: 7372,
    reason: 'auth_failure',
    definite: true
  },
  '7.25': {
    name: 'Reverse DNS validation failed',
    meaning: 'The sending IP has no reverse DNS that leads back to it.',
    rfc: 7372,
    reason: 'reverse_dns',
    definite: true
  },
  '7.26': {
    name: 'Multiple authentication checks failed',
    meaning: 'More than one of SPF, DKIM and DMARC failed.',
    rfc: 7372,
    reason: 'auth_failure',
    definite: true
  },
  '7.27': {
    name: 'Sender address has null MX',
    meaning: "The sender's domain declares that it accepts no mail.",
    rfc: 7505,
    reason: 'sender_rejected',
    definite: true
  },
  '7.28': {
    name: 'Mail flood detected',
    meaning: 'The sender is sending too much at once.',
    rfc: null,
    reason: 'rate_limited',
    definite: true
  },
  '7.29': {
    name: 'ARC validation failure',
    meaning: 'The chain of forwarding signatures is broken.',
    rfc: 8617,
    reason: 'auth_failure',
    definite: true
  },
  '7.30': {
    name: 'REQUIRETLS support required',
    meaning: 'The message must only travel encrypted, and the next hop cannot.',
    rfc: 8689,
    reason: 'tls_required',
    definite: true
  }
} as const satisfies Record<string, EnhancedCodeFacts>

/** What RFC 3463 section 3 says of the subject alone, for details that nobody registered (`5.7.606`). */
export const enhancedSubjects = {
  '0': { name: 'Other or undefined', reason: 'undetermined' },
  '1': { name: 'Addressing', reason: 'undetermined' },
  '2': { name: 'Mailbox', reason: 'undetermined' },
  '3': { name: 'Mail system', reason: 'system_error' },
  '4': { name: 'Network and routing', reason: 'network_error' },
  '5': { name: 'Mail delivery protocol', reason: 'protocol_error' },
  '6': { name: 'Message content or media', reason: 'content_rejected' },
  '7': { name: 'Security or policy', reason: 'policy' }
} as const satisfies Record<string, { name: string; reason: Reason }>

/** The row of `5.1.1`; null where the code is not registered. */
export function enhancedCodeFacts(code: string): EnhancedCodeFacts | null {
  const detail = code.slice(2)
  return Object.hasOwn(enhancedCodes, detail)
    ? enhancedCodes[detail as keyof typeof enhancedCodes]
    : null
}

/** What the subject of `5.7.606` supports where the detail is unknown. */
export function subjectReason(code: string): Reason {
  const subject = code.split('.')[1] ?? ''
  return Object.hasOwn(enhancedSubjects, subject)
    ? enhancedSubjects[subject as keyof typeof enhancedSubjects].reason
    : 'undetermined'
}

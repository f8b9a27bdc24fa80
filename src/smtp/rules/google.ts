import type { Rule } from '../rule.ts'

/**
 * Gmail and Google Workspace. Its bulk-sender family gives details 27, 29 and 30 another meaning than the registry
 * does. The key after `?p=` in its help links is the most precise part.
 */

const source = 'https://support.google.com/a/answer/3726730'
const google = ['google']

export const googleRules = [
  {
    id: 'google.5.1.1.nosuchuser',
    reason: 'unknown_mailbox',
    says: [
      'email account that you tried to reach not exist',
      '^google ** ^nosuchuser',
      '^nosuchuser'
    ],
    weight: 'token',
    source,
    examples: [
      "550-5.1.1 The email account that you tried to reach does not exist. Please try\n550-5.1.1 double-checking the recipient's email address for typos or\n550 5.1.1 unnecessary spaces. For more information, go to https://support.google.com/mail/?p=NoSuchUser - gsmtp",
      '550 5.1.1 The account was not found https://support.google.com/mail/?p=NoSuchUser'
    ]
  },
  {
    id: 'google.5.2.1.disabled',
    reason: 'mailbox_disabled',
    says: ['account that you tried to reach ~ disabled|inactive', '^disableduser'],
    weight: 'token',
    source,
    examples: [
      '550-5.2.1 The email account that you tried to reach is inactive. For more information, go to\n550 5.2.1 https://support.google.com/mail/?p=DisabledUser - gsmtp',
      '550 5.2.1 The email account that you tried to reach is disabled.'
    ]
  },
  {
    id: 'google.receiving-rate',
    reason: 'rate_limited',
    says: [
      'user you trying to contact receiving mail too quickly',
      'user you trying to contact receiving mail at rate',
      '^receivingrate|^receivingrateperm'
    ],
    weight: 'token',
    source,
    examples: [
      '450 4.2.1 The user you are trying to contact is receiving mail too quickly. Please resend your message at a later time.',
      '550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered. https://support.google.com/mail/?p=ReceivingRatePerm'
    ]
  },
  {
    id: 'google.over-quota',
    reason: 'mailbox_full',
    says: [
      'email account that you tried to reach ~ over quota|overquota',
      'recipient inbox out of storage space',
      'mailbox overquota and inactive',
      '^overquotatemp|^overquotaperm'
    ],
    weight: 'token',
    source,
    examples: [
      "452-4.2.2 The recipient's inbox is out of storage space. Please direct the recipient to\n452 4.2.2 https://support.google.com/mail/?p=OverQuotaTemp - gsmtp",
      '552 5.2.2 The email account that you tried to reach is over quota. https://support.google.com/mail/?p=OverQuotaPerm',
      '552 5.2.2 The mailbox is over quota and inactive c17si1130468pgv.34 - gsmtp'
    ]
  },
  {
    id: 'google.unusual-rate',
    reason: 'rate_limited',
    says: [
      'detected unusual ~ rate of unsolicited mail',
      'detected unusual ~ rate',
      '^unsolicitedratelimiterror|^unsolicitediperror',
      'peak smtp relay limit exceeded',
      'daily ~ ~ sending limit exceeded',
      'try again later closing connection'
    ],
    unless: ['reputation'],
    weight: 'token',
    source,
    examples: [
      '421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your IP address. To protect our users from spam, mail sent from your IP address has been temporarily rate limited.',
      '421 4.7.0 Try again later, closing connection. (EHLO) - gsmtp'
    ]
  },
  {
    id: 'google.ip-not-whitelisted',
    reason: 'ip_reputation',
    says: [
      'ip not in whitelist for rcpt domain',
      'ip you using to send mail not authorized',
      'ip not authorized to send ~ directly',
      '^notauthorizederror'
    ],
    weight: 'token',
    source,
    examples: [
      '421 4.7.0 IP not in whitelist for RCPT domain, closing connection. - gsmtp',
      "550 5.7.1 The IP you're using to send mail is not authorized to send email directly to our servers."
    ]
  },
  {
    id: 'google.reputation.domain',
    reason: 'domain_reputation',
    says: ['low reputation of sending domain', 'reputation of sending domain'],
    weight: 'token',
    source,
    examples: [
      '550-5.7.1 Our system has detected that this message is likely suspicious due to the very low reputation of the sending domain. To best protect our users from spam, the message has been blocked.',
      '421 4.7.0 likely suspicious due to the low reputation of the sending domain'
    ]
  },
  {
    id: 'google.reputation.ip',
    reason: 'ip_reputation',
    says: ['low reputation of sending ip', 'reputation of sending ip', '^unsolicitedipblockerror'],
    weight: 'token',
    source,
    examples: [
      '550-5.7.1 Our system has detected that this message is likely suspicious due to the very low reputation of the sending IP address.',
      '421 4.7.0 suspicious due to the low reputation of the sending IP address - gsmtp'
    ]
  },
  {
    id: 'google.5.7.1.unsolicited',
    reason: 'spam_content',
    says: [
      'detected that message likely unsolicited|suspicious',
      'detected that ~ message likely ~ unsolicited|suspicious|spam',
      '^unsolicitedmessageerror'
    ],
    unless: ['reputation'],
    weight: 'token',
    source,
    examples: [
      '550-5.7.1 [192.0.2.1] Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam sent to Gmail, this message has been blocked.',
      '550 5.7.1 Gmail has detected that this message is likely suspicious. https://support.google.com/mail/?p=UnsolicitedMessageError'
    ]
  },
  {
    id: 'google.authentication',
    reason: 'auth_failure',
    says: [
      'mail blocked because sender unauthenticated',
      'not pass ~ ~ authentication checks',
      'gmail requires ~ senders to authenticate',
      'unauthenticated email from ** not accepted due to',
      'email blocked because ~ sender ~ unauthenticated',
      'mail rate limited because ~ sender unauthenticated',
      'rate limited because ** spf|dkim|dmarc|unauthenticated|authentication|align',
      'not pass ~ ~ spf|dkim|dmarc',
      'message not have authentication information',
      'spf record of sending domain',
      '^unauthenticatederror|^unauthenticatedmail|^emailauthentication'
    ],
    weight: 'token',
    source,
    examples: [
      '550-5.7.26 Your email has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM.',
      "550 5.7.26 Unauthenticated email from example.com is not accepted due to domain's DMARC policy. Please contact the administrator of example.com domain",
      '421 4.7.27 Your email has been rate limited because SPF authentication did not pass for this message.'
    ]
  },
  {
    id: 'google.bulk-sender.authentication',
    reason: 'auth_failure',
    when: { enhanced: ['7.27', '7.30', '7.31', '7.32', '7.40'], receiver: google },
    weight: 'exact',
    source: 'https://support.google.com/mail/answer/81126',
    examples: [
      '550 5.7.30 see the guidelines - gsmtp',
      '421 4.7.32 for more, visit https://support.google.com/mail/answer/81126 - gsmtp'
    ]
  },
  {
    id: 'google.bulk-sender.tls',
    reason: 'tls_required',
    says: ['rate limited because ** tls', 'not ~ ~ sent over ~ ~ tls'],
    weight: 'token',
    source: 'https://support.google.com/mail/answer/81126',
    examples: [
      '421 4.7.29 Your email has been rate limited because this message was not sent over a TLS connection. - gsmtp',
      '550 5.7.29 Your email has been blocked because this message was not sent over a TLS connection.'
    ]
  },
  {
    id: 'google.bulk-sender.tls-code',
    reason: 'tls_required',
    when: { enhanced: ['7.29'], receiver: google },
    weight: 'exact',
    source: 'https://support.google.com/mail/answer/81126',
    examples: ['421 4.7.29 see the guidelines - gsmtp', '550 5.7.29 see the guidelines - gsmtp']
  },
  {
    id: 'google.ptr',
    reason: 'reverse_dns',
    says: [
      'ip address sending message not have ptr record',
      'ip not ~ ~ ptr',
      'guidelines regarding ptr records',
      'regarding ptr records and authentication',
      'rate limited because ** ptr',
      '^iprevdns|^ptrrecord|^ipv6autherror'
    ],
    weight: 'token',
    source,
    examples: [
      '550-5.7.25 The IP address sending this message does not have a PTR record setup, or the corresponding forward DNS entry does not match the sending IP.',
      '550-5.7.1 [2001:db8::1] Our system has detected that this message does not meet IPv6 sending guidelines regarding PTR records and authentication.'
    ]
  },
  {
    id: 'google.form',
    reason: 'content_rejected',
    says: [
      'not rfc # compliant',
      'messages missing ~ valid ~ header',
      'messages with multiple addresses in from',
      '^rfcmessagenoncompliant|^missingmessageid|^multiplefrom'
    ],
    weight: 'token',
    source,
    examples: [
      "550-5.7.1 Our system has detected that this message is not RFC 5322 compliant: 'From' header is missing. To reduce the amount of spam sent to Gmail, this message has been blocked.",
      '550 5.7.1 Messages with multiple addresses in From: header are not accepted. - gsmtp'
    ]
  },
  {
    id: 'google.attachment',
    reason: 'virus_detected',
    says: [
      'message blocked because ~ content presents potential security issue',
      '^blockedmessage',
      'illegal attachment'
    ],
    weight: 'token',
    source,
    examples: [
      '552-5.7.0 This message was blocked because its content presents a potential security issue. Please visit https://support.google.com/mail/?p=BlockedMessage',
      '550 5.7.0 Our system detected an illegal attachment on your message.'
    ]
  },
  {
    id: 'google.size',
    reason: 'message_too_large',
    says: [
      'message exceeded ~ message size limits',
      '^maxsizeerror',
      'domain policy size per transaction exceeded'
    ],
    weight: 'token',
    source,
    examples: [
      "552 5.3.4 Your message exceeded Google's message size limits. Please visit https://support.google.com/mail/?p=MaxSizeError",
      '452 4.5.3 Domain policy size per transaction exceeded, please try this recipient in a separate transaction.'
    ]
  },
  {
    id: 'google.custom-policy',
    reason: 'policy',
    says: ['gcdp', 'message violates * email policy', 'policy that prohibited mail that you sent'],
    weight: 'exact',
    source,
    examples: [
      '550 5.7.1 This message violates example.com email policy. - gcdp 6a1803df08f44-6e9 - gsmtp',
      '550 5.7.1 The user or domain that you are sending to (or from) has a policy that prohibited the mail that you sent.'
    ]
  },
  {
    id: 'google.login',
    reason: 'auth_required',
    says: [
      'username and password not accepted',
      'log in via ~ web browser',
      'application specific password required',
      '^badcredentials|^webloginrequired|^invalidsecondfactor|^wantauthenticate'
    ],
    weight: 'token',
    source,
    examples: [
      '535 5.7.8 Username and Password not accepted. For more information, go to https://support.google.com/mail/?p=BadCredentials',
      '534 5.7.14 Please log in via your web browser and then try again. https://support.google.com/mail/?p=WebLoginRequired'
    ]
  },
  {
    id: 'google.relay',
    reason: 'relay_denied',
    says: ['^mailrelay|^relaydenied', 'invalid credentials for relay'],
    weight: 'token',
    source,
    examples: [
      '550 5.7.1 Invalid credentials for relay [192.0.2.1]. The IP address is not registered. https://support.google.com/a/answer/6140680',
      '550 5.7.0 Mail denied https://support.google.com/mail/?p=MailRelay'
    ]
  },
  {
    id: 'google.system',
    reason: 'system_error',
    says: ['temporary system problem', 'mail server temporarily rejected message'],
    weight: 'exact',
    source,
    examples: [
      '421 4.3.0 Temporary System Problem. Try again later (10). - gsmtp',
      '451 4.3.0 Mail server temporarily rejected message. - gsmtp'
    ]
  }
] as const satisfies readonly Rule[]

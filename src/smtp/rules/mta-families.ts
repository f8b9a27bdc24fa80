import type { Rule } from '../rule.ts'

/** Sentences built into particular mail servers. */

const postfix = 'https://www.postfix.org/postconf.5.html'
const exim = 'https://www.exim.org/exim-html-current/doc/html/spec_html/'
const qmail = 'https://cr.yp.to/qmail.html'
const courier = 'https://www.courier-mta.org/'
const sendmail = 'https://www.sendmail.org/'
const opensmtpd = 'https://man.openbsd.org/smtpd'

export const mtaRules = [
  {
    id: 'postfix.no-valid-recipients',
    reason: 'protocol_error',
    says: ['error no valid recipients'],
    weight: 'exact',
    source: postfix,
    examples: [
      '554 5.5.1 Error: no valid recipients',
      '554 5.5.1 <DATA>: Error: no valid recipients'
    ]
  },
  {
    id: 'postfix.null-mx-sender',
    reason: 'sender_rejected',
    says: ['sender address rejected ** nullmx', 'sender address rejected domain * not accept mail'],
    weight: 'exact',
    source: postfix,
    examples: [
      '550 5.7.27 <news@example.com>: Sender address rejected: Domain example.com does not accept mail (nullMX)',
      '550 5.7.27 Sender address rejected: nullMX'
    ]
  },
  {
    id: 'postfix.null-mx',
    reason: 'domain_not_found',
    says: ['domain * not accept mail nullmx', 'nullmx'],
    unless: ['sender'],
    weight: 'exact',
    source: postfix,
    examples: [
      'Domain example.com does not accept mail (nullMX)',
      '556 5.1.10 <ada@example.com>: Recipient address rejected: Domain example.com does not accept mail (nullMX)'
    ]
  },
  {
    id: 'postfix.helo-rejected',
    reason: 'reverse_dns',
    says: ['helo command rejected'],
    weight: 'exact',
    source: postfix,
    examples: [
      '504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname',
      '450 4.7.1 <mx.invalid>: Helo command rejected: Host not found'
    ]
  },
  {
    id: 'postfix.address-verification',
    reason: 'greylisted',
    says: ['unverified address', 'address verification in progress', 'verification in progress'],
    unless: ['undeliverable'],
    weight: 'exact',
    source: 'https://www.postfix.org/ADDRESS_VERIFICATION_README.html',
    examples: [
      '450 4.1.1 <ada@example.com>: Recipient address rejected: unverified address: Address verification in progress',
      '450 4.1.1 <ada@example.com>: Recipient address rejected: unverified address: connect timed out'
    ]
  },
  {
    id: 'postfix.undeliverable',
    reason: 'unknown_mailbox',
    says: ['recipient address rejected undeliverable address', 'undeliverable address'],
    unless: ['sender', 'timed|timeout|connection_refused|unreachable', 'full|quota'],
    weight: 'exact',
    source: 'https://www.postfix.org/ADDRESS_VERIFICATION_README.html',
    examples: [
      '550 5.1.1 <ada@example.com>: Recipient address rejected: undeliverable address: host mx.example.com refused it',
      '550 5.1.1 Recipient address rejected: undeliverable address'
    ]
  },
  {
    id: 'postfix.name-service.temporary',
    reason: 'network_error',
    says: ['name service error ** try again', 'host or domain name not found ** try again'],
    weight: 'exact',
    source: postfix,
    examples: [
      'Host or domain name not found. Name service error for name=example.com type=MX: Host not found, try again',
      'Name service error for name=mx.example.com type=A: Host not found, try again'
    ]
  },
  {
    id: 'postfix.name-service',
    reason: 'domain_not_found',
    says: ['name service error ** host not found END', 'host or domain name not found'],
    unless: ['try again', 'sender'],
    weight: 'exact',
    source: postfix,
    examples: [
      'Host or domain name not found. Name service error for name=nowhere.example type=AAAA: Host not found',
      'X-Postfix; Host or domain name not found'
    ]
  },
  {
    id: 'postfix.sender-domain',
    reason: 'sender_rejected',
    says: [
      'sender address rejected domain not found',
      'sender address rejected need fully qualified address',
      'sender address rejected'
    ],
    unless: ['spf|dkim|dmarc', 'nullmx'],
    weight: 'exact',
    source: postfix,
    examples: [
      '450 4.1.8 <news@nowhere.example>: Sender address rejected: Domain not found',
      '504 5.5.2 <news>: Sender address rejected: need fully-qualified address'
    ]
  },
  {
    id: 'postfix.client-hostname',
    reason: 'reverse_dns',
    says: ['client host rejected not find ~ hostname', 'not find reverse? hostname'],
    weight: 'exact',
    source: postfix,
    examples: [
      '450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]',
      '450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.41]'
    ]
  },
  {
    id: 'postfix.loops-back',
    reason: 'routing_loop',
    says: ['loops back to myself'],
    weight: 'exact',
    source: postfix,
    examples: [
      '5.4.6 mail for example.com loops back to myself',
      'mail for 192.0.2.1 loops back to myself'
    ]
  },
  {
    id: 'exim.unrouteable-domain',
    reason: 'domain_not_found',
    says: [
      'unrouteable mail domain',
      'all relevant mx records point to nonexistent hosts',
      'record indicated no smtp service',
      'all relevant mx'
    ],
    weight: 'exact',
    source: exim,
    examples: [
      'Unrouteable mail domain "nowhere.example"',
      'all relevant MX records point to non-existent hosts or (invalidly) to IP addresses',
      'an MX or SRV record indicated no SMTP service'
    ]
  },
  {
    id: 'exim.local-mx',
    reason: 'routing_loop',
    says: ['lowest numbered mx record points to local host', 'remote host address ~ local host'],
    weight: 'exact',
    source: exim,
    examples: [
      'lowest numbered MX record points to local host',
      'remote host address is the local host'
    ]
  },
  {
    id: 'exim.failing-long',
    reason: 'network_error',
    says: ['all hosts for * failing for ~ long time', 'hosts ~ failing for long time'],
    weight: 'exact',
    source: exim,
    examples: [
      "all hosts for 'example.net' have been failing for a long time (and retry time not reached)",
      "all hosts for 'example.org' have been failing for a long time and were last tried after this message arrived"
    ]
  },
  {
    id: 'exim.line-length',
    reason: 'content_rejected',
    says: [
      'maximum allowed line length',
      'message has lines too long',
      'lines too long for transport'
    ],
    weight: 'exact',
    source: exim,
    examples: [
      '550 maximum allowed line length is 998 octets, got 1423',
      'message has lines too long for transport'
    ]
  },
  {
    id: 'exim.ehlo-syntax',
    reason: 'protocol_error',
    says: ['syntactically invalid helo|ehlo argument', 'syntactically invalid argument'],
    weight: 'exact',
    source: exim,
    examples: [
      '501 Syntactically invalid EHLO argument(s)',
      '501 5.5.2 Syntactically invalid HELO argument(s)'
    ]
  },
  {
    id: 'exim.synchronization',
    reason: 'protocol_error',
    says: ['smtp synchronization error', 'synchronization error'],
    weight: 'exact',
    source: exim,
    examples: [
      '554 SMTP synchronization error',
      '554 5.5.0 SMTP synchronization error: next input sent too soon'
    ]
  },
  {
    id: 'qmail.rcpthosts',
    reason: 'relay_denied',
    says: [
      'domain not in ~ list of allowed rcpthosts',
      'list of allowed rcpthosts',
      'allowed rcpthosts'
    ],
    weight: 'exact',
    source: qmail,
    examples: [
      "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
      "553 sorry, that domain isn't allowed to be relayed thru this MTA: list of allowed rcpthosts"
    ]
  },
  {
    id: 'qmail.badrcptto',
    reason: 'unknown_mailbox',
    says: ['badrcptto'],
    weight: 'exact',
    source: qmail,
    examples: [
      '553 sorry, badrcptto(user mail-box not found) (#5.7.1)',
      '553 your envelope recipient is in my badrcptto list'
    ]
  },
  {
    id: 'qmail.badmailfrom',
    reason: 'sender_rejected',
    says: [
      'envelope sender ~ ~ badmailfrom',
      'badmailfrom',
      'envelope sender ~ ~ denied|banned|list'
    ],
    weight: 'exact',
    source: qmail,
    examples: [
      '553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)',
      '553 sorry, your envelope sender has been denied (#5.7.1)'
    ]
  },
  {
    id: 'qmail.connection-failed',
    reason: 'network_error',
    says: [
      'not able to establish smtp connection',
      'establish ~ smtp connection',
      'connected to * but connection died',
      'connection died'
    ],
    weight: 'exact',
    source: qmail,
    examples: [
      "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)",
      'Connected to 192.0.2.1 but connection died. (#4.4.2)'
    ]
  },
  {
    id: 'qmail.cname',
    reason: 'network_error',
    says: ['cname lookup failed temporarily', 'lookup failed temporarily'],
    weight: 'exact',
    source: qmail,
    examples: [
      'CNAME lookup failed temporarily. (#4.4.3)',
      'DNS lookup failed temporarily (#4.4.3)'
    ]
  },
  {
    id: 'qmail.no-host',
    reason: 'domain_not_found',
    says: ['not find any host named', 'not find any host'],
    weight: 'exact',
    source: qmail,
    examples: [
      "Sorry, I couldn't find any host named nowhere.example. (#5.1.2)",
      "Sorry. Couldn't find any host by that name (#5.1.2)"
    ]
  },
  {
    id: 'qmail.chkuser.full',
    reason: 'mailbox_full',
    says: ['final recipient mailbox full', 'recipient mailbox full chkuser'],
    weight: 'exact',
    source: qmail,
    examples: [
      '552 5.1.1 5.2.2 sorry, final recipient mailbox is full (chkuser)',
      '452 sorry, recipient mailbox is full chkuser'
    ]
  },
  {
    id: 'qmail.trouble',
    reason: 'system_error',
    says: [
      'START qq',
      'qq trouble|temporary|write|read|permanent|crashed|out|internal|unable|mail'
    ],
    weight: 'exact',
    source: qmail,
    examples: [
      '451 qq trouble in home directory (#4.3.0)',
      '451 qq write error or disk full (#4.3.0)'
    ]
  },
  {
    id: 'qmail.too-long',
    reason: 'expired',
    says: ['message ~ in queue too long', 'i not going to try again'],
    weight: 'exact',
    source: qmail,
    examples: [
      "I'm not going to try again; this message has been in the queue too long.",
      'this message has been in the queue too long'
    ]
  },
  {
    id: 'courier.address-unavailable',
    reason: 'unknown_mailbox',
    says: ['START address unavailable'],
    when: { code: [556, 550] },
    weight: 'exact',
    source: courier,
    examples: ['556 Address unavailable.', '550 Address unavailable']
  },
  {
    id: 'courier.sender-domain',
    reason: 'sender_rejected',
    when: { code: [517] },
    weight: 'token',
    source: courier,
    examples: [
      '517-Domain does not exist: nowhere.example.\n517 Invalid domain, see <URL:https://www.ietf.org/rfc/rfc1035.txt>',
      '517 Sender rejected: nowhere.example'
    ]
  },
  {
    id: 'courier.sender-dns',
    reason: 'network_error',
    when: { code: [417] },
    weight: 'token',
    source: courier,
    examples: [
      '417 DNS lookup failure: nowhere.example. Try again later.',
      '417 DNS lookup failure'
    ]
  },
  {
    id: 'courier.mime-complexity',
    reason: 'content_rejected',
    says: ['mime complexity exceeds policy maximum'],
    weight: 'exact',
    source: courier,
    examples: [
      '550 Message MIME complexity exceeds the policy maximum.',
      '550 MIME complexity exceeds policy maximum'
    ]
  },
  {
    id: 'courier.temporarily-unavailable',
    reason: 'system_error',
    says: ['address temporarily unavailable'],
    weight: 'exact',
    source: courier,
    examples: ['456 Address temporarily unavailable.', '456 Address temporarily unavailable']
  },
  {
    id: 'sendmail.host-unknown',
    reason: 'domain_not_found',
    says: ['host unknown name server', 'host unknown'],
    unless: ['sender'],
    weight: 'exact',
    source: sendmail,
    examples: [
      '550 5.1.2 <ada@nowhere.example>... Host unknown (Name server: nowhere.example: host not found)',
      '550 Host unknown'
    ]
  },
  {
    id: 'sendmail.name-server',
    reason: 'network_error',
    says: ['host name lookup failure', 'name server timeout', 'transient parse error'],
    weight: 'exact',
    source: sendmail,
    examples: [
      '451 4.1.2 <ada@example.com>... Host Name Lookup Failure (name server timeout)',
      'Name server: mx.example.com: host name lookup failure'
    ]
  },
  {
    id: 'sendmail.cannot-deliver',
    reason: 'expired',
    says: ['not send message for # days|hours', 'warning ~ not ~ ~ delivered'],
    weight: 'exact',
    source: sendmail,
    examples: [
      '554 5.4.7 Cannot send message for 5 days',
      '451 4.4.7 cannot send message for 4 hours'
    ]
  },
  {
    id: 'sendmail.pregreet',
    reason: 'protocol_error',
    says: ['rejecting due to pregreeting traffic', 'pregreeting|pregreet|earlytalker'],
    weight: 'exact',
    source: sendmail,
    examples: [
      '554 5.5.0 rejecting commands from mx.example.com due to pre-greeting traffic, pregreeting',
      '554 earlytalker: you must wait for the banner'
    ]
  },
  {
    id: 'opensmtpd.mxs',
    reason: 'network_error',
    says: [
      'network error on destination mxs',
      'no reachable mx',
      'not reach ~ ~ mx',
      'loop detected on source'
    ],
    weight: 'exact',
    source: opensmtpd,
    examples: ['Network error on destination MXs', 'Could not reach any MX']
  },
  {
    id: 'opensmtpd.route',
    reason: 'network_error',
    says: [
      'address family mismatch on destination',
      'no valid route to',
      'not find suitable mx',
      'failure in mx lookup'
    ],
    weight: 'exact',
    source: opensmtpd,
    examples: ['No valid route to remote MX', 'Address family mismatch on destination MXs']
  },
  {
    id: 'courier.dns-violation',
    reason: 'domain_not_found',
    says: ['dns violates rfc #'],
    weight: 'exact',
    source: courier,
    examples: ["This domain's DNS violates RFC 1035.", "550 this domain's DNS violates RFC 1035"]
  },
  {
    id: 'rfc3463.1.7',
    reason: 'sender_rejected',
    when: { enhanced: ['1.7'] },
    weight: 'exact',
    source: 'https://www.rfc-editor.org/rfc/rfc3463#section-3.2',
    examples: [
      '501 5.1.7 Syntax error in mailbox address "ada.@example.com"',
      '553 5.1.7 address not well formed'
    ]
  },
  {
    id: 'opensmtpd.domain',
    reason: 'domain_not_found',
    says: ['START domain not exist END', 'no mx found for domain', 'bad domain name'],
    weight: 'exact',
    source: opensmtpd,
    examples: ['Domain does not exist', 'No MX found for domain']
  }
] as const satisfies readonly Rule[]

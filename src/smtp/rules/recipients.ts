import type { Rule } from '../rule.ts'

/**
 * What mail servers of all kinds say about a recipient. The wording is that of the RFCs' own descriptions
 * (RFC 3463 section 3.2 and 3.3, RFC 5321 section 4.2.2) and of the replies built into Postfix, Exim, Sendmail,
 * qmail, Courier, Exchange and their like.
 */

const rfc3463 = 'https://www.rfc-editor.org/rfc/rfc3463#section-3.2'
const rfc3463Mailbox = 'https://www.rfc-editor.org/rfc/rfc3463#section-3.3'
const rfc5321 = 'https://www.rfc-editor.org/rfc/rfc5321#section-4.2.2'

export const recipients = [
  {
    id: 'words.user.unknown',
    reason: 'unknown_mailbox',
    says: [
      '{user} ~ unknown',
      'unknown ~ {user}',
      'unknown or illegal {user}',
      'unknown local part',
      'local part unknown',
      '@ unknown',
      'unknown @ END',
      'unknown recipient domain? address?',
      'addressee unknown',
      'receiver unknown'
    ],
    unless: ['sender|from ~ unknown', 'unknown sender|client|host|command', 'address error'],
    weight: 'clear',
    source: rfc3463,
    examples: [
      '550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown in local recipient table',
      '550 Unknown user: ada@example.com',
      '554 unknown local part ada in <ada@example.com>'
    ]
  },
  {
    id: 'words.user.not-exist',
    reason: 'unknown_mailbox',
    says: [
      '{user} ~ not exist',
      '{user} * not exist',
      '{user} that|which|you * not exist',
      '@ not exist',
      'not exist {user}',
      'no existing {user}',
      '{user} no exist',
      'START not exist'
    ],
    unless: ['sender|from|return ~ not exist', 'domain|host|mx ~ not exist'],
    weight: 'clear',
    source: rfc3463,
    examples: [
      "550 5.1.1 <ada@example.com> User doesn't exist: ada@example.com",
      '554 delivery error: the recipient mailbox ada does not exist here'
    ]
  },
  {
    id: 'words.not-exist',
    reason: 'unknown_mailbox',
    says: ['not exist', 'nonexistent'],
    unless: [
      'sender|from|return|domain|host|mx|record|file|queue|directory|command|dns|ptr|helo|server|hostname'
    ],
    weight: 'plain',
    source: rfc3463,
    examples: ['550 The spectator does not exist', '550 ada.lovelace: nonexistent here']
  },
  {
    id: 'words.user.nonexistent',
    reason: 'unknown_mailbox',
    says: ['nonexistent ~ {user}', '{user} ~ nonexistent'],
    unless: ['sender ~ nonexistent'],
    weight: 'clear',
    source: rfc3463,
    examples: ['550 5.1.1 Non-existent mailbox', '550 The recipient is nonexistent']
  },
  {
    id: 'words.user.no-such',
    reason: 'unknown_mailbox',
    says: [
      'no such ~ {user}',
      'no such name|recipients|local|people|employee|student',
      'no such a {user}',
      'not such {user}',
      'START no such @',
      'no matching|corresponding {user}'
    ],
    unless: ['no such ~ domain|host'],
    weight: 'clear',
    source: rfc3463,
    examples: ['550 5.1.1 No such user here', '511 sorry, no such mailbox by that name (#5.1.1)']
  },
  {
    id: 'words.user.none-here',
    reason: 'unknown_mailbox',
    says: [
      'no {user} ~ here|there|by|with|called|named|found|available|of|under|at',
      'no mailbox available? for {user}',
      'no mailbox',
      'no account',
      'nobody|noone ~ here|there|by|with|name',
      'no one ~ here|there|by|with|name|at',
      'nobody|noone at',
      'user missing home directory',
      'not have ~ account|mailbox|user|email|recipient',
      'have no ~ mailbox|account|user',
      'no local mailbox',
      'not ~ mailbox here'
    ],
    weight: 'clear',
    source: rfc3463,
    examples: [
      '550 5.1.1 no mailbox here by that name',
      "554 This user doesn't have an account (ada@example.com)",
      '550 nobody here by that name'
    ]
  },
  {
    id: 'words.user.not-found',
    reason: 'unknown_mailbox',
    says: [
      '{user} ~ not found',
      '{user} ~ not ~ in directory',
      '{user} ~ not known|recogniz|register|registered|defined|configured|identified|located|matched|provision|list',
      '{user} ~ not listed|present|existing|on|in ~ system|server|list|table|map|directory|database|book',
      'not find|locate|found ~ {user}',
      'unable to find|locate ~ {user}',
      '{user} lookup fail',
      '{user} ~ not local',
      'not ~ name address book',
      '@ not found',
      'START not found END',
      '{user} ~ unrecogniz',
      'unrecogniz ~ {user}',
      'not ~ valid local user'
    ],
    unless: [
      'dns|records',
      'sender|client|host|domain|dns ~ not found',
      'domain not found',
      'address|host not list'
    ],
    weight: 'clear',
    source: rfc3463,
    examples: [
      '550 5.1.1 Recipient not found',
      '550 5.1.1 Account not found in the directory',
      '550 ada@example.com... user not listed in Domino Directory'
    ]
  },
  {
    id: 'words.user.not-ours',
    reason: 'unknown_mailbox',
    says: [
      'not user|customer|mailbox|subscriber|recipient',
      'not ~ valid|known|local|existing|legitimate|correct|active user|mailbox|recipient|account|customer|username|alias',
      'not valid|known ~ {user}',
      'no valid recipient',
      'not accept user',
      'recipient|user not ok',
      'envelope recipient ~ ~ denied',
      'no matches to ~ query',
      'rejected recipient|recipients END',
      'no known {user}',

      'not work here',
      'not a valid email'
    ],
    unless: ['not ~ valid sender', 'not user|recipient authoriz|authenticat|permit'],
    weight: 'clear',
    source: rfc3463,
    examples: [
      '550 ada is not a known user at this site',
      '554 no valid recipients, bye',
      '550 5.1.1 ada@example.com is not a valid mailbox'
    ]
  },
  {
    id: 'words.user.invalid',
    reason: 'unknown_mailbox',
    says: [
      'invalid recipient|mailbox|user|username|account|mbox|rcpt|receiver|alias|destination|inbox|addressee',
      'invalid mail|email address|account|user',
      'bad|wrong|incorrect|illegal|bogus recipient|mailbox|user|rcpt|destination|alias|username',
      '{user} ~ not valid|correct',
      'recipient|user|mailbox|account|username|rcpt address? invalid|illegal|incorrect|wrong|bad',
      'recipients ~ invalid',
      'address no valid'
    ],
    unless: [
      'invalid|incorrect|wrong|bad|illegal ~ sender|from|login|password|format|syntax',
      'sender ~ not valid',
      'syntax'
    ],
    weight: 'clear',
    source: rfc3463,
    examples: [
      '550 5.1.1 Invalid Recipient - https://community.example.com/docs/DOC-1369#550',
      '550 Invalid recipient <ada@example.com> (#5.1.1)',
      '550 5.1.1 bad recipient'
    ]
  },
  {
    id: 'words.address.bad',
    reason: 'unknown_mailbox',
    says: [
      'bad|invalid|incorrect|wrong ~ address',
      'address ~ invalid|incorrect|wrong|bad',
      'address ~ not valid',
      'invalid mailbox path'
    ],
    unless: [
      'sender|from|return|ip|source ~ address',
      'syntax|format|characters',
      'reply to address',
      'address ~ literal'
    ],
    when: { code: [550, 551, 554, 450, 451, 511, 510, 571] },
    weight: 'plain',
    source: rfc3463,
    examples: ['550 5.1.0 bad address ada@example.com', '550 Invalid address']
  },
  {
    id: 'words.address.bad-mailbox',
    reason: 'unknown_mailbox',
    says: [
      'bad|invalid|incorrect|wrong|illegal ~ address',
      'address ~ invalid|incorrect|wrong|bad'
    ],
    unless: ['sender|from|return|ip|source ~ address', 'syntax|format|character|characters'],
    when: { enhanced: ['1.1'] },
    weight: 'clear',
    source: rfc3463,
    examples: ['501 #5.1.1 bad address ada@example.com', '553 5.1.1 Invalid address']
  },
  {
    id: 'words.address.rejected',
    reason: 'unknown_mailbox',
    says: [
      'START address rejected END',
      'START address rejected @',
      'START recipient|recipients|rcpt ~ rejected|refused|denied END',
      'mailbox|address|user|account unavailable',
      'mailbox ~ not available',
      'mailbox ~ unavailable',
      '{user} not available',
      'mailbox not accessible',
      'no such object',
      'undeliverable address|recipient',
      'address|recipient undeliverable',
      'not deliverable|reachable ~ address|recipient',
      'unrouteable|unroutable|unrouted address',
      'address ~ unrouteable|unroutable',
      'START unknown END',
      '@ not deliverable',
      'delivery ~ not possible ~ user'
    ],
    unless: [
      'temporarily|temporary|moment|try_again|later|busy',
      'sender|from ~ address|mailbox',
      'service|host|server ~ unavailable|available',
      'unknown sender|reason|error|client'
    ],
    weight: 'plain',
    source: rfc5321,
    examples: [
      '550 Requested action not taken: mailbox unavailable',
      '550 #5.1.0 Address rejected.',
      '550 Unrouteable address'
    ]
  },
  {
    id: 'words.mailbox.temporarily-unavailable',
    reason: 'system_error',
    says: [
      '{user} ~ temporarily|temporary ~ unavailable|inaccessible|available|reject|refuse|locked|deferred|disabled|suspended|blocked',
      'temporarily|temporary ~ unavailable|inaccessible ~ {user}',
      'mailbox busy|locked|in use',
      'mailbox ~ temporarily|currently ~ locked',
      '{user} temporarily'
    ],
    when: { class: 4 },
    unless: ['ip|#ip', 'rate|limit|limited|spam|greylist|throttle'],
    weight: 'clear',
    source: rfc5321,
    examples: [
      '450 4.2.0 <ada@example.net> - Recipient temporarily unavailable',
      '450 Requested mail action not taken: mailbox temporarily locked'
    ]
  },
  {
    id: 'words.mailbox.disabled',
    reason: 'mailbox_disabled',
    says: [
      '{user} ~ {off}',
      '{off} {user}',
      '{user} ~ ~ {off}',
      '{user} ~ not active|activ|activated|enabled|enable|used',
      '{user} ~ not in use|service',
      '{user} ~ not ~ active|activated|enabled|polled|poped',
      'not ~ active address|user|mailbox|account|recipient|subscriber',
      'no longer exist|valid|active|available|use|used|here|accept|work|employed|with|on|in|receiving|reachable|monitored|associated|maintained|support|live|operational',
      'not longer ~ exist|valid|active|available|use|used|here',
      'not any longer',
      'not accept|receive|take ~ mail anymore',
      'not exist anymore|any',
      'mailbox|account|user|email ~ disabled',
      'account|mailbox|user ~ blocked|banned|barred|restricted END',
      '{user} ~ administratively|permanently disabled|closed|blocked|locked',
      '{user} ~ blocked ~ inactivity|admin|administrator',
      'account ~ on hold',
      'receiving ~ disabled',
      'domain ~ suspended|disabled|deactivated|terminated',
      '{user} ~ out of service',
      'not ~ logged|log ~ days|months|year|long'
    ],
    unless: [
      'sender|sending|client|your|from ~ account|user|domain|address {off}',
      'sending|submission ~ account ~ {off}',
      'temporarily|temporary',
      'tls|relay|ip|feature|vrfy|command|auth|authentication|password|login|connection',
      'backscatter',
      'delivery time expire',
      'message|retry ~ expire|timeout'
    ],
    weight: 'clear',
    source: rfc3463Mailbox,
    examples: [
      '550 5.2.1 The account of this user has been disabled.',
      '550 ada@example.com mailbox is inactive',
      '554 5.7.1 <ada@example.com>: this address is no longer in use'
    ]
  },
  {
    id: 'words.mailbox.suspended-for-now',
    reason: 'mailbox_disabled',
    says: [
      '{user} ~ temporarily suspended|disabled|inactive|locked|blocked|closed|deactivated',
      '{user} ~ suspended|disabled temporarily'
    ],
    when: { class: 5 },
    unless: ['ip|#ip', 'sender|sending'],
    weight: 'clear',
    source: rfc3463Mailbox,
    examples: [
      '550 This account has been temporarily suspended',
      '550 recipient rejected: temporarily inactive'
    ]
  },
  {
    id: 'words.mailbox.not-receiving',
    reason: 'mailbox_disabled',
    says: [
      '{user} ~ not accept|accepting|receiving|receive|take ~ mail|message|email|messages|mails|any',
      'mailbox|account|user ~ not ~ receiving|accepting',
      '{user} ~ not ~ enabled to? receive',
      'recipient unavailable',
      'recipient no longer'
    ],
    unless: ['from|sender|you|domain|over|full|quota|ip|size|bounce|temporarily|null|relay|host'],
    weight: 'plain',
    source: rfc3463Mailbox,
    examples: [
      '550 5.2.1 mailbox not accepting messages',
      '550 5.2.1 this mailbox does not accept any mail'
    ]
  },
  {
    id: 'words.mailbox.moved',
    reason: 'mailbox_disabled',
    says: [
      '{user} ~ moved',
      'moved to * @',
      'moved ~ new address',
      'left ~ company|organization|organisation|firm|university|us',
      '{user} ~ changed|new ~ address',
      'new|changed email address',
      'mailbox|account ~ migrated',
      'no forwarding address',
      'user not local',
      'not local ~ try|forward'
    ],
    unless: ['relay', 'sender'],
    weight: 'clear',
    source: 'https://www.rfc-editor.org/rfc/rfc5321#section-3.4',
    examples: [
      '551 5.1.6 Recipient has moved, please try <ada@example.org>',
      '550 Ada has left the company'
    ]
  },
  {
    id: 'words.mailbox.full',
    reason: 'mailbox_full',
    says: [
      'quota ~ exceed|full|reached|violation|violated|over|used|exhausted',
      'exceed|over|above|reached|out|beyond|full|violates ~ quota',
      'exceed ~ ~ quota',
      'overquota',
      'quota',
      'over quota inactive',
      'inbox|mailbox|account|user|recipient|box|folder|mail ~ full',
      'full ~ mailbox|inbox|box|user|account',
      'mailbox ~ exceed|over|reached|at ~ limit|storage|size|maximum|capacity|space|allocation|quota',
      'mailbox|inbox|account|user|recipient ** exceed|over|out ~ storage|space|capacity|allocation|limit|allowed',
      'mailbox size|storage limit ~ exceed',
      'mailbox * in use',
      'mailbox|inbox|account|storage|blocks|inode ~ limit ~ exceed|reached',
      'exceed|over ~ mailbox|storage ~ limit|allotment|size|capacity',
      'not enough|insufficient|no|out ~ space|storage|room ~ ~ mailbox|user|recipient|account|inbox',
      '{user} ** not enough|insufficient|no|out ~ space|storage|room',
      '{user} * disk|storage ~ full',
      'too many ~ mail|message ~ in ~ mailbox|inbox|mail|account',
      'mailfolder|maildir ~ full|quota|exceed',
      'mailbox|account|user|mail storage|space ~ exceed|limit',
      'disk usage exceed',
      'user|mailbox|recipient ** exhausted',
      'mail full END',
      'space ~ used up',
      'not have enough ~ space|room',
      'mail file size exceeds maximum size allowed',
      'mailbox ~ exceed maximum allowed storage',
      'mailbox|user|account|recipient ** too many ~ stored|message on|in',
      'insufficient mailbox space',
      'storage ~ full',
      'account ~ overdrawn',
      'mailbox ~ larger than',
      'accountfull',
      'mailboxfull',
      'inboxfull'
    ],
    unless: [
      'daily|hourly|sending|rate|package|queue|day|hour|minute|per|outgoing|connection|bandwidth quota|limit|exceed|message',
      'message|mail|attachment ~ too {big}',
      'size|message exceed fixed|maximum|size|limit',
      'message|mail|attachment size ~ exceed|limit|larger',
      'system|server|disk ~ storage|full|space'
    ],
    weight: 'clear',
    source: rfc3463Mailbox,
    examples: [
      '552 5.2.2 <ada@example.com>: user is over quota',
      '452 4.2.2 Mailbox full',
      "552 This person's account is exceeding their quota.",
      '552 5.2.2 ada has 550 MB of 550 MB in use, mailbox is full'
    ]
  },
  {
    id: 'words.storage.exceeded',
    reason: 'mailbox_full',
    says: [
      'exceed storage allocation',
      'exceed ~ storage|disk|space|quota',
      'storage allocation',
      'requested mail action aborted exceed storage allocation'
    ],
    unless: ['system storage'],
    weight: 'plain',
    source: rfc5321,
    examples: [
      '552 Requested mail action aborted: exceeded storage allocation',
      '552 exceeded the allowed disk space'
    ]
  },
  {
    id: 'words.address.syntax',
    reason: 'invalid_address',
    says: [
      'bad|invalid|incorrect|malformed|illegal|improper|wrong ~ ~ address|recipient|mailbox ~ syntax|format',
      'malformed|unparseable|unparsable|unqualified ~ address|recipient|mailbox',
      'address|recipient|mailbox ~ syntax|malformed|unqualified|ambiguous',
      'ambiguous ~ address|recipient|user|mailbox|name',
      'syntax error ~ ~ address|mailbox|recipient|rcpt|to|path|local|localpart|domain',
      'syntactically ~ invalid|incorrect|wrong ~ address|recipient',
      'syntactically|syntax ~ address',
      'recipient address rejected ~ need fully qualified',
      'recipient address rejected ~ invalid name|character|domain',
      'need fully qualified address',
      'not fully qualified',
      'address ~ contains|has|with ~ invalid|illegal|bad ~ character',
      'restricted|illegal|invalid|bad|forbidden characters ~ ~ address|local|localpart|recipient|rcpt|username',
      'domain ~ missing|malformed|required',
      'missing domain|local',
      'no domain ~ address|specified|name|part',
      'local part ~ ~ {big}|malformed|character',
      'mailbox name ~ not allow|permitted',
      'mailbox name ~ invalid',
      'not ~ valid|legal|well ~ address format',
      'not ~ valid rfc address|#',
      'blank mailhost',
      'empty ~ recipient|address|mailhost|rcpt|localpart',
      'domain literal ~ not',
      'colons not allowed|permitted',
      'invalid ~ address format',
      'must ~ domain name|part',
      'must contain|have|include ~ domain',
      'colon|colons|comma|space ~ illegal|not',
      'address|recipient|localpart ~ too long',
      'syntax illegal for recipient',
      'unbalanced',
      'percent|source|routing ~ not ~ allow|accept|support'
    ],
    unless: [
      'sender|from|reverse|return|mail ~ address|domain|syntax|path',
      'helo',
      'header',
      'ip ~ address'
    ],
    weight: 'clear',
    source: rfc3463,
    examples: [
      '501 5.1.3 Bad recipient address syntax',
      '550 Bad address syntax',
      '553 5.1.3 <ada>: malformed address: @ must be followed by a domain name'
    ]
  },
  {
    id: 'words.address.invalid-by-code',
    reason: 'invalid_address',
    says: [
      'bad|invalid|incorrect|illegal|wrong ~ address|recipient|mailbox',
      'address|recipient|mailbox ~ invalid|incorrect|illegal'
    ],
    unless: ['sender|from|return|ip|source|reply|reverse', 'unknown|exist|found'],
    when: { code: [501, 553, 513, 504] },
    weight: 'plain',
    source: rfc5321,
    examples: ['553 invalid address', '501 5.1.3 wrong address']
  },
  {
    id: 'words.domain.not-found',
    reason: 'domain_not_found',
    says: [
      'domain ~ ~ not exist|found|valid|resolv|resolvable|known|registered|live',
      'recipient|destination|address|user|mail domain ~ not exist|found|valid|resolv|known',
      'host unknown',
      'unknown host',
      'host ~ not found',
      'host or domain name not found',
      'host or domain not found',
      'hostname ~ not found',
      'no such domain|host',
      'unknown|invalid|bad|nonexistent|illegal ~ domain',
      'unknown|invalid|bad ~ domain|host name',
      'domain ~ unknown|invalid|nonexistent|unregistered',
      'not find ~ ~ host|domain',
      'not ~ find any host',
      'no ~ mx|mxs|exchanger|exchangers ~ record|host|found|for|domain|defined|server|available',
      'no mx',
      'no mail exchanger|server|host',
      'no a|aaaa|address ~ mx? record',
      'no ~ a record',
      'not have ~ mx|exchanger|mail_server|aaaa',
      'mx ~ not found|exist',
      'mx ~ nonexistent host',
      'nullmx',
      'null mx',
      'domain ~ not accept ~ mail|email',
      'not accept mail END',
      'unrouteable|unroutable mail? domain',
      'unable to resolve|route|find ~ domain|host',
      'nxdomain',
      'mx|srv record ~ no smtp service',
      'host ~ never accept mail',
      'domain name ~ not found',
      'domain ~ not ~ dns',
      'not resolve ~ ~ mx|domain|host',
      'lookup ~ no such host',
      'dns ~ nxdomain|unknown_domain|no_such',
      'dns records? ** not found|exist',
      'mx ~ localhost|loopback|#ip invalid|bogus',
      'bad destination system|host',
      'illegal host domain? name?',
      'dead domain',
      'domain ~ ~ in address ~ invalid|unknown|bad',
      'answer with no data',
      'invalid ~ server|mx for domain',
      'no route for domain',
      'no servers|hosts for ~ domain'
    ],
    unless: [
      'sender|from|return|envelope|mfrom|reverse ~ ~ address|domain',
      'helo|client|ptr|reverse|rdns',
      'START invalid domain name',
      'temporary|temporarily|try again',
      'timed|timeout',
      'service available',
      'relay',
      'ip|#ip listed'
    ],
    weight: 'clear',
    source: rfc3463,
    examples: [
      '550 5.1.2 No such domain nowhere.example',
      '450 4.1.2 <ada@nowhere.example>: Recipient address rejected: Domain not found',
      '556 5.1.10 this host never accepts mail'
    ]
  },
  {
    id: 'words.recipient.refuses',
    reason: 'recipient_block',
    says: [
      'recipient|user|addressee|receiver|customer|subscriber ~ ~ not ~ want|wish|like|desire',
      'not want|wish ~ ~ receive|mail|email',
      'blocked|rejected|refused|blacklisted|declined|denied|filtered by ~ recipient|user|addressee|receiver|customer|owner|subscriber|recipients|users',
      'recipient|user|addressee|receiver|customer|owner|mailbox|subscriber ~ refuse|block|decline|blacklist|bans ~ ~ sender|you|from',
      'recipient|user|addressee ~ blocked|blacklisted|rejected you|sender',
      'refused|declined to receive|accept ~ mail|message|email',
      'recipient|user ~ not ~ accept|allow|receive ~ ~ from ~ sender|you|address|domain|@',
      '{user} ~ only accept|receive|allow|take',
      'only accept|accepts|receives ~ ~ from',
      'recipient|user|receiver in? {list}',
      'recipient ** personal|private|own {list}|block|blocked|filter',
      'on|in ~ recipient|user|receiver ~ {list}|block|blocked|reject',
      'sender ~ ~ on|in ~ recipient|user|receiver ~ list|{list}|block',
      'blocked sender',
      'blocked senders list',
      'allowed|safe|approved|permitted sender|senders list?',
      'not ~ whitelist|allowlist|allow list',
      'sender ~ not ~ ~ contacts|address_book|contact_list',
      'member|members only',
      'only members|subscribers|member|moderator|owner|subscriber ~ post|send|allow|may',
      'not ~ member of|on|list|mailing',
      'not ~ subscribed|subscriber|subscribe ~ list|mailing',
      'not ~ allowed|permitted|authorized|authorised|eligible to post|email',
      'closed|private|moderated ~ list|group|mailing',
      'posting ~ restricted|denied|not',
      'mailing list ~ not ~ accept|allow ~ posts|nonmember|outside',
      'post to|on list',
      'list ~ restricted|closed',
      'addressee ~ refuse',
      'restricted ~ recipient|address|mailbox|group|list',
      'recipient|address|mailbox ~ restricted',
      'challenge|confirm ~ ~ human|sender|deliver',
      'sender confirmation|verification ~ required|request',
      'opted|opt out',
      'sender list ~ block',
      'mail ~ from @ ~ ~ refused|rejected by ~ user|recipient',
      'block list ~ recipient',
      'blocked ~ address list',
      'due to|by user|recipient|addressee ~ rules|preferences|settings|filter|filters|choice',
      'refused|rejected|blocked ~ ~ user|recipient ~ rules|preferences|settings',
      'not ~ accepting any ~ mail from',
      'not subscribed to ~ group|list',
      'not pre_approved|preapproved',
      'restricted to ~ ~ senders|members|users|group|subscribers|sender',
      'delivery to ~ ~ restricted',
      'START user|recipient rejects|reject END'
    ],
    unless: [
      'client|ip|#ip|host ~ not whitelist',
      'recipients domain',
      'too many',
      'tls|relay',
      'recipient server|domain|mta|system',
      'not ~ ~ to? relay'
    ],
    weight: 'clear',
    source: 'https://www.rfc-editor.org/rfc/rfc3463#section-3.8',
    examples: [
      '550 5.7.1 The recipient does not want to receive mail from you',
      '550 Your mail was refused by the addressee',
      '550 5.7.2 You are not allowed to post to this mailing list',
      '550 User in blacklist'
    ]
  },
  {
    id: 'words.relay.denied',
    reason: 'relay_denied',
    says: [
      'relay ~ access? ~ denied|not|prohibited|forbidden|refused|rejected|disallowed|unauthorized|restricted|disabled',
      'relay END',
      'not|unable|refuse|unauthorized|deny|denied|cannot|no|never|authorized ~ ~ to? relay',
      'relay ~ not|denied|access|attempt',
      'attempt to relay|rely',
      'unauthorized|third_party|open relay',
      'as ~ relay',
      'rcpthosts',
      'not ~ ~ ~ rcpthosts',
      'domain ~ ~ not ~ local|hosted|handled|served|serviced|here|accepted|allowed rcpthosts?',
      'domain ~ ~ not ~ hosted|handled|served|configured|accepted|managed|supported|allowed|found here',
      'not ~ handle|host|serve|accept|service|manage|process ~ ~ mail? for? domain|host|recipient',
      'not host ~ domain',
      'not ~ local|responsible|final ~ domain|destination',
      'not ~ responsible|authoritative ~ for',
      'not ~ one of ~ domain|domains',
      'domain ~ not|isn ~ ~ on|at|by ~ server|system|mta|us|service',
      'not ~ mx service|server|host|for',
      'not ~ gateway ~ for',
      'not accept mail for ~ domain|host|recipient',
      'domain not relayed|permitted|authorized|in list',
      'mail|email to ~ domain ~ not ~ ~ here|server',
      'not ~ receive ~ for ~ domain',
      'wrong ~ mx|server',
      'recipient ~ domain ~ not ~ ~ allowed|list|local|hosted',
      'no valid? relay',
      'not accept mail for',
      'not accept ~ mail for ~ ~ address|user'
    ],
    unless: ['spf|dmarc|dkim', 'relay failed', 'ratelimit|rate|too many'],
    weight: 'clear',
    source: 'https://www.postfix.org/SMTPD_ACCESS_README.html',
    examples: [
      '554 5.7.1 <ada@example.com>: Relay access denied',
      '550 5.7.1 Relaying denied',
      '553 we do not relay for that domain'
    ]
  }
] as const satisfies readonly Rule[]

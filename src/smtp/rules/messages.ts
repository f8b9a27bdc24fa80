import type { Rule } from '../rule.ts'

/** What mail servers and filters of all kinds say about the message itself. */

const rfc3463 = 'https://www.rfc-editor.org/rfc/rfc3463#section-3.7'
const exim =
  'https://www.exim.org/exim-html-current/doc/html/spec_html/ch-content_scanning_at_acl_time.html'

export const messages = [
  {
    id: 'words.spam.judged',
    reason: 'spam_content',
    says: [
      'classified|identified|detected|considered|judged|recognized|marked|flagged|categorized|tagged|regarded|treated|deemed|determined|rated|found|suspected ~ ~ as|to|be|by|for ~ ~ spam|junk|bulk|unsolicited|uce|ube|spammy|unwanted',
      'looks|look|appears|appear|seems|resembles|smells|sounds|seem ~ ~ ~ spam|junk|bulk|unsolicited|spammy',
      'spam ~ ~ score|points|level|threshold|probability|filter|filters|engine|detected|detection|content|message|mail|rejected|refused|blocked|denied|found|check|checks|test|suspected|profiler|assassin|rule|rejection|link|reject|email|characteristics|signature|body|keywords|pattern|likely|probable|identified',
      'message|mail|email|content|letter|msg ~ ~ ~ spam|spammy|junk|bulk|unsolicited',
      'rejected|refused|blocked|denied|dropped|discarded|quarantined|bounced ~ ~ ~ ~ spam|junk|bulk|unsolicited|antispam',
      'antispam ~ ~ engine|system|filter|policy|check|checks|rule|rules|software|module|protection|content|service',
      'by|our antispam|spamfilter|spamassassin',
      'spamassassin|spamfilter|dspam|rspamd|spamd|spamprofiler|bogofilter|razor|pyzor|dcc|mailscanner|bayes',
      'dspam check',
      'not ~ ~ accept|want|allow|like ~ ~ spam|junk|unsolicited|bulk|uce',
      'no spam|junk|uce ~ please|here|thanks|allowed|accepted',
      'this spam',
      'likely|probable|possible|probably|possibly|suspicious ~ ~ spam|junk|unsolicited|suspicious',
      'unsolicited ~ ~ mail|email|message|bulk|commercial|content',
      'bulk ~ mail|email|message|mailing|mailer',
      'mass mail|mailer|mailing|mailings|email',
      'spam rejected|refused|denied|block|blocked|detected|message|filtered',
      'high|too spam',
      'score ~ ~ ~ spam|points|high|exceeds|threshold|too',
      'points ~ spam',
      'scored ~ # ~ points|spam',
      'content ~ ~ rejected|blocked|filter|filtered|unacceptable|refused|denied|reject|restriction|restrictions|prohibited|policy|inappropriate|violates|objectionable|scanner|scan|not|spam|suspicious|forbidden|violation',
      'rejected|blocked|refused|denied|reject ~ ~ ~ content',
      'content ~ not ~ accepted|allowed|acceptable|permitted',
      'message|mail|email ~ ~ contains|contain|has|included ~ ~ ~ forbidden|prohibited|objectionable|banned|spam|blocked|unwanted|suspicious|profanity ~ ~ words|word|content|text|phrase|characteristics|url|link|pattern',
      'suspicious ~ message|mail|content|email|characteristics',
      'gtube',
      'fuzzy|bayesian ~ ~ spam|match|check|hash',
      'blocked ~ ~ filter|filtering|content',
      'filter|filters|filtering ~ ~ rejected|blocked|reject|refused|denied|match|matched|rule'
    ],
    unless: [
      'spam|spammer ip|source|host|server',
      'virus|malware|trojan',
      '#ip|ip|host ~ ~ listed|blocked|blacklisted|blocklisted',
      'not spam',
      'too {big}',
      'content ~ type|encoding|transfer|disposition|length',
      'greylist',
      'rate|limit|limited',
      'recipient|user ~ ~ filter',
      'relay',
      'open resolver'
    ],
    weight: 'plain',
    source: exim,
    examples: [
      '550 5.7.1 message classified as spam',
      '554 Sorry, message looks like SPAM to me',
      '550 This message scored 8.4 spam points and has been rejected.'
    ]
  },
  {
    id: 'words.spam.any',
    reason: 'spam_content',
    says: ['spam|spammy|junk|uce|ube|unsolicited|antispam|spams|spammish'],
    unless: ['ip|host|source|server', 'recipient', 'virus'],
    weight: 'vague',
    source: exim,
    examples: ['550 5.7.0 Spam!', '554 UBE']
  },
  {
    id: 'words.virus',
    reason: 'virus_detected',
    says: [
      'virus|viruses|malware|trojan|worm|ransomware|infected|eicar|exploit|malicious',
      'virus|malware ~ ~ found|detected|infected|contained|scan|identified|rejected|suspected|signature|message',
      'infected ~ ~ message|mail|attachment|with|file',
      'contains|contain|containing|detected|carrying|found|has|carries ~ ~ ~ virus|malware|trojan|worm|ransomware|malicious|phishing',
      'malicious ~ ~ content|attachment|link|url|file|code|message|mail|links|software',
      'phishing|phish ~ ~ ~ detected|message|mail|link|url|attempt|site|content|found|email|heuristics',
      'phishing|phish',
      'clamav|clamd|kaspersky|sophos ~ ~ found|detected|virus',
      'heuristics phishing|encrypted|safebrowsing|broken',
      'attachment ~ ~ ~ not ~ allowed|accepted|permitted|acceptable',
      'attachment|attachments|file|filename|extension|filetype ~ ~ ~ blocked|banned|prohibited|forbidden|rejected|illegal|dangerous|disallowed|restricted|denied|unsafe|unacceptable|suspicious|refused',
      'blocked|banned|prohibited|forbidden|rejected|illegal|dangerous|disallowed|restricted|denied|unsafe|executable|suspicious|potentially|unacceptable|bad ~ ~ ~ attachment|attachments|file|filename|extension|filetype|executable',
      'not ~ accept|allow ~ ~ ~ attachment|attachments|executable|file',
      'attachment|file type|extension ~ ~ not|is',
      'executable ~ ~ attachment|file|content|not',
      'security issue|threat|risk|violation ~ ~ ~ content|attachment|message',
      'presents|potential ~ security ~ issue|threat|risk',
      'macro|macros|encrypted|password protected ~ ~ attachment|archive|zip|file|document',
      'harmful|unsafe|dangerous ~ ~ content|message|code|mail'
    ],
    unless: [
      'size|large|big|limit',
      'antivirus ~ ~ not|unavailable|error|fail|down',
      'malicious ~ ip|host|source|actor|sender|traffic',
      'activity',
      'spam or virus',
      'virus or spam',
      'viruses or spam',
      'scanner ~ error|fail|down|unavailable|timeout',
      '#ip|ip ~ ~ ~ infected'
    ],
    weight: 'clear',
    source: exim,
    examples: [
      '552 Virus found: Eicar-Test-Signature',
      '554 5.7.1 Message rejected: attachment of this type is not allowed',
      '550 This message was detected as possible malware (Win.Trojan.Agent-1388639).'
    ]
  },
  {
    id: 'words.size',
    reason: 'message_too_large',
    says: [
      'message|mail|email|msg|attachment|data|content|body|letter|file|mails|messages ~ ~ ~ too|to|is {big}',
      'too {big} ~ ~ message|mail|email|attachment|file',
      'message|mail|email|attachment|content|body|data|file|msg ~ ~ ~ exceeds|exceed|exceeded|over|larger|bigger|above|limit ~ ~ ~ size|limit|maximum|bytes|kb|mb|than|allowed|length',
      'size ~ ~ ~ exceeds|exceed|exceeded|exceeding|limit|limits|limitation|violation|larger|bigger|too|over|restriction|above|big',
      'exceeds|exceed|exceeded|exceeding|over|above|larger|maximum|bigger|max ~ ~ ~ ~ size',
      'message|mail|email size|length ~ ~ limit|exceeds|violation|too|maximum|restriction|over|larger|not',
      'larger|bigger|longer|greater than ~ ~ ~ size|limit|maximum|allowed|bytes|kb|mb|current',
      'size limit|limits',
      'too {big} END',
      'file too {big}',
      'exceed ~ ~ ~ # ~ bytes|kb|mb|kbytes|octets|megabytes|kilobytes',
      'maximum|max ~ ~ size|length ~ ~ exceeded|is|of|allowed',
      'oversized|oversize',
      'msgtoobig|mesgtoobig',
      'exceeds fixed|maximum ~ message? ~ size',
      'mail ~ {big} than',
      'message length ~ ~ exceed|limit|too',
      'message ~ too {big}',
      'not ~ accept ~ ~ ~ {big} ~ messages|than'
    ],
    unless: [
      'line|lines|header|headers|subject|address|local|username|domain|name|command|hostname ~ ~ ~ too {big}',
      'line|lines|header|headers|hdr ~ ~ length|size|limit|exceed',
      'mailbox|quota|inbox ~ ~ size|limit|full|exceed',
      'too {big} ~ ~ line|header|queue|time',
      'time|queue|long ago',
      'recipients|connections|rate|hops|score',
      'mailbox larger'
    ],
    weight: 'clear',
    source: 'https://www.rfc-editor.org/rfc/rfc1870#section-6',
    examples: [
      '552 5.3.4 Message size exceeds fixed limit',
      '554 5.3.4 Transaction failed, message too big',
      'message size 18876259 exceeds size limit 10485760 of server mx.example.com[192.0.2.148]'
    ]
  },
  {
    id: 'words.form',
    reason: 'content_rejected',
    says: [
      'rfc ~ # ~ ~ compliant|compliance|violation|conform|conformant|format|section|required|standard|not',
      'rfc2822|rfc5322|rfc822|rfc2045|rfc2047|rfc3464|rfc5321|rfc1123|rfc6532',
      'not ~ ~ compliant|compliance|conform|conforming|comply|conformant ~ ~ rfc|standard|standards',
      'not ~ ~ ~ rfc ~ # ~ compliant|conform',
      'violates|violation|noncompliant ~ ~ rfc|standard|standards',
      'mime ~ ~ ~ error|errors|invalid|malformed|bad|structure|defect|nesting|deep|depth|part|parts|boundary|too|broken|header|headers|missing',
      'invalid|malformed|bad|broken|nested|too|illegal ~ ~ ~ mime',
      'bare lf|linefeed|linefeeds|newline|newlines|cr|carriage|line',
      'stray lf|newline|newlines|linefeed',
      'lone|naked cr|lf|newline',
      'see http|https ~ ^smtplf',
      '^smtplf',
      'header|headers|hdr ~ ~ ~ invalid|malformed|missing|bad|illegal|error|errors|syntax|duplicate|too|required|incorrect|broken|multiple|length|long|absent|not|empty|format|large|size|violat|fault|limit',
      'invalid|malformed|missing|bad|illegal|duplicate|duplicated|multiple|broken|no|improper|incorrect|unencoded|non ~ ~ ~ header|headers|hdr',
      'missing|invalid|no|multiple|malformed|bad|duplicate|without|lacks|empty|lacking ~ ~ ~ message id|date|messageid',
      'message id|messageid ~ ~ ~ missing|invalid|required|malformed|bad|not|header|format|syntax',
      'missing|invalid|bad|malformed|future|wrong|incorrect date',
      'date ~ ~ ~ missing|invalid|future|past|malformed|header',
      'missing|multiple|no|empty|duplicate from|subject|to ~ ~ header|field|line|address',
      'subject ~ ~ ~ missing|empty|required|invalid|too|encod|not',
      '8 bit|8bit ~ ~ ~ not|data|characters|header|headers|content|mime',
      '8bit|8bitmime ~ ~ not|unsupported|required|data',
      'nonascii|ascii ~ ~ ~ not|character|characters|address|only',
      'non ascii',
      'smtputf8|utf8|utf ~ ~ ~ not|required|unsupported|support|invalid|header|address',
      'null|nul ~ ~ character|characters|byte|bytes',
      'charset|encoding|character set|transfer ~ ~ ~ not|unsupported|invalid|rejected|blocked|forbidden|unknown|bad|denied|illegal',
      'unsupported|invalid|unknown|unacceptable|illegal ~ ~ ~ charset|encoding|character',
      'line|lines ~ ~ ~ too {big}',
      'line|lines ~ ~ ~ length|exceeds|longer|limit|octets|998',
      'long|maximum ~ ~ line|lines',
      'body|message|mail|content ~ ~ empty|blank',
      'empty|blank ~ message|body|mail|content',
      'malformed|unparseable|ill ~ ~ message|mail|email|content|body',
      'message|mail|email|content ~ ~ ~ malformed|unparseable|badly formed|format',
      'message ~ not ~ well? formed|conform',
      'format ~ error|invalid ~ message?',
      'conversion ~ ~ required|failed|not|prohibited|loss',
      'media ~ not ~ supported|type',
      'template|rendering ~ ~ ~ fail|failed|error|missing|invalid',
      'missing|failed|fail|error|invalid ~ ~ template|rendering|personalization|attribute',
      'boundary|multipart ~ ~ missing|invalid|error|malformed',
      'message ~ ~ ~ not ~ ~ formatted|format',
      'to|cc address? header ~ required|missing|invalid',
      'requires ~ ~ valid ~ from|date|header|to|subject|message',
      'nested ~ too deep|deeply',
      'smtp smuggling',
      'end of data ~ not ~ crlf',
      'invalid character|characters ~ ~ ~ message|header|body|subject|mail',
      'html ~ ~ not|only|blocked|rejected|forbidden|messages',
      'dsn ~ ~ not'
    ],
    unless: [
      'received|hops|hop|loop',
      'from|sender ~ ~ forged|spoof',
      'ip|ptr|reverse|helo|client ~ ~ rfc',
      'recipient|address ~ ~ syntax',
      'dmarc|spf|dkim',
      'sender ~ address',
      'account ~ invalid',
      'spam|virus',
      'not ~ whitelist',
      'no ~ header ~ mailbox',
      'command',
      'mailbox',
      'for more'
    ],
    weight: 'clear',
    source: rfc3463,
    examples: [
      '550 5.7.1 Messages missing a valid messageId header are not accepted.',
      '550 maximum allowed line length is 998 octets, got 1423',
      '554 5.6.0 Message contains bare LF and is violating 822.bis section 2.3',
      '550 5.7.1 This message is not RFC 5322 compliant'
    ]
  },
  {
    id: 'words.policy',
    reason: 'policy',
    says: [
      'policy|policies',
      'policy ~ ~ violation|violations|violated|violate|reasons|reason|restriction|restrictions|rejection|reject|block|denied|rules|prohibits|rejected',
      'violates|violation|violated|against|due|by|because ~ ~ ~ policy|policies',
      'local|security|company|corporate|organization|organisation|server|site|administrative|mail|email policy',
      'administrative|administratively ~ prohibited|denied|reject|rejected|blocked|rejection|prohibition|refused|disabled|locked',
      'administrative|administratively',
      'rejected|blocked|denied|refused|prohibited by ~ ~ administrator|admin|rule|ruleset|rules|postmaster|sysadmin|configuration|organization|customer',
      'transport rule|rules',
      'denied|rejected|refused ~ mode|rule',
      'local rule|rules|restriction|restrictions',
      'prohibited|forbidden END',
      'not allowed END',
      'delivery ~ not ~ authorized|authorised|allowed|permitted',
      'operation|action|transaction|message|mail|delivery|email ~ ~ not ~ ~ allowed|permitted|authorized|authorised',
      'prohibited by',
      'not comply ~ ~ rules|requirements|guidelines',
      'terms of service|use',
      'acceptable use'
    ],
    unless: [
      'spf|dkim|dmarc',
      'spam|virus|malware|phishing',
      'reputation|blacklisted|blocklisted',
      'sender policy framework',
      'authenticat|authentication',
      'rate|limit'
    ],
    weight: 'plain',
    source: 'https://www.rfc-editor.org/rfc/rfc3463#section-3.8',
    examples: [
      '550 Denied by policy',
      '550 5.7.1 Message rejected due to local policy',
      '550 5.7.1 Delivery not authorized, message refused'
    ]
  },
  {
    id: 'words.access-denied',
    reason: 'policy',
    says: [
      'access|permission ~ denied|refused|forbidden|rejected|not',
      'recipient address rejected access denied',
      'not authorized|authorised|allowed|permitted|accepted',
      'unauthorized|unauthorised|prohibited|forbidden|disallowed',
      'denied END',
      'START denied',
      'rejected by ~ ~ server|system|gateway|filter|rule',
      'command rejected'
    ],
    unless: ['spam|virus', 'relay', 'ip|#ip'],
    weight: 'vague',
    source: 'https://www.postfix.org/access.5.html',
    examples: [
      '554 5.7.1 <ada@example.com>: Recipient address rejected: Access denied',
      '554 5.7.1 Forbidden here'
    ]
  }
] as const satisfies readonly Rule[]

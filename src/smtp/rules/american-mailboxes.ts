import type { Rule } from '../rule.ts'

/** Yahoo and AOL, Apple, Comcast, Charter, Cox, AT&T: mailbox providers with keys of their own. */

const yahoo = 'https://senders.yahooinc.com/smtp-error-codes/'
const aol = 'https://postmaster.aol.com/error-codes'
const apple = 'https://support.apple.com/en-us/102322'
const comcast = 'https://postmaster.comcast.net/mail-error-codes.html'
const charter = 'https://www.spectrum.net/support/internet/understanding-email-error-codes'
const cox = 'https://www.cox.com/residential/support/email-error-codes.html'
const att = 'https://www.att.com/esupport/postmaster/'

export const americanMailboxRules = [
  {
    id: 'yahoo.ts.deferred',
    reason: 'rate_limited',
    says: [
      'ts01|ts02|tss04|tss05|ipts04|ts04|ts05|tss01|tss02|tss06|gl01',
      'temporarily deferred due to ~ ~ user complaints|complaint',
      'temporarily deferred due to ~ ~ unexpected volume',
      'messages from #ip temporarily deferred',
      'max message per connection reached',
      'user receiving mail too quickly',
      'too many recipients at'
    ],
    weight: 'token',
    source: yahoo,
    examples: [
      '421 4.7.0 [TSS04] Messages from 192.0.2.55 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes',
      '421 4.7.0 [TS02] Messages from 192.0.2.1 temporarily deferred due to user complaints',
      '451 4.3.2 User is receiving mail too quickly'
    ]
  },
  {
    id: 'yahoo.ts.blocked',
    reason: 'ip_reputation',
    says: [
      'ts03|tss09|tss11|bl21|bl23|bl22|ts09|ts11',
      'messages from #ip ~ permanently deferred',
      'permanently deferred'
    ],
    weight: 'token',
    source: yahoo,
    examples: [
      "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus's list",
      '421 4.7.1 [TS03] All messages from 192.0.2.1 will be permanently deferred; Retrying will NOT succeed.'
    ]
  },
  {
    id: 'yahoo.ph01',
    reason: 'spam_content',
    says: ['ph01', 'message not allowed ph01'],
    weight: 'token',
    source: yahoo,
    examples: [
      '554 Message not allowed - [PH01] Email not accepted for policy reasons. Please visit https://postmaster.yahooinc.com/error-codes [120]',
      '554 5.7.9 [PH01] not accepted'
    ]
  },
  {
    id: 'yahoo.authentication',
    reason: 'auth_failure',
    says: [
      'au01',
      'message not accepted ~ policy reasons',
      'not accepted for failed? sender domain authentication'
    ],
    when: { enhanced: ['7.9', '7.0', '7.1'] },
    unless: ['ph01'],
    weight: 'exact',
    source: yahoo,
    examples: [
      '554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes',
      '550 5.7.9 [AU01] not accepted'
    ]
  },
  {
    id: 'yahoo.unknown',
    reason: 'unknown_mailbox',
    says: [
      'delivery error dd ~ user not have ~ account',
      'dd requested mail action aborted mailbox not found',
      'delivery error dd not valid recipient',
      'dd not valid recipient'
    ],
    weight: 'exact',
    source: yahoo,
    examples: [
      "554 delivery error: dd This user doesn't have a yahoo.com account (nobody@yahoo.com) [0] - mta4.example.net",
      '554 delivery error: dd Not a valid recipient - mta1123.mail.ne1.yahoo.com'
    ]
  },
  {
    id: 'yahoo.disabled',
    reason: 'mailbox_disabled',
    says: [
      'dd * message to * not delivered * {off}',
      'mailbox ~ disabled ~ # #',
      'delivery error dd ** disabled|discontinued|inactive|inactivity|deactivated',
      'not delivered ** mailbox ~ disabled'
    ],
    weight: 'exact',
    source: yahoo,
    examples: [
      '554 delivery error: dd Sorry, your message to ada@yahoo.com cannot be delivered. This mailbox is disabled (554.30). - mta4212.mail.bf1.yahoo.com',
      '554 delivery error: dd This account has been discontinued'
    ]
  },
  {
    id: 'yahoo.quota',
    reason: 'mailbox_full',
    says: [
      'delivery error dd ~ requested mail action aborted exceeded|account',
      'dd ** overquota|quota'
    ],
    weight: 'exact',
    source: yahoo,
    examples: [
      '552 1 Requested mail action aborted, mailbox not found; dd the account is over quota',
      '554 delivery error: dd ada@yahoo.com account is over quota'
    ]
  },
  {
    id: 'yahoo.resources',
    reason: 'system_error',
    says: ['resources temporarily not available', 'resources temporarily unavailable'],
    weight: 'exact',
    source: yahoo,
    examples: [
      '451 Resources temporarily not available - Please try again later [#4.16.5].',
      '421 Resources temporarily unavailable. Please try again later'
    ]
  },
  {
    id: 'aol.rly',
    reason: 'ip_reputation',
    says: [
      'rtr sc|bl|bb|du|ch|ir',
      'rly b1|b2|b3|b4|cs1|cs2|cs3|cs4|cs5|ch|sn|ov|in|bd|nw|bl|cs|ch2'
    ],
    weight: 'token',
    source: aol,
    examples: [
      '554 RLY:B1 http://postmaster.info.aol.com/errors/554rlyb1.html',
      '421 RLY:CS4 see the page'
    ]
  },
  {
    id: 'aol.dyn',
    reason: 'reverse_dns',
    says: ['rtr rd', 'dyn rdns'],
    weight: 'token',
    source: aol,
    examples: ['521 DNS:NR DYN:RDNS refused', '554 RTR:RD see the page']
  },
  {
    id: 'aol.hvu',
    reason: 'domain_reputation',
    says: ['hvu b1|b2|nr'],
    weight: 'token',
    source: aol,
    examples: ['554 HVU:B1 a URL in this message', '554 5.7.1 [HVU:B2]']
  },
  {
    id: 'aol.content',
    reason: 'spam_content',
    says: ['con b1'],
    weight: 'token',
    source: aol,
    examples: ['554 CON:B1 refused', '421 CON:B1']
  },
  {
    id: 'apple.local-policy',
    reason: 'policy',
    says: ['cs01|cs02', 'rejected due to local policy cs01', 'see ** ^apple cs01'],
    weight: 'token',
    source: apple,
    examples: [
      '554 5.7.1 [CS01] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137',
      '550 5.7.1 [CS02] rejected'
    ]
  },
  {
    id: 'apple.hm08',
    reason: 'spam_content',
    says: ['hm08|hm07'],
    weight: 'token',
    source: apple,
    examples: [
      '554 5.7.1 [HM08] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137',
      '550 5.7.1 [HM08]'
    ]
  },
  {
    id: 'apple.deferred',
    reason: 'system_error',
    says: ['bs02|hcm1'],
    weight: 'token',
    source: apple,
    examples: ['450 4.7.1 [HCM1] Try again later', '451 4.7.1 [BS02] deferred']
  },
  {
    id: 'apple.volume',
    reason: 'rate_limited',
    says: ['excessive volume', 'delayed due to excessive volume'],
    weight: 'token',
    source: apple,
    examples: [
      '421 4.7.1 Messages to ada@icloud.com deferred due to excessive volume. Try again later - https://support.apple.com/en-us/HT204137',
      '450 4.7.1 excessive volume from the sender'
    ]
  },
  {
    id: 'comcast.bl',
    reason: 'ip_reputation',
    says: [
      'bl000000|bl000001|bl000010|bl000011|bl000100|bl000101|bl000110|bl000111|bl001|bl002|bl003|bl004|bl005|bl006|bl007|bl008|bl009|bl010',
      'es000001|es000010',
      '^comcast ^bl000000'
    ],
    weight: 'token',
    source: comcast,
    examples: [
      '554 resimta-po-01v.sys.comcast.net comcast 192.0.2.1 found on one or more DNSBLs, see http://postmaster.comcast.net/smtp-error-codes.php#BL000010 BL000010',
      '550 5.2.0 ES000001 dynamic space'
    ]
  },
  {
    id: 'comcast.rl',
    reason: 'rate_limited',
    says: ['rl000001|rl000002|rl000003|rl000010|rl000011'],
    weight: 'token',
    source: comcast,
    examples: [
      '421 4.1.0 192.0.2.1 Throttled - try again later. Please see http://postmaster.comcast.net/smtp-error-codes.php#RL000001 RL000001',
      '452 RL000010'
    ]
  },
  {
    id: 'comcast.dm',
    reason: 'auth_failure',
    says: ['dm000001'],
    weight: 'token',
    source: comcast,
    examples: ['550 5.2.0 refused DM000001', '554 DM000001 the domain owner asks so']
  },
  {
    id: 'comcast.customer',
    reason: 'unknown_mailbox',
    says: [
      'not our customer',
      'unallocated address|account|mailbox',
      'address|recipient ~ unallocated'
    ],
    weight: 'exact',
    source: comcast,
    examples: ['550 5.1.1 Not our Customer', '550 5.1.1 unallocated address']
  },
  {
    id: 'comcast.unavailable',
    reason: 'mailbox_disabled',
    says: ['recipient unavailable', 'account not available'],
    when: { enhanced: ['2.0', '1.0'], class: 5, receiver: ['comcast'] },
    weight: 'exact',
    source: comcast,
    examples: [
      '550 5.2.0 <ada@comcast.net> - Recipient unavailable',
      '550 5.1.0 <ada@comcast.net> account not available'
    ]
  },
  {
    id: 'charter.sender',
    reason: 'sender_rejected',
    says: ['@ sender rejected * aup|^spectrum', 'sender rejected ** aup', 'sender refused aup'],
    weight: 'token',
    source: charter,
    examples: [
      '550 5.1.0 <news@example.com> sender rejected. Please see https://www.spectrum.net/support/internet/understanding-email-error-codes for more information. AUP#In-1310',
      '550 5.1.0 sender rejected AUP#1310'
    ]
  },
  {
    id: 'charter.aup',
    reason: 'ip_reputation',
    says: ['aup', 'aup i|o|in|out'],
    unless: ['sender', 'too many|limit|rate|throttl', 'spam|virus', 'recipient|mailbox|user'],
    weight: 'exact',
    source: charter,
    examples: ['554 192.0.2.1 blocked AUP#In-1450', '421 mx.charter.net AUP#O-1480']
  },
  {
    id: 'cox.cxbl',
    reason: 'ip_reputation',
    says: ['cxbl|cxmxrt|cxrbl'],
    weight: 'token',
    source: cox,
    examples: ['554 IMP mx.cox.net cox 192.0.2.1 blocked. Error Code: CXBL', '554 CXBL refused']
  },
  {
    id: 'cox.cxthrt',
    reason: 'rate_limited',
    says: ['cxthrt|cxmxrt|cxcnct|cxmj'],
    weight: 'token',
    source: cox,
    examples: ['452 4.1.0 requested action aborted: try again later. CXTHRT', '421 CXCNCT too much']
  },
  {
    id: 'cox.cxdns',
    reason: 'reverse_dns',
    says: ['cxdns'],
    weight: 'token',
    source: cox,
    examples: ['554 cox.net Error code: CXDNS', '421 CXDNS refused']
  },
  {
    id: 'cox.cxsndr',
    reason: 'sender_rejected',
    says: ['cxsndr'],
    weight: 'token',
    source: cox,
    examples: ['550 5.1.0 sender rejected. Error Code: CXSNDR', '550 CXSNDR']
  },
  {
    id: 'cox.recipient-rejected',
    reason: 'unknown_mailbox',
    says: ['@ recipient rejected END', 'START recipient rejected END'],
    weight: 'exact',
    source: cox,
    examples: ['550 <ada@cox.net> recipient rejected', '550 5.1.1 <ben@cox.net> recipient rejected']
  },
  {
    id: 'att.blocked',
    reason: 'ip_reputation',
    says: ['blocked by sbc|att', '# blocked ~ ~ ^att', 'ip ~ blocked ~ att|sbcglobal|bellsouth'],
    weight: 'exact',
    source: att,
    examples: ['521 192.0.2.1 blocked by att', '550 5.7.1 Connection refused - blocked by sbc']
  },
  {
    id: 'att.attrbl',
    reason: 'ip_reputation',
    says: ['attrbl', 'rbl ~ attrbl'],
    weight: 'token',
    source: att,
    examples: [
      '553 5.3.0 flpd575 DNSBL:RBL 521< 192.0.2.1 >_is_blocked. ATTRBL For assistance forward this error to abuse_rbl@abuse-att.net',
      '521 ATTRBL blocked'
    ]
  },
  {
    id: 'att.rdns',
    reason: 'reverse_dns',
    says: ['fix reverse dns'],
    weight: 'token',
    source: att,
    examples: [
      '550 5.7.1 Connections not accepted from servers without a valid sender domain. alph764 Fix reverse DNS for 192.0.2.1',
      '553 Fix reverse DNS for 192.0.2.1'
    ]
  },
  {
    id: 'att.suspended',
    reason: 'mailbox_disabled',
    says: ['START suspend ~ mailbox|relay', 'START suspend END'],
    weight: 'exact',
    source: att,
    examples: [
      '550 [SUSPEND] Mailbox currently suspended - Please contact correspondent directly',
      '550 5.2.1 [SUSPEND] relay=[192.0.2.3]'
    ]
  },
  {
    id: 'att.blank-mailhost',
    reason: 'invalid_address',
    says: ['blank mailhost'],
    weight: 'token',
    source: att,
    examples: ['550 5.1.2 blank mailhost', '553 5.3.0 <ada>... blank mailhost']
  }
] as const satisfies readonly Rule[]

import type { Rule } from '../rule.ts'

/** Filtering services and hosters with wording of their own. */

const proofpoint = 'https://help.proofpoint.com/'
const mimecast =
  'https://community.mimecast.com/s/article/email-security-cloud-gateway-mimecast-smtp-error-codes'
const barracuda = 'https://campus.barracuda.com/'
const cisco = 'https://www.cisco.com/c/en/us/support/docs/security/email-security-appliance/'
const trend = 'https://success.trendmicro.com/'
const symantec = 'https://knowledge.broadcom.com/'
const hornet = 'https://support.hornetsecurity.com/'
const rackspace = 'https://docs.rackspace.com/docs/rackspace-email-smtp-error-codes'
const godaddy = 'https://www.godaddy.com/help/fix-rejected-email-with-a-bounce-error-40685'

export const filterRules = [
  {
    id: 'proofpoint.blocked',
    reason: 'ip_reputation',
    says: [
      'blocked see ^ipcheck|^proofpoint|^dnsbl',
      '^ipcheck',
      '^dnsbl ** ^proofpoint',
      '^proofpoint ^com ~ ~ ip'
    ],
    weight: 'token',
    source: proofpoint,
    examples: [
      '554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1',
      '550 5.7.0 Blocked - see https://support.proofpoint.com/dnsbl-lookup.cgi?ip=192.0.2.1'
    ]
  },
  {
    id: 'proofpoint.local-policy',
    reason: 'policy',
    says: ['local policy violation'],
    unless: ['spf|dkim|dmarc', 'spam|virus'],
    weight: 'exact',
    source: proofpoint,
    examples: ['550 5.7.0 Local Policy Violation', '554 5.7.0 local policy violation']
  },
  {
    id: 'mimecast.greylist',
    reason: 'greylisted',
    says: [
      'internal resources? ~ temporarily unavailable',
      'recipient temporarily unavailable ** ^mimecast',
      'resource temporarily unavailable ** ^mimecast'
    ],
    weight: 'token',
    source: mimecast,
    examples: [
      '451 Internal resources are temporarily unavailable - https://community.mimecast.com/docs/DOC-1369#451',
      '451 Recipient temporarily unavailable - https://community.mimecast.com/docs/DOC-1369#451'
    ]
  },
  {
    id: 'mimecast.spoofing',
    reason: 'sender_rejected',
    says: [
      'rejected by header based * spoofing',
      'anti spoofing',
      'antispoofing',
      'rejected by header based',
      'header based anti'
    ],
    weight: 'exact',
    source: mimecast,
    examples: [
      '550 Rejected by header based Anti-Spoofing policy: ada@example.com - https://community.mimecast.com/docs/DOC-1369#550',
      '550 Anti-Spoofing policy - Inbound not allowed'
    ]
  },
  {
    id: 'mimecast.envelope',
    reason: 'policy',
    says: [
      'envelope blocked|rejected',
      'rejected by ~ envelope ~ polic',
      'administrative prohibition envelope',
      'security policies'
    ],
    unless: ['mcspam', 'spam'],
    weight: 'exact',
    source: mimecast,
    examples: [
      '550 Administrative prohibition - envelope blocked - https://community.mimecast.com/docs/DOC-1369#550',
      '550 Security policies'
    ]
  },
  {
    id: 'mimecast.spam',
    reason: 'spam_content',
    says: ['mcspamsignature|mcspam', 'security policies mcspam', 'local content ~ policy'],
    weight: 'token',
    source: mimecast,
    examples: [
      '554 Email rejected due to security policies - MCSpamSignature.12.3 https://community.mimecast.com/docs/DOC-1369#554',
      '550 MCSpam.x'
    ]
  },
  {
    id: 'mimecast.rbl',
    reason: 'ip_reputation',
    says: ['ip ~ ~ found in rbl', 'poor reputation sender', 'remote host ~ ~ blocked ~ ip'],
    weight: 'exact',
    source: mimecast,
    examples: [
      '550 csi.mimecast.org Poor Reputation Sender. - https://community.mimecast.com/docs/DOC-1369#550',
      '550 Sender IP was found in RBL list'
    ]
  },
  {
    id: 'barracuda.reputation',
    reason: 'ip_reputation',
    says: [
      '^barracudanetworks ** ^reputation',
      '^barracudacentral',
      'barracuda ~ reputation',
      '^barracudanetworks ^com ^reputation'
    ],
    weight: 'token',
    source: barracuda,
    examples: [
      '554 Service unavailable; Client host [mx.example.com] blocked using Barracuda Reputation; http://www.barracudanetworks.com/reputation/?r=1&ip=192.0.2.1',
      '554 5.7.1 refused, see http://www.barracudacentral.org/rbl/removal-request'
    ]
  },
  {
    id: 'barracuda.no-such-user',
    reason: 'unknown_mailbox',
    says: ['cuda nsu'],
    weight: 'token',
    source: barracuda,
    examples: ['550 cuda_nsu 5.1.1 <ada@example.com>: refused', '550 cuda_nsu']
  },
  {
    id: 'barracuda.blocked',
    reason: 'spam_content',
    says: [
      'permanent failure for one or more recipients * blocked',
      'one or more recipients * blocked'
    ],
    weight: 'exact',
    source: barracuda,
    examples: [
      '550 permanent failure for one or more recipients (ada@example.com:blocked)',
      '554 permanent failure for one or more recipients (ben@example.com:blocked)'
    ]
  },
  {
    id: 'barracuda.license',
    reason: 'system_error',
    says: ['license expired', 'licence expired', 'subscription expired ** recipient'],
    weight: 'exact',
    source: barracuda,
    examples: ['422 License Expired', '450 the license expired on this gateway']
  },
  {
    id: 'cisco.reputation',
    reason: 'ip_reputation',
    says: [
      'access to mail system rejected due to ~ ~ poor reputation',
      'sending mta ~ poor reputation',
      '^senderbase|^talosintelligence',
      'access denied ~ ~ ~ senderbase|talos|reputation',
      'connection closed due to poor reputation',
      'mail server has bad reputation'
    ],
    unless: ['domain', 'rate|limit|limited'],
    weight: 'exact',
    source: cisco,
    examples: [
      "554-mx1.example.com\n554 Your access to this mail system has been rejected due to the sending MTA's poor reputation. If you believe that this failure is in error, please contact the intended recipient via alternate means.",
      '554 Access denied, see https://talosintelligence.com/reputation_center/lookup?search=192.0.2.1'
    ]
  },
  {
    id: 'trendmicro.ers',
    reason: 'ip_reputation',
    says: [
      '^ers|^trendmicro ** ^reputations|^rbl|^block',
      'ers dul|rbl|qil|kelkea',
      '^mail ^abuse',
      'trend micro ~ ~ ~ reputation|rbl|ers',
      'email reputation services'
    ],
    weight: 'token',
    source: trend,
    examples: [
      '550 Service unavailable; Client host [192.0.2.1] blocked using Trend Micro RBL+. Please see http://www.mail-abuse.com/cgi-bin/lookup?ip_address=192.0.2.1',
      '450 Service temporarily unavailable; Client host [192.0.2.1] blocked using Trend Micro Email Reputation Services'
    ]
  },
  {
    id: 'symantec.blocked',
    reason: 'ip_reputation',
    says: [
      '^symanteccloud|^messagelabs ** ip|blocked',
      'heuristics score',
      'traffic shaping|shaper',
      'requested action not taken ~ ~ sender ip'
    ],
    unless: ['relay'],
    weight: 'exact',
    source: symantec,
    examples: [
      '553-Message filtered. Refer to the Troubleshooting page at http://www.symanteccloud.com/troubleshooting for more information. ip blocked (#5.7.1)',
      '501 Connection rejected by policy [7.7] 20805, heuristics score, please visit www.messagelabs.com/support'
    ]
  },
  {
    id: 'hornetsecurity.ip',
    reason: 'ip_reputation',
    says: ['spam ip rejected', 'ip ~ rejected'],
    when: { enhanced: ['5.4', '7.1'] },
    weight: 'exact',
    source: hornet,
    examples: ['554 5.5.4 Spam IP rejected', '554 5.5.4 bad IP rejected']
  },
  {
    id: 'hornetsecurity.spam',
    reason: 'spam_content',
    says: [
      'rejected spam',
      'spam link ~ rejected',
      'spam ~ rejected',
      'email rejected spam',
      'bulk ~ rejected'
    ],
    when: { enhanced: ['5.5', '6.1', '6.2', '6.3'] },
    unless: ['spam ip'],
    weight: 'token',
    source: hornet,
    examples: ['554 5.5.5 e-mail Rejected Spam', '554.5.6.2  Spam Link rejected']
  },
  {
    id: 'hornetsecurity.loop',
    reason: 'routing_loop',
    says: ['loop detection'],
    weight: 'exact',
    source: hornet,
    examples: ['554 5.5.6 Loop detection > 10 mal X-header', '554 5.5.6 loop detection']
  },
  {
    id: 'hornetsecurity.virus',
    reason: 'virus_detected',
    says: ['content|virus|attachment ~ rejected|filter', 'virus'],
    when: { enhanced: ['6.4'] },
    weight: 'exact',
    source: hornet,
    examples: ['554 5.6.4 Virus rejected', '554 5.6.4 attachment rejected']
  },
  {
    id: 'hornetsecurity.size',
    reason: 'message_too_large',
    says: ['size|big|large|limit'],
    when: { enhanced: ['5.3'], code: [554] },
    weight: 'exact',
    source: hornet,
    examples: ['554 5.5.3 mailsize limit: too big', '554 5.5.3 message size']
  },
  {
    id: 'rackspace.rate',
    reason: 'rate_limited',
    says: ['g2 END', 'g30 END', 'g2|g3|g4|g5|g9|g30|g31|g32'],
    when: { class: 4 },
    weight: 'token',
    source: rackspace,
    examples: [
      '421 4.7.1 Too many connections (G2)',
      '450 4.7.1 Client host 192.0.2.24 is sending (G30)'
    ]
  },
  {
    id: 'rackspace.ptr',
    reason: 'reverse_dns',
    says: ['g1f', 'no ptr record ~ g1f'],
    weight: 'token',
    source: rackspace,
    examples: [
      '450 4.7.1 Client host 192.0.2.24 has no PTR record (G1F)',
      '450 4.7.1 refused (G1F)'
    ]
  },
  {
    id: 'rackspace.dmarc',
    reason: 'auth_failure',
    says: ['g15|g16|g14'],
    weight: 'token',
    source: rackspace,
    examples: ['550 5.7.1 not accepted (G15)', '554 5.7.1 refused by the owner (G15)']
  },
  {
    id: 'rackspace.blocked',
    reason: 'ip_reputation',
    says: ['g1|g1a|g1b|g1c|g1d|g20|g21|g22|g24|g25|g28|g29'],
    weight: 'exact',
    source: rackspace,
    examples: ['554 5.7.1 Client host 192.0.2.4 refused (G28)', '550 5.7.1 (G20)']
  },
  {
    id: 'godaddy.limits',
    reason: 'rate_limited',
    says: [
      'ib007|ib607|ib605|ib606|ib608|ib504|ib508|ib109',
      '#ip sent to too many recipients ~ hour',
      'too many sessions from'
    ],
    weight: 'token',
    source: godaddy,
    examples: [
      '550 5.1.1 <ada@example.com> - 192.0.2.0 has sent to too many recipients this hour. IB607 <http://x.co/rlbounce>',
      '421 Connection refused, too many sessions from 192.0.2.19. IB007'
    ]
  },
  {
    id: 'godaddy.busy',
    reason: 'system_error',
    says: ['ib101|ib103|ib104|ib111', 'server temporarily unavailable try again later ib101'],
    weight: 'token',
    source: godaddy,
    examples: [
      '421 Server temporarily unavailable. Try again later. IB101 https://www.secureserver.net/help',
      '421 Servidor temporariamente indisponível. Tente novamente mais tarde. IB101'
    ]
  },
  {
    id: 'godaddy.ptr',
    reason: 'reverse_dns',
    says: ['ib108'],
    weight: 'token',
    source: godaddy,
    examples: ['554 The IP has no name. IB108', '554 IB108 refused']
  },
  {
    id: 'godaddy.reputation',
    reason: 'ip_reputation',
    says: ['ib001|ib002|ib003|ib005|ib106|ib110|ib112|ib105'],
    weight: 'token',
    source: godaddy,
    examples: ['554 Connection rejected. IB106', '550 5.7.1 reputation IB110']
  },
  {
    id: 'godaddy.content',
    reason: 'spam_content',
    says: ['ib212|ib703|ib705|ib702|ib704|ib504a|ib506|ib510'],
    weight: 'token',
    source: godaddy,
    examples: ['552 Message rejected, high confidence. IB212', '552 5.2.0 refused. IB703']
  },
  {
    id: 'forwardemail.promise',
    reason: 'system_error',
    says: ['promise timed out'],
    weight: 'exact',
    source: 'https://forwardemail.net/en/faq',
    examples: [
      '421 Promise timed out after 15000 milliseconds',
      '421 Promise timed out after 60000 milliseconds'
    ]
  },
  {
    id: 'cloudmark.csi',
    reason: 'ip_reputation',
    says: ['^csi ^cloudmark', 'cloudmark sender intelligence', 'csi'],
    weight: 'token',
    source: 'https://csi.cloudmark.com/en/reset/',
    examples: [
      '554 refused: see https://csi.cloudmark.com/en/reset/?ip=192.0.2.1',
      '550 5.7.1 listed by Cloudmark Sender Intelligence'
    ]
  }
] as const satisfies readonly Rule[]

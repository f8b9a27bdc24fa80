/**
 * Which mail host, mark of a reply or recipient domain belongs to whom. Hosts are the surest, then a reply's own
 * marks, then domains (weakest: business domains are hosted anywhere).
 */

export interface Receiver {
  readonly name: string
  /** Suffixes of MX host names, also met inside replies. */
  readonly hosts: readonly string[]
  /** Recipient domains. */
  readonly domains?: readonly string[]
  /** Literal marks of its replies, lower case. */
  readonly marks?: readonly string[]
}

export const receivers = [
  {
    name: 'google',
    hosts: ['google.com', 'googlemail.com'],
    domains: ['gmail.com', 'googlemail.com'],
    marks: ['- gsmtp', 'support.google.com/']
  },
  {
    name: 'outlook',
    hosts: ['olc.protection.outlook.com', 'hotmail.com'],
    domains: [
      'outlook.com',
      'hotmail.com',
      'live.com',
      'msn.com',
      'hotmail.fr',
      'hotmail.co.uk',
      'live.fr',
      'outlook.fr',
      'hotmail.de',
      'outlook.de',
      'hotmail.es',
      'hotmail.it'
    ],
    marks: ['mail.live.com/mail/', 'postmaster.live.com', 'sendersupport.olc']
  },
  {
    name: 'microsoft',
    hosts: [
      'protection.outlook.com',
      'mx.microsoft',
      'prod.outlook.com',
      'protection.partner.outlook.cn'
    ],
    marks: ['resolver.', 'aka.ms/', 'go.microsoft.com/']
  },
  {
    name: 'yahoo',
    hosts: ['yahoodns.net', 'yahoo.com', 'aol.com', 'mx.aol.com', 'prodigy.net', 'att.net'],
    domains: [
      'yahoo.com',
      'ymail.com',
      'rocketmail.com',
      'aol.com',
      'aim.com',
      'yahoo.co.uk',
      'yahoo.fr',
      'yahoo.de',
      'yahoo.it',
      'yahoo.es',
      'yahoo.ca',
      'yahoo.in',
      'yahoo.co.in',
      'yahoo.com.br',
      'att.net',
      'sbcglobal.net',
      'bellsouth.net',
      'verizon.net',
      'sky.com'
    ],
    marks: [
      'postmaster.yahooinc.com',
      'postmaster.yahoo.com',
      'help.yahoo.com',
      'postmaster.aol.com',
      'postmaster.info.aol.com'
    ]
  },
  {
    name: 'apple',
    hosts: ['icloud.com', 'apple.com', 'me.com', 'mac.com'],
    domains: ['icloud.com', 'me.com', 'mac.com'],
    marks: ['support.apple.com']
  },
  {
    name: 'comcast',
    hosts: ['comcast.net', 'comcast.com'],
    domains: ['comcast.net'],
    marks: ['postmaster.comcast.net', 'xfinity.com', '@comcast.net']
  },
  {
    name: 'charter',
    hosts: ['charter.net', 'spectrum.net', 'rr.com', 'twc.com'],
    domains: [
      'charter.net',
      'spectrum.net',
      'rr.com',
      'twc.com',
      'roadrunner.com',
      'brighthouse.com'
    ],
    marks: ['spectrum.net/support', 'charter.com/postmaster']
  },
  { name: 'cox', hosts: ['cox.net', 'coxmail.com'], domains: ['cox.net'], marks: ['cox.com/'] },
  {
    name: 'gmx',
    hosts: [
      'gmx.net',
      'gmx.com',
      'web.de',
      'mail.com',
      '1and1.com',
      'kundenserver.de',
      'ionos.com'
    ],
    domains: [
      'gmx.de',
      'gmx.net',
      'gmx.at',
      'gmx.ch',
      'gmx.com',
      'web.de',
      'mail.com',
      '1und1.de',
      'online.de'
    ],
    marks: [
      'nemesis esmtp',
      'postmaster.gmx',
      'postmaster.web.de',
      'postmaster.1and1',
      'postmaster.mail.com',
      'postmaster.kundenserver'
    ]
  },
  {
    name: 't-online',
    hosts: ['t-online.de'],
    domains: ['t-online.de', 'magenta.de'],
    marks: ['t-online.de']
  },
  {
    name: 'orange',
    hosts: ['orange.fr', 'wanadoo.fr'],
    domains: ['orange.fr', 'wanadoo.fr', 'voila.fr'],
    marks: ['ofr_', 'ofr00']
  },
  {
    name: 'sfr',
    hosts: ['sfr.fr', 'sfr.net'],
    domains: ['sfr.fr', 'neuf.fr', 'cegetel.net', 'club-internet.fr', 'numericable.fr'],
    marks: ['sfr_in_']
  },
  { name: 'free', hosts: ['free.fr', 'proxad.net'], domains: ['free.fr', 'aliceadsl.fr'] },
  {
    name: 'laposte',
    hosts: ['laposte.net'],
    domains: ['laposte.net'],
    marks: ['lpn007', 'lpn105']
  },
  {
    name: 'bluewin',
    hosts: ['bluewin.ch', 'swisscom.ch'],
    domains: ['bluewin.ch'],
    marks: ['bluewin.ch']
  },
  {
    name: 'qq',
    hosts: ['qq.com'],
    domains: ['qq.com', 'foxmail.com', 'vip.qq.com'],
    marks: ['service.mail.qq.com', 'exmail.qq.com', 'open.work.weixin']
  },
  {
    name: 'netease',
    hosts: ['163.com', '126.com', 'netease.com', 'yeah.net', '163.net', '188.com'],
    domains: ['163.com', '126.com', 'yeah.net', '188.com', 'vip.163.com'],
    marks: ['mail.163.com', 'help_spam_16', 'help163']
  },
  {
    name: 'mail.ru',
    hosts: ['mail.ru'],
    domains: ['mail.ru', 'bk.ru', 'list.ru', 'inbox.ru', 'internet.ru'],
    marks: ['help.mail.ru', 'notspam.mail.ru']
  },
  {
    name: 'yandex',
    hosts: ['yandex.ru', 'yandex.net', 'yandex.com'],
    domains: ['yandex.ru', 'yandex.com', 'ya.ru', 'yandex.by', 'yandex.kz'],
    marks: ['yandex.ru/support', 'yandex.com/support', 'feedback.yandex', 'help.yandex']
  },
  { name: 'rambler', hosts: ['rambler.ru'], domains: ['rambler.ru', 'lenta.ru', 'ro.ru'] },
  { name: 'docomo', hosts: ['docomo.ne.jp'], domains: ['docomo.ne.jp'], marks: ['docomo.ne.jp'] },
  {
    name: 'au',
    hosts: ['ezweb.ne.jp', 'au.com', 'dion.ne.jp'],
    domains: ['ezweb.ne.jp', 'au.com'],
    marks: ['ezweb.ne.jp']
  },
  {
    name: 'softbank',
    hosts: ['softbank.ne.jp', 'softbank.jp', 'vodafone.ne.jp'],
    domains: ['softbank.ne.jp', 'i.softbank.jp']
  },
  { name: 'interia', hosts: ['interia.pl'], domains: ['interia.pl', 'interia.eu', 'poczta.fm'] },
  { name: 'onet', hosts: ['onet.pl'], domains: ['onet.pl', 'op.pl', 'vp.pl', 'poczta.onet.pl'] },
  { name: 'wp', hosts: ['wp.pl'], domains: ['wp.pl'] },
  { name: 'o2', hosts: ['o2.pl', 'tlen.pl'], domains: ['o2.pl', 'tlen.pl', 'go2.pl'] },
  { name: 'seznam', hosts: ['seznam.cz'], domains: ['seznam.cz', 'email.cz', 'post.cz'] },
  {
    name: 'libero',
    hosts: ['libero.it', 'iol.it', 'italiaonline.it'],
    domains: ['libero.it', 'virgilio.it', 'iol.it', 'inwind.it']
  },
  {
    name: 'zoho',
    hosts: ['zoho.com', 'zoho.eu', 'zohomail.com'],
    domains: ['zoho.com', 'zohomail.com']
  },
  { name: 'fastmail', hosts: ['messagingengine.com'], domains: ['fastmail.com', 'fastmail.fm'] },
  {
    name: 'proton',
    hosts: ['protonmail.ch', 'proton.me'],
    domains: ['proton.me', 'protonmail.com', 'pm.me']
  },
  { name: 'naver', hosts: ['naver.com'], domains: ['naver.com'] },
  {
    name: 'daum',
    hosts: ['hanmail.net', 'daum.net', 'kakao.com'],
    domains: ['hanmail.net', 'daum.net']
  },
  {
    name: 'proofpoint',
    hosts: ['pphosted.com', 'ppe-hosted.com', 'proofpoint.com'],
    marks: ['proofpoint.com']
  },
  {
    name: 'mimecast',
    hosts: ['mimecast.com', 'mimecast.co.za'],
    marks: ['community.mimecast.com', 'mimecast.com/']
  },
  {
    name: 'barracuda',
    hosts: ['barracudanetworks.com', 'ess.barracudanetworks.com'],
    marks: ['barracudanetworks.com', 'barracudacentral.org', 'cuda_nsu']
  },
  { name: 'cisco', hosts: ['iphmx.com'], marks: ['senderbase.org', 'talosintelligence.com'] },
  {
    name: 'symantec',
    hosts: ['messagelabs.com', 'messagelabs.net'],
    marks: ['messagelabs.com', 'symanteccloud.com']
  },
  {
    name: 'trendmicro',
    hosts: ['trendmicro.com', 'trendmicro.eu'],
    marks: ['ers.trendmicro', 'mail-abuse.com']
  },
  { name: 'sophos', hosts: ['sophos.com', 'reflexion.net'] },
  {
    name: 'hornetsecurity',
    hosts: ['antispameurope.com', 'hornetsecurity.com', 'antispamcloud.com']
  },
  { name: 'rackspace', hosts: ['emailsrvr.com'], marks: ['emailsrvr.com'] },
  { name: 'godaddy', hosts: ['secureserver.net'], marks: ['secureserver.net', 'godaddy.com'] },
  { name: 'ovh', hosts: ['ovh.net', 'ovh.com'] },
  { name: 'gandi', hosts: ['gandi.net'] },
  { name: 'strato', hosts: ['rzone.de', 'strato.de'] },
  { name: 'namecheap', hosts: ['privateemail.com', 'registrar-servers.com'] },
  { name: 'amazon-workmail', hosts: ['awsapps.com', 'amazonaws.com', 'amazonses.com'] }
] as const satisfies readonly Receiver[]

/** Suffixes of hosts, longest first at look-up: `a.b.c` is tried whole, then `b.c`. */
const byHost = new Map<string, string>()
const byDomain = new Map<string, string>()
const byMark: (readonly [mark: string, name: string])[] = []
for (const receiver of receivers as readonly Receiver[]) {
  for (const host of receiver.hosts) byHost.set(host, receiver.name)
  for (const domain of receiver.domains ?? []) byDomain.set(domain, receiver.name)
  for (const mark of receiver.marks ?? []) byMark.push([mark, receiver.name])
}

/** The receiver that a host name belongs to. */
export function receiverOfHost(host: string): string | null {
  let rest = host.toLowerCase().replace(/\.$/, '')
  while (rest.includes('.')) {
    const name = byHost.get(rest)
    if (name) return name
    rest = rest.slice(rest.indexOf('.') + 1)
  }
  return null
}

export function receiverOfDomain(domain: string): string | null {
  return byDomain.get(domain.toLowerCase()) ?? null
}

/** The receiver that a reply's own words give away. */
export function receiverOfText(text: string): string | null {
  const lower = text.toLowerCase()
  if (lower.includes('olc.protection.outlook.com')) return 'outlook'
  if (lower.includes('.prod.outlook.com') || lower.includes('protection.outlook.com')) {
    return 'microsoft'
  }
  for (const [mark, name] of byMark) if (lower.includes(mark)) return name
  return null
}

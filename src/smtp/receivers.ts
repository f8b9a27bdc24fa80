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
  /** Sites that only its own replies name: help pages, its mail hosts. */
  readonly sites?: readonly string[]
  /** Other marks of its replies, lower case. */
  readonly words?: readonly string[]
}

export const receivers = [
  {
    name: 'google',
    hosts: ['google.com', 'googlemail.com'],
    domains: ['gmail.com', 'googlemail.com'],
    sites: ['support.google.com'],
    words: ['- gsmtp']
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
    sites: ['mail.live.com', 'postmaster.live.com', 'olc.protection.outlook.com']
  },
  {
    name: 'microsoft',
    hosts: [
      'protection.outlook.com',
      'mx.microsoft',
      'prod.outlook.com',
      'protection.partner.outlook.cn'
    ],
    sites: ['aka.ms', 'go.microsoft.com', 'prod.outlook.com', 'protection.outlook.com'],
    words: ['resolver.adr', 'resolver.rst', 'resolver.fwd', 'storedrv.']
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
    sites: [
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
    sites: ['support.apple.com']
  },
  {
    name: 'comcast',
    hosts: ['comcast.net', 'comcast.com'],
    domains: ['comcast.net'],
    sites: ['postmaster.comcast.net', 'xfinity.com', 'comcast.net']
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
    sites: ['spectrum.net', 'charter.com']
  },
  { name: 'cox', hosts: ['cox.net', 'coxmail.com'], domains: ['cox.net'], sites: ['cox.com'] },
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
    sites: ['gmx.net', 'gmx.com', 'web.de', 'postmaster.mail.com', 'kundenserver.de', '1and1.com'],
    words: ['nemesis esmtp']
  },
  {
    name: 't-online',
    hosts: ['t-online.de'],
    domains: ['t-online.de', 'magenta.de'],
    sites: ['t-online.de']
  },
  {
    name: 'orange',
    hosts: ['orange.fr', 'wanadoo.fr'],
    domains: ['orange.fr', 'wanadoo.fr', 'voila.fr'],
    words: ['ofr_', 'ofr00']
  },
  {
    name: 'sfr',
    hosts: ['sfr.fr', 'sfr.net'],
    domains: ['sfr.fr', 'neuf.fr', 'cegetel.net', 'club-internet.fr', 'numericable.fr'],
    words: ['sfr_in_']
  },
  { name: 'free', hosts: ['free.fr', 'proxad.net'], domains: ['free.fr', 'aliceadsl.fr'] },
  {
    name: 'laposte',
    hosts: ['laposte.net'],
    domains: ['laposte.net'],
    words: ['lpn007', 'lpn105']
  },
  {
    name: 'bluewin',
    hosts: ['bluewin.ch', 'swisscom.ch'],
    domains: ['bluewin.ch'],
    sites: ['bluewin.ch']
  },
  {
    name: 'qq',
    hosts: ['qq.com'],
    domains: ['qq.com', 'foxmail.com', 'vip.qq.com'],
    sites: ['service.mail.qq.com', 'exmail.qq.com', 'open.work.weixin.qq.com']
  },
  {
    name: 'netease',
    hosts: ['163.com', '126.com', 'netease.com', 'yeah.net', '163.net', '188.com'],
    domains: ['163.com', '126.com', 'yeah.net', '188.com', 'vip.163.com'],
    sites: ['mail.163.com'],
    words: ['help_spam_16', 'help163']
  },
  {
    name: 'mail.ru',
    hosts: ['mail.ru'],
    domains: ['mail.ru', 'bk.ru', 'list.ru', 'inbox.ru', 'internet.ru'],
    sites: ['help.mail.ru', 'notspam.mail.ru']
  },
  {
    name: 'yandex',
    hosts: ['yandex.ru', 'yandex.net', 'yandex.com'],
    domains: ['yandex.ru', 'yandex.com', 'ya.ru', 'yandex.by', 'yandex.kz'],
    sites: ['yandex.ru', 'yandex.com', 'ya.cc']
  },
  { name: 'rambler', hosts: ['rambler.ru'], domains: ['rambler.ru', 'lenta.ru', 'ro.ru'] },
  { name: 'docomo', hosts: ['docomo.ne.jp'], domains: ['docomo.ne.jp'], sites: ['docomo.ne.jp'] },
  {
    name: 'au',
    hosts: ['ezweb.ne.jp', 'au.com', 'dion.ne.jp'],
    domains: ['ezweb.ne.jp', 'au.com'],
    sites: ['ezweb.ne.jp']
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
    sites: ['proofpoint.com']
  },
  {
    name: 'mimecast',
    hosts: ['mimecast.com', 'mimecast.co.za'],
    sites: ['community.mimecast.com', 'mimecast.com']
  },
  {
    name: 'barracuda',
    hosts: ['barracudanetworks.com', 'ess.barracudanetworks.com'],
    sites: ['barracudanetworks.com', 'barracudacentral.org'],
    words: ['cuda_nsu']
  },
  { name: 'cisco', hosts: ['iphmx.com'], sites: ['senderbase.org', 'talosintelligence.com'] },
  {
    name: 'symantec',
    hosts: ['messagelabs.com', 'messagelabs.net'],
    sites: ['messagelabs.com', 'symanteccloud.com']
  },
  {
    name: 'trendmicro',
    hosts: ['trendmicro.com', 'trendmicro.eu'],
    sites: ['mail-abuse.com', 'trendmicro.com']
  },
  { name: 'sophos', hosts: ['sophos.com', 'reflexion.net'] },
  {
    name: 'hornetsecurity',
    hosts: ['antispameurope.com', 'hornetsecurity.com', 'antispamcloud.com']
  },
  { name: 'rackspace', hosts: ['emailsrvr.com'], sites: ['emailsrvr.com'] },
  { name: 'godaddy', hosts: ['secureserver.net'], sites: ['secureserver.net', 'godaddy.com'] },
  { name: 'ovh', hosts: ['ovh.net', 'ovh.com'] },
  { name: 'gandi', hosts: ['gandi.net'] },
  { name: 'strato', hosts: ['rzone.de', 'strato.de'] },
  { name: 'namecheap', hosts: ['privateemail.com', 'registrar-servers.com'] },
  { name: 'amazon-workmail', hosts: ['awsapps.com', 'amazonaws.com', 'amazonses.com'] }
] as const satisfies readonly Receiver[]

/** Suffixes of hosts, longest first at look-up: `a.b.c` is tried whole, then `b.c`. */
const byHost = new Map<string, string>()
const byDomain = new Map<string, string>()
/** Host names met inside replies. */
const bySite = new Map<string, string>()
const byWords: (readonly [mark: string, name: string])[] = []
for (const receiver of receivers as readonly Receiver[]) {
  for (const host of receiver.hosts) byHost.set(host, receiver.name)
  for (const domain of receiver.domains ?? []) byDomain.set(domain, receiver.name)
  for (const site of receiver.sites ?? []) bySite.set(site, receiver.name)
  for (const words of receiver.words ?? []) byWords.push([words, receiver.name])
}

/** The receiver that a host name belongs to. */
export function receiverOfHost(host: string): string | null {
  return bySuffix(byHost, host.toLowerCase())
}

export function receiverOfDomain(domain: string): string | null {
  return byDomain.get(domain.toLowerCase()) ?? null
}

/** The receiver that a reply's own words give away: a site that it names, or a turn of phrase. */
export function receiverOfText(text: string): string | null {
  const lower = text.slice(0, 4096).toLowerCase()
  for (let dot = lower.indexOf('.'); dot >= 0; ) {
    const end = endOfName(lower, dot)
    const name = bySuffix(bySite, lower.slice(startOfName(lower, dot), end))
    if (name) return name
    dot = lower.indexOf('.', end)
  }
  for (const [words, name] of byWords) if (lower.includes(words)) return name
  return null
}

function startOfName(text: string, at: number): number {
  let start = at
  while (start > 0 && isNamePart(text.charCodeAt(start - 1))) start--
  return start
}

function endOfName(text: string, at: number): number {
  let end = at
  while (end < text.length && isNamePart(text.charCodeAt(end))) end++
  return text.charCodeAt(end - 1) === 0x2e && end - 1 > at ? end - 1 : Math.max(end, at + 1)
}

/** a-z, 0-9, dot and hyphen. */
function isNamePart(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x2d && code <= 0x39 && code !== 0x2f)
}

/** Tries the name itself, then what follows each of its dots; at most the last five labels. */
function bySuffix(names: ReadonlyMap<string, string>, host: string): string | null {
  let found: string | null = null
  let at = host.length
  for (let labels = 0; labels < 5 && at > 0; labels++) {
    at = host.lastIndexOf('.', at - 1)
    found = names.get(host.slice(at + 1)) ?? found
    if (at < 0) break
  }
  return found
}

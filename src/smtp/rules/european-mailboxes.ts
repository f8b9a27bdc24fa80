import type { Rule } from '../rule.ts'

/** GMX and its family, T-Online, Orange, SFR, Free, Laposte, Bluewin, Interia, Onet, o2, Mail.ru, Yandex. */

const gmx = 'https://postmaster.gmx.net/en/error-messages'
const telekom = 'https://postmaster.t-online.de/'
const orange = 'https://postmaster.orange.fr/'
const sfr = 'https://www.sfr.fr/postmaster/'
const free = 'https://postmaster.free.fr/'
const laposte = 'https://www.laposte.net/postmaster'
const bluewin = 'https://www.bluewin.ch/postmaster'
const poland = 'https://poczta.interia.pl/pomoc/'
const mailru = 'https://postmaster.mail.ru/'
const yandex = 'https://yandex.com/support/mail/'

export const europeanMailboxRules = [
  {
    id: 'gmx.blocked',
    reason: 'ip_reputation',
    says: [
      'no smtp service ** ip|#ip|black|block|blocklist|blacklist',
      'no smtp service',
      'ip address black|block|blacklist|blocklist ~ listed',
      'ip address ~ blacklist|blocklist',
      'bad dns ptr resource record no smtp'
    ],
    unless: ['ptr|dns', 'mx|srv record'],
    weight: 'exact',
    source: gmx,
    examples: [
      '554-gmx.net (mxgmx104) Nemesis ESMTP Service not available\n554-No SMTP service\n554-IP address is block listed.\n554 For explanation visit https://postmaster.gmx.net/en/case?c=r0201&i=ip&v=198.51.100.42',
      '554 web.de (mxweb112) Nemesis ESMTP Service not available No SMTP service IP address is black listed'
    ]
  },
  {
    id: 'gmx.rdns',
    reason: 'reverse_dns',
    says: ['bad dns ptr resource record', '^rdns', 'nemesis ** ptr|reverse'],
    weight: 'token',
    source: gmx,
    examples: [
      '554-gmx.net (mxgmx001) Nemesis ESMTP Service not available\n554-No SMTP service\n554-Bad DNS PTR resource record.\n554 For explanation visit https://postmaster.gmx.net/en/case?c=rdns&i=ip',
      '554 Bad DNS PTR resource record'
    ]
  },
  {
    id: 'gmx.header',
    reason: 'content_rejected',
    says: [
      'rejected for policy reasons ** ^hi|^hd|^hs',
      'policy restrictions ** ^hi|^hd|^hs',
      '^case ^c ^hi|^hd|^hs'
    ],
    weight: 'token',
    source: gmx,
    examples: [
      '554 Transaction failed Reject due to policy restrictions. For explanation visit https://postmaster.gmx.net/en/case?c=hi&i=ip',
      '554 policy restrictions, see https://postmaster.web.de/en/case?c=hd'
    ]
  },
  {
    id: 'gmx.policy',
    reason: 'policy',
    says: [
      'reject due to policy restrictions|violations',
      'administrative reject',
      'reject due to policy'
    ],
    weight: 'exact',
    source: gmx,
    examples: [
      '554-Transaction failed\n554-Reject due to policy restrictions.\n554 For explanation visit https://postmaster.gmx.net/en/case?c=r0103',
      '421 Reject due to policy violations'
    ]
  },
  {
    id: 'gmx.spf',
    reason: 'auth_failure',
    says: ['reject due to spf policy', 'spf policy'],
    weight: 'exact',
    source: gmx,
    examples: ['554 Transaction failed Reject due to SPF policy.', '554 SPF policy']
  },
  {
    id: 'gmx.too-many',
    reason: 'mailbox_full',
    says: ['zuviele mails', 'zu viele mails'],
    weight: 'exact',
    source: gmx,
    examples: ['452 zuviele Mails im Postfach', '552 zu viele Mails in Mailbox']
  },
  {
    id: 't-online.blocked',
    reason: 'ip_reputation',
    says: [
      'ip * dialup|transient ~ not allowed',
      'ask postmaster for help * bl|dial',
      'tosa|toda|tobr @',
      'ip #ip * problem bl',
      'dialup transient ip not allowed',
      'dial END',
      'a problem occurred ** bl'
    ],
    weight: 'token',
    source: telekom,
    examples: [
      '554 IP=192.0.2.1 - A problem occurred. Ask your postmaster for help or to contact tosa@rx.t-online.de to clarify. (BL)',
      '554: Dialup/transient IP not allowed.\nUse a mailgateway or contact toda@rx.t-online.de if obsolete. (DIAL)'
    ]
  },
  {
    id: 't-online.spam-or-virus',
    reason: 'spam_content',
    says: ['classified as spam or virus', 'spam|virus or virus|spam', 'possible? spam virus'],
    weight: 'exact',
    source: telekom,
    examples: [
      '550 5.7.0 Message considered as spam or virus, rejected',
      '554 message classified as spam or virus'
    ]
  },
  {
    id: 'orange.ip',
    reason: 'ip_reputation',
    says: ['ofr 102|105|108|110', 'ofr004|ofr005|ofr006|ofr007 102|105|108', '102 END', '105 END'],
    when: { receiver: ['orange'] },
    weight: 'token',
    source: orange,
    examples: [
      '550 5.7.1 Service refuse. Veuillez essayer plus tard. Service refused, please try later. OFR006_102 [102]',
      '421 mwinf5c04 ME Service refuse. OFR_105 [105]'
    ]
  },
  {
    id: 'orange.rate',
    reason: 'rate_limited',
    says: [
      'ofr 103|104|109|999',
      'ofr004|ofr005|ofr006|ofr007 103|104|109',
      'trop de connexions',
      'too many connections slow down'
    ],
    weight: 'token',
    source: orange,
    examples: [
      '421 mwinf5c04 ME Trop de connexions, veuillez verifier votre configuration. Too many connections, slow down. OFR005_104 [104]',
      '450 mwinf Too many connections, slow down. OFR_103 [103]'
    ]
  },
  {
    id: 'orange.spam',
    reason: 'spam_content',
    says: [
      'ofr 506|501|502|507|509|513|515|517|521',
      'mail rejete mail rejected',
      'ofr006|ofr005|ofr004|ofr007 506'
    ],
    unless: ['dmarc|spf|dkim'],
    weight: 'token',
    source: orange,
    examples: [
      '550 5.2.0 Mail rejete. Mail rejected. ofr_506 [506]',
      '550 5.7.1 Mail rejete. Mail rejected. OFR_513'
    ]
  },
  {
    id: 'orange.unknown',
    reason: 'unknown_mailbox',
    says: ['adresse d * destinataire ~ ~ invalide', 'ofr 416', 'ofr204|ofr006|ofr005|ofr004 416'],
    weight: 'token',
    source: orange,
    examples: [
      '550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR204_416 [416]',
      '550 OFR_416'
    ]
  },
  {
    id: 'orange.full',
    reason: 'mailbox_full',
    says: ['boite ~ ~ destinataire pleine', 'ofr 417', 'ofr204|ofr006|ofr005|ofr004 417'],
    weight: 'token',
    source: orange,
    examples: [
      '552 5.1.1 Boite du destinataire pleine. Recipient overquota. OFR204_417 [417]',
      '550 OFR_417'
    ]
  },
  {
    id: 'sfr.spam',
    reason: 'spam_content',
    says: ['sfr in 01|101|201|301|401|501'],
    weight: 'token',
    source: sfr,
    examples: ['550 5.7.1 SFR_IN_101', '451 4.7.1 refused SFR_IN_201']
  },
  {
    id: 'sfr.virus',
    reason: 'virus_detected',
    says: ['sfr in 02|102|202|302|402|502'],
    weight: 'token',
    source: sfr,
    examples: ['550 5.7.1 SFR_IN_102', '451 refused SFR_IN_202']
  },
  {
    id: 'sfr.protocol',
    reason: 'protocol_error',
    says: ['sfr in 03|103|203|303|403|503'],
    weight: 'token',
    source: sfr,
    examples: ['550 5.7.1 SFR_IN_103', '451 refused SFR_IN_203']
  },
  {
    id: 'sfr.rate',
    reason: 'rate_limited',
    says: ['sfr in 04|05|104|105|204|205|304|305|404|405'],
    weight: 'token',
    source: sfr,
    examples: ['550 5.7.1 SFR_IN_104', '451 refused SFR_IN_205']
  },
  {
    id: 'free.slots',
    reason: 'rate_limited',
    says: ['too many errors from ~ ip', 'too many spam from ~ ip', 'too much slots|slot'],
    weight: 'exact',
    source: free,
    examples: [
      '421 Too many errors from your ip (192.0.2.1), please visit http://postmaster.free.fr/',
      '451 too much slots in use from your host'
    ]
  },
  {
    id: 'laposte.rate',
    reason: 'rate_limited',
    says: ['service refuse trop|too ** lpn', 'lpn105|lpn104|lpn103'],
    weight: 'token',
    source: laposte,
    examples: ['550 5.5.0 Service refuse. Trop de messages. LPN105_110', '421 4.7.0 LPN104_110']
  },
  {
    id: 'laposte.blocked',
    reason: 'ip_reputation',
    says: ['lpn007|lpn006|lpn005|lpn004'],
    unless: ['spf|dkim|dmarc', 'ptr|reverse|dns', 'too many|trop', 'spam'],
    weight: 'exact',
    source: laposte,
    examples: [
      '550 5.7.0 Service refuse. Veuillez essayer plus tard. service refused, please try later. LPN007_510',
      '554 LPN006_402'
    ]
  },
  {
    id: 'bluewin.reputation',
    reason: 'ip_reputation',
    says: ['ip reputation ratelimit in effect', 'sc912|sc969|sc967 ~ ~ ip'],
    weight: 'exact',
    source: bluewin,
    examples: [
      '554 5.2.0 sc969: IP reputation ratelimit in effect - https://support.bluewin.ch/provider/bounce/aXA9NS',
      '554 5.7.1 sc912: your IP'
    ]
  },
  {
    id: 'poland.unavailable',
    reason: 'mailbox_disabled',
    says: [
      'konto ~ niedostepne|zablokowane|nieaktywne|wylaczone|zawieszone',
      'skrzynka ~ nieaktywna|zablokowana|wylaczona|niedostepna'
    ],
    weight: 'exact',
    source: poland,
    examples: ['550 5.2.1 Konto niedostępne / Account unavailable', '554 Skrzynka zablokowana']
  },
  {
    id: 'poland.unknown',
    reason: 'unknown_mailbox',
    says: [
      'konto|skrzynka|uzytkownik|adres|odbiorca ~ nie istnieje|znaleziono|znaleziony',
      'nie ma takiego ~ konta|uzytkownika|adresu|odbiorcy',
      'nieznany|nieprawidlowy ~ uzytkownik|odbiorca|adresat',
      'nie istnieje'
    ],
    weight: 'exact',
    source: poland,
    examples: ['550 5.1.1 Konto nie istnieje', '550 Nie ma takiego użytkownika']
  },
  {
    id: 'poland.full',
    reason: 'mailbox_full',
    says: [
      'skrzynka ~ ~ pelna|przepelniona',
      'przekroczony|przekroczono ~ limit|quota|pojemnosc',
      'brak miejsca'
    ],
    weight: 'exact',
    source: poland,
    examples: ['552 Skrzynka odbiorcy jest pełna', '452 4.2.2 Brak miejsca na koncie']
  },
  {
    id: 'poland.policy',
    reason: 'policy',
    says: ['naruszenie ~ zasad|polityki|regulaminu', 'odrzucono|odrzucona ~ ~ polityka|zasady'],
    weight: 'exact',
    source: poland,
    examples: [
      '550 5.1.0 Naruszenie zasad, zobacz https://support.example.com/',
      '554 Naruszenie polityki'
    ]
  },
  {
    id: 'poland.block',
    reason: 'recipient_block',
    says: ['odbiorca ~ nie ~ zyczy|chce|akceptuje'],
    weight: 'exact',
    source: poland,
    examples: [
      "554 5.7.1 Odbiorca nie życzy sobie poczty. Recipient doesn't want this mail",
      '554 Odbiorca nie chce'
    ]
  },
  {
    id: 'poland.spam',
    reason: 'spam_content',
    says: ['wiadomosc|mail ~ ~ spam|niechciana', 'uznana ~ ~ spam'],
    weight: 'exact',
    source: poland,
    examples: ['550 Wiadomość uznana za spam', '554 5.7.1 Mail odrzucony: uznany jako spam']
  },
  {
    id: 'mail.ru.spam',
    reason: 'spam_content',
    says: ['spam message rejected', 'spam message discarded|rejected|blocked'],
    weight: 'exact',
    source: mailru,
    examples: [
      '550 spam message rejected. Please visit http://help.mail.ru/notspam-support/id?c=abc or report details',
      '550 spam message discarded/rejected'
    ]
  },
  {
    id: 'mail.ru.invalid',
    reason: 'unknown_mailbox',
    says: ['message not accepted ~ invalid mailbox', 'not accepted invalid mailbox'],
    weight: 'exact',
    source: mailru,
    examples: [
      '550 Message was not accepted -- invalid mailbox. Local mailbox ada@mail.ru is unavailable: user not found',
      '550 not accepted -- invalid mailbox'
    ]
  },
  {
    id: 'mail.ru.sending-disabled',
    reason: 'sender_rejected',
    says: ['message sending for ~ account disabled', 'sending ~ ~ account ~ disabled'],
    weight: 'exact',
    source: mailru,
    examples: [
      '550 message sending for this account is disabled',
      '550 message sending for the account is disabled, change the password'
    ]
  },
  {
    id: 'yandex.spam',
    reason: 'spam_content',
    says: ['message rejected under suspicion of spam', 'suspicion of spam', 'suspected of spam'],
    weight: 'exact',
    source: yandex,
    examples: [
      '554 5.7.1 [2] Message rejected under suspicion of SPAM; https://ya.cc/1IrBc',
      '451 4.7.1 suspicion of SPAM'
    ]
  },
  {
    id: 'yandex.rate',
    reason: 'rate_limited',
    says: [
      'recipient @ exceeded message rate limit',
      'exceeded ~ rate limit',
      'sender exceeded ~ ~ limit'
    ],
    weight: 'exact',
    source: yandex,
    examples: [
      '450 4.2.1 The recipient <ada@yandex.ru> has exceeded message rate limit. Try again later.',
      '451 4.5.1 The sender exceeded the rate limit'
    ]
  },
  {
    id: 'yandex.policy',
    reason: 'policy',
    says: ['policy rejection', 'bad address mailbox|sender policy'],
    weight: 'exact',
    source: yandex,
    examples: ['554 5.7.1 Policy rejection', '550 5.7.1 Policy rejection on the target address']
  }
] as const satisfies readonly Rule[]

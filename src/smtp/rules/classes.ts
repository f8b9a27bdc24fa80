import type { WordClasses } from '../matcher.ts'

/** What servers call the same thing, for `{user}` and the like in phrases. */
export const wordClasses: WordClasses = {
  user:
    'user username userid mailbox mbox account recipient receiver address addressee customer subscriber ' +
    'person inbox alias rcpt email maildrop destination box individual localpart',
  mail: 'mail message email msg mails letter content body submission',
  host: 'host ip client server mta ipaddress hosts network netblock #ip',
  list: 'blacklist blocklist rbl dnsbl dnsrbl rbls dnsbls blackhole denylist blackholes bl blocklisting',
  no: 'not no never without',
  fail: 'fail failure failed unsuccessful failing error invalid reject refuse',
  off:
    'disable inactive suspend deactivate close delete expire terminate lock freeze frozen cancel ' +
    'canceled cancelled remove discontinue archive retire obsolete dormant abandon inactivity ' +
    'deactivation suspension disactivate overdue lapsed',
  refuse: 'reject refuse deny block decline disallow prohibit forbid bounce denied ban',
  big: 'large big long huge heavy'
}

import type { Rule } from '../rule.ts'

/** QQ, NetEase, Coremail sites, 263 and the Japanese carriers. */

const qq = 'https://service.mail.qq.com/detail/124'
const netease = 'https://mail.163.com/help/help_spam_16.htm'
const coremail = 'https://www.coremail.cn/'
const docomo = 'https://www.docomo.ne.jp/english/service/docomo_mail/'

export const asianMailboxRules = [
  {
    id: 'qq.frequency',
    reason: 'rate_limited',
    says: [
      'frequency limited',
      'ip|sender|domain|connection|mail|sending|content ~ frequency ~ limited|limit',
      'connection denied ~ frequency'
    ],
    weight: 'exact',
    source: qq,
    examples: [
      '550 Ip frequency limited. https://service.mail.qq.com/cgi-bin/help?id=20022',
      '550 Connection frequency limited',
      '550 Domain frequency limited'
    ]
  },
  {
    id: 'qq.content',
    reason: 'spam_content',
    says: ['mail content denied', 'content denied', 'mail ~ suspected spam'],
    weight: 'exact',
    source: qq,
    examples: [
      '550 Mail content denied. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000726',
      '550 content denied'
    ]
  },
  {
    id: 'qq.recipients',
    reason: 'recipient_block',
    says: ['mail rejected by recipients'],
    weight: 'exact',
    source: qq,
    examples: [
      '550 Mail is rejected by recipients. https://service.mail.qq.com/cgi-bin/help',
      '550 Mail is rejected by recipients'
    ]
  },
  {
    id: 'qq.unavailable',
    reason: 'undetermined',
    says: ['mailbox unavailable or access denied'],
    weight: 'token',
    source: qq,
    examples: [
      '550 Mailbox unavailable or access denied. https://service.mail.qq.com/detail/122/166',
      '550 Mailbox unavailable or access denied [Mx1]'
    ]
  },
  {
    id: 'qq.sender',
    reason: 'domain_reputation',
    says: ['suspected ~ spam sender', 'suspected bounce attacks', 'domain ~ ~ suspected'],
    weight: 'exact',
    source: qq,
    examples: [
      '550 Suspected spam sender. https://service.mail.qq.com/cgi-bin/help',
      '550 Suspected spam sender'
    ]
  },
  {
    id: 'qq.ip',
    reason: 'ip_reputation',
    says: ['ip not in ~ spf|range|segment', 'ip ~ not in', 'connection denied', 'ip ~ suspected'],
    when: { receiver: ['qq'] },
    weight: 'exact',
    source: qq,
    examples: [
      '550 Ip not in sender spf. https://service.mail.qq.com/cgi-bin/help',
      '550 Connection denied. http://service.mail.qq.com/cgi-bin/help?no=1000728'
    ]
  },
  {
    id: 'netease.spm',
    reason: 'spam_content',
    says: ['dt|mi|rp|hl spm|spb', 'dt spm'],
    weight: 'token',
    source: netease,
    examples: [
      '554 DT:SPM 163 smtp8, DMCowAA3 Please see http://mail.163.com/help/help_spam_16.htm?ip=192.0.2.1',
      '451 DT:SPM ,please try again'
    ]
  },
  {
    id: 'netease.reputation',
    reason: 'ip_reputation',
    says: ['dt|mi|rp|hl|dm rbl|rep', 'hl rep'],
    weight: 'token',
    source: netease,
    examples: ['450 DT:RBL 126 mx16', '421 HL:REP 163 mx19, the IP is limited']
  },
  {
    id: 'netease.limits',
    reason: 'rate_limited',
    says: ['dt|mi|rp|hl|dm ipb|icc|ifc|dmc|sfq|orq|trc|drc|mc|cel|nrc', 'rp|mi cel|trc|qrc'],
    weight: 'token',
    source: netease,
    examples: ['421 HL:ICC 163 mx11', '550 MI:DMC 163 mx12', '554 RP:TRC 126 mx3']
  },
  {
    id: 'netease.sender',
    reason: 'sender_rejected',
    says: ['dt|mi mep|stc|drq'],
    weight: 'token',
    source: netease,
    examples: ['554 DT:MEP 163 mx4', '554 MI:MEP 126 mx9']
  },
  {
    id: 'netease.authentication',
    reason: 'auth_failure',
    says: ['dt|mi|hl spf|dma|dmarc'],
    weight: 'token',
    source: netease,
    examples: [
      '550 MI:SPF 163 mx21, see http://mail.163.com/help/help_spam_16.htm',
      '554 DT:DMA 126 mx5'
    ]
  },
  {
    id: 'netease.unknown',
    reason: 'unknown_mailbox',
    says: ['rp|mi|dt alr|unk'],
    weight: 'token',
    source: netease,
    examples: ['550 RP:ALR 163 mx2', '550 RP:UNK 126 mx2']
  },
  {
    id: 'netease.sum',
    reason: 'virus_detected',
    says: ['dt vir'],
    weight: 'token',
    source: netease,
    examples: ['554 DT:VIR 163 mx2', '554 DT:VIR']
  },
  {
    id: 'coremail.locked',
    reason: 'mailbox_disabled',
    says: [
      'START user|account|mailbox locked|suspended|disabled|expired|overdue END',
      'user locked',
      'now disabled with smtp service',
      'disabled with smtp'
    ],
    weight: 'exact',
    source: coremail,
    examples: ['550 user is locked', '550 ada@21cn.com is now disabled with SMTP service.']
  },
  {
    id: 'coremail.ip',
    reason: 'ip_reputation',
    says: ['START ip rejected|denied|refused END', 'START ip not allowed END'],
    weight: 'exact',
    source: coremail,
    examples: ['550 IP is rejected', '554 IP is not allowed']
  },
  {
    id: 'chinese.unknown',
    reason: 'unknown_mailbox',
    says: [
      '用户不存在',
      '收件人 ~ ~ 不存在',
      '收件人地址 ~ 不存在',
      '邮箱 ~ 不存在',
      '地址不存在',
      '帐号不存在',
      '账号不存在',
      '没有此用户',
      '无此用户',
      '无效用户',
      '無此使用者'
    ],
    unless: ['域名'],
    weight: 'exact',
    source: coremail,
    examples: ['550 用户不存在', '550 收件人邮箱不存在']
  },
  {
    id: 'chinese.ip',
    reason: 'ip_reputation',
    says: [
      'ip ~ 位于 ** rbl',
      '发信 ip ** rbl|黑',
      '黑名单',
      'ip ** 异常',
      'ip ** 被 ~ 拒绝',
      'ip ** 信誉'
    ],
    unless: ['收件人 ** 黑名单'],
    weight: 'clear',
    source: netease,
    examples: ['450 发信IP位于一个或多个RBL里', '550 该IP在黑名单中']
  },
  {
    id: 'chinese.rate',
    reason: 'rate_limited',
    says: [
      '连接数 ~ ~ 过大|多',
      '超过 ** 限制',
      '频率 ** 限制|过',
      '发送 ~ ~ 过于频繁',
      '过于频繁',
      '太频繁',
      '数量 ** 超过|超'
    ],
    unless: ['邮件大小', '容量'],
    weight: 'clear',
    source: netease,
    examples: ['421 该IP同时并发连接数过大,超过了限制', '550 发送过于频繁']
  },
  {
    id: 'chinese.spam',
    reason: 'spam_content',
    says: ['垃圾邮件', '反垃圾', '内容 ** 拒绝|被', '垃圾'],
    unless: ['ip'],
    weight: 'plain',
    source: netease,
    examples: ['554 邮件被识别为垃圾邮件', '550 反垃圾系统拒绝了您的邮件']
  },
  {
    id: 'chinese.full',
    reason: 'mailbox_full',
    says: ['邮箱 ~ ~ 满', '容量 ~ ~ 满|不足', '空间不足', '超过 ** 容量', '邮箱空间'],
    weight: 'clear',
    source: coremail,
    examples: ['552 收件人邮箱已满', '452 邮箱空间不足']
  },
  {
    id: 'chinese.disabled',
    reason: 'mailbox_disabled',
    says: [
      '用户 ~ ~ 禁用|停用|锁定',
      '帐号 ~ ~ 禁|停|锁|冻',
      '账号 ~ ~ 禁|停|锁|冻',
      '邮箱 ~ ~ 停用',
      '已被禁用',
      '已停用'
    ],
    weight: 'clear',
    source: coremail,
    examples: ['550 用户已被禁用', '550 帐号已冻结']
  },
  {
    id: 'chinese.size',
    reason: 'message_too_large',
    says: ['邮件 ~ ~ 大', '邮件大小 ** 超|限', '附件 ** 大', '信件太大'],
    weight: 'clear',
    source: coremail,
    examples: ['552 邮件大小超过限制', '552 邮件太大']
  },
  {
    id: 'chinese.recipient-block',
    reason: 'recipient_block',
    says: ['收件人 ** 拒收|拒绝|黑名单', '被 ~ 收件人 ** 拒', '对方 ** 拒收'],
    weight: 'exact',
    source: qq,
    examples: ['550 邮件被收件人拒收', '550 收件人已将您列入黑名单']
  },
  {
    id: 'chinese.greylist',
    reason: 'greylisted',
    says: ['灰名单', '灰名單'],
    weight: 'exact',
    source: netease,
    examples: ['451 灰名单策略,请稍后重试', '450 灰名单']
  },
  {
    id: 'chinese.domain',
    reason: 'domain_not_found',
    says: ['域名 ~ ~ 不存在', '域名 ~ ~ 无效', '找不到 ~ ~ 域'],
    weight: 'exact',
    source: coremail,
    examples: ['550 收件人域名不存在', '550 域名无效']
  },
  {
    id: 'japan.filtered',
    reason: 'recipient_block',
    says: ['unknown user', 'user unknown', 'unknown|no ~ user', 'user not'],
    when: { phase: ['end-of-data', 'data'], receiver: ['docomo', 'au', 'softbank'] },
    weight: 'exact',
    source: docomo,
    examples: [
      'host mfsmax.docomo.ne.jp[192.0.2.5] said: 550 Unknown user ada@docomo.ne.jp (in reply to end of DATA command)',
      'host lsean.ezweb.ne.jp[192.0.2.6] said: 550 <ada@ezweb.ne.jp>: User unknown (in reply to end of DATA command)'
    ]
  },
  {
    id: 'japanese.unknown',
    reason: 'unknown_mailbox',
    says: [
      '宛先 ** 存在',
      'ユーザー ** 存在',
      '宛先不明',
      'アドレス ** 存在',
      '存在しません',
      '見つかりません'
    ],
    weight: 'exact',
    source: docomo,
    examples: ['550 宛先のメールアドレスは存在しません', '550 ユーザーが見つかりません']
  },
  {
    id: 'japanese.full',
    reason: 'mailbox_full',
    says: ['容量 ** 超え|オーバー', 'メールボックス ** いっぱい|容', '満杯', '容量オーバー'],
    weight: 'exact',
    source: docomo,
    examples: ['552 メールボックスの容量を超えています', '452 容量オーバー']
  }
] as const satisfies readonly Rule[]

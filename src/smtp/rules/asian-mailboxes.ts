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
      'connection denied ~ frequency',
      'too many mails|messages|recipients'
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
      'START user|account|mailbox locked|suspended|disabled|expired|overdue',
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
    says: ['START ip ~ rejected|denied|blocked|refused', 'ip rejected', 'ip ~ not allowed'],
    weight: 'exact',
    source: coremail,
    examples: ['550 IP is rejected', '554 IP is not allowed']
  },
  {
    id: 'chinese.unknown',
    reason: 'unknown_mailbox',
    says: [
      '用 户 不 存 在',
      '收 件 人 ~ 不 存 在',
      '收 件 人 地 址 ~ 不 存 在',
      '邮 箱 ~ 不 存 在',
      '地 址 不 存 在',
      '帐 号 不 存 在',
      '账 号 不 存 在',
      '没 有 此 用 户',
      '无 此 用 户',
      '无 效 用 户',
      '無 此 使 用 者'
    ],
    weight: 'exact',
    source: coremail,
    examples: ['550 用户不存在', '550 收件人邮箱不存在']
  },
  {
    id: 'chinese.ip',
    reason: 'ip_reputation',
    says: [
      'ip ~ 位 于 ** rbl',
      '发 信 ip ** rbl|黑',
      '黑 名 单',
      'ip ** 异 常',
      'ip ** 被 ~ 拒 绝',
      'ip ** 信 誉'
    ],
    unless: ['收 件 人 ** 黑 名 单'],
    weight: 'clear',
    source: netease,
    examples: ['450 发信IP位于一个或多个RBL里', '550 该IP在黑名单中']
  },
  {
    id: 'chinese.rate',
    reason: 'rate_limited',
    says: [
      '连 接 数 ~ ~ 过 大|多',
      '超 过 ** 限 制',
      '频 率 ** 限 制|过',
      '发 送 ~ ~ 过 于 频 繁',
      '过 于 频 繁',
      '太 频 繁',
      '数 量 ** 超 过|超'
    ],
    unless: ['邮 件 大 小', '容 量'],
    weight: 'clear',
    source: netease,
    examples: ['421 该IP同时并发连接数过大,超过了限制', '550 发送过于频繁']
  },
  {
    id: 'chinese.spam',
    reason: 'spam_content',
    says: ['垃 圾 邮 件', '反 垃 圾', '内 容 ** 拒 绝|被', '垃 圾'],
    unless: ['ip'],
    weight: 'plain',
    source: netease,
    examples: ['554 邮件被识别为垃圾邮件', '550 反垃圾系统拒绝了您的邮件']
  },
  {
    id: 'chinese.full',
    reason: 'mailbox_full',
    says: ['邮 箱 ~ ~ 满', '容 量 ~ ~ 满|不 足', '空 间 不 足', '超 过 ** 容 量', '邮 箱 空 间'],
    weight: 'clear',
    source: coremail,
    examples: ['552 收件人邮箱已满', '452 邮箱空间不足']
  },
  {
    id: 'chinese.disabled',
    reason: 'mailbox_disabled',
    says: [
      '用 户 ~ ~ 禁 用|停 用|锁 定',
      '帐 号 ~ ~ 禁|停|锁|冻',
      '账 号 ~ ~ 禁|停|锁|冻',
      '邮 箱 ~ ~ 停 用',
      '已 被 禁 用',
      '已 停 用'
    ],
    weight: 'clear',
    source: coremail,
    examples: ['550 用户已被禁用', '550 帐号已冻结']
  },
  {
    id: 'chinese.size',
    reason: 'message_too_large',
    says: ['邮 件 ~ ~ 大', '邮 件 大 小 ** 超|限', '附 件 ** 大', '信 件 太 大'],
    weight: 'clear',
    source: coremail,
    examples: ['552 邮件大小超过限制', '552 邮件太大']
  },
  {
    id: 'chinese.recipient-block',
    reason: 'recipient_block',
    says: ['收 件 人 ** 拒 收|拒 绝|黑 名 单', '被 ~ 收 件 人 ** 拒', '对 方 ** 拒 收'],
    weight: 'exact',
    source: qq,
    examples: ['550 邮件被收件人拒收', '550 收件人已将您列入黑名单']
  },
  {
    id: 'chinese.greylist',
    reason: 'greylisted',
    says: ['灰 名 单', '灰 名 單'],
    weight: 'exact',
    source: netease,
    examples: ['451 灰名单策略,请稍后重试', '450 灰名单']
  },
  {
    id: 'chinese.domain',
    reason: 'domain_not_found',
    says: ['域 名 ~ ~ 不 存 在', '域 名 ~ ~ 无 效', '找 不 到 ~ ~ 域'],
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
      '宛 先 ** 存 在',
      'ユ ー ザ ー ** 存 在',
      '宛 先 不 明',
      'アドレス ** 存 在',
      '存 在 し ま せ ん',
      '見 つ か り ま せ ん'
    ],
    weight: 'exact',
    source: docomo,
    examples: ['550 宛先のメールアドレスは存在しません', '550 ユーザーが見つかりません']
  },
  {
    id: 'japanese.full',
    reason: 'mailbox_full',
    says: [
      '容 量 ** 超 え|オ|超',
      'メ ー ル ボ ッ ク ス ** い っ ぱ い|容',
      '満 杯',
      '容 量 オ ー バ ー'
    ],
    weight: 'exact',
    source: docomo,
    examples: ['552 メールボックスの容量を超えています', '452 容量オーバー']
  }
] as const satisfies readonly Rule[]

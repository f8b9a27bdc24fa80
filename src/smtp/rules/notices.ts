import type { Rule } from '../rule.ts'

/** Texts that are no refusal: automatic answers, and successes found where a failure was expected. */

const rfc3834 = 'https://www.rfc-editor.org/rfc/rfc3834'

export const notices = [
  {
    id: 'notices.auto-response',
    reason: 'auto_response',
    says: [
      'out of office',
      'out of ~ office',
      'away|absent from ~ office|desk|work|email',
      'auto|automatic|automated ~ reply|response|answer|responder|acknowledgement|message',
      'autoreply|autoresponse|autoresponder',
      'on vacation|holiday|leave|holidays|sabbatical|maternity',
      'vacation|holiday ~ reply|notice|message|response|notification',
      'annual|parental|sick leave',
      'i ~ ~ out|away|back|travelling|return|returning ~ ~ until|on|till|from|office',
      'back|return|returning ~ ~ on|in monday|tuesday|wednesday|thursday|friday|office|january|february|march|april|june|july|august|september|october|november|december',
      'thank you for ~ ~ email|message|contacting|mail|enquiry|inquiry|writing',
      'received ~ ~ email|message|request|inquiry|enquiry ~ ~ ~ shortly|soon|respond|reply|ticket|contact',
      'ticket ~ ~ created|opened|number|id|received|assigned',
      'case|request ~ ~ created|received|opened ~ ~ number|id|#',
      'limited access to ~ email',
      'urgent matters|matter|please|cases'
    ],
    when: { codeless: true },
    unless: ['{refuse} ~ ~ mail', 'mailbox full'],
    weight: 'exact',
    source: rfc3834,
    examples: [
      'Out of office: back on Monday. For urgent matters call extension 550.',
      'Automatic reply: I am on vacation until 4 May',
      'Thank you for your email. A ticket has been created.'
    ]
  },
  {
    id: 'notices.auto-response.languages',
    reason: 'auto_response',
    says: [
      'reponse automatique',
      'absent|absente|conge|conges du|jusqu|jusquau|au|de',
      'abwesenheitsnotiz|abwesenheit|abwesend|automatische|urlaub ~ antwort|bis|vom|notiz|ist|bin|im',
      'automatische antwort',
      'abwesenheitsnotiz',
      'respuesta automatica',
      'fuera de ~ oficina',
      'resposta automatica',
      'fora do escritorio',
      'risposta automatica',
      'fuori ufficio|sede',
      'automatisch antwoord',
      'afwezig|afwezigheidsassistent',
      'automatyczna odpowiedz',
      'avtomaticheskij|автоответ|автоматический ~ ответ',
      'автоответ',
      'automatiskt svar',
      'autosvar',
      '自动回复',
      '自動返信',
      '不在'
    ],
    when: { codeless: true },
    weight: 'exact',
    source: rfc3834,
    examples: [
      'Réponse automatique : je suis absente du bureau',
      'Abwesenheitsnotiz: Ich bin bis zum 3. Mai im Urlaub',
      'Respuesta automática: estoy fuera de la oficina'
    ]
  },
  {
    id: 'notices.delivered',
    reason: 'delivered',
    says: [
      'START ok END',
      'START ok ~ ~ queued|accepted|delivered|id|#',
      'message|mail|email ~ ~ accepted ~ ~ for delivery|queued',
      'queued ~ ~ for delivery',
      'queued as',
      'accepted for delivery',
      'successfully|success ~ ~ delivered|sent|relayed|delivery',
      'delivered|sent ~ ~ successfully|mailbox|recipient|to mailbox',
      'message|mail ~ ~ delivered|received END',
      'START delivered',
      'START accepted END',
      'delivered to ~ ~ mailbox|maildir|recipient|inbox|command'
    ],
    when: { codeless: true },
    unless: ['not|no|never|cannot|unable|fail|failed|undelivered|error'],
    weight: 'exact',
    source: 'https://www.rfc-editor.org/rfc/rfc3464#section-2.3.3',
    examples: ['OK', 'Message accepted for delivery', 'Delivered to 550 Main Street']
  }
] as const satisfies readonly Rule[]

import { type Static, Type } from '@sinclair/typebox'
import { Classification, type Hint } from '../smtp/classify.ts'
import { Action } from '../smtp/reasons.ts'
import { type ParsedReply, SmtpReply, type SpokenBy } from '../smtp/reply.ts'
import { StringEnum } from '../string-enum.ts'

export const eventTypes = [
  'email.accepted',
  'email.delivered',
  'email.deferred',
  'email.bounced',
  'email.rejected',
  'email.failed',
  'email.complained',
  'email.unsubscribed',
  'email.resubscribed',
  'email.autoreplied',
  'email.opened',
  'email.clicked',
  'email.unknown'
] as const
export const EventType = StringEnum(eventTypes)
export type EventType = Static<typeof EventType>

export const providerNames = ['ses', 'sendgrid', 'postmark', 'mailgun'] as const
export const ProviderName = StringEnum(providerNames)
export type ProviderName = Static<typeof ProviderName>

/** Why an address is on the suppression list. */
export const suppressionReasons = [
  'unknown_mailbox',
  'mailbox_disabled',
  'mailbox_full',
  'invalid_address',
  'domain_not_found',
  'recipient_block',
  'suppressed_by_provider',
  'complaint',
  'unsubscribe',
  'manual',
  'unreachable'
] as const
export const SuppressionReason = StringEnum(suppressionReasons)
export type SuppressionReason = Static<typeof SuppressionReason>

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()])
const Time = Type.String({ format: 'date-time', description: 'RFC 3339, UTC, milliseconds.' })

export const Message = Type.Object({
  provider_id: nullable(
    Type.String({ description: "The id the provider's send call answered with." })
  ),
  rfc5322_id: nullable(Type.String({ description: 'Message-ID header, with its angle brackets.' })),
  stream: nullable(Type.String()),
  tags: Type.Array(Type.String()),
  metadata: Type.Record(Type.String(), Type.String())
})
export type Message = Static<typeof Message>

export const ProviderFacts = Type.Object({
  name: ProviderName,
  event: Type.String({ description: "The provider's own name of the event." }),
  type: nullable(Type.String()),
  subtype: nullable(Type.String()),
  code: nullable(
    Type.Union([Type.Integer(), Type.String()], {
      description: 'A code that the provider invented (Mailgun 605), never an SMTP reply code.'
    })
  ),
  event_id: nullable(Type.String()),
  attempt: nullable(Type.Integer()),
  will_retry: Type.Boolean({ description: 'The provider is still trying to deliver.' })
})
export type ProviderFacts = Static<typeof ProviderFacts>

export const Engagement = Type.Object({
  url: nullable(Type.String()),
  ip: nullable(Type.String()),
  user_agent: nullable(Type.String()),
  machine: nullable(
    Type.Boolean({ description: 'Whether a machine did it (prefetch, scanner); null if unsaid.' })
  )
})
export type Engagement = Static<typeof Engagement>

export const Complaint = Type.Object({
  feedback_type: nullable(
    Type.String({ description: 'RFC 5965 Feedback-Type: abuse, fraud, virus, other, not-spam.' })
  ),
  candidates: Type.Integer({
    minimum: 1,
    description: 'How many recipients the complaint may come from; above 1 nobody is suppressed.'
  })
})
export type Complaint = Static<typeof Complaint>

export const EventDecision = Type.Object({
  id: Type.String(),
  action: Action,
  rule: Type.String(),
  policy_version: Type.Integer(),
  not_before: nullable(Time),
  expires_at: nullable(Time)
})

/** One thing that happened to one recipient, in our vocabulary; also the body of outbound webhooks. */
export const Event = Type.Object(
  {
    specversion: Type.Literal('1.0'),
    id: Type.String({ description: 'evt_…, the same however often the event arrives.' }),
    source: Type.String(),
    type: EventType,
    subject: nullable(Type.String()),
    time: Time,
    timestamp: Time,
    data: Type.Object({
      recipient: nullable(Type.Object({ address: Type.String(), domain: Type.String() })),
      message: Message,
      receiver: nullable(
        Type.Object({ name: nullable(Type.String()), mx: nullable(Type.String()) })
      ),
      smtp: nullable(SmtpReply),
      provider: ProviderFacts,
      classification: nullable(Classification),
      listed_as: nullable(SuppressionReason),
      complaint: nullable(Complaint),
      decision: nullable(EventDecision),
      engagement: nullable(Engagement),
      asynchronous: Type.Boolean({ description: 'Reported by a returned mail after acceptance.' }),
      test: Type.Boolean({ description: "A console's test post; never decides anything." }),
      provenance: Type.Record(Type.String(), Type.String(), {
        description: 'JSON Pointers into the raw body, by the field that was read there.'
      }),
      received_at: Time
    })
  },
  { $id: 'Event' }
)
export type Event = Static<typeof Event>

/**
 * What an adapter reads out of one webhook for one recipient, before addresses are canonical, ids derived
 * and replies classified. Strings are as received.
 */
export interface ProviderEvent {
  type: EventType
  /** When it happened at the provider or receiver; null where the provider does not say (a probe). */
  time: Date | null
  /** The recipient as the provider spells it, display name and all; null where none is named. */
  recipient: string | null
  /**
   * What makes this event itself, in a fixed order and independent of source, format and repetition.
   * The event id is a hash of tenant, provider and these.
   */
  identity: readonly string[]
  message: Message
  /** It is about all of the sender's mail, whatever stream the source says its mail is. */
  everyStream?: true
  /** The receiving host where the provider names it. */
  mx: string | null
  /** The reply and who spoke it; null where no reply exists. */
  reply: { parsed: ParsedReply; spokenBy: SpokenBy } | null
  provider: ProviderFacts
  hint: Hint | null
  /** Why the provider has the address on its own list, where it refused for that and says why. */
  listedAs: SuppressionReason | null
  complaint: Complaint | null
  engagement: Engagement | null
  asynchronous: boolean
  test: boolean
  /** JSON Pointers into the raw body, e.g. `{ smtp: '/Details' }`. */
  provenance: Record<string, string>
}

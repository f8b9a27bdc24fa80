import { classify } from '../smtp/classify.ts'
import { type Address, parseAddress } from './address.ts'
import type { Event, EventType, ProviderEvent } from './event.ts'
import { identityKey, idOf } from './identity.ts'
import { sanitise, sanitiseText } from './sanitise.ts'

/** Where an event came in. */
export interface Arrival {
  tenant: string
  sourceId: string
  /** The source's own stream, for providers that name none. */
  stream: string | null
  receivedAt: Date
}

/** An event in our vocabulary, with what the store and the policy need beside it. */
export interface Normalised {
  key: Buffer
  /** The time that belongs to its identity; null where the provider names none. */
  identityTime: Date | null
  event: Event
  recipient: Address | null
  /** The time to wait that the reply names, in seconds. */
  waitSeconds: number | null
}

/** Events whose reply, or the lack of one, has a reason. */
const outcomes: Partial<Record<EventType, 'failed' | 'deferred' | 'delivered'>> = {
  'email.delivered': 'delivered',
  'email.deferred': 'deferred',
  'email.bounced': 'failed',
  'email.rejected': 'failed',
  'email.failed': 'failed',
  'email.autoreplied': 'failed'
}

/** Canonical address, derived id, reason: pure, and the same on every machine. */
export function normalise(draft: ProviderEvent, arrival: Arrival): Normalised {
  const key = identityKey(arrival.tenant, draft.provider.name, draft.identity)
  const recipient = draft.recipient === null ? null : parseAddress(draft.recipient)
  const outcome = outcomes[draft.type]
  const reading =
    outcome === undefined
      ? null
      : classify({
          reply: draft.reply?.parsed ?? null,
          outcome,
          hint: draft.hint,
          domain: recipient?.domain ?? null,
          host: draft.mx
        })
  const time = (draft.time ?? arrival.receivedAt).toISOString()
  const parsed = draft.reply?.parsed
  const event: Event = {
    specversion: '1.0',
    id: idOf('evt', key),
    source: `/sources/${arrival.sourceId}`,
    type: draft.type,
    subject: recipient?.address ?? null,
    time,
    timestamp: time,
    data: {
      recipient: recipient && { address: recipient.address, domain: recipient.domain },
      message: sanitise({ ...draft.message, stream: streamOf(draft, arrival) }),
      receiver:
        reading?.receiver || draft.mx
          ? { name: reading?.receiver ?? null, mx: draft.mx && sanitiseText(draft.mx, 255) }
          : null,
      smtp:
        parsed === undefined
          ? null
          : {
              code: parsed.code,
              enhanced: parsed.enhanced,
              text: sanitiseText(parsed.text, 4_096),
              raw: sanitiseText(parsed.raw),
              spoken_by: draft.reply?.spokenBy ?? 'unknown'
            },
      provider: sanitise(draft.provider),
      classification: reading && {
        reason: reading.reason,
        fault: reading.fault,
        permanence: reading.permanence,
        confidence: reading.confidence,
        rule: reading.rule
      },
      listed_as: draft.listedAs,
      complaint: draft.complaint && sanitise(draft.complaint),
      decision: null,
      engagement: draft.engagement && sanitise(draft.engagement),
      asynchronous: draft.asynchronous,
      test: draft.test,
      provenance: sanitise(draft.provenance),
      received_at: arrival.receivedAt.toISOString()
    }
  }
  return {
    key,
    identityTime: draft.time,
    event,
    recipient,
    waitSeconds: reading?.waitSeconds ?? null
  }
}

/** The provider's own stream, else the source's; none for an opt-out from everything. */
function streamOf(draft: ProviderEvent, arrival: Arrival): string | null {
  return draft.everyStream ? null : (draft.message.stream ?? arrival.stream)
}

/** Events as `normalise` makes them, with what a test says about them. */
import type { Event, EventType } from '../../src/events/event.ts'
import { faultOf, type Reason } from '../../src/smtp/reasons.ts'

export interface Said {
  id?: string
  type?: EventType
  time?: string
  reason?: Reason | null
  permanence?: 'permanent' | 'transient' | 'unknown'
  confidence?: 'high' | 'medium' | 'low'
  willRetry?: boolean
  stream?: string | null
  recipient?: string | null
  listedAs?: Event['data']['listed_as']
  complaint?: Event['data']['complaint']
  test?: boolean
}

export function makeEvent(said: Said = {}): Event {
  const type = said.type ?? 'email.bounced'
  const time = said.time ?? '2026-08-30T09:14:07.123Z'
  const recipient = said.recipient === undefined ? 'ada@example.com' : said.recipient
  const reason = said.reason ?? null
  return {
    specversion: '1.0',
    id: said.id ?? 'evt_00000000000000000000000000000001',
    source: '/sources/postmark',
    type,
    subject: recipient,
    time,
    timestamp: time,
    data: {
      recipient: recipient === null ? null : { address: recipient, domain: 'example.com' },
      message: {
        provider_id: 'm1',
        rfc5322_id: null,
        stream: said.stream ?? null,
        tags: [],
        metadata: {}
      },
      receiver: null,
      smtp: null,
      provider: {
        name: 'postmark',
        event: 'Bounce',
        type: null,
        subtype: null,
        code: null,
        event_id: null,
        attempt: null,
        will_retry: said.willRetry ?? false
      },
      classification:
        reason === null
          ? null
          : {
              reason,
              fault: faultOf(reason),
              permanence: said.permanence ?? 'permanent',
              confidence: said.confidence ?? 'high',
              rule: 'made'
            },
      listed_as: said.listedAs ?? null,
      complaint: said.complaint ?? null,
      decision: null,
      engagement: null,
      asynchronous: false,
      test: said.test ?? false,
      provenance: {},
      received_at: '2026-08-30T09:14:10.000Z'
    }
  }
}

/** Parcels of normalised events, as `ingest` hands them to the group commit. */
import { randomBytes } from 'node:crypto'
import type { ProviderEvent } from '../../src/events/event.ts'
import { idOf } from '../../src/events/identity.ts'
import { type Normalised, normalise } from '../../src/events/normalise.ts'
import { GroupCommit } from '../../src/ingest/group-commit.ts'
import type { Parcel } from '../../src/ingest/write-parcels.ts'
import { defaultPolicy } from '../../src/policy/default-policy.ts'
import { parseReply } from '../../src/smtp/reply.ts'
import type { Database } from '../../src/store/database.ts'
import { findEvent, findReceipt } from '../../src/store/queries/events.ts'

export const now = new Date()
export const minute = 60_000
export const day = 86_400_000

export function ago(milliseconds: number): Date {
  return new Date(now.getTime() - milliseconds)
}

/** A hard bounce of `recipient`; `n` makes it an event of its own. */
export function hardBounce(
  recipient: string,
  n: number | string,
  more: Partial<ProviderEvent> = {}
): ProviderEvent {
  return {
    type: 'email.bounced',
    time: ago(minute),
    recipient,
    identity: ['Bounce', `${n}`],
    message: { provider_id: `m-${n}`, rfc5322_id: null, stream: null, tags: [], metadata: {} },
    mx: null,
    reply: replied('550 5.1.1 User unknown'),
    provider: {
      name: 'postmark',
      event: 'Bounce',
      type: 'HardBounce',
      subtype: null,
      code: 1,
      event_id: `${n}`,
      attempt: null,
      will_retry: false
    },
    hint: null,
    listedAs: null,
    complaint: null,
    engagement: null,
    asynchronous: false,
    test: false,
    provenance: {},
    ...more
  }
}

export function replied(text: string): ProviderEvent['reply'] {
  const parsed = parseReply(text)
  return parsed && { parsed, spokenBy: 'receiver' }
}

export function plain(type: ProviderEvent['type'], recipient: string, n: string, time: Date) {
  return hardBounce(recipient, n, { type, time, reply: null })
}

export function arrived(drafts: readonly ProviderEvent[], receivedAt = now): Normalised[] {
  const arrival = { tenant: 'default', sourceId: 'postmark', stream: null, receivedAt }
  return drafts.map((draft) => normalise(draft, arrival))
}

export function parcel(events: Normalised[], more: Partial<Parcel> = {}): Parcel {
  return {
    tenant: 'default',
    sourceId: 'postmark',
    provider: 'postmark',
    receivedAt: now,
    raw: {
      id: idOf('raw', randomBytes(20)),
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(events.map(({ event }) => event.id)))
    },
    events,
    unreadable: [],
    token: null,
    ...more
  }
}

export function commitsOn(database: Database): { commits: GroupCommit; committed(): number } {
  let count = 0
  const commits = new GroupCommit(
    database,
    () => defaultPolicy,
    () => count++
  )
  return { commits, committed: () => count }
}

/** How many rows a table holds. */
export function rowsOf(database: Database, table: string): Promise<number> {
  return database.run(async (sql) => {
    const [row] = await sql<{ n: string }[]>`select count(*)::text as n from ${sql(table)}`
    return Number(row?.n)
  })
}

/** An event as it is found by its key, the way GET /events/:id goes. */
export async function found(database: Database, { key, event }: Normalised) {
  return database.run(async (sql) => {
    const receivedAt = await findReceipt(sql, 'default', key)
    const row = receivedAt && (await findEvent(sql, 'default', event.id, receivedAt))
    return row ? JSON.parse(row.document) : null
  })
}

export interface Entry {
  recipient: string
  scope: string
  reason: string
  expires_at: string | null
  event_id: string
}

export function entriesOf(database: Database): Promise<Entry[]> {
  return database.run(
    (sql) => sql<Entry[]>`
      select recipient, scope, reason, event_id,
        to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as expires_at
      from suppressions
      order by recipient, scope, reason`
  )
}

/** The history's changes in the order in which they were written. */
export function changesOf(database: Database) {
  return database.run(
    (sql) => sql<{ recipient: string; change: string; reason: string; decision_id: string }[]>`
      select recipient, change, reason, decision_id
      from suppression_history
      order by xid, id`
  )
}

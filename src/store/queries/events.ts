import type { Sql } from '../database.ts'

export interface EventFilter {
  type?: string | undefined
  recipient?: string | undefined
  provider?: string | undefined
  source?: string | undefined
  reason?: string | undefined
  message_id?: string | undefined
  received_after?: string | undefined
  received_before?: string | undefined
}

type Position = readonly [receivedAt: string, id: string] | null

/** Events as JSON text, newest first. */
export function listEvents(
  sql: Sql,
  tenant: string,
  filter: EventFilter,
  after: Position,
  limit: number
) {
  const { type, recipient, provider, source, reason, message_id } = filter
  return sql<{ id: string; position: string; document: string }[]>`
    select id, received_at::text as position, document::text as document
    from events
    where tenant_id = ${tenant}::text
      ${type === undefined ? sql`` : sql`and type = ${type}::text`}
      ${recipient === undefined ? sql`` : sql`and recipient = ${recipient}::text`}
      ${provider === undefined ? sql`` : sql`and provider = ${provider}::text`}
      ${source === undefined ? sql`` : sql`and source_id = ${source}::text`}
      ${reason === undefined ? sql`` : sql`and reason = ${reason}::text`}
      ${message_id === undefined ? sql`` : sql`and message_id = ${message_id}::text`}
      ${received(sql, filter)}
      ${before(sql, after)}
    order by received_at desc, id desc
    limit ${limit}::text::int`
}

/** When an event or decision with this key was received: the way to its partition. Null if never. */
export async function findReceipt(sql: Sql, tenant: string, key: Buffer): Promise<string | null> {
  const [row] = await sql<{ received_at: string }[]>`
    select received_at::text as received_at
    from dedupe_keys
    where tenant_id = ${tenant}::text
      and key = decode(${key.toString('hex')}::text, 'hex')`
  return row?.received_at ?? null
}

export async function findEvent(sql: Sql, tenant: string, id: string, receivedAt: string) {
  const [row] = await sql<{ document: string; raw_id: string }[]>`
    select document::text as document, raw_id
    from events
    where tenant_id = ${tenant}::text
      and id = ${id}::text
      and received_at = ${receivedAt}::text::timestamptz`
  return row ?? null
}

export async function findRawBody(sql: Sql, tenant: string, id: string, receivedAt: string) {
  const [row] = await sql<{ headers: string; body: string }[]>`
    select headers::text as headers, encode(body, 'base64') as body
    from raw_bodies
    where tenant_id = ${tenant}::text
      and id = ${id}::text
      and received_at = ${receivedAt}::text::timestamptz`
  return row === undefined
    ? null
    : {
        headers: JSON.parse(row.headers) as Record<string, string>,
        body: Buffer.from(row.body, 'base64')
      }
}

export interface DecisionFilter {
  action?: string | undefined
  recipient?: string | undefined
  rule?: string | undefined
  due_before?: string | undefined
  received_after?: string | undefined
  received_before?: string | undefined
}

export interface StoredDecision {
  id: string
  event_id: string
  recipient: string | null
  action: string
  rule: string
  policy_version: number
  reason: string | null
  because: string
  /** JSON text. */
  evidence: string
  not_before: string | null
  expires_at: string | null
  received_at: string
}

const decisionColumns = (sql: Sql) => sql`
  id, event_id, recipient, action, rule, policy_version, reason, because,
  evidence::text as evidence,
  to_char(not_before at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as not_before,
  to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as expires_at,
  to_char(received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as received_at`

/** Decisions, newest first. */
export function listDecisions(
  sql: Sql,
  tenant: string,
  filter: DecisionFilter,
  after: Position,
  limit: number
) {
  const { action, recipient, rule, due_before } = filter
  return sql<(StoredDecision & { position: string })[]>`
    select ${decisionColumns(sql)}, decisions.received_at::text as position
    from decisions
    where tenant_id = ${tenant}::text
      ${action === undefined ? sql`` : sql`and action = ${action}::text`}
      ${recipient === undefined ? sql`` : sql`and recipient = ${recipient}::text`}
      ${rule === undefined ? sql`` : sql`and rule = ${rule}::text`}
      ${due_before === undefined ? sql`` : sql`and not_before < ${due_before}::text::timestamptz`}
      ${received(sql, filter)}
      ${before(sql, after)}
    order by decisions.received_at desc, id desc
    limit ${limit}::text::int`
}

export async function findDecision(sql: Sql, tenant: string, id: string, receivedAt: string) {
  const [row] = await sql<StoredDecision[]>`
    select ${decisionColumns(sql)}
    from decisions
    where tenant_id = ${tenant}::text
      and id = ${id}::text
      and decisions.received_at = ${receivedAt}::text::timestamptz`
  return row ?? null
}

function received(
  sql: Sql,
  filter: { received_after?: string | undefined; received_before?: string | undefined }
) {
  const { received_after, received_before } = filter
  return sql`
    ${received_after === undefined ? sql`` : sql`and received_at >= ${received_after}::text::timestamptz`}
    ${received_before === undefined ? sql`` : sql`and received_at < ${received_before}::text::timestamptz`}`
}

function before(sql: Sql, after: Position) {
  return after === null
    ? sql``
    : sql`and (received_at, id) < (${after[0]}::text::timestamptz, ${after[1]}::text)`
}

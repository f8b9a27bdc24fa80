/**
 * The delivery queue. Every statement is short and stands alone, so that no transaction is open while a
 * subscriber is being spoken to, and so that the embedded database's one connection is free again at once.
 * Times come from the database's clock: workers on several machines need not agree on theirs.
 */
import type { Sql } from '../database.ts'

export function findTenants(sql: Sql) {
  return sql<{ tenant_id: string }[]>`select tenant_id from tenants order by tenant_id`
}

export interface ClaimedRow {
  id: string
  endpoint_id: string
  event_id: string
  /** Attempts made before this one. */
  attempts: number
  url: string
  timeout_ms: number
  /** The event's JSON as stored, or null when retention has dropped it. */
  document: string | null
  /** Base64 of each sealed secret that has not expired, newest first. */
  secrets: string[]
  /** The database's clock in unix seconds. */
  now: number
}

/**
 * Leases due rows of every lane that has room, with all that is needed to send them. A lane is an active
 * endpoint that is not held. The lanes are read without locks; the rows are locked inside a CTE, which is
 * evaluated once (a LIMIT directly in an UPDATE may be run again and then claims more than its limit).
 *
 * `rooms` says how many rows these endpoints may get, `otherRoom` how many any other may.
 */
export function claimDeliveries(
  sql: Sql,
  tenant: string,
  claim: {
    token: string
    rooms: readonly { endpoint_id: string; room: number }[]
    otherRoom: number
    total: number
    leaseSeconds: number
  }
) {
  return sql<ClaimedRow[]>`
    with lanes as materialized (
      select e.id, e.url, e.timeout_ms,
        coalesce(b.room, ${String(claim.otherRoom)}::text::int) as room
      from endpoints e
      left join json_to_recordset(${JSON.stringify(claim.rooms)}::text::json)
        as b(endpoint_id text, room int)
        on b.endpoint_id = e.id
      where e.tenant_id = ${tenant}::text
        and e.status = 'active'
        and (e.held_until is null or e.held_until <= now())
        and coalesce(b.room, 1) > 0
      -- When the total is short, the lanes that have the least get it, and equals take turns.
      order by room desc, random()
    ),
    due as materialized (
      select d.id, l.url, l.timeout_ms
      from lanes l
      cross join lateral (
        select q.id
        from deliveries q
        where q.tenant_id = ${tenant}::text
          and q.endpoint_id = l.id
          and q.next_attempt_at <= now()
          and (q.lease_until is null or q.lease_until < now())
        order by q.next_attempt_at, q.id
        limit l.room
        for update skip locked
      ) d
      limit ${String(claim.total)}::text::int
    ),
    leased as (
      update deliveries d
      set lease_token = ${claim.token}::text,
        lease_until = now() + make_interval(secs => ${String(claim.leaseSeconds)}::text::float8)
      from due
      where d.tenant_id = ${tenant}::text
        and d.id = due.id
      returning d.id, d.endpoint_id, d.event_id, d.event_received_at, d.attempts, d.next_attempt_at,
        due.url, due.timeout_ms
    )
    select l.id, l.endpoint_id, l.event_id, l.attempts, l.url, l.timeout_ms,
      e.document::text as document,
      array(
        select encode(s.secret, 'base64')
        from endpoint_secrets s
        where s.tenant_id = ${tenant}::text
          and s.endpoint_id = l.endpoint_id
          and (s.expires_at is null or s.expires_at > now())
        order by s.created_at desc, s.id desc
      ) as secrets,
      extract(epoch from now())::float8 as now
    from leased l
    left join events e
      on e.tenant_id = ${tenant}::text
      and e.id = l.event_id
      and e.received_at = l.event_received_at
    order by l.next_attempt_at, l.id`
}

export interface HeldLease {
  id: string
  lease_token: string
}

/** Lengthens the leases of attempts that take long, as far as they are still ours. */
export function renewLeases(
  sql: Sql,
  tenant: string,
  rows: readonly HeldLease[],
  leaseSeconds: number
) {
  return sql`
    update deliveries d
    set lease_until = now() + make_interval(secs => ${String(leaseSeconds)}::text::float8)
    from json_to_recordset(${JSON.stringify(rows)}::text::json) as r(id text, lease_token text)
    where d.tenant_id = ${tenant}::text
      and d.id = r.id
      and d.lease_token = r.lease_token`
}

export interface AttemptedRow extends HeldLease {
  /** What the delivery became; null when it will be tried again. */
  outcome: 'delivered' | 'exhausted' | 'skipped' | null
  /** Milliseconds until the next attempt; null leaves the row due as it was. */
  delay_ms: number | null
  /** Milliseconds that the whole lane waits. */
  hold_ms: number | null
  /** Why the endpoint is to be disabled. */
  disable: string | null
  /** Null when nothing was sent: then no attempt is counted. */
  duration_ms: number | null
  status: number | null
  error_class: string | null
  detail: string | null
  resolved_address: string | null
  response_excerpt: string | null
}

/**
 * Records what attempts led to, all of it or, for a row whose lease is no longer ours, nothing. A finished
 * row moves to the history in the same statement. Answers the ids recorded.
 */
export function recordAttempts(sql: Sql, tenant: string, rows: readonly AttemptedRow[]) {
  return sql<{ id: string }[]>`
    with r as materialized (
      select *
      from json_to_recordset(${JSON.stringify(rows)}::text::json)
        as r(id text, lease_token text, outcome text, delay_ms float8, hold_ms float8, disable text,
          duration_ms int, status smallint, error_class text, detail text, resolved_address text,
          response_excerpt text)
    ),
    finished as (
      delete from deliveries d
      using r
      where d.tenant_id = ${tenant}::text
        and d.id = r.id
        and d.lease_token = r.lease_token
        and r.outcome is not null
      returning d.id, d.endpoint_id, d.event_id, d.event_type, d.event_received_at, d.created_at,
        d.attempts + (r.duration_ms is not null)::int as attempts
    ),
    postponed as (
      update deliveries d
      set attempts = d.attempts + (r.duration_ms is not null)::int,
        next_attempt_at = coalesce(
          now() + r.delay_ms * interval '1 millisecond',
          d.next_attempt_at
        ),
        lease_token = null,
        lease_until = null
      from r
      where d.tenant_id = ${tenant}::text
        and d.id = r.id
        and d.lease_token = r.lease_token
        and r.outcome is null
      returning d.id, d.endpoint_id, d.attempts
    ),
    recorded as (
      select id, endpoint_id, attempts from finished
      union all
      select id, endpoint_id, attempts from postponed
    ),
    moved as (
      insert into delivery_history
        (tenant_id, id, finished_at, endpoint_id, event_id, event_type, event_received_at, created_at,
         attempts, outcome)
      select ${tenant}::text, f.id, now(), f.endpoint_id, f.event_id, f.event_type,
        f.event_received_at, f.created_at, f.attempts, r.outcome
      from finished f
      join r on r.id = f.id
    ),
    attempted as (
      insert into delivery_attempts
        (tenant_id, delivery_id, attempt, started_at, endpoint_id, duration_ms, status, error_class,
         detail, resolved_address, response_excerpt)
      select ${tenant}::text, w.id, w.attempts, now() - r.duration_ms * interval '1 millisecond',
        w.endpoint_id, r.duration_ms, r.status, r.error_class, r.detail, r.resolved_address,
        r.response_excerpt
      from recorded w
      join r on r.id = w.id
      where r.duration_ms is not null
    ),
    lanes as (
      select w.endpoint_id, max(r.hold_ms) as hold_ms, min(r.disable) as disable
      from recorded w
      join r on r.id = w.id
      group by w.endpoint_id
      having max(r.hold_ms) is not null or min(r.disable) is not null
    ),
    halted as (
      update endpoints e
      set held_until = greatest(e.held_until, now() + l.hold_ms * interval '1 millisecond'),
        status = case when l.disable is null then e.status else 'disabled' end,
        status_detail = coalesce(l.disable, e.status_detail),
        updated_at = case when l.disable is null then e.updated_at else now() end
      from lanes l
      where e.tenant_id = ${tenant}::text
        and e.id = l.endpoint_id
    )
    select id from recorded`
}

/**
 * Moves what waits for endpoints that are disabled, or are no more, to the history, where it can be
 * recovered from. Rows that a worker holds are left for it, or for a later call. Answers how many were
 * moved; call it until that is less than `limit`.
 */
export async function skipDisabled(sql: Sql, tenant: string, limit: number): Promise<number> {
  const moved = await sql`
    with due as materialized (
      select d.id
      from deliveries d
      where d.tenant_id = ${tenant}::text
        and (d.lease_until is null or d.lease_until < now())
        and not exists (
          select 1
          from endpoints e
          where e.tenant_id = ${tenant}::text
            and e.id = d.endpoint_id
            and e.status <> 'disabled'
        )
      limit ${String(limit)}::text::int
      for update of d skip locked
    ),
    removed as (
      delete from deliveries d
      using due
      where d.tenant_id = ${tenant}::text
        and d.id = due.id
      returning d.*
    )
    insert into delivery_history
      (tenant_id, id, finished_at, endpoint_id, event_id, event_type, event_received_at, created_at,
       attempts, outcome)
    select tenant_id, id, now(), endpoint_id, event_id, event_type, event_received_at, created_at,
      attempts, 'skipped'
    from removed`
  return moved.count
}

export interface DeliveryFilter {
  endpoint_id?: string | undefined
  /** An outcome, or `queued` for what is not finished. */
  outcome?: 'queued' | 'delivered' | 'exhausted' | 'skipped' | undefined
}

export interface ListedDelivery {
  id: string
  /** With the id, the position in the list: when it was finished, or queued. */
  position: string
  endpoint_id: string
  event_id: string
  event_type: string
  created_at: string
  finished_at: string | null
  attempts: number
  outcome: 'queued' | 'delivered' | 'exhausted' | 'skipped'
  next_attempt_at: string | null
}

/** Queue and history as one list, newest first. A delivery that finishes moves to the top. */
export function listDeliveries(
  sql: Sql,
  tenant: string,
  filter: DeliveryFilter,
  after: readonly [position: string, id: string] | null,
  limit: number
) {
  const { endpoint_id, outcome } = filter
  const ofEndpoint = endpoint_id === undefined ? sql`` : sql`and endpoint_id = ${endpoint_id}::text`
  const before = (column: 'created_at' | 'finished_at') =>
    after === null
      ? sql``
      : sql`and (${sql(column)}, id) < (${after[0]}::text::timestamptz, ${after[1]}::text)`
  return sql<ListedDelivery[]>`
    select id, at::text as position, endpoint_id, event_id, event_type,
      created_at::text as created_at, finished_at::text as finished_at, attempts, outcome,
      next_attempt_at::text as next_attempt_at
    from (
      (
        select id, created_at as at, endpoint_id, event_id, event_type, created_at,
          null::timestamptz as finished_at, attempts, 'queued' as outcome, next_attempt_at
        from deliveries
        where tenant_id = ${tenant}::text
          ${outcome === undefined || outcome === 'queued' ? sql`` : sql`and false`}
          ${ofEndpoint}
          ${before('created_at')}
        order by created_at desc, id desc
        limit ${String(limit)}::text::int
      )
      union all
      (
        select id, finished_at as at, endpoint_id, event_id, event_type, created_at, finished_at,
          attempts, outcome, null::timestamptz as next_attempt_at
        from delivery_history
        where tenant_id = ${tenant}::text
          ${outcome === undefined ? sql`` : sql`and outcome = ${outcome}::text`}
          ${ofEndpoint}
          ${before('finished_at')}
        order by finished_at desc, id desc
        limit ${String(limit)}::text::int
      )
    ) as both_tables
    order by at desc, id desc
    limit ${String(limit)}::text::int`
}

export interface ListedAttempt {
  attempt: number
  started_at: string
  duration_ms: number
  status: number | null
  error_class: string | null
  response_excerpt: string | null
}

/**
 * What happened each time a delivery was tried. `detail` and `resolved_address` are left out: with them a
 * tenant could map the network that this service runs in.
 */
export function listAttempts(sql: Sql, tenant: string, deliveryId: string) {
  return sql<ListedAttempt[]>`
    select attempt, started_at::text as started_at, duration_ms, status, error_class, response_excerpt
    from delivery_attempts
    where tenant_id = ${tenant}::text
      and delivery_id = ${deliveryId}::text
    order by started_at, attempt`
}

/**
 * The statements of one ingest transaction, in the one order in which every writer touches the tables:
 * replay_tokens, dedupe_keys, raw_bodies, quarantine, recipient_states, events, decisions, suppressions,
 * suppression_history, deliveries. Rows go in as one JSON text each, keys sorted, so that two writers
 * never wait for each other in a circle.
 */
import type { Transaction } from '../database.ts'

export interface TokenRow {
  source_id: string
  token: string
  signed_at: string
  /** Hex. */
  body_digest: string
}

/** Records tokens; the answer holds the digest that each token was first seen with. */
export async function claimTokens(tx: Transaction, tenant: string, rows: readonly TokenRow[]) {
  await tx`
    insert into replay_tokens (tenant_id, source_id, token, signed_at, body_digest)
    select ${tenant}::text, r.source_id, r.token, r.signed_at, decode(r.body_digest, 'hex')
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as r(source_id text, token text, signed_at timestamptz, body_digest text)
    order by r.source_id, r.token
    on conflict do nothing`
  return tx<TokenRow[]>`
    select t.source_id, t.token, r.signed_at, encode(t.body_digest, 'hex') as body_digest
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as r(source_id text, token text, signed_at text)
    join replay_tokens t
      on t.tenant_id = ${tenant}::text
      and t.source_id = r.source_id
      and t.token = r.token
      and t.signed_at = r.signed_at::timestamptz`
}

export interface KeyRow {
  /** Hex. */
  key: string
  week: string
  received_at: string
}

/** Inserts the keys that are not there yet and answers those. */
export async function claimKeys(tx: Transaction, tenant: string, rows: readonly KeyRow[]) {
  const sorted = [...rows].sort((a, b) => (a.key < b.key ? -1 : 1))
  const claimed = await tx<{ key: string }[]>`
    insert into dedupe_keys (tenant_id, key, week, received_at)
    select ${tenant}::text, decode(r.key, 'hex'), r.week, r.received_at
    from json_to_recordset(${JSON.stringify(sorted)}::text::json)
      as r(key text, week date, received_at timestamptz)
    order by r.key
    on conflict do nothing
    returning encode(key, 'hex') as key`
  return new Set(claimed.map((row) => row.key))
}

export interface RawRow {
  id: string
  received_at: string
  source_id: string
  provider: string
  headers: Record<string, string>
  body: Buffer
}

export function insertRawBodies(tx: Transaction, tenant: string, rows: readonly RawRow[]) {
  const texts = rows.map(({ body, ...row }) => ({
    ...row,
    headers: JSON.stringify(row.headers),
    body: body.toString('base64')
  }))
  return tx`
    insert into raw_bodies (tenant_id, id, received_at, source_id, provider, headers, body)
    select ${tenant}::text, r.id, r.received_at, r.source_id, r.provider, r.headers::json,
      decode(r.body, 'base64')
    from json_to_recordset(${JSON.stringify(texts)}::text::json)
      as r(id text, received_at timestamptz, source_id text, provider text, headers text, body text)
    on conflict do nothing`
}

export interface QuarantineRow {
  id: string
  received_at: string
  source_id: string
  raw_id: string
  provider: string
  pointer: string
  detail: string
}

export function insertQuarantine(tx: Transaction, tenant: string, rows: readonly QuarantineRow[]) {
  return tx`
    insert into quarantine
      (tenant_id, id, received_at, source_id, raw_id, provider, pointer, detail)
    select ${tenant}::text, r.id, r.received_at, r.source_id, r.raw_id, r.provider, r.pointer, r.detail
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as r(id text, received_at timestamptz, source_id text, raw_id text, provider text,
        pointer text, detail text)`
}

export interface StateRow {
  recipient: string
  /** JSON text. */
  failures: string
  last_delivery_at: string | null
}

/**
 * Locks the states of these recipients in order. `create` are those that must have one; the others are
 * locked only if they do.
 */
export async function lockStates(
  tx: Transaction,
  tenant: string,
  recipients: readonly string[],
  create: readonly string[]
) {
  if (create.length > 0) {
    await tx`
      insert into recipient_states (tenant_id, recipient)
      select ${tenant}::text, r.recipient
      from json_array_elements_text(${JSON.stringify([...create].sort())}::text::json) as r(recipient)
      order by r.recipient collate "C"
      on conflict do nothing`
  }
  return tx<StateRow[]>`
    select recipient, failures::text as failures, last_delivery_at::text as last_delivery_at
    from recipient_states
    where tenant_id = ${tenant}::text
      and recipient = any(
        select json_array_elements_text(${JSON.stringify(recipients)}::text::json) collate "C"
      )
    order by recipient
    for update`
}

export function updateStates(tx: Transaction, tenant: string, rows: readonly StateRow[]) {
  return tx`
    update recipient_states s
    set failures = r.failures::json,
      last_delivery_at = r.last_delivery_at,
      updated_at = now()
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as r(recipient text, failures text, last_delivery_at timestamptz)
    where s.tenant_id = ${tenant}::text
      and s.recipient = r.recipient collate "C"`
}

export interface EventRow {
  id: string
  received_at: string
  source_id: string
  raw_id: string
  provider: string
  type: string
  time: string
  recipient: string | null
  domain: string | null
  message_id: string | null
  reason: string | null
  /** JSON text. */
  document: string
}

export function insertEvents(tx: Transaction, tenant: string, rows: readonly EventRow[]) {
  return tx`
    insert into events
      (tenant_id, id, received_at, source_id, raw_id, provider, type, time, recipient, domain,
       message_id, reason, document)
    select ${tenant}::text, r.id, r.received_at, r.source_id, r.raw_id, r.provider, r.type, r.time,
      r.recipient, r.domain, r.message_id, r.reason, r.document::json
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as r(id text, received_at timestamptz, source_id text, raw_id text, provider text, type text,
        time timestamptz, recipient text, domain text, message_id text, reason text, document text)`
}

export interface DecisionRow {
  id: string
  received_at: string
  event_id: string
  recipient: string
  action: string
  rule: string
  policy_version: number
  reason: string | null
  not_before: string | null
  expires_at: string | null
  because: string
  /** JSON text. */
  evidence: string
}

export function insertDecisions(tx: Transaction, tenant: string, rows: readonly DecisionRow[]) {
  return tx`
    insert into decisions
      (tenant_id, id, received_at, event_id, recipient, action, rule, policy_version, reason,
       not_before, expires_at, because, evidence)
    select ${tenant}::text, r.id, r.received_at, r.event_id, r.recipient, r.action, r.rule,
      r.policy_version, r.reason, r.not_before, r.expires_at, r.because, r.evidence::json
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as r(id text, received_at timestamptz, event_id text, recipient text, action text, rule text,
        policy_version int, reason text, not_before timestamptz, expires_at timestamptz,
        because text, evidence text)`
}

export interface SuppressionRow {
  recipient: string
  scope: string
  reason: string
  domain: string
  receiver: string | null
  source_id: string
  event_id: string
  decision_id: string
  /** The time of the latest event that asks for the entry. */
  at: string
  expires_at: string | null
}

/** The opt-outs among these that a later opt-in answers, which was learnt of first. */
export function findAnswered(tx: Transaction, tenant: string, rows: readonly SuppressionRow[]) {
  return tx<{ recipient: string; scope: string; reason: string }[]>`
    select r.recipient, r.scope, r.reason
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as r(recipient text, scope text, reason text, at timestamptz)
    where exists (
      select 1
      from events e
      where e.tenant_id = ${tenant}::text
        and e.recipient = r.recipient collate "C"
        and e.type = 'email.resubscribed'
        and e.time > r.at
        and ${scopeOfEvent(tx)} = r.scope
        and e.document #>> '{data,test}' = 'false'
    )`
}

/** Adds entries, or lets a newer event lengthen one that is there; the history says which. */
export async function upsertSuppressions(
  tx: Transaction,
  tenant: string,
  rows: readonly SuppressionRow[],
  now: string
) {
  const sorted = [...rows].sort((a, b) => (keyOfEntry(a) < keyOfEntry(b) ? -1 : 1))
  await tx`
    with written as (
      insert into suppressions as s
        (tenant_id, recipient, scope, reason, state, domain, receiver, source_id, event_id,
         decision_id, created_at, updated_at, expires_at)
      select ${tenant}::text, r.recipient, r.scope, r.reason, 'active', r.domain, r.receiver,
        r.source_id, r.event_id, r.decision_id, ${now}::text::timestamptz,
        ${now}::text::timestamptz, r.expires_at
      from json_to_recordset(${JSON.stringify(sorted)}::text::json)
        as r(recipient text, scope text, reason text, domain text, receiver text, source_id text,
          event_id text, decision_id text, expires_at timestamptz)
      order by r.recipient collate "C", r.scope collate "C", r.reason
      on conflict (tenant_id, recipient, scope, reason) do update
      set updated_at = excluded.updated_at,
        expires_at = case
          when s.expires_at is null or excluded.expires_at is null then null
          else greatest(s.expires_at, excluded.expires_at)
        end,
        event_id = excluded.event_id,
        decision_id = excluded.decision_id
      where s.expires_at is not null
        and (excluded.expires_at is null or excluded.expires_at > s.expires_at)
      returning s.*, (xmax = 0) as added
    )
    insert into suppression_history
      (tenant_id, id, recipient, scope, reason, change, at, actor, decision_id, entry)
    select w.tenant_id, 'his_' || gen_random_uuid(), w.recipient, w.scope, w.reason,
      case when w.added then 'added' else 'changed' end, w.updated_at, 'policy', w.decision_id,
      json_build_object('state', w.state, 'source_id', w.source_id, 'event_id', w.event_id,
        'expires_at', w.expires_at)
    from written w`
}

export interface LiftRow {
  recipient: string
  scope: string
  reason: string
  decision_id: string
  /** The event's time. */
  at: string
}

/**
 * Takes entries off the list, but no opt-out from a stream that the recipient opted out of again later:
 * providers report in no order.
 */
export async function liftSuppressions(
  tx: Transaction,
  tenant: string,
  rows: readonly LiftRow[],
  now: string
) {
  await tx`
    with removed as (
      delete from suppressions s
      using json_to_recordset(${JSON.stringify(rows)}::text::json)
        as r(recipient text, scope text, reason text, decision_id text, at timestamptz)
      where s.tenant_id = ${tenant}::text
        and s.recipient = r.recipient collate "C"
        and s.scope = r.scope collate "C"
        and s.reason = r.reason
        and not exists (
          select 1
          from events e
          where e.tenant_id = s.tenant_id
            and e.recipient = s.recipient
            and e.type = 'email.unsubscribed'
            and e.time > r.at
            and ${scopeOfEvent(tx)} = s.scope
            and e.document #>> '{data,test}' = 'false'
        )
      returning s.tenant_id, s.recipient, s.scope, s.reason, r.decision_id
    )
    insert into suppression_history
      (tenant_id, id, recipient, scope, reason, change, at, actor, decision_id, entry)
    select tenant_id, 'his_' || gen_random_uuid(), recipient, scope, reason, 'removed',
      ${now}::text::timestamptz, 'policy', decision_id, null
    from removed`
}

/** The endpoints that deliveries may be queued for; paused ones too, their deliveries wait. */
export function findEndpoints(tx: Transaction, tenant: string) {
  return tx<{ id: string; types: string[] }[]>`
    select id, types
    from endpoints
    where tenant_id = ${tenant}::text
      and status in ('active', 'paused')
    order by id`
}

export interface DeliveryRow {
  id: string
  endpoint_id: string
  event_id: string
  event_type: string
  event_received_at: string
}

export function insertDeliveries(tx: Transaction, tenant: string, rows: readonly DeliveryRow[]) {
  return tx`
    insert into deliveries
      (tenant_id, id, endpoint_id, event_id, event_type, event_received_at)
    select ${tenant}::text, r.id, r.endpoint_id, r.event_id, r.event_type, r.event_received_at
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as r(id text, endpoint_id text, event_id text, event_type text, event_received_at timestamptz)
    on conflict do nothing`
}

function scopeOfEvent(tx: Transaction) {
  return tx`coalesce('stream:' || (e.document #>> '{data,message,stream}'), 'all')`
}

function keyOfEntry(row: { recipient: string; scope: string; reason: string }): string {
  return `${row.recipient}\n${row.scope}\n${row.reason}`
}

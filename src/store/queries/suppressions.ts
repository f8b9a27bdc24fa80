import type { Sql } from '../database.ts'

export interface SuppressionEntry {
  recipient: string
  scope: string
  reason: string
  state: string
  domain: string
  receiver: string | null
  source_id: string | null
  event_id: string | null
  decision_id: string | null
  note: string | null
  created_at: string
  updated_at: string
  expires_at: string | null
}

const columns = (sql: Sql) => sql`
  recipient, scope, reason, state, domain, receiver, source_id, event_id, decision_id, note,
  to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at,
  to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as updated_at,
  to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as expires_at`

/** The entries that stop any of these recipients now, in any scope. Read from the primary key. */
export function findEntries(sql: Sql, tenant: string, recipients: readonly string[]) {
  return sql<SuppressionEntry[]>`
    select ${columns(sql)}
    from suppressions
    where tenant_id = ${tenant}::text
      and recipient in (
        select json_array_elements_text(${JSON.stringify(recipients)}::text::json) collate "C"
      )
      and (expires_at is null or expires_at > now())
    order by recipient, created_at, scope, reason`
}

export interface EntryFilter {
  reason?: string | undefined
  scope?: string | undefined
  state?: string | undefined
  domain?: string | undefined
  receiver?: string | undefined
  source?: string | undefined
  created_after?: string | undefined
  created_before?: string | undefined
}

/** The list, newest first, after the entry that `after` names. */
export function listEntries(
  sql: Sql,
  tenant: string,
  filter: EntryFilter,
  after: readonly [createdAt: string, recipient: string, scope: string, reason: string] | null,
  limit: number
) {
  const { reason, scope, state, domain, receiver, source, created_after, created_before } = filter
  return sql<(SuppressionEntry & { position: string })[]>`
    select ${columns(sql)}, created_at::text as position
    from suppressions
    where tenant_id = ${tenant}::text
      and (expires_at is null or expires_at > now())
      ${reason === undefined ? sql`` : sql`and reason = ${reason}::text`}
      ${scope === undefined ? sql`` : sql`and scope = ${scope}::text`}
      ${state === undefined ? sql`` : sql`and state = ${state}::text`}
      ${domain === undefined ? sql`` : sql`and domain = ${domain}::text`}
      ${receiver === undefined ? sql`` : sql`and receiver = ${receiver}::text`}
      ${source === undefined ? sql`` : sql`and source_id = ${source}::text`}
      ${created_after === undefined ? sql`` : sql`and created_at >= ${created_after}::text::timestamptz`}
      ${created_before === undefined ? sql`` : sql`and created_at < ${created_before}::text::timestamptz`}
      ${
        after === null
          ? sql``
          : sql`and (created_at, recipient, scope, reason)
              < (${after[0]}::text::timestamptz, ${after[1]}::text, ${after[2]}::text, ${after[3]}::text)`
      }
    order by created_at desc, recipient desc, scope desc, reason desc
    limit ${limit}::text::int`
}

/** Weekly partitions: made ahead of time, and at once when a row finds none. */
import type { Sql } from './database.ts'
import { type PartitionedTable, partitionedTables } from './schema.ts'

const day = 86_400_000
const tables = Object.keys(partitionedTables) as PartitionedTable[]

/** The Monday (UTC) of the week that holds `time`, as `YYYY-MM-DD`. */
export function weekOf(time: Date): string {
  const sinceMonday = (time.getUTCDay() + 6) % 7
  return new Date(time.getTime() - sinceMonday * day).toISOString().slice(0, 10)
}

const otherWeek = '1970-01-05'

/**
 * The partition of a dedupe key: the week of the event's own time, which each repeat of the event shares.
 * Events without a time, and times outside twenty years, share one partition, so that odd dates cannot make partitions at will.
 */
export function dedupeWeek(eventTime: Date | null): string {
  const year = eventTime?.getUTCFullYear() ?? 0
  return eventTime !== null && year >= 2020 && year < 2040 ? weekOf(eventTime) : otherWeek
}

/** Makes one table's partition for the week that begins on `monday`. Safe to run from many processes. */
async function ensurePartition(sql: Sql, table: PartitionedTable, monday: string): Promise<void> {
  const end = new Date(Date.parse(monday) + 7 * day).toISOString().slice(0, 10)
  const zone = partitionedTables[table] === 'week' ? '' : ' 00:00:00+00'
  // Names and bounds are made of our own constants and digits; identifiers cannot be parameters.
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(7316488202)`
    // Waiting for the parent table would make every later statement on it wait behind us.
    await tx`set local lock_timeout = '2s'`
    await tx.unsafe(
      `create table if not exists ${table}_${monday.replaceAll('-', '')} partition of ${table}
       for values from ('${monday}${zone}') to ('${end}${zone}')`
    )
  })
}

/** Makes every table's partitions from last week to the week after next. */
export async function ensureUpcomingPartitions(sql: Sql, now: Date): Promise<void> {
  for (const weeks of [-1, 0, 1, 2]) {
    const monday = weekOf(new Date(now.getTime() + weeks * 7 * day))
    for (const table of tables) await ensurePartition(sql, table, monday)
  }
}

/** Makes the partitions that rows of these times need. */
export async function ensurePartitionsFor(
  sql: Sql,
  needs: readonly { table: PartitionedTable; time: Date }[]
): Promise<void> {
  const seen = new Set<string>()
  for (const { table, time } of needs) {
    const monday = weekOf(time)
    if (seen.has(`${table} ${monday}`)) continue
    seen.add(`${table} ${monday}`)
    await ensurePartition(sql, table, monday)
  }
}

import { pino } from 'pino'
import { expect, test } from 'vitest'
import { HealthRecorder } from '../../src/ingest/health.ts'
import type { Database } from '../../src/store/database.ts'
import type { Source } from '../../src/store/sources.ts'
import { sharedService } from '../support/service.ts'
import { rowsOf } from './parcels.ts'

const source: Source = {
  tenant: 'default',
  id: 'src_health',
  name: 'postmark',
  provider: 'postmark',
  credentials: {},
  stream: null,
  enabled: true,
  fromSettings: false,
  createdAt: null,
  updatedAt: null
}

async function start() {
  const { database } = await sharedService()
  return { database, health: new HealthRecorder(database, pino({ level: 'silent' })) }
}

function healthOf(database: Database) {
  return database.run(
    (sql) => sql<Record<string, string | number | null>[]>`
      select last_event_at::text as last_event_at, last_rejection_code, last_rejection_detail,
        last_confirmation_detail, sum(accepted)::int as accepted, sum(duplicates)::int as duplicates,
        sum(quarantined)::int as quarantined, sum(rejected)::int as rejected
      from source_health h join source_hours using (tenant_id, source_id)
      group by h.tenant_id, h.source_id, 1, 2, 3, 4
      order by h.source_id`
  )
}

test('a flood of 1,000 rejections writes one row, with the last of them', async () => {
  const { database, health } = await start()
  for (let n = 1; n <= 1_000; n++) health.rejected(source, 'signature-invalid', `number ${n}`)
  expect(await rowsOf(database, 'source_health')).toBe(0)
  const writes = await countWrites(database, () => health.flush())
  expect(writes).toEqual(['source_health', 'source_hours'])
  expect(await healthOf(database)).toEqual([
    {
      last_event_at: null,
      last_rejection_code: 'signature-invalid',
      last_rejection_detail: 'number 1000',
      last_confirmation_detail: null,
      accepted: 0,
      duplicates: 0,
      quarantined: 0,
      rejected: 1_000
    }
  ])
})

test('counts add up over several writes, and what is not news stays', async () => {
  const { database, health } = await start()
  health.rejected(source, 'replayed', 'too old')
  health.confirmed(source, 'confirmed')
  await health.flush()
  health.stored(source, { accepted: 3, duplicates: 2, quarantined: 1 })
  health.stored(source, { accepted: 1, duplicates: 0, quarantined: 0 })
  await health.flush()
  await health.flush()
  expect(await healthOf(database)).toEqual([
    {
      last_event_at: expect.any(String),
      last_rejection_code: 'replayed',
      last_rejection_detail: 'too old',
      last_confirmation_detail: 'confirmed',
      accepted: 4,
      duplicates: 2,
      quarantined: 1,
      rejected: 1
    }
  ])
})

test('repeats alone are no sign of life', async () => {
  const { database, health } = await start()
  health.stored(source, { accepted: 0, duplicates: 5, quarantined: 0 })
  await health.flush()
  expect(await healthOf(database)).toMatchObject([{ last_event_at: null, duplicates: 5 }])
})

test('each source has a row of its own', async () => {
  const { database, health } = await start()
  health.rejected(source, 'replayed', 'a')
  health.rejected({ ...source, id: 'src_other' }, 'signature-missing', 'b')
  health.rejected({ ...source, tenant: 'other' }, 'signature-invalid', 'c')
  await health.flush()
  expect(await rowsOf(database, 'source_health')).toBe(3)
})

/** The tables that rows were written to, a name for each row version. */
async function countWrites(database: Database, work: () => Promise<void>): Promise<string[]> {
  const versions = () =>
    database.run(
      (sql) => sql<{ name: string }[]>`
        select 'source_health' as name from source_health where xmax = 0
        union all select 'source_hours' from source_hours where xmax = 0
        order by name`
    )
  expect(await versions()).toEqual([])
  await work()
  // A row that was inserted once and never updated: xmax is 0, and there is one version of it.
  return (await versions()).map((row) => row.name)
}

/**
 * What a source's operator should know: when it last brought an event, and why it was last refused. Kept in
 * memory and written at most once a second a source, so that a flood of forgeries writes one row.
 */
import type { Logger } from 'pino'
import { type Database, faultOf } from '../store/database.ts'
import type { Source } from '../store/sources.ts'

interface Notes {
  tenant_id: string
  source_id: string
  last_event_at: string | null
  last_rejection_at: string | null
  last_rejection_code: string | null
  last_rejection_detail: string | null
  last_confirmation_at: string | null
  last_confirmation_detail: string | null
  accepted: number
  duplicates: number
  quarantined: number
  rejected: number
}

const writeEvery = 1_000

export class HealthRecorder {
  readonly #database: Database
  readonly #log: Logger
  readonly #notes = new Map<string, Notes>()
  #timer: NodeJS.Timeout | null = null

  constructor(database: Database, log: Logger) {
    this.#database = database
    this.#log = log
  }

  stored(
    source: Source,
    counts: { accepted: number; duplicates: number; quarantined: number }
  ): void {
    const notes = this.#of(source)
    if (counts.accepted > 0) notes.last_event_at = new Date().toISOString()
    notes.accepted += counts.accepted
    notes.duplicates += counts.duplicates
    notes.quarantined += counts.quarantined
  }

  rejected(source: Source, code: string, detail: string): void {
    const notes = this.#of(source)
    notes.last_rejection_at = new Date().toISOString()
    notes.last_rejection_code = code
    notes.last_rejection_detail = detail
    notes.rejected++
  }

  confirmed(source: Source, detail: string): void {
    const notes = this.#of(source)
    notes.last_confirmation_at = new Date().toISOString()
    notes.last_confirmation_detail = detail
  }

  /** Writes what is not yet written. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const rows = [...this.#notes.values()]
    this.#notes.clear()
    if (rows.length === 0) return
    const json = JSON.stringify(rows)
    try {
      await this.#database.run(async (sql) => {
        await sql`
          insert into source_health as h
            (tenant_id, source_id, last_event_at, last_rejection_at, last_rejection_code,
             last_rejection_detail, last_confirmation_at, last_confirmation_detail)
          select r.tenant_id, r.source_id, r.last_event_at, r.last_rejection_at,
            r.last_rejection_code, r.last_rejection_detail, r.last_confirmation_at,
            r.last_confirmation_detail
          from json_to_recordset(${json}::text::json)
            as r(tenant_id text, source_id text, last_event_at timestamptz,
              last_rejection_at timestamptz, last_rejection_code text, last_rejection_detail text,
              last_confirmation_at timestamptz, last_confirmation_detail text)
          order by r.tenant_id, r.source_id
          on conflict (tenant_id, source_id) do update
          set last_event_at = coalesce(excluded.last_event_at, h.last_event_at),
            last_rejection_at = coalesce(excluded.last_rejection_at, h.last_rejection_at),
            last_rejection_code = coalesce(excluded.last_rejection_code, h.last_rejection_code),
            last_rejection_detail = coalesce(excluded.last_rejection_detail, h.last_rejection_detail),
            last_confirmation_at = coalesce(excluded.last_confirmation_at, h.last_confirmation_at),
            last_confirmation_detail =
              coalesce(excluded.last_confirmation_detail, h.last_confirmation_detail)`
        await sql`
          insert into source_hours as h
            (tenant_id, source_id, hour, accepted, duplicates, quarantined, rejected)
          select r.tenant_id, r.source_id, date_trunc('hour', now(), 'UTC'), r.accepted,
            r.duplicates, r.quarantined, r.rejected
          from json_to_recordset(${json}::text::json)
            as r(tenant_id text, source_id text, accepted int, duplicates int, quarantined int,
              rejected int)
          order by r.tenant_id, r.source_id
          on conflict (tenant_id, source_id, hour) do update
          set accepted = h.accepted + excluded.accepted,
            duplicates = h.duplicates + excluded.duplicates,
            quarantined = h.quarantined + excluded.quarantined,
            rejected = h.rejected + excluded.rejected`
      })
    } catch (err) {
      this.#log.warn(faultOf(err), 'source health not written')
    }
  }

  #of(source: Source): Notes {
    const key = `${source.tenant} ${source.id}`
    let notes = this.#notes.get(key)
    if (notes === undefined) {
      notes = {
        tenant_id: source.tenant,
        source_id: source.id,
        last_event_at: null,
        last_rejection_at: null,
        last_rejection_code: null,
        last_rejection_detail: null,
        last_confirmation_at: null,
        last_confirmation_detail: null,
        accepted: 0,
        duplicates: 0,
        quarantined: 0,
        rejected: 0
      }
      this.#notes.set(key, notes)
    }
    this.#timer ??= setTimeout(() => void this.flush(), writeEvery).unref()
    return notes
  }
}

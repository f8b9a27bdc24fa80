/**
 * The pre-send check's look-up. Those that arrive in the same turn of the event loop, or while all the
 * connections it may use are busy, become one query; none joins a query that was already sent, so a check
 * always sees what was committed before it came.
 */
import type { Database } from './database.ts'
import { findEntries, type SuppressionEntry } from './queries/suppressions.ts'

interface Waiting {
  recipients: readonly string[]
  resolve(entries: Map<string, SuppressionEntry[]>): void
  reject(error: unknown): void
}

export class SuppressionLookup {
  readonly #database: Database
  readonly #mostQueries: number
  readonly #batches = new Map<string, Waiting[]>()
  #queries = 0
  #scheduled = false

  constructor(database: Database) {
    this.#database = database
    this.#mostQueries = database.kind === 'embedded' ? 1 : 4
  }

  /** The entries of each recipient (canonical, lower case); recipients without one are left out. */
  find(tenant: string, recipients: readonly string[]): Promise<Map<string, SuppressionEntry[]>> {
    return new Promise((resolve, reject) => {
      const waiting = { recipients, resolve, reject }
      const batch = this.#batches.get(tenant)
      if (batch !== undefined) batch.push(waiting)
      else this.#batches.set(tenant, [waiting])
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#scheduled || this.#queries >= this.#mostQueries) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      for (const [tenant, batch] of this.#batches) {
        if (this.#queries >= this.#mostQueries) break
        this.#batches.delete(tenant)
        void this.#query(tenant, batch)
      }
    })
  }

  async #query(tenant: string, batch: Waiting[]): Promise<void> {
    this.#queries++
    try {
      const all = [...new Set(batch.flatMap((waiting) => waiting.recipients))]
      const rows = await this.#database.run((sql) => findEntries(sql, tenant, all))
      const entries = new Map<string, SuppressionEntry[]>()
      for (const row of rows) {
        const list = entries.get(row.recipient)
        if (list === undefined) entries.set(row.recipient, [row])
        else list.push(row)
      }
      for (const waiting of batch) waiting.resolve(entries)
    } catch (error) {
      for (const waiting of batch) waiting.reject(error)
    } finally {
      this.#queries--
      if (this.#batches.size > 0) this.#schedule()
    }
  }
}

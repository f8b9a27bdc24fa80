/**
 * The pre-send check's look-up. Those that arrive in the same turn of the event loop, or while all the
 * connections it may use are busy, become one query; none joins a query that was already sent, so a check
 * always sees what was committed before it came.
 */
import type { Database } from './database.ts'
import { findEntries, type SuppressionEntry } from './queries/suppressions.ts'

interface Batch {
  tenant: string
  waiting: Waiting[]
  /** Addresses in it. */
  size: number
}

interface Waiting {
  recipients: readonly string[]
  resolve(entries: Map<string, SuppressionEntry[]>): void
  reject(error: unknown): void
}

/** Addresses of one query, unless a single call asks for more. */
const mostAddresses = 10_000

export class SuppressionLookup {
  readonly #database: Database
  readonly #mostQueries: number
  #batches: Batch[] = []
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
      const batch = this.#batches.findLast((open) => open.tenant === tenant)
      if (batch !== undefined && batch.size + recipients.length <= mostAddresses) {
        batch.waiting.push(waiting)
        batch.size += recipients.length
      } else this.#batches.push({ tenant, waiting: [waiting], size: recipients.length })
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#scheduled || this.#queries >= this.#mostQueries) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      while (this.#queries < this.#mostQueries) {
        const batch = this.#batches.shift()
        if (batch === undefined) break
        void this.#query(batch.tenant, batch.waiting)
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
      if (this.#batches.length > 0) this.#schedule()
    }
  }
}

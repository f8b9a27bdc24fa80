/** The sources that webhooks come in by: stored ones and those from settings. */
import { randomBytes } from 'node:crypto'
import { and, asc, eq, sql } from 'drizzle-orm'
import { AppError } from '../errors.ts'
import type { ProviderName } from '../events/event.ts'
import type { Database } from './database.ts'
import { sourceHealth, sources } from './schema.ts'
import type { Vault } from './secrets.ts'

export interface Source {
  tenant: string
  id: string
  name: string
  provider: ProviderName
  credentials: unknown
  stream: string | null
  enabled: boolean
  /** Made by settings: may not be changed through the API. */
  fromSettings: boolean
  createdAt: string | null
  updatedAt: string | null
}

export interface SourceHealth {
  last_event_at: string | null
  last_rejection: { at: string; code: string; detail: string } | null
  last_confirmation: { at: string; detail: string } | null
}

const cachedFor = 5_000

export class SourceStore {
  readonly #database: Database
  readonly #vault: Vault
  readonly #fromSettings: ReadonlyMap<string, Source>
  readonly #cache = new Map<string, { source: Source | null; until: number }>()

  constructor(database: Database, vault: Vault, fromSettings: readonly Source[]) {
    this.#database = database
    this.#vault = vault
    this.#fromSettings = new Map(fromSettings.map((source) => [source.id, source]))
  }

  /** By id alone, as webhooks name it; at most 5 s old. Null if there is none. */
  async resolve(id: string): Promise<Source | null> {
    const fixed = this.#fromSettings.get(id)
    if (fixed !== undefined) return fixed
    if (!/^src_[0-9a-f]{24}$/.test(id)) return null
    const cached = this.#cache.get(id)
    if (cached !== undefined && cached.until > Date.now()) return cached.source
    const rows = await this.#database.run((_sql, orm) =>
      orm.select().from(sources).where(eq(sources.id, id))
    )
    const source = rows[0] === undefined ? null : this.#read(rows[0])
    if (this.#cache.size > 10_000) this.#cache.clear()
    this.#cache.set(id, { source, until: Date.now() + cachedFor })
    return source
  }

  async find(tenant: string, id: string): Promise<Source | null> {
    const fixed = this.#fromSettings.get(id)
    if (fixed?.tenant === tenant) return fixed
    const rows = await this.#database.run((_sql, orm) =>
      orm
        .select()
        .from(sources)
        .where(and(eq(sources.tenant_id, tenant), eq(sources.id, id)))
    )
    return rows[0] === undefined ? null : this.#read(rows[0])
  }

  async list(tenant: string): Promise<Source[]> {
    const rows = await this.#database.run((_sql, orm) =>
      orm
        .select()
        .from(sources)
        .where(eq(sources.tenant_id, tenant))
        .orderBy(asc(sources.created_at), asc(sources.id))
    )
    const fixed = [...this.#fromSettings.values()].filter((source) => source.tenant === tenant)
    return [...fixed, ...rows.map((row) => this.#read(row))]
  }

  async create(
    tenant: string,
    given: Pick<Source, 'name' | 'provider' | 'credentials' | 'stream'>
  ): Promise<Source> {
    const id = `src_${randomBytes(12).toString('hex')}`
    const rows = await this.#database.run((_sql, orm) =>
      orm
        .insert(sources)
        .values({
          tenant_id: tenant,
          id,
          name: given.name,
          provider: given.provider,
          credentials: this.#vault.seal(JSON.stringify(given.credentials)),
          stream: given.stream
        })
        .returning()
    )
    if (rows[0] === undefined) throw new Error('the insert returned no row')
    this.#cache.delete(id)
    return this.#read(rows[0])
  }

  /** Null if there is none. Throws `read-only` for one that settings made. */
  async update(
    tenant: string,
    id: string,
    change: Partial<Pick<Source, 'name' | 'credentials' | 'stream' | 'enabled'>>
  ): Promise<Source | null> {
    this.#refuseFixed(tenant, id)
    const { credentials, ...plain } = change
    const rows = await this.#database.run((_sql, orm) =>
      orm
        .update(sources)
        .set({
          ...plain,
          ...(credentials === undefined
            ? {}
            : { credentials: this.#vault.seal(JSON.stringify(credentials)) }),
          updated_at: sql`now()`
        })
        .where(and(eq(sources.tenant_id, tenant), eq(sources.id, id)))
        .returning()
    )
    this.#cache.delete(id)
    return rows[0] === undefined ? null : this.#read(rows[0])
  }

  /** Whether there was one. */
  async remove(tenant: string, id: string): Promise<boolean> {
    this.#refuseFixed(tenant, id)
    const rows = await this.#database.run((_sql, orm) =>
      orm
        .delete(sources)
        .where(and(eq(sources.tenant_id, tenant), eq(sources.id, id)))
        .returning({ id: sources.id })
    )
    this.#cache.delete(id)
    return rows.length > 0
  }

  async health(tenant: string, id: string): Promise<SourceHealth> {
    const [row] = await this.#database.run((_sql, orm) =>
      orm
        .select()
        .from(sourceHealth)
        .where(and(eq(sourceHealth.tenant_id, tenant), eq(sourceHealth.source_id, id)))
    )
    return {
      last_event_at: isoOf(row?.last_event_at),
      last_rejection: row?.last_rejection_at
        ? {
            at: isoOf(row.last_rejection_at) ?? '',
            code: row.last_rejection_code ?? '',
            detail: row.last_rejection_detail ?? ''
          }
        : null,
      last_confirmation: row?.last_confirmation_at
        ? { at: isoOf(row.last_confirmation_at) ?? '', detail: row.last_confirmation_detail ?? '' }
        : null
    }
  }

  #refuseFixed(tenant: string, id: string): void {
    if (this.#fromSettings.get(id)?.tenant !== tenant) return
    throw new AppError(
      'read-only',
      `The source ${id} comes from the service's settings. Change the setting and restart.`
    )
  }

  #read(row: typeof sources.$inferSelect): Source {
    return {
      tenant: row.tenant_id,
      id: row.id,
      name: row.name,
      provider: row.provider as ProviderName,
      credentials: JSON.parse(this.#vault.unseal(row.credentials)),
      stream: row.stream,
      enabled: row.enabled,
      fromSettings: false,
      createdAt: isoOf(row.created_at),
      updatedAt: isoOf(row.updated_at)
    }
  }
}

/** The database's text of a time, as RFC 3339 in UTC with milliseconds. */
export function isoOf(text: string | null | undefined): string | null {
  return text == null ? null : new Date(text).toISOString()
}

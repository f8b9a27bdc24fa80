/** The subscribers of outbound webhooks. */
import { randomBytes } from 'node:crypto'
import { and, asc, eq, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { endpointSecrets, endpoints } from './schema.ts'
import type { Vault } from './secrets.ts'
import { isoOf } from './sources.ts'

export const endpointStatuses = ['active', 'paused', 'disabled'] as const
export type EndpointStatus = (typeof endpointStatuses)[number]

export interface Endpoint {
  id: string
  url: string
  description: string | null
  types: string[]
  status: EndpointStatus
  /** Why it is not active, where the service did that. */
  status_detail: string | null
  timeout_ms: number
  held_until: string | null
  created_at: string | null
  updated_at: string | null
}

export class EndpointStore {
  readonly #database: Database
  readonly #vault: Vault

  constructor(database: Database, vault: Vault) {
    this.#database = database
    this.#vault = vault
  }

  async create(
    tenant: string,
    given: Pick<Endpoint, 'url' | 'description' | 'types' | 'timeout_ms'>,
    secret: string
  ): Promise<Endpoint> {
    const id = `ep_${randomBytes(12).toString('hex')}`
    return this.#database.run(async (_sql, orm) => {
      // The secret first: an endpoint without one could not be signed for.
      await orm.insert(endpointSecrets).values({
        tenant_id: tenant,
        endpoint_id: id,
        id: `sec_${randomBytes(12).toString('hex')}`,
        secret: this.#vault.seal(secret)
      })
      const [row] = await orm
        .insert(endpoints)
        .values({ tenant_id: tenant, id, ...given })
        .returning()
      if (row === undefined) throw new Error('the insert returned no row')
      return shown(row)
    })
  }

  async list(tenant: string): Promise<Endpoint[]> {
    const rows = await this.#database.run((_sql, orm) =>
      orm
        .select()
        .from(endpoints)
        .where(eq(endpoints.tenant_id, tenant))
        .orderBy(asc(endpoints.created_at), asc(endpoints.id))
    )
    return rows.map(shown)
  }

  async find(tenant: string, id: string): Promise<Endpoint | null> {
    const [row] = await this.#database.run((_sql, orm) =>
      orm
        .select()
        .from(endpoints)
        .where(and(eq(endpoints.tenant_id, tenant), eq(endpoints.id, id)))
    )
    return row === undefined ? null : shown(row)
  }

  async update(
    tenant: string,
    id: string,
    change: Partial<Pick<Endpoint, 'url' | 'description' | 'types' | 'status' | 'timeout_ms'>>
  ): Promise<Endpoint | null> {
    const [row] = await this.#database.run((_sql, orm) =>
      orm
        .update(endpoints)
        .set({
          ...change,
          // A new state given by hand starts afresh.
          ...(change.status === undefined ? {} : { status_detail: null, held_until: null }),
          updated_at: sql`now()`
        })
        .where(and(eq(endpoints.tenant_id, tenant), eq(endpoints.id, id)))
        .returning()
    )
    return row === undefined ? null : shown(row)
  }

  /** Removes an endpoint and its secrets; the delivery worker sweeps up what waited for it. */
  remove(tenant: string, id: string): Promise<boolean> {
    return this.#database.transaction(async (tx) => {
      const gone = await tx`
        delete from endpoints where tenant_id = ${tenant}::text and id = ${id}::text returning id`
      await tx`
        delete from endpoint_secrets
        where tenant_id = ${tenant}::text and endpoint_id = ${id}::text`
      return gone.length > 0
    })
  }
}

function shown(row: typeof endpoints.$inferSelect): Endpoint {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    types: row.types,
    status: endpointStatuses.find((status) => status === row.status) ?? 'disabled',
    status_detail: row.status_detail,
    timeout_ms: row.timeout_ms,
    held_until: isoOf(row.held_until),
    created_at: isoOf(row.created_at),
    updated_at: isoOf(row.updated_at)
  }
}

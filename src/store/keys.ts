/** API keys: `mv_<public id>_<secret>`, stored as a hash, with scopes. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { and, asc, eq } from 'drizzle-orm'
import type { Database } from './database.ts'
import { apiKeys } from './schema.ts'
import { isoOf } from './sources.ts'

export const scopes = [
  'check',
  'events:read',
  'suppressions:write',
  'policies:write',
  'admin'
] as const
export type Scope = (typeof scopes)[number]

/** Who calls: a tenant, and what they may do there. */
export interface Caller {
  tenant: string
  keyId: string
  scopes: readonly Scope[]
}

export interface ApiKey {
  id: string
  name: string
  scopes: Scope[]
  created_at: string | null
  expires_at: string | null
  last_used_at: string | null
}

const cachedFor = 5_000
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** A new key: 12 characters of public id, 43 of secret (256 bits). */
export function newApiKey(): { id: string; key: string } {
  const id = randomText(12)
  return { id, key: `mv_${id}_${randomText(43)}` }
}

export class KeyStore {
  readonly #database: Database
  readonly #adminHash: Buffer
  readonly #cache = new Map<
    string,
    { caller: (Caller & { expiresAt: number }) | null; until: number }
  >()

  constructor(database: Database, adminKey: string) {
    this.#database = database
    this.#adminHash = hashOf(adminKey)
  }

  /** Whose key this is; at most 5 s old. Null if it is nobody's, or has expired. */
  async identify(key: string): Promise<Caller | null> {
    const hash = hashOf(key)
    if (timingSafeEqual(hash, this.#adminHash)) {
      return { tenant: 'default', keyId: 'admin', scopes: ['admin'] }
    }
    const id = /^mv_([0-9A-Za-z]{12})_[0-9A-Za-z]{43}$/.exec(key)?.[1]
    if (id === undefined) return null
    const name = hash.toString('base64')
    let cached = this.#cache.get(name)
    if (cached === undefined || cached.until <= Date.now()) {
      cached = { caller: await this.#look(id, hash), until: Date.now() + cachedFor }
      if (this.#cache.size > 10_000) this.#cache.clear()
      this.#cache.set(name, cached)
    }
    const { caller } = cached
    return caller !== null && caller.expiresAt > Date.now() ? caller : null
  }

  async create(
    tenant: string,
    given: { name: string; scopes: readonly Scope[]; expires_at: string | null }
  ): Promise<ApiKey & { key: string }> {
    const { id, key } = newApiKey()
    const [row] = await this.#database.run((_sql, orm) =>
      orm
        .insert(apiKeys)
        .values({
          tenant_id: tenant,
          id,
          name: given.name,
          secret_hash: hashOf(key),
          scopes: [...given.scopes],
          expires_at: given.expires_at
        })
        .returning()
    )
    if (row === undefined) throw new Error('the insert returned no row')
    return { ...shown(row), key }
  }

  async list(tenant: string): Promise<ApiKey[]> {
    const rows = await this.#database.run((_sql, orm) =>
      orm
        .select()
        .from(apiKeys)
        .where(eq(apiKeys.tenant_id, tenant))
        .orderBy(asc(apiKeys.created_at), asc(apiKeys.id))
    )
    return rows.map(shown)
  }

  /** Whether there was one. It may serve for 5 more seconds in other processes. */
  async remove(tenant: string, id: string): Promise<boolean> {
    const rows = await this.#database.run((_sql, orm) =>
      orm
        .delete(apiKeys)
        .where(and(eq(apiKeys.tenant_id, tenant), eq(apiKeys.id, id)))
        .returning({ id: apiKeys.id })
    )
    this.#cache.clear()
    return rows.length > 0
  }

  async #look(id: string, hash: Buffer) {
    const rows = await this.#database.run((_sql, orm) =>
      orm.select().from(apiKeys).where(eq(apiKeys.id, id))
    )
    const row = rows.find((candidate) => timingSafeEqual(Buffer.from(candidate.secret_hash), hash))
    if (row === undefined) return null
    // An hour's precision is enough to see which keys are in use, and costs one write an hour.
    await this.#database.run(
      (sql) => sql`
        update api_keys
        set last_used_at = now()
        where tenant_id = ${row.tenant_id}::text
          and id = ${row.id}::text
          and (last_used_at is null or last_used_at < now() - interval '1 hour')`
    )
    return {
      tenant: row.tenant_id,
      keyId: row.id,
      scopes: scopes.filter((scope) => row.scopes.includes(scope)),
      expiresAt: row.expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(row.expires_at)
    }
  }
}

function shown(row: typeof apiKeys.$inferSelect): ApiKey {
  return {
    id: row.id,
    name: row.name,
    scopes: scopes.filter((scope) => row.scopes.includes(scope)),
    created_at: isoOf(row.created_at),
    expires_at: isoOf(row.expires_at),
    last_used_at: isoOf(row.last_used_at)
  }
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

/** Unbiased: bytes beyond the last whole round of the alphabet are thrown away. */
function randomText(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(64))
      if (byte < 248 && text.length < length) text += alphabet[byte % 62]
  }
  return text
}

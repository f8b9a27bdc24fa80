/**
 * The one way to the database, a PostgreSQL server or the embedded one.
 *
 * The driver has no query time limit, waits for ever on a half-open connection and reconnects without pause
 * to a balancer that has no server behind it. So every call here has a deadline; a pool that misses it, or
 * loses its connection, is thrown away; and while the database is away calls fail at once until a probe has
 * found it again.
 */
import { connect as connectSocket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DrizzleQueryError } from 'drizzle-orm'
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import type { Logger } from 'pino'
import postgres from 'postgres'
import { AppError } from '../errors.ts'
import { type Embedded, startEmbedded } from './embedded.ts'
import { ensureUpcomingPartitions } from './partitions.ts'
import * as schema from './schema.ts'

export type Sql = postgres.Sql
export type Transaction = postgres.TransactionSql
export type Orm = PostgresJsDatabase<typeof schema>

interface Pool {
  sql: Sql
  orm: Orm
}

/** No call on the way of a request may take longer; the answer is 503 then. */
const deadline = 4_000
/** Calls under way at once; the driver itself would let them wait without limit. */
const mostCalls = 500
/** Calls without an answer in a row after which the whole pool is in doubt. */
const mostMissed = 10
/** SQLSTATE of a query that its statement_timeout ended. */
const queryCanceled = '57014'
const oldestServer = 150_000
/** Any number that no other program on the same database is likely to lock. */
const migrationLock = 7_316_488_201

export class Database {
  readonly kind: 'server' | 'embedded'
  /** How many events one transaction may hold: small on the one connection, so that checks get a turn. */
  readonly groupLimit: number
  readonly #connect: () => Pool
  readonly #probe: () => Promise<void>
  readonly #embedded: Embedded | null
  readonly #log: Logger
  #pool: Pool | null = null
  #calls = 0
  #missed = 0
  #closed = false

  private constructor(
    kind: 'server' | 'embedded',
    connect: () => Pool,
    probe: () => Promise<void>,
    embedded: Embedded | null,
    log: Logger
  ) {
    this.kind = kind
    this.groupLimit = kind === 'server' ? 500 : 200
    this.#connect = connect
    this.#probe = probe
    this.#embedded = embedded
    this.#log = log
  }

  /** Connects, migrates and makes the partitions of this week and the next. Throws `start-failed`. */
  static async open(
    options: { url?: string | undefined; dataDir: string },
    log: Logger
  ): Promise<Database> {
    const embedded = options.url === undefined ? await startEmbedded(options.dataDir, log) : null
    const url = options.url ?? ''
    const client = (settings: postgres.Options<Record<string, postgres.PostgresType>>) =>
      embedded !== null
        ? postgres({
            host: embedded.host,
            port: 5432,
            user: 'postgres',
            database: 'postgres',
            max: 1,
            max_lifetime: null,
            onnotice: () => {}
          })
        : postgres(url, {
            connect_timeout: 5,
            onnotice: () => {},
            ...settings,
            connection: {
              application_name: 'mailverdict',
              statement_timeout: 10_000,
              idle_in_transaction_session_timeout: 15_000,
              ...settings.connection
            }
          })
    try {
      await prepare(
        () => client({ max: 1, connection: { statement_timeout: 0 } }),
        embedded === null
      )
    } catch (error) {
      await embedded?.close()
      if (error instanceof AppError || embedded !== null) throw error
      throw startFailure(error)
    }
    const database = new Database(
      embedded === null ? 'server' : 'embedded',
      () => {
        const sql = client({ max: 10 })
        return { sql, orm: drizzle(sql, { schema }) }
      },
      embedded === null ? () => probeServer(url) : async () => {},
      embedded,
      log
    )
    database.#pool = database.#connect()
    return database
  }

  /** Runs queries. Throws `database-unavailable` when the database is away or too slow, `overloaded`. */
  run<T>(work: (sql: Sql, orm: Orm) => Promise<T>, limit = deadline): Promise<T> {
    const pool = this.#pool
    if (pool === null) return Promise.reject(unavailable())
    if (this.#calls >= mostCalls) {
      return Promise.reject(
        new AppError(
          'overloaded',
          'Too many requests are waiting for the database. Try again later.'
        )
      )
    }
    this.#calls++
    return this.#guard(pool, work(pool.sql, pool.orm), limit).finally(() => {
      this.#calls--
    })
  }

  /** Runs one transaction; inside, only its own `tx` may be used. */
  transaction<T>(work: (tx: Transaction) => Promise<T>, limit = deadline): Promise<T> {
    return this.run((sql) => sql.begin(work) as Promise<T>, limit)
  }

  async close(): Promise<void> {
    this.#closed = true
    const pool = this.#pool
    this.#pool = null
    await pool?.sql.end({ timeout: 5 })
    await this.#embedded?.close()
  }

  #guard<T>(pool: Pool, work: Promise<T>, limit: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(unavailable())
        void this.#doubt(pool)
      }, limit)
      work.then(
        (value) => {
          clearTimeout(timer)
          this.#missed = 0
          resolve(value)
        },
        (thrown: unknown) => {
          clearTimeout(timer)
          // Drizzle wraps what the driver says, and repeats the parameters in its message.
          const error = thrown instanceof DrizzleQueryError ? thrown.cause : thrown
          if (codeOf(error) === queryCanceled) reject(unavailable(error))
          else if (isConnectionFailure(error)) {
            this.#drop(pool, error)
            reject(unavailable(error))
          } else reject(error)
        }
      )
    })
  }

  /**
   * A call missed its deadline. One slow query is no reason to take the pool from all others; a server that
   * a fresh connection cannot reach either is, and so is a pool whose calls miss one after another (its
   * connections may be half open). The embedded database has no second connection: its own watch restarts it.
   */
  async #doubt(pool: Pool): Promise<void> {
    this.#missed++
    if (this.#embedded !== null || this.#pool !== pool) return
    try {
      if (this.#missed < mostMissed) await within(1_000, this.#probe())
      else throw new Error(`${this.#missed} calls in a row had no answer in time`)
    } catch (error) {
      this.#drop(pool, error)
    }
  }

  #drop(pool: Pool, err: unknown): void {
    if (this.#pool !== pool || this.#closed) return
    this.#pool = null
    this.#log.error({ err }, 'database lost, looking for it')
    void pool.sql.end({ timeout: 0 }).catch(() => {})
    void this.#recover()
  }

  async #recover(): Promise<void> {
    for (let pause = 100; !this.#closed; pause = Math.min(pause * 2, 1_000)) {
      await sleep(pause)
      const pool = this.#connect()
      try {
        await within(
          3_000,
          this.#probe().then(() => pool.sql`select 1`)
        )
        if (this.#closed) throw new Error('closed')
        this.#pool = pool
        this.#log.info('database found again')
        return
      } catch {
        void pool.sql.end({ timeout: 0 }).catch(() => {})
      }
    }
  }
}

/** Checks the server, migrates under a lock (many processes may start at once), makes partitions. */
async function prepare(connect: () => Sql, isServer: boolean): Promise<void> {
  const sql = connect()
  try {
    if (isServer) {
      const { host, port } = sql.options
      await probe(host[0] ?? 'localhost', port[0] ?? 5432)
      const [row] = await within(
        10_000,
        sql<{ server_version_num: string }[]>`show server_version_num`
      )
      if (Number(row?.server_version_num) < oldestServer) {
        throw new AppError(
          'start-failed',
          'The PostgreSQL server is too old: 15 or later is needed.'
        )
      }
    }
    await sql`select pg_advisory_lock(${migrationLock}::text::bigint)`
    await migrate(drizzle(sql), { migrationsFolder: migrationsFolder() })
    await ensureUpcomingPartitions(sql, new Date())
    await sql`select pg_advisory_unlock(${migrationLock}::text::bigint)`
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** `migrations/` lies beside `src/` and `dist/` alike. */
function migrationsFolder(): string {
  return join(fileURLToPath(new URL('../..', import.meta.url)), 'migrations')
}

function probeServer(url: string): Promise<void> {
  const { host, port } = postgres(url).options
  return probe(host[0] ?? 'localhost', port[0] ?? 5432)
}

/**
 * Asks whether a PostgreSQL server listens, by the SSLRequest message that each one answers with a letter
 * (protocol documentation, section "SSL Session Encryption").
 */
function probe(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = host.startsWith('/')
      ? connectSocket(`${host}/.s.PGSQL.${port}`)
      : connectSocket({ host, port })
    socket.setTimeout(5_000, () =>
      socket.destroy(Object.assign(new Error('no answer'), { code: 'CONNECT_TIMEOUT' }))
    )
    socket.once('connect', () => socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])))
    socket.once('data', (answer) => {
      socket.destroy()
      if (answer.length === 1 && 'SN'.includes(answer.toString('latin1'))) resolve()
      else reject(Object.assign(new Error('no PostgreSQL'), { code: 'CONNECTION_CLOSED' }))
    })
    socket.once('error', reject)
    socket.once('close', () =>
      reject(Object.assign(new Error('closed without a word'), { code: 'CONNECTION_CLOSED' }))
    )
  })
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}

const connectionFailures = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  // Shutting down, crashed, starting up, too many clients, read-only after a failover.
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '25006'
])

/** Whether nothing but the moment is at fault: the same call may pass later. */
export function isAway(error: unknown): boolean {
  return (
    (error instanceof AppError &&
      (error.code === 'database-unavailable' || error.code === 'overloaded')) ||
    isConnectionFailure(error)
  )
}

export function isConnectionFailure(error: unknown): boolean {
  const code = codeOf(error)
  return connectionFailures.has(code) || code.startsWith('08')
}

/**
 * What a log may say of an error: a database error repeats the values of rows in its details (addresses,
 * secrets), so only its code.
 */
export function faultOf(err: unknown): { err: unknown } | { code: string } {
  const fault = err instanceof DrizzleQueryError ? err.cause : err
  const isDatabase = typeof fault === 'object' && fault !== null && 'severity' in fault
  return isDatabase ? { code: codeOf(fault) } : { err: fault }
}

function unavailable(cause?: unknown): AppError {
  return new AppError(
    'database-unavailable',
    'The database cannot be reached at the moment. Nothing was stored; send it again.',
    { cause }
  )
}

/** One clear sentence for whoever starts the service, without the URL and its password. */
function startFailure(cause: unknown): AppError {
  const code = codeOf(cause)
  const said = new Map([
    ['ECONNREFUSED', 'no server listens at the host and port of DATABASE_URL'],
    ['ENOTFOUND', 'the host name in DATABASE_URL does not exist'],
    ['EAI_AGAIN', 'the host name in DATABASE_URL cannot be resolved'],
    ['CONNECT_TIMEOUT', 'the server of DATABASE_URL does not answer'],
    ['CONNECTION_CLOSED', 'what answers at the address of DATABASE_URL is no PostgreSQL server'],
    [
      'ERR_INVALID_URL',
      'DATABASE_URL is not a valid URL; percent-encode what is special in a password'
    ],
    ['28P01', 'the server refused the user or password of DATABASE_URL'],
    ['28000', 'the server refused the user of DATABASE_URL'],
    ['3D000', 'the database named in DATABASE_URL does not exist; create it first'],
    ['42501', 'the user of DATABASE_URL may not create tables in that database'],
    ['53300', 'the server of DATABASE_URL has no free connections']
  ]).get(code)
  return new AppError(
    'start-failed',
    `The database cannot be used: ${said ?? `the server answered with error ${code || 'unknown'}`}.`,
    { cause }
  )
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(Object.assign(new Error('no answer'), { code: 'CONNECT_TIMEOUT' })),
          ms
        )
      })
    ])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * One running service for the whole test run, over a real socket and a real database: the embedded one, or
 * the server that TEST_DATABASE_URL names. Starting it takes seconds, emptying it milliseconds.
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import postgres from 'postgres'
import { type Config, loadConfig } from '../../src/config.ts'
import { type Service, startService } from '../../src/service.ts'

export const testDatabaseUrl = process.env.TEST_DATABASE_URL
export const adminKey = 'test-admin-key-0123456789abcdef'

/** Settings for a service of its own in a fresh folder, or on a fresh database of the server. */
export async function freshSettings(
  settings: Record<string, string> = {}
): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'mailverdict-test-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const base = {
    PORT: '0',
    LOG_LEVEL: 'error',
    DATA_DIR: folder,
    ADMIN_API_KEY: adminKey,
    SECRETS_KEY: randomBytes(32).toString('base64'),
    OUTBOUND_ALLOW: '127.0.0.0/8',
    OUTBOUND_ALLOW_HTTP: 'true',
    POSTMARK_BASIC_AUTH: 'hook:s3cret:with-colon',
    ...settings
  }
  if (testDatabaseUrl === undefined) {
    layPreparedDatabase(folder)
    return base
  }
  return { ...base, DATABASE_URL: await freshDatabase() }
}

let prepared: string | undefined

/** Puts an initialised embedded database into a DATA_DIR: a copy takes a tenth of making one. */
export function layPreparedDatabase(dataDir: string): void {
  if (prepared === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'mailverdict-prepared-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    const script = join(import.meta.dirname, '../../src/store/embedded-init.js')
    execFileSync(process.execPath, [script, join(folder, 'postgres')])
    prepared = join(folder, 'postgres')
  }
  cpSync(prepared, join(dataDir, 'postgres'), { recursive: true })
}

/** A new database on the test server. */
export async function freshDatabase(): Promise<string> {
  if (testDatabaseUrl === undefined) throw new Error('TEST_DATABASE_URL is not set')
  const name = `test_${randomBytes(8).toString('hex')}`
  const sql = postgres(testDatabaseUrl, { max: 1 })
  await sql.unsafe(`create database ${name}`)
  await sql.end()
  const url = new URL(testDatabaseUrl)
  url.pathname = `/${name}`
  return url.href
}

export async function startTestService(
  settings: Record<string, string> = {},
  log: Logger = pino({ level: 'error' })
): Promise<Service & { config: Config }> {
  const config = loadConfig(await freshSettings(settings))
  return { ...(await startService(config, log)), config }
}

let shared: Promise<Service> | undefined

/** The run's service, emptied. */
export async function sharedService(): Promise<Service> {
  shared ??= startTestService()
  const service = await shared
  await service.database.run(async (sql) => {
    const tables = await sql<{ name: string }[]>`
      select c.relname as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public'
        and c.relkind in ('r', 'p')
        and not c.relispartition
        and c.relname <> 'tenants'`
    // Not truncate: with a few rows it takes ten times as long, for the files of every partition.
    await sql.unsafe(tables.map((table) => `delete from "${table.name}"`).join('; '))
  })
  return service
}

/** A caller of the REST side. */
export function client(service: Pick<Service, 'url'>, key: string = adminKey) {
  return async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${service.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' })
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) })
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? JSON.parse(text) : text
    }
  }
}

/** Starts everything in order and closes it in the reverse one. */
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { buildApp } from './app.ts'
import { type Config, commaList } from './config.ts'
import { AppError, type Mistake } from './errors.ts'
import type { ProviderName } from './events/event.ts'
import { createCertificateFetcher, fetchText } from './ingest/certificates.ts'
import { GroupCommit } from './ingest/group-commit.ts'
import { HealthRecorder } from './ingest/health.ts'
import { parseAllowList } from './outbound/allow-list.ts'
import { DeliveryWorker } from './outbound/deliver.ts'
import { createDispatcher } from './outbound/send.ts'
import { defaultPolicy } from './policy/default-policy.ts'
import { providers } from './providers/index.ts'
import { Database } from './store/database.ts'
import { EndpointStore } from './store/endpoints.ts'
import { keepKey } from './store/key-files.ts'
import { KeyStore, newApiKey } from './store/keys.ts'
import { SuppressionLookup } from './store/lookup.ts'
import { ensureUpcomingPartitions } from './store/partitions.ts'
import { createVault, type Vault } from './store/secrets.ts'
import { type Source, SourceStore } from './store/sources.ts'

export interface Service {
  app: FastifyInstance
  url: string
  database: Database
  /** The admin key, and where it is kept if the service made it. */
  adminKey: { key: string; path: string | null; isNew: boolean }
  /** Stops listening, finishes what is under way, closes the store. */
  close(): Promise<void>
}

const partitionsEvery = 3_600_000

/** Throws `start-failed` or `settings-invalid`; what it had opened is closed again then. */
export async function startService(config: Config, log: Logger): Promise<Service> {
  const fromSettings = settingsSources(config)
  const database = await Database.open({ url: config.DATABASE_URL, dataDir: config.DATA_DIR }, log)
  try {
    return await startOn(database, config, fromSettings, log)
  } catch (error) {
    await database.close()
    throw error
  }
}

async function startOn(
  database: Database,
  config: Config,
  fromSettings: Source[],
  log: Logger
): Promise<Service> {
  const adminKey =
    config.ADMIN_API_KEY === undefined
      ? keepKey(config.DATA_DIR, 'admin-key', () => newApiKey().key)
      : { key: config.ADMIN_API_KEY, path: null, isNew: false }
  const secretsKey =
    config.SECRETS_KEY ??
    keepKey(config.DATA_DIR, 'secrets-key', () => randomBytes(32).toString('base64')).key
  const vault = createVault(secretsKey)
  await checkSecretsKey(database, vault)
  const guard = { allowHttp: config.OUTBOUND_ALLOW_HTTP, allow: commaList(config.OUTBOUND_ALLOW) }
  const dispatcher = createDispatcher(guard)
  const deliveries = new DeliveryWorker(database, vault, dispatcher, log)
  const health = new HealthRecorder(database, log)
  const commits = new GroupCommit(
    database,
    () => defaultPolicy,
    () => deliveries.wake()
  )
  const now = () => new Date()
  const app = await buildApp({
    database,
    ingest: {
      sources: new SourceStore(database, vault, fromSettings),
      commits,
      health,
      fetchCertificate: createCertificateFetcher(),
      fetchText,
      now
    },
    keys: new KeyStore(database, adminKey.key),
    lookup: new SuppressionLookup(database),
    endpoints: new EndpointStore(database, vault),
    guard,
    log,
    trustProxy: commaList(config.TRUST_PROXY),
    now
  })
  await listen(app, config)
  deliveries.start()
  const partitions = setInterval(() => {
    database
      .run((sql) => ensureUpcomingPartitions(sql, new Date()), 30_000)
      .catch((err) => log.error({ err }, 'partitions not made'))
  }, partitionsEvery).unref()
  const { port } = app.server.address() as AddressInfo
  return {
    app,
    url: `http://${config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST}:${port}`,
    database,
    adminKey,
    async close() {
      clearInterval(partitions)
      // A client that never finishes its request may not hold the service up.
      const impatience = setTimeout(() => app.server.closeAllConnections(), 3_000)
      await app.close()
      clearTimeout(impatience)
      await deliveries.stop()
      await health.flush()
      await dispatcher.destroy()
      await database.close()
    }
  }
}

/** Throws `start-failed` when what is stored was sealed with another key: better now than at each webhook. */
async function checkSecretsKey(database: Database, vault: Vault): Promise<void> {
  const rows = await database.run(
    (sql) => sql<{ sealed: Uint8Array }[]>`
      (select credentials as sealed from sources order by created_at limit 1)
      union all
      (select secret as sealed from endpoint_secrets order by created_at limit 1)`
  )
  for (const { sealed } of rows) vault.unseal(sealed)
}

async function listen(app: FastifyInstance, config: Config): Promise<void> {
  try {
    await app.listen({ host: config.HOST, port: config.PORT })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    const why =
      code === 'EADDRINUSE'
        ? 'another program listens there; set PORT to another number'
        : code === 'EACCES'
          ? 'this user may not use that port; set PORT to 1024 or more'
          : `the system answered ${code ?? 'with an error'}`
    throw new AppError('start-failed', `Cannot listen on ${config.HOST}:${config.PORT}: ${why}.`, {
      cause
    })
  }
}

/** What is wrong with settings that look right: credentials, networks. */
export function mistakesInSettings(given: Partial<Config>): Mistake[] {
  const sources = sourcesGiven(given).flatMap(({ setting, provider, credentials }) =>
    providers[provider]
      .check(credentials)
      .map(({ detail }) => ({ pointer: `/${setting}`, detail: `${setting}: ${detail}` }))
  )
  return [
    ...sources,
    ...mistakeWhere('OUTBOUND_ALLOW', 'must list networks, addresses or hosts with commas', () =>
      parseAllowList(commaList(given.OUTBOUND_ALLOW))
    ),
    ...mistakeWhere(
      'TRUST_PROXY',
      'must list addresses or networks with commas',
      () => given.TRUST_PROXY && Fastify({ trustProxy: commaList(given.TRUST_PROXY) })
    )
  ]
}

function mistakeWhere(setting: keyof Config, detail: string, read: () => unknown): Mistake[] {
  try {
    read()
    return []
  } catch {
    return [{ pointer: `/${setting}`, detail: `${setting} ${detail}` }]
  }
}

interface GivenSource {
  setting: keyof Config
  provider: ProviderName
  credentials: unknown
}

function sourcesGiven(config: Partial<Config>): GivenSource[] {
  const given: GivenSource[] = []
  const add = (setting: keyof Config, provider: ProviderName, credentials: unknown) =>
    given.push({ setting, provider, credentials })
  if (config.SES_TOPIC_ARNS) {
    add('SES_TOPIC_ARNS', 'ses', { topic_arns: commaList(config.SES_TOPIC_ARNS) })
  }
  if (config.SENDGRID_PUBLIC_KEY) {
    add('SENDGRID_PUBLIC_KEY', 'sendgrid', { public_keys: [config.SENDGRID_PUBLIC_KEY] })
  }
  if (config.POSTMARK_BASIC_AUTH) {
    add('POSTMARK_BASIC_AUTH', 'postmark', { basic_auth: config.POSTMARK_BASIC_AUTH })
  }
  if (config.MAILGUN_SIGNING_KEY) {
    add('MAILGUN_SIGNING_KEY', 'mailgun', { signing_keys: [config.MAILGUN_SIGNING_KEY] })
  }
  return given
}

/** The four sources that settings make, under fixed ids. Throws `settings-invalid`. */
export function settingsSources(config: Config): Source[] {
  const mistakes = mistakesInSettings(config)
  if (mistakes.length > 0) {
    throw new AppError('settings-invalid', 'The settings have mistakes.', { mistakes })
  }
  return sourcesGiven(config).map(({ provider, credentials }) => ({
    tenant: 'default',
    id: provider,
    name: provider,
    provider,
    credentials,
    stream: null,
    enabled: true,
    fromSettings: true,
    createdAt: null,
    updatedAt: null
  }))
}

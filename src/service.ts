/** Starts everything in order and closes it in the reverse one. */
import { randomBytes } from 'node:crypto'
import { type AddressInfo, isIP } from 'node:net'
import type { FastifyInstance } from 'fastify'
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
import { createVault } from './store/secrets.ts'
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
      await app.close()
      await deliveries.stop()
      await health.flush()
      await dispatcher.close()
      await database.close()
    }
  }
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

/** What is wrong with settings whose meaning other rooms know. */
export function checkSettings(config: Partial<Config>): Mistake[] {
  const mistakes: Mistake[] = []
  for (const [setting, provider, credentials] of sourceSettings(config)) {
    for (const { detail } of providers[provider].check(credentials)) {
      mistakes.push({ pointer: `/${setting}`, detail: `${setting}: ${detail}` })
    }
  }
  for (const part of commaList(config.TRUST_PROXY)) {
    const [address = '', bits = '0'] = part.split('/')
    if (['loopback', 'linklocal', 'uniquelocal'].includes(part)) continue
    if (isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= 128) continue
    const detail = 'TRUST_PROXY must list addresses or networks such as 10.0.0.0/8'
    mistakes.push({ pointer: '/TRUST_PROXY', detail })
  }
  try {
    parseAllowList(commaList(config.OUTBOUND_ALLOW))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    for (const { detail } of error.mistakes) {
      mistakes.push({ pointer: '/OUTBOUND_ALLOW', detail: `OUTBOUND_ALLOW: ${detail}` })
    }
  }
  return mistakes
}

/** The four sources that settings make, under fixed ids. */
function settingsSources(config: Config): Source[] {
  return sourceSettings(config).map(([, provider, credentials]) => ({
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

function sourceSettings(config: Partial<Config>): [keyof Config, ProviderName, unknown][] {
  const given: [keyof Config, ProviderName, unknown][] = []
  if (config.SES_TOPIC_ARNS) {
    given.push(['SES_TOPIC_ARNS', 'ses', { topic_arns: commaList(config.SES_TOPIC_ARNS) }])
  }
  if (config.SENDGRID_PUBLIC_KEY) {
    given.push(['SENDGRID_PUBLIC_KEY', 'sendgrid', { public_keys: [config.SENDGRID_PUBLIC_KEY] }])
  }
  if (config.POSTMARK_BASIC_AUTH) {
    given.push(['POSTMARK_BASIC_AUTH', 'postmark', { basic_auth: config.POSTMARK_BASIC_AUTH }])
  }
  if (config.MAILGUN_SIGNING_KEY) {
    given.push(['MAILGUN_SIGNING_KEY', 'mailgun', { signing_keys: [config.MAILGUN_SIGNING_KEY] }])
  }
  return given
}

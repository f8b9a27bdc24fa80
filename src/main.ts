/** Reads the settings, starts the service, says where it is, and ends it on a signal. */
import { resolve } from 'node:path'
import closeWithGrace from 'close-with-grace'
import { pino } from 'pino'
import { loadConfig } from './config.ts'
import { AppError } from './errors.ts'
import { mistakesInSettings, type Service, startService } from './service.ts'

try {
  const config = loadConfig(undefined, mistakesInSettings)
  const log = pino({ level: config.LOG_LEVEL })
  const starting = startService(config, log)
  // From the first moment, so that a signal during the start leaves nothing half done.
  closeWithGrace({ delay: 15_000, logger: false }, async ({ err }) => {
    if (err) log.error({ err }, 'service fails')
    const service = await starting.catch(() => null)
    await service?.close()
  })
  welcome(await starting, config.DATABASE_URL === undefined ? resolve(config.DATA_DIR) : null)
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exit(1)
}

/** Printed once. The key itself is shown on a terminal only: a log is read by many. */
function welcome({ url, adminKey }: Service, dataDir: string | null): void {
  const show = adminKey.path !== null && adminKey.isNew && process.stdout.isTTY
  const key = show ? `${adminKey.key}  (kept in ${adminKey.path})` : `in ${adminKey.path}`
  const bearer = adminKey.path === null ? '$ADMIN_API_KEY' : `$(cat ${adminKey.path})`
  process.stdout.write(
    `${[
      '',
      `Mailverdict listens on ${url}`,
      `  admin key  ${adminKey.path === null ? 'the one in ADMIN_API_KEY' : key}`,
      `  data       ${dataDir ?? 'the PostgreSQL server of DATABASE_URL'}`,
      `  reference  ${url}/docs`,
      '',
      'Try it next, in another terminal:',
      `  curl -H "Authorization: Bearer ${bearer}" "${url}/suppressions?email=ada@example.com"`,
      ''
    ].join('\n')}\n`
  )
}

function explain(error: unknown): string {
  if (!(error instanceof AppError)) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
  const mistakes = error.mistakes.map((mistake) => `\n  - ${mistake.detail}`).join('')
  return `Mailverdict cannot start. ${error.message}${mistakes}`
}

import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { AppError, type Mistake } from './errors.ts'

const setting = <T extends TSchema>(schema: T, description: string, example = '') =>
  ({ ...schema, description, example }) as T

/** Every setting: its type, default and meaning. The README's table is checked against this. */
export const Settings = Type.Object({
  HOST: setting(Type.String({ default: '127.0.0.1', minLength: 1 }), 'Address to listen on.'),
  PORT: setting(
    Type.Integer({ default: 8080, minimum: 0, maximum: 65_535 }),
    'Port to listen on; 0 takes a free one.'
  ),
  DATABASE_URL: setting(
    Type.Optional(Type.String({ pattern: '^postgres(ql)?://' })),
    'A PostgreSQL server (15 or later), `postgres://user:password@host/database`. Unset: the embedded database.'
  ),
  DATA_DIR: setting(
    Type.String({ default: './data', minLength: 1 }),
    'Where the embedded database and the keys made on first start lie.'
  ),
  ADMIN_API_KEY: setting(
    Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{24,200}$' })),
    'The key that may do everything, 24 characters or more. Unset with the embedded database: one is made on first start and kept in `DATA_DIR/admin-key`.'
  ),
  SECRETS_KEY: setting(
    Type.Optional(Type.String({ pattern: '^[A-Za-z0-9+/]{43}=$' })),
    'Base64 of 32 random bytes; encrypts stored secrets. Unset with the embedded database: made on first start and kept in `DATA_DIR/secrets-key`.'
  ),
  LOG_LEVEL: setting(
    Type.Union(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map((l) => Type.Literal(l)),
      { default: 'info' }
    ),
    'One of fatal, error, warn, info, debug, trace, silent.'
  ),
  TRUST_PROXY: setting(
    Type.Optional(Type.String({ minLength: 1 })),
    'Addresses or networks of reverse proxies whose X-Forwarded-For is believed, separated by commas.'
  ),
  SES_TOPIC_ARNS: setting(
    Type.Optional(Type.String({ minLength: 1 })),
    'Makes the source `ses`: the SNS topics to accept, separated by commas.'
  ),
  SENDGRID_PUBLIC_KEY: setting(
    Type.Optional(Type.String({ minLength: 1 })),
    "Makes the source `sendgrid`: the webhook's verification key."
  ),
  POSTMARK_BASIC_AUTH: setting(
    Type.Optional(Type.String({ pattern: '^[^:]+:.+$' })),
    'Makes the source `postmark`: the `user:password` of its webhook URL.'
  ),
  MAILGUN_SIGNING_KEY: setting(
    Type.Optional(Type.String({ minLength: 1 })),
    'Makes the source `mailgun`: the HTTP webhook signing key.'
  ),
  OUTBOUND_ALLOW: setting(
    Type.String({ default: '' }),
    'Private targets that outbound webhooks may reach, as networks or host:port, separated by commas (`127.0.0.0/8` for development). Empty: public addresses only.'
  ),
  OUTBOUND_ALLOW_HTTP: setting(
    Type.Boolean({ default: false }),
    'Whether outbound webhooks may use plain http.'
  )
})
export type Settings = Static<typeof Settings>

export interface Config extends Readonly<Settings> {}

/** What to do about a value that does not fit, by setting; the schema's own words are for programmers. */
const advice: Partial<Record<keyof Settings, string>> = {
  PORT: 'must be a whole number from 0 to 65535',
  DATABASE_URL: 'must look like postgres://user:password@host:5432/database',
  ADMIN_API_KEY: 'must be 24 to 200 letters, digits, - or _; make one with: npm run --silent keys',
  SECRETS_KEY: 'must be base64 of exactly 32 bytes; make one with: npm run --silent keys',
  LOG_LEVEL: 'must be one of fatal, error, warn, info, debug, trace, silent',
  POSTMARK_BASIC_AUTH: 'must look like user:password',
  OUTBOUND_ALLOW_HTTP: 'must be true or false'
}

/**
 * Reads the settings out of an environment. Empty values count as unset. Throws `settings-invalid` with
 * every mistake at once; no value is repeated in a message, since it may be a secret. `look` finds the
 * mistakes that only later rooms can see; it gets the values that fit the schema.
 */
export function loadConfig(
  // biome-ignore lint/style/noProcessEnv: the one place where the environment enters
  environment: Readonly<Record<string, string | undefined>> = process.env,
  look: (fitting: Partial<Settings>) => Mistake[] = () => []
): Config {
  const given: Record<string, unknown> = {}
  for (const name of Object.keys(Settings.properties)) {
    const value = environment[name]?.trim()
    if (value) given[name] = convert(Settings.properties[name as keyof Settings], value)
  }
  const candidate: unknown = Value.Default(Settings, given)
  const mistakes: Mistake[] = []
  const seen = new Set<string>()
  for (const error of Value.Errors(Settings, candidate)) {
    const name = error.path.slice(1) as keyof Settings
    if (seen.has(name)) continue
    seen.add(name)
    mistakes.push({ pointer: error.path, detail: `${name} ${advice[name] ?? error.message}` })
  }
  if (given.DATABASE_URL !== undefined) {
    for (const name of ['ADMIN_API_KEY', 'SECRETS_KEY'] as const) {
      if (given[name] !== undefined) continue
      mistakes.push({
        pointer: `/${name}`,
        detail: `${name} is required with DATABASE_URL; make one with: npm run --silent keys`
      })
    }
  }
  const fitting = Object.entries(given).filter(([name]) => !seen.has(name))
  mistakes.push(...look(Object.fromEntries(fitting)))
  if (mistakes.length > 0) {
    throw new AppError('settings-invalid', 'The settings have mistakes.', { mistakes })
  }
  return Object.freeze(Value.Decode(Settings, candidate))
}

function convert(schema: TSchema, value: string): unknown {
  if (schema.type === 'integer') return /^\d+$/.test(value) ? Number(value) : value
  if (schema.type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value
  return value
}

/** A setting that lists things with commas. */
export function commaList(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

import { expect, test } from 'vitest'
import { commaList, loadConfig, Settings } from '../src/config.ts'
import { AppError } from '../src/errors.ts'
import { mistakesInSettings } from '../src/service.ts'

function mistakesOf(environment: Record<string, string>): string[] {
  try {
    loadConfig(environment, mistakesInSettings)
  } catch (error) {
    if (error instanceof AppError && error.code === 'settings-invalid') {
      return error.mistakes.map((mistake) => mistake.detail)
    }
    throw error
  }
  return []
}

test('starts with nothing set, on defaults that are the documented ones', () => {
  expect(loadConfig({})).toEqual({
    HOST: '127.0.0.1',
    PORT: 8080,
    DATA_DIR: './data',
    LOG_LEVEL: 'info',
    OUTBOUND_ALLOW: '',
    OUTBOUND_ALLOW_HTTP: false
  })
})

test('takes an empty or blank value for unset', () => {
  expect(loadConfig({ PORT: '', DATABASE_URL: '  ', ADMIN_API_KEY: '' })).toEqual(loadConfig({}))
})

test('converts numbers and switches, and cannot be changed afterwards', () => {
  const config = loadConfig({ PORT: ' 9000 ', OUTBOUND_ALLOW_HTTP: 'true' })
  expect(config).toMatchObject({ PORT: 9000, OUTBOUND_ALLOW_HTTP: true })
  expect(Object.isFrozen(config)).toBe(true)
})

test('reports every mistake at once, each by the name of its setting', () => {
  const wrong = {
    PORT: '80a',
    DATABASE_URL: 'mysql://root:hunter2@db/x',
    ADMIN_API_KEY: 'hunter2',
    SECRETS_KEY: 'aHVudGVyMg==',
    LOG_LEVEL: 'loud-hunter2',
    TRUST_PROXY: 'hunter2 is no network',
    OUTBOUND_ALLOW: 'hunter2 is no network',
    SES_TOPIC_ARNS: 'hunter2',
    SENDGRID_PUBLIC_KEY: 'hunter2',
    POSTMARK_BASIC_AUTH: 'hunter2',
    OUTBOUND_ALLOW_HTTP: 'yes, hunter2'
  }
  const mistakes = mistakesOf(wrong)
  for (const name of Object.keys(wrong)) {
    expect(mistakes, name).toContainEqual(expect.stringContaining(name))
  }
})

test('repeats no value that may be a secret', () => {
  const secret = 'hunter2'
  const names = Object.keys(Settings.properties).filter(
    (name) =>
      !['TRUST_PROXY', 'OUTBOUND_ALLOW', 'SES_TOPIC_ARNS', 'MAILGUN_SIGNING_KEY'].includes(name)
  )
  for (const name of names) {
    if (name === 'HOST' || name === 'DATA_DIR') continue
    const mistakes = mistakesOf({ [name]: secret })
    expect(mistakes, name).not.toEqual([])
    expect(mistakes.join(), name).not.toContain(secret)
  }
})

test.for(['-1', '65536', '1.5', '0x50', '1e3'])('refuses %s as a port', (PORT) => {
  expect(mistakesOf({ PORT })).toEqual(['PORT must be a whole number from 0 to 65535'])
})

test('names the command that makes the keys which a server database needs', () => {
  expect(mistakesOf({ DATABASE_URL: 'postgres://user:hunter2@db.internal/mail' })).toEqual([
    expect.stringMatching(/^ADMIN_API_KEY .*npm run --silent keys/),
    expect.stringMatching(/^SECRETS_KEY .*npm run --silent keys/)
  ])
})

test('reads lists with commas, without blanks and empty parts', () => {
  expect(commaList(' a, b ,,c,')).toEqual(['a', 'b', 'c'])
  expect(commaList(undefined)).toEqual([])
})

import { createHash, timingSafeEqual } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import type { Mistake } from '../errors.ts'
import type { Inbound } from './provider.ts'

const strict = { additionalProperties: false }

const Secret = Type.Union([
  Type.String(),
  Type.Array(Type.String(), {
    minItems: 1,
    maxItems: 2,
    description: 'Two while one replaces the other.'
  })
])
type Secret = Static<typeof Secret>

/** Credentials of a provider, or a channel of it, that signs nothing: `user:password`. */
export const BasicCredentials = (description: string) =>
  Type.Object({ basic_auth: Secret }, { ...strict, description })
/** The same in a header of the operator's own choice. */
export const HeaderCredentials = (description: string) =>
  Type.Object(
    { header: Type.Object({ name: Type.String(), value: Secret }, strict) },
    { ...strict, description }
  )
export type SecretCredentials = Static<
  ReturnType<typeof BasicCredentials> | ReturnType<typeof HeaderCredentials>
>

/** What is wrong with such credentials, each mistake at its JSON Pointer. */
export function mistakesInSecret(credentials: SecretCredentials): Mistake[] {
  if ('basic_auth' in credentials) {
    return mistakesIn('/basic_auth', credentials.basic_auth, mistakeInBasicAuth)
  }
  const { name, value } = credentials.header
  return [
    ...mistakesIn('/header/name', name, () => mistakeInHeader({ name, value: 'any' })),
    ...mistakesIn('/header/value', value, (secret) =>
      mistakeInHeader({ name: 'any', value: secret })
    )
  ]
}

/** What a request shows of a source's secret; either of two live ones will do. */
export function shownSecret({ headers }: Inbound, credentials: SecretCredentials): Shown {
  const shown =
    'basic_auth' in credentials
      ? secretsOf(credentials.basic_auth).map((secret) =>
          checkBasicAuth(headers.authorization, secret)
        )
      : secretsOf(credentials.header.value).map((secret) =>
          checkHeader(headers[credentials.header.name.toLowerCase()], secret)
        )
  return shown.includes('ok') ? 'ok' : shown.includes('wrong') ? 'wrong' : 'absent'
}

function secretsOf(secret: Secret): string[] {
  return typeof secret === 'string' ? [secret] : secret
}

/** Each mistake of a value or a list of two, at its JSON Pointer. */
export function mistakesIn(
  pointer: string,
  secret: Secret,
  mistakeIn: (secret: string) => string | null
): Mistake[] {
  return secretsOf(secret).flatMap((each, index) => {
    const detail = mistakeIn(each)
    const at = typeof secret === 'string' ? pointer : `${pointer}/${index}`
    return detail === null ? [] : [{ pointer: at, detail }]
  })
}

/** What a request shows of a shared secret. `absent` asks for a challenge, `wrong` for an operator. */
export type Shown = 'absent' | 'wrong' | 'ok'

/**
 * Holds an `Authorization` header against the string `user:password` (RFC 7617). The whole string is
 * compared, so that nothing depends on where a password's own colons are.
 */
export function checkBasicAuth(header: string | undefined, expected: string): Shown {
  const shown = /^basic +(\S+) *$/i.exec(header ?? '')?.[1]
  if (shown === undefined) return 'absent'
  if (mistakeInBasicAuth(expected) !== null) return 'wrong'
  return same(Buffer.from(shown, 'base64'), Buffer.from(expected)) ? 'ok' : 'wrong'
}

/** Holds the value of a header of the operator's own choice against the secret it should carry. */
export function checkHeader(value: string | undefined, expected: string): Shown {
  if (value === undefined || value === '') return 'absent'
  if (isBlank(expected)) return 'wrong'
  // Node hands header values over as Latin-1, whatever their bytes meant (RFC 9110 section 5.5).
  return same(Buffer.from(value, 'latin1'), Buffer.from(expected)) ? 'ok' : 'wrong'
}

/** Why a string cannot serve as `user:password`; null where it can. An empty secret lets everybody in. */
export function mistakeInBasicAuth(expected: string): string | null {
  const colon = expected.indexOf(':')
  if (colon < 0) return 'Write it as user:password.'
  if (isBlank(expected.slice(0, colon))) return 'The user before the first colon is empty.'
  if (isBlank(expected.slice(colon + 1))) return 'The password after the first colon is empty.'
  return null
}

/** Why a header cannot carry a secret; null where it can. */
export function mistakeInHeader(header: { name: string; value: string }): string | null {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(header.name)) return 'The name is not one of an HTTP header.'
  if (isBlank(header.value)) return 'The value is empty.'
  if (header.value !== header.value.trim()) {
    return 'The value begins or ends with white space, which HTTP drops.'
  }
  return null
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}

/** Digests have one length, so that neither the length nor the content of a secret shows in the time taken. */
function same(shown: Buffer, expected: Buffer): boolean {
  return timingSafeEqual(digest(shown), digest(expected))
}

function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}

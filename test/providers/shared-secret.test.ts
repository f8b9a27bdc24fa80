import { expect, test } from 'vitest'
import {
  checkBasicAuth,
  checkHeader,
  mistakeInBasicAuth,
  mistakeInHeader
} from '../../src/providers/shared-secret.ts'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

test.for([
  ['hook:s3cret', 'hook:s3cret'],
  ['hook:s3cret:with:colons', 'hook:s3cret:with:colons'],
  ['hook:pässwörd', 'hook:pässwörd']
] as const)('Basic credentials %s are let in', ([shown, expected]) => {
  expect(checkBasicAuth(basic(shown), expected)).toBe('ok')
})

test('the name of the Basic scheme is compared without case', () => {
  expect(checkBasicAuth(basic('a:b').replace('Basic', 'bASIC'), 'a:b')).toBe('ok')
})

test.for([
  ['another password', basic('hook:other')],
  ['another user', basic('hooked:s3cret')],
  ['a prefix of the password', basic('hook:s3cre')],
  ['more than the password', basic('hook:s3cret ')],
  ['no colon', basic('hook')],
  ['what is not base64', 'Basic ***'],
  ['a user in another case', basic('Hook:s3cret')]
] as const)('Basic credentials with %s are wrong', ([, header]) => {
  expect(checkBasicAuth(header, 'hook:s3cret')).toBe('wrong')
})

test.for([[undefined], [''], ['Basic'], ['Basic '], ['Bearer aG9vazpzM2NyZXQ=']] as const)(
  'the header %s holds no Basic credentials',
  ([header]) => {
    expect(checkBasicAuth(header, 'hook:s3cret')).toBe('absent')
  }
)

test.for([[''], [':'], ['hook:'], [':s3cret'], ['hook: '], ['hook']] as const)(
  'an unusable secret "%s" lets nobody in, not even who knows it',
  ([expected]) => {
    expect(mistakeInBasicAuth(expected)).not.toBeNull()
    expect(checkBasicAuth(basic(expected), expected)).not.toBe('ok')
  }
)

test('a usable secret has no mistake', () => {
  expect(mistakeInBasicAuth('hook:s3cret:x')).toBeNull()
  expect(mistakeInHeader({ name: 'X-Hook-Token', value: 'long random value' })).toBeNull()
})

test('a header is let in only with exactly its secret', () => {
  expect(checkHeader('token', 'token')).toBe('ok')
  expect(checkHeader('Token', 'token')).toBe('wrong')
  expect(checkHeader('token2', 'token')).toBe('wrong')
  expect(checkHeader(undefined, 'token')).toBe('absent')
  expect(checkHeader('', '')).toBe('absent')
  expect(checkHeader(' ', '')).toBe('wrong')
})

test('a header with letters beyond ASCII is compared by its bytes', () => {
  const asNodeReadsIt = Buffer.from('schlüssel').toString('latin1')
  expect(checkHeader(asNodeReadsIt, 'schlüssel')).toBe('ok')
})

test.for([
  [{ name: '', value: 'x' }],
  [{ name: 'X Hook', value: 'x' }],
  [{ name: 'X-Hook:', value: 'x' }],
  [{ name: 'X-Hook', value: '' }],
  [{ name: 'X-Hook', value: ' \t' }],
  [{ name: 'X-Hook', value: 'x ' }]
])('the header %o cannot carry a secret', ([header]) => {
  expect(mistakeInHeader(header!)).not.toBeNull()
})

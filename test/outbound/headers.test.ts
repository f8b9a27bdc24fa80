import { expect, test } from 'vitest'
import { checkHeaders } from '../../src/outbound/headers.ts'

test('gives headers back in lower case', () => {
  expect(checkHeaders({ Authorization: 'Bearer abc def', 'X-Team': 'a' })).toEqual({
    ok: true,
    headers: { authorization: 'Bearer abc def', 'x-team': 'a' }
  })
  expect(checkHeaders({})).toEqual({ ok: true, headers: {} })
})

test.for([
  'host',
  'Content-Length',
  'TRANSFER-ENCODING',
  'connection',
  'keep-alive',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'proxy-authorization',
  'Proxy-Connection',
  'content-type',
  'content-encoding',
  'accept-encoding',
  'webhook-id',
  'Webhook-Anything',
  'cookie',
  'date',
  'X-Mailverdict-Hop'
])('refuses %s, which the service sets', (name) => {
  expect(checkHeaders({ [name]: 'x' })).toEqual({
    ok: false,
    mistakes: [{ pointer: `/${name}`, detail: expect.stringContaining('set by the service') }]
  })
})

test.for(['', 'a b', 'a:b', 'a\r\nb', 'é', 'a\0', 'a,b'])('refuses the name %j', (name) => {
  expect(checkHeaders({ [name]: 'x' })).toMatchObject({
    ok: false,
    mistakes: [{ detail: 'This is not a header name' }]
  })
})

test.for(['', ' a', 'a ', 'a\r\nhost: b', 'a\nb', 'a\rb', 'a\0b', 'é', 'a\tb', '\x7f'])(
  'refuses the value %j without repeating it',
  (value) => {
    expect(checkHeaders({ 'x-a': value })).toEqual({
      ok: false,
      mistakes: [{ pointer: '/x-a', detail: 'A value is visible ASCII, with spaces only inside' }]
    })
  }
)

test('refuses two names that differ only in case', () => {
  expect(checkHeaders({ 'X-A': '1', 'x-a': '2' })).toMatchObject({
    ok: false,
    mistakes: [{ pointer: '/x-a', detail: expect.stringContaining('twice') }]
  })
})

test('takes 20 headers of 4 KiB together and no more', () => {
  const many = (count: number) =>
    Object.fromEntries([...Array(count).keys()].map((n) => [`x-${n}`, 'v']))
  expect(checkHeaders(many(20)).ok).toBe(true)
  expect(checkHeaders(many(21))).toMatchObject({ mistakes: [{ pointer: '' }] })
  expect(checkHeaders({ 'x-a': 'v'.repeat(4093) }).ok).toBe(true)
  expect(checkHeaders({ 'x-a': 'v'.repeat(4094) })).toMatchObject({ mistakes: [{ pointer: '' }] })
})

test('reports every mistake, pointing at names with slashes and tildes too', () => {
  expect(checkHeaders({ host: 'x', 'a/~b': 'x', 'x-b': '' })).toMatchObject({
    mistakes: [{ pointer: '/host' }, { pointer: '/a~1~0b' }, { pointer: '/x-b' }]
  })
})

test('a header named __proto__ stays a header', () => {
  const result = checkHeaders(JSON.parse('{"__proto__":"x"}'))
  expect(result.ok && Object.keys(result.headers)).toEqual(['__proto__'])
})

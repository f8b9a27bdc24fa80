import fc from 'fast-check'
import { expect, test } from 'vitest'
import { identityKey, idOf, keyOf } from '../../src/events/identity.ts'

test('a key is the same for the same parts, on any machine', () => {
  const key = identityKey('default', 'postmark', ['bounce', '4323372036854775807'])
  expect(key).toHaveLength(20)
  expect(identityKey('default', 'postmark', ['bounce', '4323372036854775807'])).toEqual(key)
  // Written down: an id that changes with a release would count every repeat twice.
  expect(idOf('evt', key)).toBe('evt_sf9p87szcb2m3rbg83jhdg18f2s5dgep')
})

test('tenant, provider and each part make another key', () => {
  const ids = [
    identityKey('default', 'ses', ['a', 'b']),
    identityKey('other', 'ses', ['a', 'b']),
    identityKey('default', 'mailgun', ['a', 'b']),
    identityKey('default', 'ses', ['b', 'a']),
    identityKey('default', 'ses', ['ab']),
    identityKey('default', 'ses', ['a', '', 'b']),
    identityKey('default', 'ses', ['', 'ab']),
    identityKey('default', 'ses', ['a', 'b', '']),
    identityKey('default', 'ses', ['a1:b']),
    identityKey('default', 'ses', []),
    identityKey('default', 'ses', [''])
  ].map((key) => idOf('evt', key))
  expect(new Set(ids).size).toBe(ids.length)
})

test('no two lists of parts run together', () => {
  // Few characters, so that lists which differ only in where a part ends are common.
  const part = fc.string({ unit: fc.constantFrom('a', '1', ':', 'ä', '\u0000'), maxLength: 4 })
  const list = fc.array(part, { maxLength: 4 })
  fc.assert(
    fc.property(list, list, (one, two) => {
      const same = JSON.stringify(one) === JSON.stringify(two)
      const equal = identityKey('t', 'ses', one).equals(identityKey('t', 'ses', two))
      expect(equal).toBe(same)
    }),
    { numRuns: 3_000 }
  )
})

test('a key comes back out of its id', () => {
  const bytes = fc.uint8Array({ minLength: 20, maxLength: 20 })
  fc.assert(
    fc.property(bytes, fc.constantFrom('evt' as const, 'dec' as const), (key, prefix) => {
      const id = idOf(prefix, key)
      expect(id).toMatch(/^(evt|dec)_[0-9a-hjkmnp-tv-z]{32}$/)
      expect(keyOf(prefix, id)).toEqual(Buffer.from(key))
      expect(keyOf(prefix === 'evt' ? 'dec' : 'evt', id)).toBeNull()
    })
  )
})

test('the ids of greater keys sort behind those of smaller ones', () => {
  const bytes = fc.uint8Array({ minLength: 20, maxLength: 20 })
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(idOf('evt', a) < idOf('evt', b)).toBe(Buffer.compare(a, b) < 0)
    })
  )
})

test.for([
  '',
  'evt_',
  'evt',
  `evt_${'0'.repeat(31)}`,
  `evt_${'0'.repeat(33)}`,
  `evt_${'0'.repeat(31)}i`,
  `evt_${'0'.repeat(31)}u`,
  `evt_${'A'.repeat(32)}`,
  `raw_${'0'.repeat(32)}`,
  `xevt_${'0'.repeat(32)}`,
  ` evt_${'0'.repeat(32)}`,
  `evt_${'0'.repeat(32)}\n`
])('%j is no id of ours', (id) => {
  expect(keyOf('evt', id)).toBeNull()
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalDomain, parseAddress } from '../../src/events/address.ts'

test.for<[string, string, string, string]>([
  ['a plain address', 'ada@example.com', 'ada@example.com', 'ada@example.com'],
  ['the case of the local part', 'Ada.L@Example.COM', 'Ada.L@example.com', 'ada.l@example.com'],
  ['a display name', 'Ada Lovelace <ada@example.com>', 'ada@example.com', 'ada@example.com'],
  ['a quoted name with @', '"ada@home" <ada@example.com>', 'ada@example.com', 'ada@example.com'],
  ['brackets alone', ' < ada@example.com > ', 'ada@example.com', 'ada@example.com'],
  ['mailto:', 'MAILTO:ada@example.com', 'ada@example.com', 'ada@example.com'],
  ['mailto: in brackets', 'Ada <mailto:ada@example.com>', 'ada@example.com', 'ada@example.com'],
  ["RFC 3464's address type", 'rfc822; ada@example.com', 'ada@example.com', 'ada@example.com'],
  ['a trailing dot', 'ada@example.com.', 'ada@example.com', 'ada@example.com'],
  ['a U-label', 'ada@Bücher.example', 'ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example'],
  [
    'ideographic dots',
    'ada@例え。テスト',
    'ada@xn--r8jz45g.xn--zckzah',
    'ada@xn--r8jz45g.xn--zckzah'
  ],
  ['a UTF-8 local part', 'Zoë@example.com', 'Zoë@example.com', 'zoë@example.com'],
  ['a plus tag', 'ada+news@example.com', 'ada+news@example.com', 'ada+news@example.com'],
  ['a VERP tag', 'b-ada=x.org@example.com', 'b-ada=x.org@example.com', 'b-ada=x.org@example.com'],
  ['a quoted local part', '"Ada L"@example.com', '"Ada L"@example.com', '"ada l"@example.com'],
  ['an @ inside quotes', '"a@b"@example.com', '"a@b"@example.com', '"a@b"@example.com'],
  ['an address literal', 'ada@[192.0.2.1]', 'ada@[192.0.2.1]', 'ada@[192.0.2.1]'],
  ['an IPv6 literal', 'ada@[IPv6:2001:DB8::1]', 'ada@[ipv6:2001:db8::1]', 'ada@[ipv6:2001:db8::1]'],
  ['an underscore in the domain', 'ada@a_b.example', 'ada@a_b.example', 'ada@a_b.example'],
  ['a domain of one label', 'root@localhost', 'root@localhost', 'root@localhost']
])('%s is understood', ([, written, address, key]) => {
  expect(parseAddress(written)).toEqual({ address, key, domain: address.split('@').at(-1) })
})

test.for([
  '',
  '@',
  'ada',
  'ada@',
  '@example.com',
  'ada@.',
  'ada@example..com',
  'ada@.example.com',
  'ada@exa mple.com',
  'ada lovelace@example.com',
  'ada@home@example.com',
  'ada@example.com, bob@example.com',
  '<ada@example.com',
  'ada@example.com>',
  '<>',
  'ada"@example.com',
  '"@example.com',
  '"ada"l"@example.com',
  'ada@example.com/x',
  'ada@exa\u0000mple.com',
  'a\u0000da@example.com',
  '"a\u0000da"@example.com',
  'ada\n@example.com',
  '\ud800@example.com',
  '"\udfff"@example.com',
  'ada@\ud800.example',
  'ada@[300]x',
  'ada@[]',
  'ada@0x7f',
  'ada@1.2',
  `${'a'.repeat(65)}@example.com`,
  `${'é'.repeat(33)}@example.com`,
  `ada@${'a'.repeat(64)}.com`,
  `ada@${'abcdefg.'.repeat(32)}com`,
  'x'.repeat(1_000_000)
])('%j is no address', (written) => {
  expect(parseAddress(written)).toBeNull()
})

test('the longest parts that RFC 5321 allows are taken', () => {
  expect(parseAddress(`${'a'.repeat(64)}@${'a'.repeat(63)}.com`)).not.toBeNull()
})

const character = fc.oneof(
  fc.constantFrom(...'aAzZ09.-_+="<>@[]:;\\ ,()'),
  fc.constantFrom('İ', 'Σ', 'ß', '。', '\ud800', '\u0000', 'mailto:', 'rfc822;', 'xn--'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })
)
const text = fc.array(character, { maxLength: 20 }).map((parts) => parts.join(''))
const domain = fc.oneof(text, fc.constantFrom('Example.COM', 'bücher.de.', '[192.0.2.1]'))
const written = fc
  .tuple(text, domain, fc.constantFrom('', 'Ada <', 'mailto:', 'rfc822; ', ' '))
  .map(([local, host, before]) => `${before}${local}@${host}${before.endsWith('<') ? '>' : ''}`)

test('what an address is parsed to parses to itself, and its key is lower case', () => {
  fc.assert(
    fc.property(fc.oneof(written, text), (anything) => {
      const once = parseAddress(anything)
      if (once === null) return
      expect(parseAddress(once.address)).toEqual(once)
      expect(once.key).toBe(once.key.toLowerCase())
      expect(once.address.isWellFormed()).toBe(true)
      expect(once.address.endsWith(`@${once.domain}`)).toBe(true)
      expect(canonicalDomain(once.domain)).toBe(once.domain)
      expect(once.domain).toMatch(/^[!-~]+$/)
    }),
    { numRuns: 2_000 }
  )
})

test('the case of an address makes no other key', () => {
  const ascii = fc.stringMatching(/^[a-z0-9][a-z0-9.+_-]{0,20}@[a-z][a-z0-9]{0,20}\.[a-z]{2,6}$/)
  fc.assert(
    fc.property(ascii, (address) => {
      expect(parseAddress(address.toUpperCase())?.key).toBe(parseAddress(address)?.key)
      expect(parseAddress(address)?.key).toBe(address)
    })
  )
})

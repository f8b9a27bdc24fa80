import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nestingOf, sanitise, sanitiseText } from '../../src/events/sanitise.ts'

test('NUL is taken out, lone surrogates are replaced, pairs stay', () => {
  expect(sanitiseText('a\u0000b')).toBe('ab')
  expect(sanitiseText('a\ud800b\udfff')).toBe('a\ufffdb\ufffd')
  expect(sanitiseText('a😀\u200bé\n')).toBe('a😀\u200bé\n')
})

test('a long text is cut with a sign, and a pair at the cut is not left in half', () => {
  expect(sanitiseText('x'.repeat(16_384))).toHaveLength(16_384)
  expect(sanitiseText('x'.repeat(1_000_000))).toBe(`${'x'.repeat(16_383)}…`)
  expect(sanitiseText('ab😀cd', 4).isWellFormed()).toBe(true)
})

test('keys and strings are cleaned wherever they are, and other values stay', () => {
  const dirty = { 'k\u0000': ['\ud800', { a: '\u0000', n: 1.5, t: true, z: null, e: [], o: {} }] }
  const clean = { k: ['\ufffd', { a: '', n: 1.5, t: true, z: null, e: [], o: {} }] }
  expect(sanitise<unknown>(dirty)).toEqual(clean)
})

test('a key named __proto__ stays a plain key', () => {
  const clean = sanitise(JSON.parse('{"__proto__":{"admin":true}}'))
  expect(Object.keys(clean)).toEqual(['__proto__'])
  expect(clean.admin).toBeUndefined()
})

test('what lies deeper than 64 levels is left out', () => {
  const kept = JSON.parse(nest(64, '"x"'))
  expect(sanitise(kept)).toEqual(kept)
  expect(JSON.stringify(sanitise(JSON.parse(nest(65, '"x"'))))).toBe(nest(64, 'null'))
  expect(nestingOf(JSON.stringify(sanitise(JSON.parse(nest(5_000, '1')))))).toBe(64)
})

test('whatever JSON goes in, what comes out is harmless, and cleaning it again changes nothing', () => {
  const value = fc
    .json({ stringUnit: 'binary', maxDepth: 5 })
    .map((json): unknown => JSON.parse(json))
  fc.assert(
    fc.property(value, (anything) => {
      const once = sanitise(anything)
      const json = JSON.stringify(once)
      expect(json).not.toMatch(/\\u0000|\\ud[89a-f]/)
      expect(sanitise(once)).toEqual(once)
    })
  )
})

test.for<[string, number]>([
  ['', 0],
  ['1', 0],
  ['"[[[["', 0],
  ['{}', 1],
  ['[[],[[]]]', 3],
  ['{"a":{"b":[1]}}', 3],
  ['{"[[[[":"}}}}"}', 1],
  ['{"a":"\\"[[["}', 1],
  ['{"a":"\\\\","b":[]}', 2],
  ['["\\\\\\"[[["]', 1],
  ['["é😀[[["]', 1],
  ['["unended [[[', 1],
  ['["\\', 1],
  [']]]][', 0]
])('the nesting of %j is %i', ([json, levels]) => {
  expect(nestingOf(json)).toBe(levels)
  expect(nestingOf(Buffer.from(json))).toBe(levels)
})

test('the nesting is that of the parsed value', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'grapheme', maxDepth: 6 }), (json) => {
      expect(nestingOf(json)).toBe(depthOf(JSON.parse(json)))
    })
  )
})

function nest(levels: number, inner: string): string {
  return `${'['.repeat(levels)}${inner}${']'.repeat(levels)}`
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

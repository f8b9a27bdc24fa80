import fc from 'fast-check'
import { expect, test } from 'vitest'
import { classify } from '../../src/smtp/classify.ts'
import { Memo } from '../../src/smtp/memo.ts'
import { parseReply } from '../../src/smtp/reply.ts'
import { rules } from '../../src/smtp/rules/index.ts'
import { templateOf } from '../../src/smtp/template.ts'

const pieces = [
  'a',
  'a@a',
  '<(',
  '550-5.1.1 ',
  '1.1.',
  '&amp;',
  '\\u0041',
  'user unknown ',
  '\n',
  '#',
  '：',
  '用'
]

test.for(pieces)('64 KiB of %j are read as far as head and tail go', (piece) => {
  const raw = `550 ${piece.repeat(Math.ceil(65_536 / piece.length))}`
  const reply = parseReply(raw)
  expect(reply.text.length).toBeLessThanOrEqual(4200)
  expect(reply.code).toBe(550)
  expect(() => classify({ reply, outcome: 'failed' })).not.toThrow()
  expect(templateOf(raw).length).toBeLessThanOrEqual(3 * 4096)
})

test('any string gives a result, and the codes are in range', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (raw) => {
      const reply = parseReply(raw)
      if (reply.code !== null) {
        expect(reply.code).toBeGreaterThanOrEqual(200)
        expect(reply.code).toBeLessThan(600)
      }
      const reading = classify({ reply, outcome: 'failed' })
      expect(reading.rule).not.toBe('')
      if (reading.span) expect(reading.span[1]).toBeLessThanOrEqual(reply.text.length)
    }),
    { numRuns: 300, seed: 4 }
  )
})

test('the words of rules thrown together in any order still give one verdict', () => {
  const words = rules.flatMap((rule) => rule.examples).flatMap((example) => example.split(' '))
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 400 }), (row) => {
      const raw = `550 ${row.join(' ')}`
      const reading = classify({ reply: parseReply(raw), outcome: 'failed' })
      expect(classify({ reply: parseReply(`${raw} `), outcome: 'failed' }).reason).toBe(
        reading.reason
      )
    }),
    { numRuns: 100, seed: 4 }
  )
})

test('what is remembered is bounded, and only what is met twice running', () => {
  const memo = new Memo<number>(2)
  for (let i = 0; i < 100; i++) {
    memo.keep(`text ${i}`, () => -1)
    memo.keep(`text ${i}`, () => i)
  }
  const held = new Set(Array.from({ length: 100 }, (_, i) => memo.recall(`text ${i}`)))
  expect(held.size).toBeLessThanOrEqual(4)
  expect(memo.recall('text 99')).toBe(99)
  memo.keep('met once', () => 1)
  expect(memo.recall('met once')).not.toBe(1)
})

import { expect, test } from 'vitest'
import { basicCodes } from '../../src/smtp/basic-codes.ts'
import { classify } from '../../src/smtp/classify.ts'
import { enhancedCodeFacts, enhancedCodes } from '../../src/smtp/enhanced-codes.ts'
import { actionOf, explain } from '../../src/smtp/explain.ts'
import { reasons } from '../../src/smtp/reasons.ts'
import { parseReply } from '../../src/smtp/reply.ts'
import { templateOf } from '../../src/smtp/template.ts'

test('says in plain words what happened, whose fault it is, what to do and why', () => {
  const reply = parseReply('450 4.2.0 <ada@example.com>: Greylisted, try again in 300 seconds')
  const reading = classify({ reply, outcome: 'deferred' })
  const told = explain(reading, reply)
  expect(told.what).toContain('put off')
  expect(told.who).toContain('innocent')
  expect(told.next).toContain('5 minutes')
  expect(told.why).toContain('Greylisted')
  expect(told.codes.map((code) => code.link)).toEqual([
    'https://www.rfc-editor.org/rfc/rfc5321',
    'https://www.rfc-editor.org/rfc/rfc3463'
  ])
})

test('says so where a code is not registered', () => {
  const reply = parseReply('550 5.7.606 Access denied')
  const told = explain(classify({ reply, outcome: 'failed' }), reply)
  expect(told.codes[1]?.meaning).toContain('Not registered')
})

test('explains without a reply', () => {
  const told = explain(classify({ reply: null, outcome: 'failed' }), null)
  expect(told.what).toContain('Nothing usable')
  expect(told.codes).toEqual([])
})

test('what to do follows the reason and whether the refusal is final', () => {
  expect(actionOf({ reason: 'unknown_mailbox', permanence: 'permanent' })).toBe('suppress')
  expect(actionOf({ reason: 'unknown_mailbox', permanence: 'transient' })).toBe('retry')
  expect(actionOf({ reason: 'ip_reputation', permanence: 'transient' })).toBe('throttle')
})

test('the registry holds every code that IANA lists, each with a known reason', () => {
  expect(Object.keys(enhancedCodes)).toHaveLength(81)
  for (const [code, facts] of Object.entries(enhancedCodes)) {
    expect(code).toMatch(/^[0-7]\.\d{1,2}$/)
    expect(Object.hasOwn(reasons, facts.reason)).toBe(true)
    expect(facts.meaning.endsWith('.')).toBe(true)
  }
  for (const facts of Object.values(basicCodes)) {
    expect(Object.hasOwn(reasons, facts.reason)).toBe(true)
  }
  expect(enhancedCodeFacts('5.1.1')?.reason).toBe('unknown_mailbox')
  expect(enhancedCodeFacts('5.7.606')).toBeNull()
  expect(enhancedCodeFacts('5.constructor')).toBeNull()
})

test.for([
  [
    '550 5.1.1 <ada@example.com>: user unknown, see https://example.net/x?id=5 a1b2c3d4e5 - gsmtp',
    '550 5.1.1 <ben@example.org>: user unknown, see https://example.net/y?id=9 f6e7d8c9b0 - gsmtp'
  ],
  [
    '421 Too many connections from 192.0.2.1, try in 300 seconds',
    '421 Too many connections from 203.0.113.77, try in 60 seconds'
  ]
] as const)('%s and its like have one template', ([one, other]) => {
  expect(templateOf(one)).toBe(templateOf(other))
  expect(templateOf(one)).not.toMatch(/ada|192\.0/)
})

test('different words have different templates', () => {
  expect(templateOf('550 user unknown')).not.toBe(templateOf('550 mailbox full'))
})

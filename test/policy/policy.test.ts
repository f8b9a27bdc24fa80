import { expect, test } from 'vitest'
import { defaultPolicy } from '../../src/policy/default-policy.ts'
import { checkPolicy, type Policy } from '../../src/policy/policy.ts'
import { reasonNames, reasons } from '../../src/smtp/reasons.ts'

/** A document as it comes from outside, past the compiler. */
function documentOf(...rules: object[]): Policy {
  const about = rules.map((rule, n) => ({ id: `rule-${n}`, because: 'a test says so', ...rule }))
  return JSON.parse(JSON.stringify({ version: 2, rules: about }))
}

const suppress = { action: 'suppress', scope: 'all', expiresDays: null }

test('the default policy has no mistakes', () => {
  expect(checkPolicy(defaultPolicy)).toEqual([])
})

test('each rule of the default policy says why, under an id of its own', () => {
  const ids = defaultPolicy.rules.map((rule) => rule.id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const rule of defaultPolicy.rules) expect(rule.because).toMatch(/^[A-Z].*\.$/s)
})

test.for(reasonNames)("%s may suppress only if it is the recipient's fault", (reason) => {
  const policy = documentOf({ on: 'failure', reasons: ['unknown_mailbox', reason], ...suppress })
  const pointers = checkPolicy(policy).map((mistake) => mistake.pointer)
  expect(pointers).toEqual(reasons[reason].fault === 'recipient' ? [] : ['/rules/0/reasons/1'])
})

test.for<[string, object, string]>([
  ['any failure', { on: 'failure', reasons: 'any' }, '/rules/0/reasons'],
  ['failures without a reason', { on: 'failure' }, '/rules/0/reasons'],
  ['a reason nobody knows', { on: 'failure', reasons: ['bad_luck'] }, '/rules/0/reasons/0'],
  ['an inherited name', { on: 'failure', reasons: ['toString'] }, '/rules/0/reasons/0'],
  ['several candidates', { on: 'complaint', spam: true, candidates: 'any' }, '/rules/0'],
  ['not-spam', { on: 'complaint', spam: false, candidates: 'one' }, '/rules/0'],
  ['an opt-in', { on: 'opt-in' }, '/rules/0/on'],
  ['an opened mail', { on: 'opened' }, '/rules/0/on']
])('a document that suppresses for %s is refused', ([, rule, pointer]) => {
  expect(checkPolicy(documentOf({ ...rule, ...suppress })).map((m) => m.pointer)).toEqual([pointer])
})

test.for<[string, object]>([
  ['a complaint of one', { on: 'complaint', spam: true, candidates: 'one' }],
  ['an opt-out', { on: 'opt-out' }]
])('a document may suppress for %s', ([, rule]) => {
  expect(checkPolicy(documentOf({ ...rule, ...suppress }))).toEqual([])
})

test('an id that is used twice is refused, beside every other mistake', () => {
  const twice = { id: 'one', on: 'failure', reasons: ['spam_content'], ...suppress }
  expect(checkPolicy(documentOf(twice, twice))).toEqual([
    expect.objectContaining({ pointer: '/rules/0/reasons/0' }),
    { pointer: '/rules/1/id', detail: 'one is used twice' },
    expect.objectContaining({ pointer: '/rules/1/reasons/0' })
  ])
})

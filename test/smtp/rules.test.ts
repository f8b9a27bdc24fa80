import { expect, test } from 'vitest'
import { classify } from '../../src/smtp/classify.ts'
import { parseReply } from '../../src/smtp/reply.ts'
import type { Rule } from '../../src/smtp/rule.ts'
import { rules } from '../../src/smtp/rules/index.ts'

const examples = rules.flatMap((rule: Rule) =>
  rule.examples.map((example) => ({ id: rule.id, reason: rule.reason, example }))
)

test.for(examples)('$id wins $example', ({ id, reason, example }) => {
  const reading = classify({ reply: parseReply(example), outcome: 'failed' })
  expect([reading.reason, reading.rule]).toEqual([reason, id])
})

import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { classify } from '../../src/smtp/classify.ts'
import { Matcher } from '../../src/smtp/matcher.ts'
import { reasons } from '../../src/smtp/reasons.ts'
import { parseReply } from '../../src/smtp/reply.ts'
import type { Rule } from '../../src/smtp/rule.ts'
import { rules, wordClasses } from '../../src/smtp/rules/index.ts'

const examples = rules.flatMap((rule: Rule) =>
  rule.examples.map((example) => ({ id: rule.id, reason: rule.reason, example }))
)

test.for(examples)('$id wins $example', ({ id, reason, example }) => {
  const reading = classify({ reply: parseReply(example), outcome: 'failed' })
  expect([reading.reason, reading.rule]).toEqual([reason, id])
})

test('rule ids are unique, readable and stable', async () => {
  const ids = rules.map((rule) => rule.id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+$/)
  // The list is kept beside the tests: a rule that vanishes, or an example of it, fails here.
  const lines = examples.map((example) => JSON.stringify(example)).sort()
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../fixtures/smtp/rules.jsonl')
})

test('every rule names where its words come from and has at least two different examples', () => {
  for (const rule of rules) {
    expect(rule.source, rule.id).toMatch(/^https:\/\//)
    expect(new Set(rule.examples).size, rule.id).toBeGreaterThanOrEqual(2)
    expect(Object.hasOwn(reasons, rule.reason), rule.id).toBe(true)
    expect((rule.says?.length ?? 0) > 0 || rule.when !== undefined, rule.id).toBe(true)
  }
})

test('the order in which rules are listed does not matter', () => {
  const texts = examples.map(({ example }) => parseReply(example))
  const verdicts = (list: readonly Rule[]) => {
    const matcher = new Matcher(list, wordClasses)
    return texts.map((reply) => {
      const facts = { reply, phase: reply.phase, receiver: null }
      return matcher.match(reply.text, facts)?.rule.id
    })
  }
  const turned = [...rules].reverse()
  const shuffled = [...rules].sort(
    (a, b) => ((a.id.length * 7919) % 101) - ((b.id.length * 7919) % 101)
  )
  const expected = verdicts(rules)
  expect(verdicts(turned)).toEqual(expected)
  expect(verdicts(shuffled)).toEqual(expected)
})

test('no phrase has more gaps than a bounded number of steps can try', () => {
  const widths: Record<string, number> = { '~': 2, '*': 6, '**': 20 }
  for (const rule of rules) {
    for (const phrase of [...(rule.says ?? []), ...(rule.unless ?? [])]) {
      // Gaps in a row add up; gaps between words multiply.
      let steps = 1
      let gap = 0
      for (const part of [...phrase.split(' '), 'END']) {
        const width = widths[part]
        if (width !== undefined) gap += width
        else {
          steps *= gap + 1
          gap = 0
        }
      }
      expect(steps, `${rule.id}: ${phrase}`).toBeLessThanOrEqual(1000)
    }
  }
})

test('no expression of this room repeats what is itself repeated', () => {
  const folder = new URL('../../src/smtp/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const offences = files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      expressionsIn(readFileSync(new URL(file, folder), 'utf8'))
        .filter(repeatsARepetition)
        .map((expression) => `${file}: ${expression}`)
    )
  expect(offences).toEqual([])
  expect(repeatsARepetition('(a+)+')).toBe(true)
  expect(repeatsARepetition('(?:a|b*c){2,}')).toBe(true)
  expect(repeatsARepetition('(?:a{1,3}b)*')).toBe(false)
})

/** Regular expression literals and raw template strings, one a line at most. */
function expressionsIn(source: string): string[] {
  return [
    ...source.matchAll(
      /(?<=[=(,[:?] ?|^\s*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\n[])+\/|String\.raw`[^`]*`/gm
    )
  ].map((match) => match[0])
}

/** A group with an unbounded repetition inside, itself repeated without bound: the shape that backtracks badly. */
function repeatsARepetition(expression: string): boolean {
  const open: { unbounded: boolean }[] = []
  let inClass = false
  for (let at = 0; at < expression.length; at++) {
    const mark = expression.charAt(at)
    if (mark === '\\') at++
    else if (inClass) inClass = mark !== ']'
    else if (mark === '[') inClass = true
    else if (mark === '(') open.push({ unbounded: false })
    else if (mark === ')') {
      const group = open.pop()
      const repeated = /^(?:[*+]|\{\d+,\})/.test(expression.slice(at + 1))
      if (group?.unbounded && repeated) return true
      const outer = open.at(-1)
      if (outer && (group?.unbounded || repeated)) outer.unbounded = true
    } else if (mark === '*' || mark === '+' || /^\{\d+,\}/.test(expression.slice(at))) {
      const group = open.at(-1)
      if (group) group.unbounded = true
    }
  }
  return false
}

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type ClassifyInput, classify } from '../../src/smtp/classify.ts'
import { actionOf } from '../../src/smtp/explain.ts'
import { type Reason, reasons } from '../../src/smtp/reasons.ts'
import { parseReply } from '../../src/smtp/reply.ts'

interface Row {
  reply: string
  code: number | null
  enhanced: string | null
  reason: Reason
  action: string
  origin: string
}

const rows: Row[] = readFileSync(new URL('../fixtures/smtp/replies.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

const read = (raw: string, more: Partial<ClassifyInput> = {}) =>
  classify({ reply: parseReply(raw), outcome: 'failed', ...more })

/** What to do by the table of reasons, by the class of the reply alone. */
const actionFor = (reason: Reason, reply: { code: number | null; enhanced: string | null }) => {
  const digit = String(reply.code ?? reply.enhanced ?? '5').charAt(0)
  return digit === '4' ? reasons[reason].onTransient : reasons[reason].onPermanent
}

test('reads the codes of every labelled reply', () => {
  const wrong = rows.filter((row) => {
    const { code, enhanced } = parseReply(row.reply)
    return code !== row.code || enhanced !== row.enhanced
  })
  expect(wrong.map((row) => row.reply)).toEqual([])
})

test('names the right reason for at least 97 % and the right action for at least 98 %', () => {
  let reason = 0
  let action = 0
  for (const row of rows) {
    const reading = read(row.reply)
    if (reading.reason === row.reason) reason++
    if (actionFor(reading.reason, row) === row.action) action++
  }
  expect(reason / rows.length).toBeGreaterThanOrEqual(0.97)
  expect(action / rows.length).toBeGreaterThanOrEqual(0.98)
})

test('suppresses no address that should not be', () => {
  const wrong = rows.filter(
    (row) => row.action !== 'suppress' && actionFor(read(row.reply).reason, row) === 'suppress'
  )
  expect(wrong.map((row) => row.reply)).toEqual([])
})

test('the action by permanence agrees with the class of the reply', () => {
  for (const row of rows) {
    const reading = read(row.reply)
    if (row.code === null && row.enhanced === null) continue
    expect(actionOf(reading)).toBe(actionFor(reading.reason, row))
  }
})

/** Each changes what does not matter; the verdict must stay for at least 99 % of the lines it applies to. */
const changes: Record<string, (row: Row) => string | null> = {
  'letter case': ({ reply }) => (/\\u|&/.test(reply) ? null : reply.toUpperCase()),
  'HTML escapes': ({ reply }) =>
    /[&\\]/.test(reply) ? null : reply.replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  'a DSN label': ({ reply, code }) =>
    code === null || /^[a-z-]+;/i.test(reply) ? null : `smtp; ${reply}`,
  'Postfix words around it': ({ reply, code }) =>
    code === null || !/^\d/.test(reply)
      ? null
      : `host mx.example.net[192.0.2.1] said: ${reply} (in reply to RCPT TO command)`,
  'Exim words around it': ({ reply, code }) =>
    code === null || !/^\d/.test(reply)
      ? null
      : `SMTP error from remote mail server after RCPT TO:<x@example.net>: host mx.example.net [192.0.2.1]: ${reply}`,
  'qmail words around it': ({ reply, code }) =>
    code === null || !/^\d/.test(reply)
      ? null
      : `192.0.2.1 does not like recipient.\nRemote host said: ${reply}`,
  'folds at blanks': ({ reply }) =>
    reply.includes('\n')
      ? null
      : reply.replace(/ (?=[a-z])/g, (blank, at) => (at % 3 === 0 ? '\n ' : blank)),
  'joined lines': ({ reply }) => (reply.includes('\n') ? reply.replaceAll('\n', ' ') : null),
  'other addresses': ({ reply }) =>
    /docomo|ezweb/.test(reply)
      ? null
      : reply.replace(/[a-z0-9._-]+@(?:example\.(?:com|org|net))/gi, 'quota.full-spam@example.edu'),
  'other IPs': ({ reply }) =>
    reply.replace(/\b(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+\b/g, '198.51.100.250'),
  'an id at the end': ({ reply, code }) =>
    code === null || reply.includes('(in reply') || reply.length < 30
      ? null
      : `${reply} [a4b1-77f0c2]`
}

test.for(Object.keys(changes))('%s change nothing for at least 99 %% of the replies', (name) => {
  const changed: string[] = []
  let tried = 0
  for (const row of rows) {
    const other = changes[name]?.(row) ?? null
    // The phase that a wrapper names is knowledge: at the end of DATA some words mean something else.
    if (other === null || row.origin === 'docomo') continue
    tried++
    if (read(other).reason !== read(row.reply).reason) changed.push(other)
  }
  expect(tried).toBeGreaterThan(5)
  expect(changed.length / tried, changed.join('\n')).toBeLessThanOrEqual(0.01)
})

test('the deciding words are a range of the text', () => {
  for (const row of rows) {
    const reply = parseReply(row.reply)
    const { span } = read(row.reply)
    if (!span) continue
    expect(span[0]).toBeGreaterThanOrEqual(0)
    expect(span[1]).toBeGreaterThan(span[0])
    expect(span[1]).toBeLessThanOrEqual(reply.text.length)
  }
})

test('the same input gives the same verdict however often it is asked', () => {
  for (const row of rows.slice(0, 50)) {
    const first = read(row.reply)
    expect(read(row.reply)).toEqual(first)
    expect(read(`${row.reply}`)).not.toBe(first)
  }
})

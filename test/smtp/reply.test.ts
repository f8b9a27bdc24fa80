import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseReply } from '../../src/smtp/reply.ts'

interface Row {
  found_in: string
  text: string
  label: string | null
  code: number | null
  enhanced: string | null
  quoted?: [code: number, enhanced: string]
}

const rows: Row[] = readFileSync(new URL('../fixtures/smtp/reading.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

test.for(rows)('reads the codes of $text', (row) => {
  const reply = parseReply(row.text)
  expect([reply.label, reply.code, reply.enhanced]).toEqual([row.label, row.code, row.enhanced])
  if (row.quoted) expect([reply.quoted?.code, reply.quoted?.enhanced]).toEqual(row.quoted)
})

test('keeps the input untouched beside what it reads', () => {
  const raw = 'smtp;550 5.1.1 a&lt;b\r\n\u0000'
  expect(parseReply(raw).raw).toBe(raw)
})

test('takes the words out of a wrapper, with its host and phase', () => {
  const reply = parseReply(
    'host MX.example.net[203.0.113.9] said: 550 5.1.1 <a@b.example>: unknown (in reply to RCPT TO command)'
  )
  expect(reply).toMatchObject({
    text: '<a@b.example>: unknown',
    host: 'mx.example.net',
    phase: 'rcpt'
  })
})

test.for([
  [
    'SMTP error from remote mail server after RCPT TO:<a@b.example>: host mx.b.example [192.0.2.1]: 550 no such user',
    550,
    'rcpt',
    'mx.b.example'
  ],
  [
    'host mx.b.example[192.0.2.1] refused to talk to me: 554 no service',
    554,
    'connect',
    'mx.b.example'
  ],
  ['connect to mx.b.example[192.0.2.1]:25: Connection timed out', null, 'connect', 'mx.b.example'],
  [
    'lost connection with mx.b.example[192.0.2.1] while sending end of data -- message may be sent more than once',
    null,
    'end-of-data',
    'mx.b.example'
  ]
] as const)('knows the phase and host of %s', ([raw, code, phase, host]) => {
  expect(parseReply(raw)).toMatchObject({ code, phase, host })
})

test('joins lines and drops the codes that they repeat', () => {
  const lines = '550-5.7.26 first\r\n550-5.7.26 second\r\n550 5.7.26 last'
  expect(parseReply(lines).text).toBe('first second last')
  expect(parseReply(lines.replaceAll('\r\n', ' ')).text).toBe('first second last')
  expect(parseReply('550-Your host is listed 550 see the page').text).toBe(
    'Your host is listed see the page'
  )
  expect(parseReply('5.1.1 No mailbox.\n5.1.1 Check it.').text).toBe('No mailbox. Check it.')
})

test('joins a fold between code and enhanced code', () => {
  expect(parseReply('smtp; 550\n 5.2.1 mailbox\n disabled')).toMatchObject({
    code: 550,
    enhanced: '5.2.1',
    text: 'mailbox disabled'
  })
})

test('decodes what HTML and JSON left behind, once', () => {
  expect(parseReply('550 5.1.1 &lt;a&#64;b&gt; &amp;lt;').text).toBe('<a@b> &lt;')
  expect(parseReply(String.raw`550 5.1.1 \u003ca@b\u003e said \"no\"`).text).toBe('<a@b> said "no"')
  expect(parseReply('５５０ ５.１.１ none')).toMatchObject({ code: 550, enhanced: '5.1.1' })
})

test.for([
  'Delivered to 550 Main Street',
  'message size 18876259 exceeds limit: 500 MB',
  'Out of office, call extension 550.',
  '605 Not delivering to previously bounced address',
  'connect to mx.example.net[192.0.2.1]:465: timeout',
  'queue id 550A511 lost',
  'Expected response code 250 but got an empty answer',
  ''
])('finds no reply code in %s', (raw) => {
  expect(parseReply(raw).code).toBeNull()
})

test('prefers what the server said to what a client expected', () => {
  const raw = 'Expected response code 250 but got code "552", with message "552 5.3.4 too big"'
  expect(parseReply(raw)).toMatchObject({ code: 552, enhanced: '5.3.4' })
})

test('takes code and class from the outermost reply and keeps the innermost beside it', () => {
  const reply = parseReply(
    'host a.example.org[192.0.2.1] said: 550 relay failed: host b.example.org[192.0.2.2] said: 452 4.2.2 over quota'
  )
  expect(reply.code).toBe(550)
  expect(reply.quoted).toEqual({ code: 452, enhanced: '4.2.2', text: 'over quota' })
})

test('reads the head and the tail of a very long text', () => {
  const reply = parseReply(`550 5.1.1 ${'x '.repeat(40_000)}the end`)
  expect(reply).toMatchObject({ code: 550, enhanced: '5.1.1' })
  expect(reply.text.length).toBeLessThan(4200)
  expect(reply.text.endsWith('the end')).toBe(true)
})

test('drops control characters from the words', () => {
  expect(parseReply('550 5.1.1 a\u001b[31mred\u0000 \u202eend').text).toBe('a [31mred end')
})

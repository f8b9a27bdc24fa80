import { expect, test } from 'vitest'
import { type ClassifyInput, classify, type Hint } from '../../src/smtp/classify.ts'
import { reasons } from '../../src/smtp/reasons.ts'
import { parseReply } from '../../src/smtp/reply.ts'

const read = (raw: string | null, more: Partial<ClassifyInput> = {}) =>
  classify({ reply: raw === null ? null : parseReply(raw), outcome: 'failed', ...more })

const hint = (strength: Hint['strength'], reason: Hint['reason'] = 'unknown_mailbox'): Hint => ({
  strength,
  reason,
  rule: 'test.row'
})

test('a refusal of the provider itself stands above every word', () => {
  expect(
    read('550 5.2.2 mailbox full', { hint: hint('decides', 'suppressed_by_provider') })
  ).toMatchObject({
    reason: 'suppressed_by_provider',
    fault: 'recipient',
    rule: 'hint.test.row',
    confidence: 'high'
  })
})

test('a hard hint decides where the words do not', () => {
  expect(read('550 Error', { hint: hint('hard') }).reason).toBe('unknown_mailbox')
  expect(read('550 5.7.1', { hint: hint('hard') }).reason).toBe('unknown_mailbox')
  expect(read('550 5.2.2 mailbox is full', { hint: hint('hard') }).reason).toBe('mailbox_full')
  expect(read('552 5.2.2', { hint: hint('hard') }).reason).toBe('mailbox_full')
})

test('a fallback hint decides only where the reply says nothing', () => {
  const fallback = hint('fallback', 'ip_reputation')
  expect(read('554 5.7.1', { hint: fallback }).rule).toBe('hint.test.row')
  expect(read('550 5.1.1', { hint: fallback }).reason).toBe('unknown_mailbox')
  expect(read(null, { hint: fallback })).toMatchObject({
    reason: 'ip_reputation',
    permanence: 'unknown'
  })
})

test('a 550 without any text is an unknown mailbox, with low confidence', () => {
  expect(read('550')).toMatchObject({ reason: 'unknown_mailbox', confidence: 'low' })
  expect(read('550 Error').reason).toBe('undetermined')
  expect(read('554').reason).toBe('undetermined')
})

test('permanence follows the reply code, then the enhanced code, then the provider', () => {
  expect(read('550 4.2.2 over quota').permanence).toBe('permanent')
  expect(read('450 5.1.1 user unknown').permanence).toBe('transient')
  expect(read('4.2.2').permanence).toBe('transient')
  expect(read('nothing known', { outcome: 'deferred' }).permanence).toBe('transient')
  expect(read('nothing known').permanence).toBe('unknown')
  expect(read('nothing known', { hint: hint('hard') }).permanence).toBe('permanent')
})

test('a delivered message is delivered', () => {
  expect(read('250 2.0.0 OK queued', { outcome: 'delivered' }).reason).toBe('delivered')
  expect(read(null, { outcome: 'delivered' }).reason).toBe('delivered')
  expect(read('250 2.1.5 user unknown but fine').reason).toBe('delivered')
})

test('knows the receiver by host, by mark and by domain', () => {
  expect(read('550 no', { host: 'gmail-smtp-in.l.google.com' }).receiver).toBe('google')
  expect(read('550 no abc.123 - gsmtp').receiver).toBe('google')
  expect(read('550 no', { domain: 'gmx.de' }).receiver).toBe('gmx')
  expect(read('550 no', { domain: 'example.com' }).receiver).toBeNull()
})

test.for([
  ['450 4.2.0 Greylisted, try again in 300 seconds', 300],
  ['451 Greylisted for 5 minutes', 300],
  ['451 4.7.1 please retry after 00:02:00', 120],
  ['421 too many connections, come back in 2 hours', 7200],
  ['450 limit is 100 messages in 60 minutes', null],
  ['550 5.1.1 no such user', null]
] as const)('reads the time to wait in %s', ([raw, seconds]) => {
  expect(read(raw).waitSeconds).toBe(seconds)
})

test('only the recipient own reasons suppress', () => {
  for (const [name, facts] of Object.entries(reasons)) {
    if (facts.onPermanent === 'suppress') expect([name, facts.fault]).toEqual([name, 'recipient'])
  }
})

test('before RCPT no refusal is about the recipient', () => {
  const wrapped = (words: string, phase: string) =>
    `host mx.example.net[192.0.2.1] said: ${words} (in reply to ${phase} command)`
  expect(read(wrapped('550 5.1.1 User unknown', 'MAIL FROM')).reason).toBe('sender_rejected')
  expect(read(wrapped('550 Domain does not exist', 'MAIL FROM')).reason).toBe('sender_rejected')
  expect(read(wrapped('550 5.1.1 User unknown', 'RCPT TO')).reason).toBe('unknown_mailbox')
  expect(
    read('host mx.example.net[192.0.2.1] refused to talk to me: 550 user unknown').reason
  ).toBe('ip_reputation')
})

test('words at the end of DATA can mean another thing than at RCPT', () => {
  const at = (phase: string) =>
    read(
      `host mx.docomo.ne.jp[192.0.2.1] said: 550 Unknown user a@docomo.ne.jp (in reply to ${phase} command)`
    )
  expect(at('end of DATA').reason).toBe('recipient_block')
  expect(at('RCPT TO').reason).toBe('unknown_mailbox')
})

test('what was read before is not confused with another reading of the same text', () => {
  const raw = '550 Error'
  for (let i = 0; i < 3; i++) expect(read(raw).reason).toBe('undetermined')
  expect(read(raw, { hint: hint('hard') }).reason).toBe('unknown_mailbox')
  expect(read(raw).reason).toBe('undetermined')
  expect(read(raw, { outcome: 'delivered' }).reason).toBe('delivered')
  for (let i = 0; i < 3; i++) expect(read('no words known').rule).toBe('undetermined')
  const reply = parseReply('no words known')
  expect(classify({ reply, outcome: 'failed' }).reason).toBe('undetermined')
  reply.code = 535
  expect(classify({ reply, outcome: 'failed' }).reason).toBe('auth_required')
  expect(parseReply('no words known').code).toBeNull()
})

import { type Static, Type } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'
import { basicCodeFacts } from './basic-codes.ts'
import { enhancedCodeFacts, subjectReason } from './enhanced-codes.ts'
import { classOf, Matcher } from './matcher.ts'
import { Memo } from './memo.ts'
import { Fault, faultOf, Reason } from './reasons.ts'
import { receiverOfDomain, receiverOfHost, receiverOfText } from './receivers.ts'
import type { ParsedReply, Phase } from './reply.ts'
import type { Weight } from './rule.ts'
import { rules, wordClasses } from './rules/index.ts'
import { waitSecondsIn } from './wait.ts'

export const Permanence = StringEnum(['permanent', 'transient', 'unknown'], {
  description:
    'Whether the failure is final: by the first digit of the reply, else by the provider.'
})
export type Permanence = Static<typeof Permanence>

export const Confidence = StringEnum(['high', 'medium', 'low'])
export type Confidence = Static<typeof Confidence>

export const Classification = Type.Object({
  reason: Reason,
  fault: Fault,
  permanence: Permanence,
  confidence: Confidence,
  rule: Type.String({ description: 'Id of the rule that decided.' })
})
export type Classification = Static<typeof Classification>

/** What the sending provider itself says of the failure, in our words. */
export interface Hint {
  reason: Reason
  /** Id of the table row it comes from, e.g. `ses.bounce.permanent.noemail`. */
  rule: string
  /**
   * `decides`: the provider refused by itself (its suppression list, its template engine), no reply can
   * say otherwise. `hard`: the provider calls the address bad; decides where the reply's words do not.
   * `fallback`: used only where the reply says nothing.
   */
  strength: 'decides' | 'hard' | 'fallback'
}

export interface ClassifyInput {
  reply: ParsedReply | null
  /** Whether the provider has given up (`failed`), still tries (`deferred`), or succeeded. */
  outcome: 'failed' | 'deferred' | 'delivered'
  hint?: Hint | null
  /** The recipient's domain, lower-case A-labels. */
  domain?: string | null
  /** The receiving host, where the provider names it. */
  host?: string | null
  phase?: Phase | null
}

/** A classification with what led to it. */
export interface Reading extends Classification {
  /** The words that decided, as a range of `reply.text`; null where a code or the provider decided. */
  span: readonly [start: number, end: number] | null
  /** The receiving organisation (`google`, `microsoft`, …), null where it is not recognised. */
  receiver: string | null
  /** The time to wait that the reply names, in seconds. */
  waitSeconds: number | null
}

/** Says why: pure, deterministic, linear in its input. */
export function classify(input: ClassifyInput): Reading {
  const raw = input.reply?.raw ?? ''
  if (raw.length > 1000) return readingOf(input)
  const known = lately.recall(raw)
  if (known && sameInput(known.input, input)) return { ...known.reading }
  const reading = readingOf(input)
  lately.keep(raw, () => ({ input: copyOf(input), reading: { ...reading } }))
  return reading
}

const lately = new Memo<{ input: ClassifyInput; reading: Reading }>(12)

/** The caller may go on to change what it handed in. */
function copyOf(input: ClassifyInput): ClassifyInput {
  const { reply, hint } = input
  const own = reply && { ...reply, quoted: reply.quoted && { ...reply.quoted } }
  return { ...input, reply: own, hint: hint ? { ...hint } : null }
}

/** Everything that a reading depends on. */
function sameInput(a: ClassifyInput, b: ClassifyInput): boolean {
  return (
    a.outcome === b.outcome &&
    a.domain === b.domain &&
    a.host === b.host &&
    a.phase === b.phase &&
    sameHint(a.hint ?? null, b.hint ?? null) &&
    sameReply(a.reply, b.reply)
  )
}

function sameHint(a: Hint | null, b: Hint | null): boolean {
  if (a === null || b === null) return a === b
  return a.reason === b.reason && a.rule === b.rule && a.strength === b.strength
}

function sameReply(a: ParsedReply | null, b: ParsedReply | null): boolean {
  if (a === null || b === null) return a === b
  return (
    a.raw === b.raw &&
    a.text === b.text &&
    a.code === b.code &&
    a.enhanced === b.enhanced &&
    a.phase === b.phase &&
    a.host === b.host &&
    a.quoted?.text === b.quoted?.text &&
    a.quoted?.code === b.quoted?.code &&
    a.quoted?.enhanced === b.quoted?.enhanced
  )
}

function readingOf(input: ClassifyInput): Reading {
  const receiver = receiverOf(input)
  const facts = { phase: input.phase ?? input.reply?.phase ?? null, receiver }
  const verdict = atItsPhase(verdictOf(input, facts), input.reply, facts.phase)
  return {
    reason: verdict.reason,
    fault: faultOf(verdict.reason),
    permanence: permanenceOf(input, verdict.reason),
    confidence: verdict.confidence,
    rule: verdict.rule,
    span: verdict.span ?? null,
    receiver,
    waitSeconds: input.reply ? waitSecondsIn(input.reply.text) : null
  }
}

interface Verdict {
  reason: Reason
  rule: string
  confidence: Confidence
  span?: readonly [start: number, end: number] | null
}

/**
 * The order of evidence. What the provider did by itself stands above everything; then clear words, a definite
 * code, the provider's judgement of the address, and only then what merely hints at something.
 */
function verdictOf(input: ClassifyInput, facts: Surroundings): Verdict {
  const { reply, outcome } = input
  const hint = input.hint ?? null
  if (hint?.strength === 'decides') return fromHint(hint, 'high')
  if (outcome === 'delivered') {
    return { reason: 'delivered', rule: 'outcome.delivered', confidence: 'high' }
  }
  const words = reply && fromWords(reply, facts)
  const code = reply && fromEnhanced(reply, facts.phase)
  const hard = hint?.strength === 'hard' ? hint : null
  if (reply && classOf(reply) === 2) {
    return { reason: 'delivered', rule: 'rfc5321.2yz', confidence: 'high' }
  }
  const empty = words?.reason === 'undetermined'
  if (words && words.weight !== 'vague' && !empty) return withConfidence(words, code)
  if (code?.definite) return code
  if (hard) return fromHint(hard, 'medium')
  // Words known to say nothing leave the matter to the provider.
  if (words && empty) return hint ? fromHint(hint, 'low') : { ...words, confidence: 'low' }
  if (words) return { ...words, confidence: 'low' }
  const basic = reply && fromBasic(reply)
  if (basic?.definite) return basic
  if (hint) return fromHint(hint, 'low')
  if (code && code.reason !== 'undetermined') return code
  if (basic && basic.reason !== 'undetermined') return basic
  return { reason: 'undetermined', rule: 'undetermined', confidence: 'low' }
}

/**
 * Before RCPT the recipient has not been named yet: "unknown user" in reply to MAIL FROM is the sender, and at the
 * greeting nobody's address was looked at (RFC 5321 section 3.3).
 */
function atItsPhase(verdict: Verdict, reply: ParsedReply | null, phase: Phase | null): Verdict {
  if (!reply || reply.code === null || phase === null) return verdict
  const early = phase === 'mail' || phase === 'connect' || phase === 'helo'
  if (!early || faultOf(verdict.reason) !== 'recipient' || verdict.rule.startsWith('hint.')) {
    return verdict
  }
  return phase === 'mail'
    ? { ...verdict, reason: 'sender_rejected', rule: 'phase.mail', confidence: 'medium' }
    : { ...verdict, reason: 'ip_reputation', rule: 'phase.connect', confidence: 'low' }
}

interface Surroundings {
  phase: Phase | null
  receiver: string | null
}

function fromHint(hint: Hint, confidence: Confidence): Verdict {
  return { reason: hint.reason, rule: `hint.${hint.rule}`, confidence }
}

type WordVerdict = Verdict & { weight: Weight }

/** The innermost reply gives the reason where it says something, else the outer words do. */
function fromWords(reply: ParsedReply, facts: Surroundings): WordVerdict | null {
  const outer = matchWords(reply, reply.text, facts)
  const { quoted } = reply
  if (!quoted) return outer
  const inner = matchWords(quoted, quoted.text, facts)
  if (!inner || inner.weight === 'vague') return outer ?? inner
  const at = reply.text.lastIndexOf(quoted.text)
  const span: Verdict['span'] =
    inner.span && at >= 0 ? [inner.span[0] + at, inner.span[1] + at] : null
  return { ...inner, span }
}

function matchWords(
  reply: Pick<ParsedReply, 'code' | 'enhanced'>,
  text: string,
  facts: Surroundings
): WordVerdict | null {
  const match = matcher.match(text, { reply, ...facts })
  if (!match) return null
  const { rule, span } = match
  return { reason: rule.reason, rule: rule.id, confidence: 'high', span, weight: rule.weight }
}

/** Words that usually mean it are worth more where the code agrees, and less where it says otherwise. */
function withConfidence(words: WordVerdict, code: CodeVerdict | null): Verdict {
  const { weight, ...verdict } = words
  if (weight !== 'plain') return verdict
  const agrees = code?.definite && code.reason === words.reason
  return { ...verdict, confidence: agrees ? 'high' : 'medium' }
}

type CodeVerdict = Verdict & { definite: boolean }

function fromEnhanced(reply: ParsedReply, phase: Phase | null): CodeVerdict | null {
  const inner = reply.quoted?.enhanced ? enhancedVerdict(reply.quoted.enhanced, phase) : null
  if (inner?.definite) return inner
  return reply.enhanced === null ? inner : enhancedVerdict(reply.enhanced, phase)
}

function enhancedVerdict(code: string, phase: Phase | null): CodeVerdict {
  const facts = enhancedCodeFacts(code)
  if (!facts) {
    const subject = `${code.split('.')[1]}`
    return {
      reason: subjectReason(code),
      rule: `rfc3463.subject.${subject}`,
      confidence: 'low',
      definite: false
    }
  }
  const reason = code.startsWith('4') ? (facts.transient ?? facts.reason) : facts.reason
  return {
    // The registry's "account disabled" is ours during AUTH and MAIL, the recipient's at RCPT.
    reason: code.endsWith('.7.13') && phase === 'rcpt' ? 'mailbox_disabled' : reason,
    rule: `rfc${facts.rfc ?? 5248}.${code}`,
    confidence: facts.definite ? 'medium' : 'low',
    definite: facts.definite
  }
}

function fromBasic(reply: ParsedReply): CodeVerdict | null {
  const code = reply.code ?? reply.quoted?.code ?? null
  if (code === null) return null
  // RFC 5321 section 4.2.3: 550 by itself is "mailbox unavailable".
  if (code === 550 && reply.text === '' && reply.enhanced === null) {
    return { reason: 'unknown_mailbox', rule: 'rfc5321.550', confidence: 'low', definite: false }
  }
  const facts = basicCodeFacts(code)
  if (!facts) return null
  return {
    reason: facts.reason,
    rule: facts.rfc ? `rfc${facts.rfc}.${code}` : `practice.${code}`,
    confidence: 'low',
    definite: facts.definite
  }
}

/** The first digit of the reply is what mail servers act on; then the enhanced code; then the provider. */
function permanenceOf(input: ClassifyInput, reason: Reason): Permanence {
  if (reason === 'delivered') return 'unknown'
  const replyClass = input.reply ? classOf(input.reply) : null
  if (replyClass === 5) return 'permanent'
  if (replyClass === 4) return 'transient'
  if (input.outcome === 'deferred') return 'transient'
  // An automatic answer is no failure, whoever recognised it.
  if (reason === 'auto_response') return 'unknown'
  const strength = input.hint?.strength
  return strength === 'decides' || strength === 'hard' ? 'permanent' : 'unknown'
}

function receiverOf(input: ClassifyInput): string | null {
  const host = input.host ?? input.reply?.host
  return (
    (host ? receiverOfHost(host) : null) ??
    (input.reply ? receiverOfText(input.reply.raw) : null) ??
    (input.domain ? receiverOfDomain(input.domain) : null)
  )
}

const matcher = new Matcher(rules, wordClasses)

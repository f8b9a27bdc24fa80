import { basicCodeFacts } from './basic-codes.ts'
import type { Permanence, Reading } from './classify.ts'
import { enhancedCodeFacts, enhancedSubjects } from './enhanced-codes.ts'
import { type Action, type Fault, reasons } from './reasons.ts'
import type { ParsedReply } from './reply.ts'

/** A reading in plain words. */
export interface Explanation {
  /** What happened, in a sentence or two. */
  what: string
  /** Whose fault it is. */
  who: string
  /** What to do next. */
  next: string
  /** How sure we are, and by what. */
  why: string
  /** What the codes mean by their standards. */
  codes: readonly { code: string; meaning: string; link: string | null }[]
}

const blame: Record<Fault, string> = {
  recipient: "The recipient's address is the cause.",
  sender: 'The sending side is the cause; the address itself is innocent.',
  message: 'This message is the cause; the address itself is innocent.',
  infrastructure: 'A mail system or the network is the cause; the address itself is innocent.',
  none: 'Nobody is at fault as far as can be told.'
}

const lasting: Record<Permanence, string> = {
  permanent: 'The refusal is final for this message.',
  transient: 'It is a failure for now: a later attempt may pass.',
  unknown: ''
}

/** What to do by the reason and whether the refusal is final; a policy may decide otherwise. */
export function actionOf(reading: Pick<Reading, 'reason' | 'permanence'>): Exclude<Action, 'wait'> {
  const facts = reasons[reading.reason]
  return reading.permanence === 'transient' ? facts.onTransient : facts.onPermanent
}

export function explain(reading: Reading, reply: ParsedReply | null): Explanation {
  const facts = reasons[reading.reason]
  const wait = reading.waitSeconds
  return {
    what: [facts.definition, lasting[reading.permanence]].filter(Boolean).join(' '),
    who: blame[reading.fault],
    next: wait === null ? facts.advice : `${facts.advice} The reply asks to wait ${inWords(wait)}.`,
    why: whyOf(reading, reply),
    codes: reply ? codesOf(reply) : []
  }
}

function whyOf(reading: Reading, reply: ParsedReply | null): string {
  const sure = `Confidence ${reading.confidence}, by rule ${reading.rule}`
  if (!reply || !reading.span) return `${sure}.`
  return `${sure}, on the words “${reply.text.slice(reading.span[0], reading.span[1])}”.`
}

function codesOf(reply: ParsedReply): Explanation['codes'] {
  const codes: { code: string; meaning: string; link: string | null }[] = []
  if (reply.code !== null) {
    const facts = basicCodeFacts(reply.code)
    codes.push({
      code: String(reply.code),
      meaning: facts?.meaning ?? 'Not a registered reply code.',
      link: rfcLink(facts ? facts.rfc : 5321)
    })
  }
  if (reply.enhanced !== null) codes.push(enhancedMeaning(reply.enhanced))
  return codes
}

function enhancedMeaning(code: string): Explanation['codes'][number] {
  const facts = enhancedCodeFacts(code)
  if (facts) return { code, meaning: `${facts.name}. ${facts.meaning}`, link: rfcLink(facts.rfc) }
  const subject = enhancedSubjects[code.split('.')[1] as keyof typeof enhancedSubjects]
  return {
    code,
    meaning: `Not registered; its subject is “${subject?.name ?? 'unknown'}”.`,
    link: rfcLink(3463)
  }
}

function rfcLink(rfc: number | null): string | null {
  return rfc === null ? null : `https://www.rfc-editor.org/rfc/rfc${rfc}`
}

function inWords(seconds: number): string {
  for (const [size, name] of [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute']
  ] as const) {
    if (seconds % size === 0) return counted(seconds / size, name)
  }
  return counted(seconds, 'second')
}

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

import { type Static, Type } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'
import { Fault, Reason } from './reasons.ts'
import type { ParsedReply, Phase } from './reply.ts'

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
export function classify(_input: ClassifyInput): Reading {
  throw new Error('written next')
}

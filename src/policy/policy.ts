/**
 * A policy is data: ordered rules, the first that fits decides. Only the recipient's own fault, a
 * complaint or an opt-out may suppress; a rule that suppresses for anything else does not compile, and
 * `checkPolicy` refuses it in a document.
 */
import type { Mistake } from '../errors.ts'
import type { Confidence, Permanence } from '../smtp/classify.ts'
import { type Action, faultOf, type Reason, type ReasonOf } from '../smtp/reasons.ts'

/** Whom a suppression stops: everything, or the event's own stream where it has one. */
export type RuleScope = 'all' | 'stream'

interface About {
  id: string
  /** Why the rule exists, in words for the person who reads the receipt. */
  because: string
}

interface ReasonCondition {
  on: 'failure'
  permanence?: readonly Permanence[]
  confidence?: readonly Confidence[]
  /** Whether the provider itself is still trying. */
  willRetry?: boolean
}

export type PolicyRule = About &
  (
    | (ReasonCondition & {
        reasons: readonly ReasonOf<'recipient'>[]
        action: 'suppress'
        scope: RuleScope
        expiresDays: number | null
      })
    | (ReasonCondition & {
        reasons: readonly Reason[] | 'any'
        action: Exclude<Action, 'suppress'>
        /** Growing pause before a later mail: `min(cap, base * 2^n)`, n failures since the last delivery. */
        pause?: { baseMinutes: number; capMinutes: number }
      })
    | { on: 'complaint'; spam: true; candidates: 'one'; action: 'suppress'; scope: RuleScope }
    | { on: 'complaint'; spam: boolean; candidates: 'any'; action: 'investigate' | 'none' }
    | { on: 'opt-out'; action: 'suppress'; scope: RuleScope }
    | { on: 'opt-in'; action: 'none' }
  )

export interface Policy {
  version: number
  rules: readonly PolicyRule[]
}

/** Every mistake of a policy, at its JSON Pointer; empty if it may be used. */
export function checkPolicy(policy: Policy): Mistake[] {
  const mistakes: Mistake[] = []
  const seen = new Set<string>()
  for (const [index, rule] of policy.rules.entries()) {
    if (seen.has(rule.id))
      mistakes.push({ pointer: `/rules/${index}/id`, detail: `${rule.id} is used twice` })
    seen.add(rule.id)
    if (rule.on !== 'failure' || rule.action !== 'suppress') continue
    for (const [at, reason] of rule.reasons.entries()) {
      if (faultOf(reason) === 'recipient') continue
      mistakes.push({
        pointer: `/rules/${index}/reasons/${at}`,
        detail: `${reason} is not the recipient's fault, so it may not suppress an address`
      })
    }
  }
  return mistakes
}

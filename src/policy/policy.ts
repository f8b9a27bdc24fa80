/**
 * A policy is data: ordered rules, the first that fits decides. Only the recipient's own fault, a
 * complaint or an opt-out may suppress; a rule that suppresses for anything else does not compile, and
 * `checkPolicy` refuses it in a document.
 */
import type { Mistake } from '../errors.ts'
import type { Confidence, Permanence } from '../smtp/classify.ts'
import { type Action, faultOf, type Reason, type ReasonOf, reasonNames } from '../smtp/reasons.ts'

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
    if (rule.action === 'suppress') mistakes.push(...mistakesOfSuppression(rule, `/rules/${index}`))
  }
  return mistakes
}

/** Looks closer than the type does: a document from outside was never compiled. */
function mistakesOfSuppression(
  rule: Extract<PolicyRule, { action: 'suppress' }>,
  pointer: string
): Mistake[] {
  const { on, spam, candidates, reasons }: Partial<Record<string, unknown>> = { ...rule }
  switch (on) {
    case 'opt-out':
      return []
    case 'complaint':
      return spam === true && candidates === 'one'
        ? []
        : [{ pointer, detail: 'only a complaint of spam by one known recipient may suppress' }]
    case 'failure':
      if (!Array.isArray(reasons)) {
        const detail = "a rule that suppresses names its reasons, each the recipient's fault"
        return [{ pointer: `${pointer}/reasons`, detail }]
      }
      return reasons.flatMap((reason: unknown, at) =>
        reasonNames.some((name) => name === reason && faultOf(name) === 'recipient')
          ? []
          : [
              {
                pointer: `${pointer}/reasons/${at}`,
                detail: `${reason} is not the recipient's fault, so it may not suppress an address`
              }
            ]
      )
    default:
      return [{ pointer: `${pointer}/on`, detail: `${on} may not suppress an address` }]
  }
}

import { createHash } from 'node:crypto'
import type { Event, SuppressionReason } from '../events/event.ts'
import type { Action, Reason } from '../smtp/reasons.ts'
import type { Policy, PolicyRule, RuleScope } from './policy.ts'

export interface Failure {
  event_id: string
  time: string
  reason: Reason
}

/** What is remembered of one address. */
export interface RecipientState {
  /** In the order in which they happened, whatever the order in which they were learnt of. */
  failures: readonly Failure[]
  lastDeliveryAt: string | null
}

export interface Occurrence {
  event: Event
  /** The time to wait that the reply names, in seconds. */
  waitSeconds: number | null
}

export interface Verdict {
  action: Action
  rule: string
  because: string
  policyVersion: number
  reason: Reason | SuppressionReason | null
  notBefore: string | null
  expiresAt: string | null
  /** The entry to make; null unless `action` is `suppress`. */
  suppress: { scope: string; reason: SuppressionReason; expiresAt: string | null } | null
  /** Entries that this event answers (a new subscription lifts the opt-out). */
  lift: { scope: string; reasons: readonly SuppressionReason[] } | null
  /** Failures since the last delivery, this one included, as they stood. */
  failures: number
}

const keptFailures = 50

/** The state after an event; pure, and the same in the end for any order of the same events. */
export function remember(state: RecipientState, event: Event): RecipientState {
  if (event.data.test) return state
  if (event.type === 'email.delivered') {
    const last = state.lastDeliveryAt
    return { ...state, lastDeliveryAt: last !== null && last > event.time ? last : event.time }
  }
  const reason = event.data.classification?.reason
  if (reason === undefined || !failed(event)) return state
  if (state.failures.some((f) => f.event_id === event.id)) return state
  const failures = [...state.failures, { event_id: event.id, time: event.time, reason }]
  failures.sort((a, b) => compare(a.time, b.time) || compare(a.event_id, b.event_id))
  return { ...state, failures: failures.slice(-keptFailures) }
}

/** Whether an event is one that a policy decides about. */
export function decides(event: Event): boolean {
  if (event.data.test || event.data.recipient === null) return false
  return (
    failed(event) ||
    ['email.complained', 'email.unsubscribed', 'email.resubscribed'].includes(event.type)
  )
}

/**
 * What to do about an event. `state` already holds it (`remember`). Pure: the same inputs give the same
 * verdict on any machine. Null if the event decides nothing.
 */
export function decide(
  policy: Policy,
  state: RecipientState,
  occurrence: Occurrence
): Verdict | null {
  const { event } = occurrence
  if (!decides(event)) return null
  const rule = policy.rules.find((candidate) => fits(candidate, event))
  if (rule === undefined) return null
  const failures = state.failures.filter(
    (f) => state.lastDeliveryAt === null || f.time > state.lastDeliveryAt
  ).length
  const verdict: Verdict = {
    action: rule.action,
    rule: rule.id,
    because: rule.because,
    policyVersion: policy.version,
    reason: event.data.classification?.reason ?? null,
    notBefore: null,
    expiresAt: null,
    suppress: null,
    lift: null,
    failures
  }
  if (rule.action === 'suppress') {
    const reason = suppressionReasonOf(rule, event)
    const expiresAt = 'expiresDays' in rule ? daysAfter(event.time, rule.expiresDays) : null
    const scope = scopeOf(rule.scope, event)
    return { ...verdict, reason, expiresAt, suppress: { scope, reason, expiresAt } }
  }
  if (rule.on === 'opt-in') {
    return { ...verdict, lift: { scope: scopeOf('stream', event), reasons: ['unsubscribe'] } }
  }
  if ('pause' in rule && rule.pause !== undefined) {
    return { ...verdict, notBefore: notBefore(rule.pause, failures, occurrence) }
  }
  return verdict
}

function failed(event: Event): boolean {
  return ['email.bounced', 'email.deferred', 'email.rejected', 'email.failed'].includes(event.type)
}

function fits(rule: PolicyRule, event: Event): boolean {
  const { classification, complaint, provider } = event.data
  switch (rule.on) {
    case 'complaint':
      return (
        event.type === 'email.complained' &&
        rule.spam === (complaint?.feedback_type !== 'not-spam') &&
        (rule.candidates === 'any' || (complaint?.candidates ?? 1) === 1)
      )
    case 'opt-out':
      return event.type === 'email.unsubscribed'
    case 'opt-in':
      return event.type === 'email.resubscribed'
    case 'failure':
      return (
        failed(event) &&
        classification !== null &&
        (rule.reasons === 'any' || rule.reasons.some((r) => r === classification.reason)) &&
        (rule.permanence?.includes(classification.permanence) ?? true) &&
        (rule.confidence?.includes(classification.confidence) ?? true) &&
        (rule.willRetry === undefined || rule.willRetry === provider.will_retry)
      )
  }
}

function suppressionReasonOf(
  rule: Extract<PolicyRule, { action: 'suppress' }>,
  event: Event
): SuppressionReason {
  if (rule.on === 'complaint') return 'complaint'
  if (rule.on === 'opt-out') return 'unsubscribe'
  const said = event.data.classification?.reason
  const reason = rule.reasons.find((r) => r === said)
  return event.data.listed_as ?? reason ?? 'suppressed_by_provider'
}

function scopeOf(scope: RuleScope, event: Event): string {
  const { stream } = event.data.message
  return scope === 'stream' && stream !== null ? `stream:${stream}` : 'all'
}

/** Growing with each failure, jittered by the event's id (so that it can be computed again), never before a time that the reply names. */
function notBefore(
  pause: { baseMinutes: number; capMinutes: number },
  failures: number,
  { event, waitSeconds }: Occurrence
): string {
  const minutes = Math.min(
    pause.capMinutes,
    pause.baseMinutes * 2 ** Math.min(20, Math.max(0, failures - 1))
  )
  const jitter =
    0.8 + (0.4 * createHash('sha256').update(event.id).digest().readUInt32BE(0)) / 0xffffffff
  const named = (waitSeconds ?? 0) * 1.1 * 1_000
  return new Date(Date.parse(event.time) + Math.max(minutes * 60_000 * jitter, named)).toISOString()
}

function daysAfter(time: string, days: number | null): string | null {
  return days === null ? null : new Date(Date.parse(time) + days * 86_400_000).toISOString()
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

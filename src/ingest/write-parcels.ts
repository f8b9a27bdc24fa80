/**
 * One ingest transaction: what is new of some requests, what is decided about it, and everything that
 * follows from that.
 */
import { createHash } from 'node:crypto'
import type { ProviderName } from '../events/event.ts'
import { identityKey, idOf } from '../events/identity.ts'
import type { Normalised } from '../events/normalise.ts'
import {
  decide,
  decides,
  type Failure,
  type RecipientState,
  remember,
  type Verdict
} from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import type { Unreadable } from '../providers/provider.ts'
import type { Transaction } from '../store/database.ts'
import { dedupeWeek } from '../store/partitions.ts'
import * as write from '../store/queries/write-group.ts'

/** One request's share of a transaction. */
export interface Parcel {
  tenant: string
  sourceId: string
  provider: ProviderName
  receivedAt: Date
  raw: { id: string; headers: Record<string, string>; body: Buffer }
  events: Normalised[]
  unreadable: Unreadable[]
  token: { value: string; signedAt: Date } | null
}

export interface Stored {
  accepted: number
  duplicates: number
  quarantined: number
}

/** `forged`: its single-use token came before with another body. */
export type Outcome = Stored | 'forged'

interface Item extends Normalised {
  parcel: Parcel
}

/** Writes a group; the answers stand in the order of the parcels. */
export async function writeGroup(
  tx: Transaction,
  tenant: string,
  parcels: Parcel[],
  policy: Policy
): Promise<Outcome[]> {
  const forged = await findForged(tx, tenant, parcels)
  const genuine = parcels.filter((parcel) => !forged.has(parcel))
  const outcomes = new Map<Parcel, Stored>(
    genuine.map((parcel) => [parcel, { accepted: 0, duplicates: 0, quarantined: 0 }])
  )

  // 1. What is new: the keys, and the raw bodies of requests that bring something new.
  const keys = new Map<string, write.KeyRow>()
  const items = new Map<string, Item>()
  const broken = new Map<string, { parcel: Parcel; unreadable: Unreadable }>()
  for (const parcel of genuine) {
    const received_at = parcel.receivedAt.toISOString()
    for (const normalised of parcel.events) {
      const key = normalised.key.toString('hex')
      if (items.has(key)) continue
      items.set(key, { ...normalised, parcel })
      keys.set(key, { key, week: dedupeWeek(normalised.identityTime), received_at })
    }
    const digest = parcel.unreadable.length > 0 ? digestOf(parcel) : ''
    for (const unreadable of parcel.unreadable) {
      const key = identityKey(tenant, 'raw', [
        parcel.sourceId,
        digest,
        unreadable.pointer
      ]).toString('hex')
      if (broken.has(key)) continue
      broken.set(key, { parcel, unreadable })
      keys.set(key, { key, week: dedupeWeek(parcel.receivedAt), received_at })
    }
  }
  const claimed = keys.size > 0 ? await write.claimKeys(tx, tenant, [...keys.values()]) : new Set()
  const fresh = [...items].filter(([key]) => claimed.has(key)).map(([, item]) => item)
  const freshlyBroken = [...broken].filter(([key]) => claimed.has(key))
  const raw = new Set([...fresh, ...freshlyBroken.map(([, b]) => b)].map(({ parcel }) => parcel))
  if (raw.size > 0) await write.insertRawBodies(tx, tenant, [...uniqueRaw(raw)].map(rawRow))
  if (freshlyBroken.length > 0) {
    await write.insertQuarantine(
      tx,
      tenant,
      freshlyBroken.map(([key, { parcel, unreadable }]) => ({
        id: idOf('qua', Buffer.from(key, 'hex')),
        ...origin(parcel),
        pointer: unreadable.pointer,
        detail: unreadable.detail
      }))
    )
  }

  // 2. and 3. Lock what is known of the recipients and decide, in the order in which things happened.
  fresh.sort((a, b) => compare(a.event.time, b.event.time) || compare(a.event.id, b.event.id))
  const verdicts = await decideAll(tx, tenant, fresh, policy)

  // 4. Everything that follows from it.
  await writeConsequences(tx, tenant, fresh, verdicts)

  for (const { parcel } of fresh) count(outcomes, parcel, 'accepted')
  for (const [, { parcel }] of freshlyBroken) count(outcomes, parcel, 'quarantined')
  for (const [parcel, outcome] of outcomes) {
    const all = parcel.events.length + parcel.unreadable.length
    outcome.duplicates = all - outcome.accepted - outcome.quarantined
  }
  return parcels.map((parcel) => outcomes.get(parcel) ?? 'forged')
}

/** Parcels whose token came before with another body. */
async function findForged(
  tx: Transaction,
  tenant: string,
  parcels: Parcel[]
): Promise<Set<Parcel>> {
  const forged = new Set<Parcel>()
  const rows = new Map<Parcel, write.TokenRow>()
  const first = new Map<string, string>()
  for (const parcel of parcels) {
    if (parcel.token === null) continue
    const row = {
      source_id: parcel.sourceId,
      token: parcel.token.value,
      signed_at: parcel.token.signedAt.toISOString(),
      body_digest: digestOf(parcel)
    }
    const name = `${row.source_id} ${row.token} ${row.signed_at}`
    if (first.has(name) && first.get(name) !== row.body_digest) forged.add(parcel)
    else first.set(name, row.body_digest)
    rows.set(parcel, row)
  }
  if (rows.size === 0) return forged
  const unique = new Map(
    [...rows]
      .filter(([p]) => !forged.has(p))
      .map(([, r]) => [`${r.source_id} ${r.token} ${r.signed_at}`, r])
  )
  const known = new Map(
    (await write.claimTokens(tx, tenant, [...unique.values()])).map((r) => [
      `${r.source_id} ${r.token} ${r.signed_at}`,
      r.body_digest
    ])
  )
  for (const [parcel, row] of rows) {
    if (known.get(`${row.source_id} ${row.token} ${row.signed_at}`) !== row.body_digest)
      forged.add(parcel)
  }
  return forged
}

async function decideAll(
  tx: Transaction,
  tenant: string,
  fresh: Item[],
  policy: Policy
): Promise<Map<Item, Verdict>> {
  const verdicts = new Map<Item, Verdict>()
  const recipientOf = (item: Item) => item.recipient?.key
  const touching = fresh.filter(
    (item) =>
      item.recipient !== null &&
      !item.event.data.test &&
      (decides(item.event) || item.event.type === 'email.delivered')
  )
  const all = unique(touching.map(recipientOf))
  if (all.length === 0) return verdicts
  const create = unique(touching.filter((item) => decides(item.event)).map(recipientOf))
  const rows = await write.lockStates(tx, tenant, all, create)
  const states = new Map<string, RecipientState>(
    rows.map((row) => [
      row.recipient,
      {
        failures: JSON.parse(row.failures) as Failure[],
        lastDeliveryAt: row.last_delivery_at && new Date(row.last_delivery_at).toISOString()
      }
    ])
  )
  const changed = new Set<string>()
  for (const item of touching) {
    const recipient = recipientOf(item)
    const state = recipient === undefined ? undefined : states.get(recipient)
    if (recipient === undefined || state === undefined) continue
    const next = remember(state, item.event)
    if (next !== state) {
      states.set(recipient, next)
      changed.add(recipient)
    }
    const verdict = decide(policy, next, item)
    if (verdict !== null) verdicts.set(item, verdict)
  }
  if (changed.size > 0) {
    await write.updateStates(
      tx,
      tenant,
      [...changed].sort().map((recipient) => ({
        recipient,
        failures: JSON.stringify(states.get(recipient)?.failures ?? []),
        last_delivery_at: states.get(recipient)?.lastDeliveryAt ?? null
      }))
    )
  }
  return verdicts
}

async function writeConsequences(
  tx: Transaction,
  tenant: string,
  fresh: Item[],
  verdicts: Map<Item, Verdict>
): Promise<void> {
  if (fresh.length === 0) return
  const decisions: write.DecisionRow[] = []
  const entries = new Map<string, write.SuppressionRow>()
  const lifts: write.LiftRow[] = []
  const rows: write.EventRow[] = []
  for (const item of fresh) {
    const { event, recipient, parcel } = item
    const verdict = verdicts.get(item)
    if (verdict !== undefined && recipient !== null) {
      const id = idOf('dec', item.key)
      event.data.decision = {
        id,
        action: verdict.action,
        rule: verdict.rule,
        policy_version: verdict.policyVersion,
        not_before: verdict.notBefore,
        expires_at: verdict.expiresAt
      }
      decisions.push({
        id,
        received_at: parcel.receivedAt.toISOString(),
        event_id: event.id,
        recipient: recipient.key,
        action: verdict.action,
        rule: verdict.rule,
        policy_version: verdict.policyVersion,
        reason: verdict.reason,
        not_before: verdict.notBefore,
        expires_at: verdict.expiresAt,
        because: verdict.because,
        evidence: JSON.stringify({
          events: [event.id],
          smtp: event.data.smtp,
          failures_since_delivery: verdict.failures
        })
      })
      if (verdict.suppress !== null) {
        const { scope, reason, expiresAt } = verdict.suppress
        const name = `${recipient.key}\n${scope}\n${reason}`
        const entry = entries.get(name)
        // As in the table: an entry is lengthened, never shortened.
        if (entry === undefined || outlasts(expiresAt, entry.expires_at)) {
          entries.set(name, {
            recipient: recipient.key,
            scope,
            reason,
            domain: recipient.domain,
            receiver: event.data.receiver?.name ?? null,
            source_id: parcel.sourceId,
            event_id: event.id,
            decision_id: id,
            at: event.time,
            expires_at: expiresAt
          })
        } else entry.at = event.time
      }
      for (const reason of verdict.lift?.reasons ?? []) {
        const scope = verdict.lift?.scope ?? 'all'
        entries.delete(`${recipient.key}\n${scope}\n${reason}`)
        lifts.push({ recipient: recipient.key, scope, reason, decision_id: id, at: event.time })
      }
    }
    rows.push({
      id: event.id,
      ...origin(parcel),
      type: event.type,
      time: event.time,
      recipient: recipient?.key ?? null,
      domain: recipient?.domain ?? null,
      message_id: event.data.message.provider_id,
      reason: event.data.classification?.reason ?? null,
      document: JSON.stringify(event)
    })
  }
  await write.insertEvents(tx, tenant, rows)
  if (decisions.length > 0) await write.insertDecisions(tx, tenant, decisions)
  const now = new Date().toISOString()
  const optOuts = [...entries.values()].filter((entry) => entry.reason === 'unsubscribe')
  if (optOuts.length > 0) {
    for (const { recipient, scope, reason } of await write.findAnswered(tx, tenant, optOuts))
      entries.delete(`${recipient}\n${scope}\n${reason}`)
  }
  if (lifts.length > 0) await write.liftSuppressions(tx, tenant, lifts, now)
  if (entries.size > 0) await write.upsertSuppressions(tx, tenant, [...entries.values()], now)
  const endpoints = await write.findEndpoints(tx, tenant)
  const deliveries = fresh.flatMap(({ event, key, parcel }) =>
    endpoints
      .filter((endpoint) => wants(endpoint.types, event.type))
      .map((endpoint) => ({
        id: idOf('dlv', createHash('sha256').update(key).update(endpoint.id).digest()),
        endpoint_id: endpoint.id,
        event_id: event.id,
        event_type: event.type,
        event_received_at: parcel.receivedAt.toISOString()
      }))
  )
  if (deliveries.length > 0) await write.insertDeliveries(tx, tenant, deliveries)
}

/** Whether an entry that ends at `a` (null: never) stays longer than one that ends at `b`. */
function outlasts(a: string | null, b: string | null): boolean {
  return b !== null && (a === null || a > b)
}

/** Whether an endpoint's types name this one, by name, `email.*` or `*`. */
export function wants(types: readonly string[], type: string): boolean {
  return types.some(
    (wanted) =>
      wanted === type ||
      wanted === '*' ||
      (wanted.endsWith('.*') && type.startsWith(wanted.slice(0, -1)))
  )
}

function digestOf(parcel: Parcel): string {
  return createHash('sha256').update(parcel.raw.body).digest('hex')
}

function origin(parcel: Parcel) {
  return {
    received_at: parcel.receivedAt.toISOString(),
    source_id: parcel.sourceId,
    raw_id: parcel.raw.id,
    provider: parcel.provider
  }
}

function rawRow(parcel: Parcel): write.RawRow {
  const { raw_id, ...row } = origin(parcel)
  return { id: raw_id, ...row, headers: parcel.raw.headers, body: parcel.raw.body }
}

/** Pieces of one request share their raw body. */
function uniqueRaw(parcels: Iterable<Parcel>): Iterable<Parcel> {
  return new Map([...parcels].map((parcel) => [parcel.raw.id, parcel])).values()
}

function count(outcomes: Map<Parcel, Stored>, parcel: Parcel, what: keyof Stored): void {
  const outcome = outcomes.get(parcel)
  if (outcome !== undefined) outcome[what]++
}

function unique(values: (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))].sort()
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

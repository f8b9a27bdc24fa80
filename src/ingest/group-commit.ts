/**
 * Group commit: a commit costs a write to disk, so all requests that arrive while one is under way share
 * the next. A lone request waits for nothing. If a group fails because of one request it is split and tried
 * again, so that only the culprit fails.
 */
import { AppError } from '../errors.ts'
import type { Policy } from '../policy/policy.ts'
import { type Database, isConnectionFailure } from '../store/database.ts'
import { dedupeWeek, ensurePartitionsFor } from '../store/partitions.ts'
import { type Outcome, type Parcel, type Stored, writeGroup } from './write-parcels.ts'

interface Waiting {
  parcel: Parcel
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

const repeats = 4
/** Bodies of one transaction, in bytes, where more than one request brings them. */
const mostGroupBytes = 16 * 1024 * 1024
/** Requests that may wait; beyond it the answer is 503, and the provider sends again. */
const mostWaiting = 5_000
/** The same for the memory that their bodies hold, in bytes. */
const mostWaitingBytes = 128 * 1024 * 1024

export class GroupCommit {
  readonly #database: Database
  readonly #policy: () => Policy
  readonly #onCommit: () => void
  readonly #lanes = new Map<string, Waiting[]>()
  #waiting = 0
  #waitingBytes = 0

  constructor(database: Database, policy: () => Policy, onCommit: () => void) {
    this.#database = database
    this.#policy = policy
    this.#onCommit = onCommit
  }

  /** Resolves after everything that the parcel causes is committed. Throws `database-unavailable`. */
  async store(parcel: Parcel): Promise<Outcome> {
    const limit = this.#database.groupLimit
    if (sizeOf(parcel) <= limit) return this.#enqueue(parcel)
    // A long batch goes in pieces: its repeat would count nothing twice, so each may commit by itself.
    const total: Stored = { accepted: 0, duplicates: 0, quarantined: 0 }
    const { events, unreadable } = parcel
    const pieces: Parcel[] = []
    for (let event = 0, part = 0; event < events.length || part < unreadable.length; ) {
      const some = events.slice(event, event + limit)
      const rest = unreadable.slice(part, part + limit - some.length)
      pieces.push({ ...parcel, events: some, unreadable: rest })
      event += some.length
      part += rest.length
    }
    for (const piece of pieces) {
      const outcome = await this.#enqueue(piece)
      if (outcome === 'forged') return outcome
      add(total, outcome)
    }
    return total
  }

  #enqueue(parcel: Parcel): Promise<Outcome> {
    if (this.#waiting >= mostWaiting || this.#waitingBytes >= mostWaitingBytes) {
      return Promise.reject(
        new AppError(
          'overloaded',
          'Too many webhooks are waiting to be stored. Send it again later.'
        )
      )
    }
    return new Promise((resolve, reject) => {
      const waiting = { parcel, resolve, reject }
      this.#waiting++
      this.#waitingBytes += parcel.raw.body.length
      const lane = this.#lanes.get(parcel.tenant)
      if (lane !== undefined) lane.push(waiting)
      else {
        const queue = [waiting]
        this.#lanes.set(parcel.tenant, queue)
        void this.#work(parcel.tenant, queue)
      }
    })
  }

  async #work(tenant: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const group: Waiting[] = []
      let size = 0
      let bytes = 0
      for (const next of queue) {
        size += sizeOf(next.parcel)
        bytes += next.parcel.raw.body.length
        if (group.length > 0 && (size > this.#database.groupLimit || bytes > mostGroupBytes)) break
        group.push(next)
      }
      queue.splice(0, group.length)
      await this.#settle(tenant, group)
      this.#waiting -= group.length
      for (const { parcel } of group) this.#waitingBytes -= parcel.raw.body.length
    }
    this.#lanes.delete(tenant)
  }

  /** Commits a group, or finds out who spoils it. */
  async #settle(tenant: string, group: Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#commit(
        tenant,
        group.map((waiting) => waiting.parcel)
      )
      for (const [index, waiting] of group.entries()) waiting.resolve(outcomes[index] ?? 'forged')
      this.#onCommit()
    } catch (error) {
      const [only, ...others] = group
      if (only === undefined) return
      if (!isCulprit(error)) {
        for (const waiting of group) waiting.reject(notStored(error))
      } else if (others.length > 0) {
        const half = group.length >> 1
        await this.#settle(tenant, group.slice(0, half))
        await this.#settle(tenant, group.slice(half))
      } else await this.#settleAlone(tenant, only, error)
    }
  }

  /** A request that fails alone: what of it can be stored is, and the rest is quarantined. */
  async #settleAlone(tenant: string, waiting: Waiting, error: unknown): Promise<void> {
    try {
      const outcome = await this.#salvage(tenant, waiting.parcel, error)
      this.#onCommit()
      waiting.resolve(outcome)
    } catch (cause) {
      waiting.reject(notStored(cause))
    }
  }

  /** Halves a parcel that failed until the events that spoil it stand alone. */
  async #salvage(tenant: string, parcel: Parcel, error: unknown): Promise<Outcome> {
    const total: Stored = { accepted: 0, duplicates: 0, quarantined: 0 }
    for (const piece of piecesOf(parcel, error)) {
      let outcome: Outcome | undefined
      try {
        ;[outcome] = await this.#commit(tenant, [piece])
      } catch (cause) {
        if (!isCulprit(cause)) throw cause
        outcome = await this.#salvage(tenant, piece, cause)
      }
      if (outcome === 'forged' || outcome === undefined) return 'forged'
      add(total, outcome)
    }
    return total
  }

  /** One transaction; repeated after a deadlock, and after making a partition that was missing. */
  async #commit(tenant: string, parcels: Parcel[]): Promise<Outcome[]> {
    for (let turn = 1; ; turn++) {
      try {
        return await this.#database.transaction((tx) =>
          writeGroup(tx, tenant, parcels, this.#policy())
        )
      } catch (error) {
        const code = (error as { code?: unknown } | null)?.code
        if (turn >= repeats) throw error
        if (code === '40P01' || code === '40001') continue
        if (code !== '23514') throw error
        await this.#database.run((sql) => ensurePartitionsFor(sql, partitionsOf(parcels)))
      }
    }
  }
}

/**
 * Whether the rows themselves are at fault: data exceptions, integrity and program limits of PostgreSQL
 * (classes 22, 23, 54), or a value that our own code could not write. Anything else is the database's
 * trouble (away, full, too slow): nothing may be judged by it, and the provider sends again.
 */
function isCulprit(error: unknown): boolean {
  if (error instanceof AppError || isConnectionFailure(error)) return false
  const code = (error as { code?: unknown } | null)?.code
  return typeof code !== 'string' || /^(?:22|23|54)/.test(code)
}

function notStored(cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  return new AppError(
    'database-unavailable',
    'The webhook could not be stored at the moment. Send it again.',
    { cause }
  )
}

/** What to try instead of a parcel that failed; throws its error where nothing is left to try. */
function piecesOf(parcel: Parcel, error: unknown): Parcel[] {
  const { events, unreadable } = parcel
  const [first, ...others] = events
  if (first === undefined) throw error
  if (unreadable.length > 0) {
    return [
      { ...parcel, unreadable: [] },
      { ...parcel, events: [] }
    ]
  }
  if (others.length > 0) {
    const half = events.length >> 1
    return [
      { ...parcel, events: events.slice(0, half) },
      { ...parcel, events: events.slice(half) }
    ]
  }
  // Named by its id: a number would be one among this piece's events only, and another's too.
  const pointer = `/events/${first.event.id}`
  const detail =
    'This event could not be stored. Its bytes are kept; normalise it again after an update.'
  return [{ ...parcel, events: [], unreadable: [{ pointer, detail }] }]
}

function sizeOf(parcel: Parcel): number {
  return parcel.events.length + parcel.unreadable.length
}

function add(total: Stored, part: Stored): void {
  total.accepted += part.accepted
  total.duplicates += part.duplicates
  total.quarantined += part.quarantined
}

function partitionsOf(parcels: Parcel[]) {
  const monday = (text: string) => new Date(`${text}T00:00:00Z`)
  return parcels.flatMap((parcel) => [
    ...(['raw_bodies', 'events', 'decisions', 'quarantine'] as const).map((table) => ({
      table,
      time: parcel.receivedAt
    })),
    { table: 'dedupe_keys' as const, time: monday(dedupeWeek(parcel.receivedAt)) },
    ...parcel.events
      .map((event) => monday(dedupeWeek(event.identityTime)))
      .filter((time) => time.getUTCFullYear() > 1970)
      .map((time) => ({ table: 'dedupe_keys' as const, time })),
    ...(parcel.token ? [{ table: 'replay_tokens' as const, time: parcel.token.signedAt }] : [])
  ])
}

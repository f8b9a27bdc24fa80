/**
 * Sends queued events to their subscribers. A row is leased, sent while no transaction is open, and
 * finished only by whoever still holds its lease: a worker that dies or hangs loses its rows to another
 * after the lease, and a subscriber then sees the same `webhook-id` again. Delivery is at least once.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import type { Dispatcher } from 'undici'
import { type Database, faultOf, isAway } from '../store/database.ts'
import { ensureUpcomingPartitions } from '../store/partitions.ts'
import {
  type AttemptedRow,
  type ClaimedRow,
  claimDeliveries,
  findTenants,
  recordAttempts,
  renewLeases,
  skipDisabled
} from '../store/queries/deliveries.ts'
import type { Vault } from '../store/secrets.ts'
import { defaultSchedule, nextAttempt } from './backoff.ts'
import { type Outcome, send } from './send.ts'
import { parseSecret, sign } from './sign.ts'

export interface DeliveryOptions {
  /** Attempts under way at one endpoint. */
  perEndpoint?: number
  /** Attempts under way altogether. */
  total?: number
  /** Seconds before each attempt. */
  schedule?: readonly number[]
}

/** A dead worker's rows are taken over after this long. */
const leaseSeconds = 30
/** A third of the lease, so that one failed renewal loses nothing. */
const renewEveryMs = 10_000
const pollEveryMs = 1_000
/** Ingest may commit hundreds of times a second; looking at the queue that often helps nobody. */
const restMs = 10
const sweepEveryMs = 30_000
const stopWithinMs = 10_000
/** A quick endpoint may lease this many times the rows that it is sent at a time. */
const leasedAhead = 5
/** Rows of one statement. */
const mostRecorded = 64
const mostSkipped = 1_000
const repeats = 4

const userAgent = `mailverdict/${ownVersion()}`

/** A row that this worker holds. */
interface Leased extends ClaimedRow {
  lease_token: string
  claimedAt: number
  renewedAt: number
}

/** One endpoint's share of this worker. */
interface Lane {
  endpoint_id: string
  queue: TenantQueue
  /** Rows it may hold: more than it sends at a time while all goes well, one after a failure. */
  allowance: number
  running: number
  /** Leased ahead, so that a quick endpoint need not wait for the database between two attempts. */
  waiting: Leased[]
}

export class DeliveryWorker {
  readonly #database: Database
  readonly #vault: Vault
  readonly #dispatcher: Dispatcher
  readonly #log: Logger
  readonly #perEndpoint: number
  readonly #total: number
  readonly #schedule: readonly number[]
  readonly #queues = new Map<string, TenantQueue>()
  /** Those served last come last. */
  readonly #lanes = new Map<string, Lane>()
  #leased = 0
  #running = 0
  #turn = 0
  #sweptAt = Number.NEGATIVE_INFINITY
  #woken = false
  #interrupt: () => void = () => {}
  #loop: Promise<void> | null = null
  readonly #attempts = new Set<Promise<void>>()
  #stopping = false

  constructor(
    database: Database,
    vault: Vault,
    dispatcher: Dispatcher,
    log: Logger,
    options: DeliveryOptions = {}
  ) {
    this.#database = database
    this.#vault = vault
    this.#dispatcher = dispatcher
    this.#log = log
    this.#perEndpoint = options.perEndpoint ?? 5
    this.#total = options.total ?? 50
    this.#schedule = options.schedule ?? defaultSchedule
  }

  start(): void {
    this.#loop ??= this.#work()
  }

  /** Something may be due: look now rather than at the next poll. */
  wake(): void {
    this.#woken = true
    this.#interrupt()
  }

  /** Starts nothing new and waits for what is under way, ten seconds at most; other leases lapse. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#interrupt()
    let timer: NodeJS.Timeout | undefined
    const expired = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, stopWithinMs)
    })
    await Promise.race([this.#finish(), expired])
    clearTimeout(timer)
  }

  async #finish(): Promise<void> {
    await this.#loop
    for (const lane of this.#lanes.values()) this.#giveBack(lane)
    await Promise.allSettled(this.#attempts)
    await Promise.allSettled([...this.#queues.values()].map((queue) => queue.idle()))
  }

  async #work(): Promise<void> {
    let tenants: string[] = []
    let readAt = Number.NEGATIVE_INFINITY
    while (!this.#stopping) {
      this.#woken = false
      try {
        // Not each time: under load the worker is woken often, and tenants are seldom made.
        if (performance.now() - readAt >= pollEveryMs * 0.8) {
          const rows = await this.#database.run((sql) => findTenants(sql))
          tenants = rows.map((row) => row.tenant_id)
          readAt = performance.now()
        }
        await this.#claimAll(tenants)
        await this.#maintain(tenants)
      } catch (err) {
        // The database says itself when it is away; until then nothing can be claimed.
        if (!isAway(err)) this.#log.error(faultOf(err), 'delivery queue cannot be read')
        await this.#pause(pollEveryMs, () => this.#stopping)
      }
      await this.#rest()
    }
  }

  /** Until the next poll or a wake, whichever is first, and never less than a short rest. */
  async #rest(): Promise<void> {
    await this.#pause(restMs, () => this.#stopping)
    await this.#pause(
      pollEveryMs * (0.8 + 0.4 * Math.random()),
      () => this.#stopping || this.#woken
    )
  }

  #pause(ms: number, isOver: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#interrupt = () => {
        if (!isOver()) return
        clearTimeout(timer)
        resolve()
      }
      this.#interrupt()
    })
  }

  async #claimAll(tenants: readonly string[]): Promise<void> {
    // Another tenant begins each time, so that none can keep the others from the last free places.
    this.#turn = (this.#turn + 1) % Math.max(tenants.length, 1)
    for (const tenant of [...tenants.slice(this.#turn), ...tenants.slice(0, this.#turn)]) {
      const total = this.#total * leasedAhead - this.#leased
      if (total <= 0 || this.#stopping) return
      const queue = this.#queue(tenant)
      const lease_token = randomUUID()
      const rooms = [...this.#lanes.values()]
        .filter((lane) => lane.queue === queue)
        .map((lane) => ({ endpoint_id: lane.endpoint_id, room: roomOf(lane) }))
      const rows = await this.#database.run((sql) =>
        claimDeliveries(sql, tenant, {
          token: lease_token,
          rooms,
          otherRoom: this.#perEndpoint,
          total,
          leaseSeconds
        })
      )
      const claimedAt = performance.now()
      for (const row of rows) {
        const leased: Leased = { ...row, lease_token, claimedAt, renewedAt: claimedAt }
        this.#leased++
        queue.leased.add(leased)
        this.#lane(queue, row.endpoint_id).waiting.push(leased)
      }
      this.#startAttempts()
    }
  }

  async #maintain(tenants: readonly string[]): Promise<void> {
    for (const tenant of tenants) await this.#queues.get(tenant)?.renew()
    if (performance.now() - this.#sweptAt < sweepEveryMs) return
    this.#sweptAt = performance.now()
    // What was queued while its endpoint was being disabled, or held by a worker just then.
    for (const tenant of tenants) await this.#queue(tenant).skipDisabled()
  }

  #queue(tenant: string): TenantQueue {
    const known = this.#queues.get(tenant)
    if (known !== undefined) return known
    const queue = new TenantQueue(this.#database, tenant)
    this.#queues.set(tenant, queue)
    return queue
  }

  #lane(queue: TenantQueue, endpoint_id: string): Lane {
    const key = `${queue.tenant}\n${endpoint_id}`
    const known = this.#lanes.get(key)
    if (known !== undefined) return known
    const lane = { endpoint_id, queue, allowance: this.#perEndpoint, running: 0, waiting: [] }
    this.#lanes.set(key, lane)
    return lane
  }

  /** One attempt a lane and turn, so that the last free places are shared. */
  #startAttempts(): void {
    for (let started = true; started; ) {
      started = false
      for (const [key, lane] of [...this.#lanes]) {
        if (this.#running >= this.#total || this.#stopping) return
        if (lane.running >= Math.min(this.#perEndpoint, lane.allowance)) continue
        const row = lane.waiting.shift()
        if (row === undefined) continue
        started = true
        this.#lanes.delete(key)
        this.#lanes.set(key, lane)
        this.#start(lane, row)
      }
    }
  }

  #start(lane: Lane, row: Leased): void {
    lane.running++
    this.#running++
    const attempt = this.#deliver(lane, row)
      .catch((err: unknown) => this.#leaveAlone(row, err))
      .finally(() => {
        this.#attempts.delete(attempt)
        this.#forget(lane, row)
        this.#startAttempts()
        // Before the lane runs dry.
        if (lane.waiting.length < this.#perEndpoint) this.wake()
      })
    this.#attempts.add(attempt)
  }

  async #deliver(lane: Lane, row: Leased): Promise<void> {
    let judged: Judged
    try {
      judged = await this.#attempt(row)
    } finally {
      lane.running--
      this.#running--
    }
    if (judged.outcome === 'delivered') {
      lane.allowance = Math.min(lane.allowance * 2, this.#perEndpoint * leasedAhead)
    } else if (judged.status === null || judged.hold_ms !== null || judged.disable !== null) {
      // It does not answer, or wants to be left in peace: one attempt at a time until one succeeds, so
      // that many such endpoints cannot take all places.
      lane.allowance = 1
      this.#giveBack(lane)
    }
    this.#startAttempts()
    await lane.queue.record(row, judged)
  }

  /** Ends the leases of rows that were not begun. */
  #giveBack(lane: Lane): void {
    for (const row of lane.waiting.splice(0)) {
      void lane.queue
        .record(row, unsent)
        .catch((err: unknown) => this.#leaveAlone(row, err))
        .finally(() => this.#forget(lane, row))
    }
  }

  #forget(lane: Lane, row: Leased): void {
    this.#leased--
    lane.queue.leased.delete(row)
  }

  /** Our own fault is no attempt: the row is free again when its lease lapses. */
  #leaveAlone(row: ClaimedRow, err: unknown): void {
    if (isAway(err)) return
    this.#log.error(
      { ...faultOf(err), delivery: row.id, endpoint: row.endpoint_id },
      'delivery could not be made or recorded; it is tried again when its lease ends'
    )
  }

  async #attempt(row: Leased): Promise<Judged> {
    if (row.document === null) return { ...unsent, outcome: 'skipped' }
    const secrets = row.secrets.map((text) =>
      parseSecret(this.#vault.unseal(Buffer.from(text, 'base64')))
    )
    const id = webhookId(row.event_id)
    const timestamp = Math.floor(row.now + (performance.now() - row.claimedAt) / 1000)
    const body = Buffer.from(row.document)
    const outcome = await send(
      {
        url: row.url,
        headers: {
          'content-type': 'application/json',
          'user-agent': userAgent,
          'accept-encoding': 'identity',
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': sign({ id, timestamp, body, secrets })
        },
        body,
        timeoutMs: row.timeout_ms
      },
      this.#dispatcher
    )
    return judge(outcome, row.attempts + 1, this.#schedule, Math.random())
  }
}

/** One event is one message, however often and to however many endpoints it is sent. */
export function webhookId(eventId: string): string {
  return `msg_${eventId.slice('evt_'.length)}`
}

/** What an attempt means for its row and its lane. */
export type Judged = Omit<AttemptedRow, 'id' | 'lease_token'>

const unsent: Judged = {
  outcome: null,
  delay_ms: null,
  hold_ms: null,
  disable: null,
  duration_ms: null,
  status: null,
  error_class: null,
  detail: null,
  resolved_address: null,
  response_excerpt: null
}

/** Answers that speak of the whole endpoint, and how long it is left in peace at least, in seconds. */
const holds = new Map([
  [429, 60],
  [502, 5],
  [503, 5],
  [504, 5]
])

const ownFaultPauseMs = 30_000
/** A forbidden target is a setting somebody has to mend. */
const blockedPauseSeconds = 3_600

/** @param attempts made so far, this one included */
export function judge(
  outcome: Outcome,
  attempts: number,
  schedule: readonly number[],
  random: number
): Judged {
  const facts: Judged = {
    ...unsent,
    duration_ms: Math.round(outcome.durationMs),
    resolved_address: outcome.address
  }
  const again = (retryAfterSeconds: number | null): Pick<Judged, 'outcome' | 'delay_ms'> => {
    const delay_ms = nextAttempt({ attempt: attempts, schedule, retryAfterSeconds, random })
    return { outcome: delay_ms === null ? 'exhausted' : null, delay_ms }
  }
  switch (outcome.kind) {
    case 'delivered':
      return { ...facts, outcome: 'delivered', status: outcome.status }
    case 'refused': {
      const { status, retryAfterSeconds } = outcome
      const answer = {
        ...facts,
        status,
        response_excerpt: storable(outcome.excerpt.toString('utf8'))
      }
      if (status === 410) {
        const disable = 'The endpoint answered 410 Gone: it wants no more webhooks.'
        return { ...answer, outcome: 'skipped', disable }
      }
      const least = holds.get(status)
      if (least === undefined) return { ...answer, ...again(retryAfterSeconds) }
      const hold = Math.max(least, retryAfterSeconds ?? 0)
      return { ...answer, ...again(hold), hold_ms: hold * 1000 }
    }
    case 'failed':
      // Our own fault is no attempt and is charged to nobody.
      if (outcome.errorClass === 'local') return { ...unsent, delay_ms: ownFaultPauseMs }
      return {
        ...facts,
        ...again(outcome.errorClass === 'blocked' ? blockedPauseSeconds : null),
        error_class: outcome.errorClass,
        detail: storable(outcome.detail)
      }
  }
}

/** How many more rows a lane may lease. */
function roomOf(lane: Lane): number {
  return Math.max(lane.allowance - lane.running - lane.waiting.length, 0)
}

/** One tenant's leased rows, and the way their outcomes are written: together, as they come. */
class TenantQueue {
  readonly tenant: string
  readonly leased = new Set<Leased>()
  readonly #database: Database
  #waiting: { row: AttemptedRow; resolve(): void; reject(error: unknown): void }[] = []
  #recording: Promise<void> | null = null

  constructor(database: Database, tenant: string) {
    this.#database = database
    this.tenant = tenant
  }

  async renew(): Promise<void> {
    const now = performance.now()
    const old = [...this.leased].filter((row) => now - row.renewedAt >= renewEveryMs)
    if (old.length === 0) return
    const rows = old.map(({ id, lease_token }) => ({ id, lease_token }))
    await this.#database.run((sql) => renewLeases(sql, this.tenant, rows, leaseSeconds))
    for (const row of old) row.renewedAt = now
  }

  /** Resolves when the outcome is recorded; rejects when the fault is our own. */
  record({ id, lease_token }: Leased, judged: Judged): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row: { id, lease_token, ...judged }, resolve, reject })
      this.#recording ??= this.#recordAll()
    })
  }

  async idle(): Promise<void> {
    await this.#recording
  }

  async skipDisabled(): Promise<void> {
    let moved = mostSkipped
    while (moved === mostSkipped) {
      moved = await this.#database.run((sql) => skipDisabled(sql, this.tenant, mostSkipped))
    }
  }

  /** While one statement is under way the next outcomes gather; a lone one waits for nothing. */
  async #recordAll(): Promise<void> {
    // What is recorded in the same breath goes into the first statement already.
    await null
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, mostRecorded)
      try {
        await this.#write(group.map(({ row }) => row))
        for (const { resolve } of group) resolve()
      } catch (error) {
        if (group.length === 1 || isAway(error)) for (const { reject } of group) reject(error)
        // One row that cannot be written must not spoil the others.
        else
          await Promise.all(
            group.map((one) => this.#write([one.row]).then(one.resolve, one.reject))
          )
      }
    }
    this.#recording = null
  }

  async #write(rows: AttemptedRow[]): Promise<void> {
    for (let turn = 1; ; turn++) {
      try {
        await this.#database.run((sql) => recordAttempts(sql, this.tenant, rows))
        break
      } catch (error) {
        const code = (error as { code?: unknown } | null)?.code
        if (turn >= repeats) throw error
        if (code === '40P01' || code === '40001') continue
        if (code !== '23514') throw error
        // No partition for this week yet.
        await this.#database.run((sql) => ensureUpcomingPartitions(sql, new Date()))
      }
    }
    // The outcomes stand whether this succeeds or not; the sweep makes up for it.
    if (rows.some(({ disable }) => disable !== null)) await this.skipDisabled().catch(() => {})
  }
}

/** Text from outside as PostgreSQL can keep it: no NUL, no half of a surrogate pair. */
function storable(text: string): string {
  return Buffer.from(text.replaceAll('\0', ''), 'utf8').toString('utf8')
}

/** `package.json` lies above `src/` and `dist/` alike. */
function ownVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  )
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0'
}

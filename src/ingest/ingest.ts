/** Bytes in, decision out. */
import { randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'
import { idOf } from '../events/identity.ts'
import { type Normalised, normalise } from '../events/normalise.ts'
import { nestingOf, sanitiseText } from '../events/sanitise.ts'
import { providers } from '../providers/index.ts'
import type { Inbound, Parsed, Unreadable } from '../providers/provider.ts'
import { isAway } from '../store/database.ts'
import type { Source, SourceStore } from '../store/sources.ts'
import type { GroupCommit } from './group-commit.ts'
import type { HealthRecorder } from './health.ts'
import type { Stored } from './write-parcels.ts'

export interface IngestTools {
  sources: SourceStore
  commits: GroupCommit
  health: HealthRecorder
  fetchCertificate(url: string): Promise<string>
  /** Fetches a subscription's confirmation address. */
  fetchText(url: string): Promise<string>
  now(): Date
}

/** Deeper JSON is quarantined: the embedded database hangs on it, and no provider sends it. */
const deepest = 64
/** Headers that help to read a raw body again; credentials are never kept. */
const keptHeaders = [
  'content-type',
  'user-agent',
  'x-amz-sns-message-type',
  'x-amz-sns-rawdelivery',
  'x-pm-webhook-trace-id',
  'x-pm-retries-remaining'
]

/**
 * Takes one webhook: authenticates, reads, decides and commits. Throws `source-unknown`, what the adapter's
 * `authenticate` throws, `replayed`, `database-unavailable`, `upstream-unavailable`.
 */
export async function ingest(
  tools: IngestTools,
  sourceId: string,
  request: Inbound
): Promise<Stored> {
  const source = await tools.sources.resolve(sourceId)
  if (source === null) {
    throw new AppError(
      'source-unknown',
      'There is no source with this id. Copy the webhook address from GET /sources.'
    )
  }
  if (!source.enabled) {
    throw new AppError(
      'source-disabled',
      'This source is switched off. Enable it with PATCH /sources/:id.'
    )
  }
  try {
    return await take(tools, source, request)
  } catch (error) {
    if (error instanceof AppError && !isAway(error)) {
      tools.health.rejected(source, error.code, error.message)
    }
    throw error
  }
}

/** Whether a refusal by this source should ask for Basic credentials. */
export function challenges(source: Source): boolean {
  return providers[source.provider].challenges(source.credentials)
}

async function take(tools: IngestTools, source: Source, request: Inbound): Promise<Stored> {
  const provider = providers[source.provider]
  const receivedAt = tools.now()
  const genuine = await provider.authenticate(request, source.credentials, {
    now: receivedAt,
    fetchCertificate: tools.fetchCertificate
  })
  const { events, unreadable, confirm } = read(source, request, receivedAt)
  if (confirm !== undefined) {
    await tools.fetchText(confirm.url)
    tools.health.confirmed(source, `The subscription of ${confirm.topic} was confirmed.`)
  }
  if (events.length + unreadable.length === 0 && genuine.token === undefined) {
    return { accepted: 0, duplicates: 0, quarantined: 0 }
  }
  const outcome = await tools.commits.store({
    tenant: source.tenant,
    sourceId: source.id,
    provider: source.provider,
    receivedAt,
    raw: { id: idOf('raw', randomBytes(20)), headers: headersOf(request), body: request.body },
    events,
    unreadable,
    token: genuine.token ?? null
  })
  if (outcome === 'forged') {
    throw new AppError(
      'replayed',
      'The token of this webhook was used before with another body. Somebody may be replaying it.'
    )
  }
  tools.health.stored(source, outcome)
  return outcome
}

/** Reads a body and never throws: what cannot be read is named, so that it is kept. */
export function read(
  source: Pick<Source, 'tenant' | 'id' | 'provider' | 'stream'>,
  request: Inbound,
  receivedAt: Date
): { events: Normalised[]; unreadable: Unreadable[]; confirm?: { url: string; topic: string } } {
  const events: Normalised[] = []
  const unreadable: Unreadable[] = []
  let parsed: Parsed
  try {
    if (nestingOf(request.body) > deepest) throw new Error(`nested deeper than ${deepest} levels`)
    parsed = providers[source.provider].parse(request)
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'the body cannot be read'
    return { events, unreadable: [{ pointer: '', detail: sanitiseText(detail, 500) }] }
  }
  const arrival = { tenant: source.tenant, sourceId: source.id, stream: source.stream, receivedAt }
  for (const [index, draft] of parsed.events.entries()) {
    try {
      events.push(normalise(draft, arrival))
    } catch (error) {
      const detail = error instanceof Error ? error.message : 'the event cannot be normalised'
      unreadable.push({ pointer: `/events/${index}`, detail: sanitiseText(detail, 500) })
    }
  }
  for (const { pointer, detail } of parsed.unreadable) {
    unreadable.push({ pointer: sanitiseText(pointer, 500), detail: sanitiseText(detail, 500) })
  }
  return { events, unreadable, ...(parsed.confirm ? { confirm: parsed.confirm } : {}) }
}

function headersOf(request: Inbound): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of keptHeaders) {
    const value = request.headers[name]
    if (value !== undefined) kept[name] = sanitiseText(value, 1_000)
  }
  return kept
}

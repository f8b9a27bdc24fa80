// One attempt to deliver: a POST, one wall clock over everything, and an outcome that says what happened.
// Nothing here decides what to do about it.

import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Agent, type Dispatcher, errors } from 'undici'
import { parseRetryAfter } from './backoff.ts'
import { type Connection, type ConnectorOptions, connectionOf, guardedConnector } from './guard.ts'
import { hopHeader } from './headers.ts'

export interface Attempt {
  /** As `checkUrl` gave it back. */
  url: string
  /** The three webhook headers, `user-agent`, and the endpoint's own as `checkHeaders` gave them back. */
  headers: Readonly<Record<string, string>>
  /** The very bytes that were signed. */
  body: Buffer
  timeoutMs: number
}

export type ErrorClass =
  | 'timeout'
  | 'dns'
  | 'connection-refused'
  | 'connection-reset'
  | 'unreachable'
  | 'tls'
  /** Forbidden by the address rules: the endpoint's configuration is at fault. */
  | 'blocked'
  | 'response-too-large'
  | 'response-malformed'
  /** A URL or header that cannot be sent: the endpoint's configuration is at fault. */
  | 'request-invalid'
  /** Our own fault (no file descriptors, shutting down): not an attempt, charge nobody. */
  | 'local'
  | 'unknown'

export type Outcome = {
  durationMs: number
  /** The address connected to, or the one that stood in the way; null where none was known. */
  address: string | null
  /** The first three are null on a connection that was open already. */
  timings: {
    dnsMs: number | null
    connectMs: number | null
    tlsMs: number | null
    firstByteMs: number | null
  }
} & (
  | { kind: 'delivered'; status: number; excerpt: Buffer; bodyError: ErrorClass | null }
  | {
      kind: 'refused'
      status: number
      retryAfterSeconds: number | null
      excerpt: Buffer
      bodyError: ErrorClass | null
    }
  /** No status line arrived. `detail` is for operators: it may name internal addresses. */
  | { kind: 'failed'; errorClass: ErrorClass; detail: string }
)

export const mostResponseBytes = 64 * 1024
export const mostExcerptBytes = 8 * 1024

export interface DispatcherOptions extends ConnectorOptions {
  /** Connections to one origin over all endpoints and tenants. */
  connectionsPerOrigin?: number
}

/** One for the whole service. Environment proxies do not apply to it. */
export function createDispatcher(options: DispatcherOptions): Agent {
  return new Agent({
    connect: guardedConnector(options),
    connections: options.connectionsPerOrigin ?? 50,
    pipelining: 1,
    keepAliveTimeout: 10_000,
    keepAliveMaxTimeout: 60_000,
    maxResponseSize: mostResponseBytes,
    maxHeaderSize: 16 * 1024,
    // The wall clock in `send` is what counts; these only bound a request that has no clock.
    headersTimeout: 60_000,
    bodyTimeout: 60_000
  })
}

/** Never throws for anything that the receiver or the network does. */
export async function send(attempt: Attempt, dispatcher: Dispatcher): Promise<Outcome> {
  const startedAt = performance.now()
  if (!URL.canParse(attempt.url)) {
    return fail(
      { errorClass: 'request-invalid', detail: 'The URL cannot be read' },
      null,
      startedAt
    )
  }
  const clock = new AbortController()
  const timer = setTimeout(
    () => clock.abort(new DeadlinePassed(attempt.timeoutMs)),
    attempt.timeoutMs
  )
  try {
    const first = await exchange(attempt, dispatcher, clock.signal, startedAt)
    if (!(first instanceof StaleConnection)) return first
    // The receiver closed an idle connection just as we used it. That says nothing about the receiver,
    // so the same attempt goes on over a fresh one, once and within the same clock.
    const second = await exchange(attempt, dispatcher, clock.signal, startedAt)
    return second instanceof StaleConnection ? second.outcome : second
  } finally {
    clearTimeout(timer)
  }
}

class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed'
  readonly code = 'ETIMEDOUT'

  constructor(timeoutMs: number) {
    super(`not finished within ${timeoutMs} ms`)
  }
}

class StaleConnection {
  readonly outcome: Outcome

  constructor(outcome: Outcome) {
    this.outcome = outcome
  }
}

async function exchange(
  attempt: Attempt,
  dispatcher: Dispatcher,
  signal: AbortSignal,
  startedAt: number
): Promise<Outcome | StaleConnection> {
  const url = new URL(attempt.url)
  const { body, trace } = traced(attempt.body)
  const request = dispatcher.request({
    method: 'POST',
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    headers: requestHeaders(attempt.headers),
    body,
    signal
  })
  let response: Dispatcher.ResponseData
  try {
    response = await unlessAborted(request, signal)
  } catch (error) {
    const outcome = fail(classify(error), connectionBehind(error, trace), startedAt, trace)
    return diedUnused(outcome, trace) ? new StaleConnection(outcome) : outcome
  }
  const firstByteMs = trace.sentAt === null ? null : Math.round(performance.now() - trace.sentAt)
  const { excerpt, bodyError } = await readExcerpt(response.body)
  retire(trace)
  const status = response.statusCode
  const facts = factsOf(trace.socket && connectionOf(trace.socket), startedAt, trace, firstByteMs)
  // The status line decides, whatever became of the body. A redirect is a refusal: it is never followed.
  if (status >= 200 && status <= 299) {
    return { kind: 'delivered', status, excerpt, bodyError, ...facts }
  }
  const retryAfterSeconds = parseRetryAfter(response.headers['retry-after'], new Date())
  return { kind: 'refused', status, retryAfterSeconds, excerpt, bodyError, ...facts }
}

function requestHeaders(own: Readonly<Record<string, string>>): Record<string, string> {
  const lower = Object.fromEntries(
    Object.entries(own).map(([name, value]) => [name.toLowerCase(), value])
  )
  return {
    'content-type': 'application/json',
    'user-agent': 'Mailverdict',
    ...lower,
    'accept-encoding': 'identity',
    [hopHeader]: '1'
  }
}

/**
 * undici takes note of a signal only once it has a connection. Until then this gives up in its place;
 * undici drops the request, unsent, when the connection comes after all.
 */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason)
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}

async function readExcerpt(
  body: Dispatcher.ResponseData['body']
): Promise<{ excerpt: Buffer; bodyError: ErrorClass | null }> {
  const kept: Buffer[] = []
  let total = 0
  let bodyError: ErrorClass | null = null
  try {
    for await (const chunk of body) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('a response body is read as bytes')
      if (total < mostExcerptBytes) kept.push(chunk.subarray(0, mostExcerptBytes - total))
      total += chunk.length
      if (total > mostResponseBytes) {
        bodyError = 'response-too-large'
        break // which destroys the body and with it the connection
      }
    }
  } catch (error) {
    bodyError = classify(error).errorClass
  }
  return { excerpt: Buffer.concat(kept), bodyError }
}

// Which connection carried which request: undici tells only its diagnostics channel. The body is the one
// object that goes through untouched, so every try gets a view of its own and is found by it.
interface Trace {
  socket: Socket | null
  reused: boolean
  bytesBefore: number
  sentAt: number | null
}
const traces = new WeakMap<object, Trace>()
/** The last request that each connection carried. */
const carriers = new WeakMap<Socket, Trace>()

subscribe('undici:client:sendHeaders', (message) => {
  const { request, socket } = message as { request: { body: unknown }; socket: Socket }
  const trace = typeof request.body === 'object' && request.body ? traces.get(request.body) : null
  if (!trace) return
  trace.socket = socket
  trace.reused = carriers.has(socket)
  trace.bytesBefore = socket.bytesRead
  trace.sentAt = performance.now()
  carriers.set(socket, trace)
})

function traced(bytes: Buffer): { body: Buffer; trace: Trace } {
  const body = bytes.subarray()
  const trace: Trace = { socket: null, reused: false, bytesBefore: 0, sentAt: null }
  traces.set(body, trace)
  return { body, trace }
}

/**
 * Closes a connection that has grown old, unless the next request is on it already; that one will see
 * to it. undici's own `clientTtl` leaves requests waiting for ever once a pool is full (its issue 5144,
 * not mended in version 7).
 */
function retire(trace: Trace): void {
  const { socket } = trace
  if (socket === null || carriers.get(socket) !== trace) return
  const connection = connectionOf(socket)
  if (connection && performance.now() >= connection.retireAt) socket.destroy()
}

function diedUnused(outcome: Outcome, trace: Trace): boolean {
  if (outcome.kind !== 'failed' || outcome.errorClass !== 'connection-reset') return false
  if (!trace.reused || trace.socket === null) return false
  // A TLS connection counts its closing alert as a byte read; there the missing status line must do.
  return trace.socket instanceof TLSSocket || trace.socket.bytesRead === trace.bytesBefore
}

function connectionBehind(error: unknown, trace: Trace): Connection | null {
  const source = trace.socket ?? (error instanceof Error ? error : null)
  return (source && connectionOf(source)) ?? null
}

function fail(
  failure: { errorClass: ErrorClass; detail: string },
  connection: Connection | null,
  startedAt: number,
  trace: Trace | null = null
): Outcome {
  return { kind: 'failed', ...failure, ...factsOf(connection, startedAt, trace, null) }
}

function factsOf(
  connection: Connection | null | undefined,
  startedAt: number,
  trace: Trace | null,
  firstByteMs: number | null
): Pick<Outcome, 'durationMs' | 'address' | 'timings'> {
  const opening = trace?.reused ? null : connection
  return {
    durationMs: Math.round(performance.now() - startedAt),
    address: connection?.address ?? null,
    timings: {
      dnsMs: opening?.dnsMs ?? null,
      connectMs: opening?.connectMs ?? null,
      tlsMs: opening?.tlsMs ?? null,
      firstByteMs
    }
  }
}

const classes: readonly [ErrorClass, RegExp][] = [
  ['blocked', /^ESSRF$/],
  ['timeout', /^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/],
  ['dns', /^(ENOTFOUND|ENODATA|ESERVFAIL|EREFUSED|EBADRESP|EBADNAME|ENONAME|EAI_\w+)$/],
  ['connection-refused', /^ECONNREFUSED$/],
  ['connection-reset', /^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET)$/],
  ['unreachable', /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL|EACCES|EPERM)$/],
  // OpenSSL's own names for what is wrong with a certificate come without a common prefix.
  [
    'tls',
    /^(EPROTO|ERR_(TLS|SSL|OSSL)_\w+|(CERT|CRL|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|ERROR_IN_(CERT|CRL))_\w+|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH)$/
  ],
  ['response-too-large', /^(UND_ERR_RES_EXCEEDED_MAX_SIZE|UND_ERR_HEADERS_OVERFLOW)$/],
  // A status below 100 trips an assertion in undici.
  ['response-malformed', /^(UND_ERR_RES_CONTENT_LENGTH_MISMATCH|ERR_ASSERTION)$/],
  [
    'request-invalid',
    /^(UND_ERR_INVALID_ARG|UND_ERR_NOT_SUPPORTED|UND_ERR_REQ_CONTENT_LENGTH_MISMATCH)$/
  ],
  ['local', /^(EMFILE|ENFILE|ENOBUFS|ENOMEM|UND_ERR_DESTROYED|UND_ERR_CLOSED)$/]
]

function classify(error: unknown): { errorClass: ErrorClass; detail: string } {
  if (!(error instanceof Error)) return { errorClass: 'unknown', detail: String(error) }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const detail = describe(error).slice(0, 500)
  // undici's parser errors come with or without a code, and it calls two of them socket errors.
  if (error instanceof errors.HTTPParserError || /^bad (response|upgrade)$/.test(error.message)) {
    return { errorClass: 'response-malformed', detail }
  }
  const found = classes.find(([, codes]) => codes.test(code))
  return { errorClass: found?.[0] ?? 'unknown', detail }
}

/** Several addresses tried in vain come as one error without a message. */
function describe(error: Error): string {
  if (error instanceof AggregateError) {
    return error.errors.map((one) => (one instanceof Error ? one.message : String(one))).join('; ')
  }
  return error.message || error.name
}

// One attempt to deliver: a POST, one wall clock over everything, and an outcome that says what happened.
// Nothing here decides what to do about it.

import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
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
  const url = parseUrl(attempt.url)
  if (url === null) {
    const failure = { errorClass: 'request-invalid', detail: 'The URL cannot be read' } as const
    return { kind: 'failed', ...failure, ...factsOf(null, startedAt, null) }
  }
  const first = await exchange(url, attempt, dispatcher, startedAt)
  // The receiver closed an idle connection just as we used it. That says nothing about the receiver,
  // so the same attempt goes on over a fresh one, once and within the same clock.
  const last = diedUnused(first) ? await exchange(url, attempt, dispatcher, startedAt) : first
  return outcomeOf(last, startedAt)
}

class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed'
  readonly code = 'ETIMEDOUT'

  constructor(timeoutMs: number) {
    super(`not finished within ${timeoutMs} ms`)
  }
}

/** One request on one connection, and as much of its answer as came. */
interface Exchange {
  trace: Trace
  /** Null until the status line and headers are there. */
  status: number | null
  retryAfter: string | string[] | undefined
  firstByteAt: number | null
  kept: Buffer[]
  bytes: number
  /** Why it ended early; null when the answer came in whole. */
  error: Error | null
}

/**
 * What `undici.request` does, less the stream around the body: an answer is counted and cut as it
 * arrives. The clock starts before there is a connection, so it ends the wait itself; undici then asks
 * `onRequestStart` before it writes, and a request that is given up is never sent.
 */
function exchange(
  url: URL,
  attempt: Attempt,
  dispatcher: Dispatcher,
  startedAt: number
): Promise<Exchange> {
  return new Promise((resolve) => {
    const { body, trace } = traced(attempt.body)
    const result: Exchange = {
      trace,
      status: null,
      retryAfter: undefined,
      firstByteAt: null,
      kept: [],
      bytes: 0,
      error: null
    }
    let ended = false
    let controller: Dispatcher.DispatchController | null = null
    const end = (error: Error | null) => {
      if (ended) return
      ended = true
      clearTimeout(timer)
      result.error = error
      resolve(result)
    }
    const giveUp = (error: Error) => {
      end(error)
      // Not `controller.abort`: after that undici 7 opens another connection only to find that the
      // request on top of its queue is no longer wanted.
      if (trace.socket === null) controller?.abort(error)
      else trace.socket.destroy(error)
    }
    const timer = setTimeout(
      () => giveUp(new DeadlinePassed(attempt.timeoutMs)),
      Math.max(0, attempt.timeoutMs - (performance.now() - startedAt))
    )
    dispatcher.dispatch(
      {
        method: 'POST',
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        headers: requestHeaders(attempt.headers),
        body
      },
      {
        onRequestStart(started) {
          controller = started
          if (ended) started.abort(result.error ?? new DeadlinePassed(attempt.timeoutMs))
        },
        onResponseStart(_controller, status, headers) {
          if (ended || status < 200) return // 1xx only announces
          result.status = status
          result.retryAfter = headers['retry-after']
          result.firstByteAt = performance.now()
        },
        onResponseData(_controller, chunk) {
          if (ended) return
          if (result.bytes < mostExcerptBytes) {
            result.kept.push(chunk.subarray(0, mostExcerptBytes - result.bytes))
          }
          result.bytes += chunk.length
          if (result.bytes > mostResponseBytes) giveUp(new errors.ResponseExceededMaxSizeError())
        },
        onResponseEnd: () => end(null),
        onResponseError: (_controller, error) => end(error)
      }
    )
  })
}

function outcomeOf(last: Exchange, startedAt: number): Outcome {
  const { trace, status, error } = last
  retire(trace)
  const source = trace.socket ?? error
  const facts = factsOf(source && connectionOf(source), startedAt, last)
  if (status === null) {
    return { kind: 'failed', ...classify(error ?? new Error('no answer')), ...facts }
  }
  const excerpt = Buffer.concat(last.kept)
  const bodyError = error === null ? null : classify(error).errorClass
  // The status line decides, whatever became of the body. A redirect is a refusal: it is never followed.
  if (status >= 200 && status <= 299) {
    return { kind: 'delivered', status, excerpt, bodyError, ...facts }
  }
  const retryAfterSeconds = parseRetryAfter(last.retryAfter, new Date())
  return { kind: 'refused', status, retryAfterSeconds, excerpt, bodyError, ...facts }
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null // the caller reports it
  }
}

function requestHeaders(own: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = Object.create(null)
  headers['content-type'] = 'application/json'
  headers['user-agent'] = 'Mailverdict'
  for (const [name, value] of Object.entries(own)) headers[name.toLowerCase()] = value
  headers['accept-encoding'] = 'identity'
  headers[hopHeader] = '1'
  return headers
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

function diedUnused({ trace, status, error }: Exchange): boolean {
  if (status !== null || error === null || classify(error).errorClass !== 'connection-reset')
    return false
  if (!trace.reused || trace.socket === null) return false
  // Even half a status line shows that the receiver took the request.
  return trace.socket.bytesRead === trace.bytesBefore
}

function factsOf(
  connection: Connection | null | undefined,
  startedAt: number,
  last: Exchange | null
): Pick<Outcome, 'durationMs' | 'address' | 'timings'> {
  const opening = last?.trace.reused ? null : connection
  const sentAt = last?.trace.sentAt ?? null
  const firstByteAt = last?.firstByteAt ?? null
  return {
    durationMs: Math.round(performance.now() - startedAt),
    address: connection?.address ?? null,
    timings: {
      dnsMs: opening?.dnsMs ?? null,
      connectMs: opening?.connectMs ?? null,
      tlsMs: opening?.tlsMs ?? null,
      firstByteMs: sentAt === null || firstByteAt === null ? null : Math.round(firstByteAt - sentAt)
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

function classify(error: Error): { errorClass: ErrorClass; detail: string } {
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

import type { TSchema } from '@sinclair/typebox'
import type { ProviderEvent, ProviderName } from '../events/event.ts'

/** One request as it came over the wire. */
export interface Inbound {
  /** Header names in lower case. */
  headers: Readonly<Record<string, string | undefined>>
  /** The body's bytes as they were signed. */
  body: Buffer
}

/** What an adapter may not do itself, because the room is pure. */
export interface Tools {
  now: Date
  /** PEM of the certificate at a URL that the adapter has validated. Throws `upstream-unavailable`. */
  fetchCertificate(url: string): Promise<string>
}

/** What authentication found out beside "genuine". */
export interface Genuine {
  /**
   * A single-use token (Mailgun), recorded together with the event: the same token with the same body is
   * a repeat, with another body a forgery.
   */
  token?: { value: string; signedAt: Date }
}

/** An element of an authentic body that could not be read; kept with its raw bytes. */
export interface Unreadable {
  /** JSON Pointer into the raw body; empty for the whole of it. */
  pointer: string
  /** What was wrong, for the operator. No addresses. */
  detail: string
}

export interface Parsed {
  events: ProviderEvent[]
  unreadable: Unreadable[]
  /** A subscription that the provider asks us to confirm by fetching this URL, already validated. */
  confirm?: { url: string; topic: string }
}

export interface Provider<Credentials = unknown> {
  readonly name: ProviderName
  /** TypeBox schema of the credentials, as `POST /sources` takes them. */
  readonly credentials: TSchema
  /** What is wrong with well-formed credentials (a key that does not parse, an empty secret); empty if nothing. */
  check(credentials: Credentials): { pointer: string; detail: string }[]
  /**
   * Proves that the request comes from the provider, in constant time where secrets are compared. Throws
   * AppError: `signature-missing`, `signature-invalid`, `replayed` (out of its time window),
   * `upstream-unavailable` (the certificate cannot be had now).
   */
  authenticate(request: Inbound, credentials: Credentials, tools: Tools): Promise<Genuine>
  /**
   * Whether a refusal should carry `WWW-Authenticate: Basic`, so that providers which wait for the
   * challenge send their credentials.
   */
  challenges(credentials: Credentials): boolean
  /** Pure and total: an event it has never seen becomes `email.unknown`, a body it cannot read `unreadable`. */
  parse(request: Inbound): Parsed
}

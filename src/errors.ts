/** Every way a request, a webhook or a setting can be refused. `http/problems.ts` gives each its status. */
export const errorCodes = [
  'address-invalid',
  'body-too-large',
  'body-unreadable',
  'credentials-invalid',
  'cursor-invalid',
  'database-unavailable',
  'forbidden',
  'internal',
  'media-type-unsupported',
  'not-found',
  'overloaded',
  'read-only',
  'replayed',
  'request-invalid',
  'settings-invalid',
  'signature-invalid',
  'signature-missing',
  'source-disabled',
  'source-unknown',
  'start-failed',
  'unauthorized',
  'upstream-unavailable'
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** One mistake in an input: where (a JSON Pointer into it) and what to do about it. */
export interface Mistake {
  pointer: string
  detail: string
}

/**
 * A refusal somebody outside should read. `detail` says what to do next and holds no secret and no
 * address. Anything else that is thrown is a bug.
 */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly mistakes: readonly Mistake[]

  constructor(
    code: ErrorCode,
    detail: string,
    options: ErrorOptions & { mistakes?: readonly Mistake[] } = {}
  ) {
    super(detail, options)
    this.code = code
    this.mistakes = options.mistakes ?? []
  }
}

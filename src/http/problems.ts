/** RFC 9457: what a refusal looks like over HTTP. A code without a row does not compile. */
import { Type } from '@sinclair/typebox'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError, type ErrorCode, errorCodes, type Mistake } from '../errors.ts'
import { faultOf } from '../store/database.ts'
import { StringEnum } from '../string-enum.ts'

export const problems = {
  'address-invalid': { status: 400, title: 'This is no email address' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'body-unreadable': { status: 400, title: 'The body is not JSON' },
  'credentials-invalid': { status: 401, title: 'The webhook credentials are wrong' },
  'cursor-invalid': { status: 400, title: 'The cursor is not one of ours' },
  'database-unavailable': { status: 503, title: 'The database cannot be reached' },
  forbidden: { status: 403, title: 'The key does not allow this' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  'media-type-unsupported': { status: 415, title: 'This kind of body is not taken' },
  'not-found': { status: 404, title: 'There is nothing here' },
  overloaded: { status: 503, title: 'Too much at once' },
  'read-only': { status: 409, title: 'This comes from the settings' },
  replayed: { status: 403, title: 'The webhook is a replay or out of its time' },
  'request-invalid': { status: 400, title: 'The request has mistakes' },
  'settings-invalid': { status: 500, title: 'The settings have mistakes' },
  'signature-invalid': { status: 403, title: 'The webhook signature does not match' },
  'signature-missing': { status: 401, title: 'The webhook proves nothing about its sender' },
  'source-disabled': { status: 403, title: 'The source is switched off' },
  'source-unknown': { status: 404, title: 'There is no such source' },
  'start-failed': { status: 500, title: 'The service cannot work' },
  unauthorized: { status: 401, title: 'A valid API key is needed' },
  'upstream-unavailable': { status: 503, title: 'A needed address cannot be fetched' }
} as const satisfies Record<ErrorCode, { status: number; title: string }>

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'A page that explains the code.' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What to do next.' }),
    code: StringEnum(errorCodes),
    request_id: Type.String(),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.String({ description: 'JSON Pointer to the mistake.' }),
          detail: Type.String()
        })
      )
    )
  },
  { $id: 'Problem' }
)

/** How routes refer to it. */
export const Problem = Type.Ref('Problem')

/** Seconds after which a 503 may be tried again. */
const retryAfter = '5'

export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  code: ErrorCode,
  detail: string,
  mistakes: readonly Mistake[] = []
): FastifyReply {
  const { status, title } = problems[code]
  if (status === 503) reply.header('retry-after', retryAfter)
  if (code === 'unauthorized') reply.header('www-authenticate', 'Bearer realm="mailverdict"')
  return reply
    .code(status)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send({
      type: `/problems.md#${code}`,
      title,
      status,
      detail,
      code,
      request_id: request.id,
      ...(mistakes.length > 0 ? { errors: mistakes } : {})
    })
}

/** Makes every failure a problem; what is no AppError is a bug and says nothing outside. */
export function handleErrors(app: FastifyInstance): void {
  app.addSchema(ProblemSchema)
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      request,
      reply,
      'not-found',
      'No route answers here. The routes are listed at /docs.'
    )
  )
  app.setErrorHandler<FastifyError | AppError>(answerError)
}

export function answerError(
  error: FastifyError | AppError,
  request: FastifyRequest,
  reply: FastifyReply
): FastifyReply {
  if (error instanceof AppError) {
    const { status } = problems[error.code]
    if (status >= 500)
      request.log.warn({ ...faultOf(error.cause), problem: error.code }, 'request refused')
    return sendProblem(request, reply, error.code, error.message, error.mistakes)
  }
  if (error.validation !== undefined) {
    const where = error.validationContext ?? 'body'
    const mistakes = error.validation.map((mistake) => ({
      pointer: pointerOf(where, mistake),
      detail: mistake.message ?? 'does not fit'
    }))
    return sendProblem(
      request,
      reply,
      'request-invalid',
      `The ${where} has mistakes; each is named.`,
      mistakes
    )
  }
  const known = fastifyCodes[error.code] ?? (error.statusCode === 400 ? 'body-unreadable' : null)
  if (known !== null && known !== undefined) {
    return sendProblem(request, reply, known, advice[known] ?? error.message)
  }
  request.log.error(faultOf(error), 'request failed')
  return sendProblem(
    request,
    reply,
    'internal',
    'This is a fault of the service and has been logged.'
  )
}

/**
 * PostgreSQL holds no NUL in text, so none can be found or stored: every one in a request is a mistake.
 * Addresses are left to those who judge them; a bulk check answers for each in its place.
 */
export function refuseNul(app: FastifyInstance): void {
  app.addHook('preHandler', async (request) => {
    if (nulsIn(request.params, '').length > 0) {
      throw new AppError('not-found', 'Nothing has an id that holds a NUL character.')
    }
    const parts = { querystring: request.query, body: request.body }
    const mistakes = Object.entries(parts).flatMap(([where, value]) => nulsIn(value, `/${where}`))
    if (mistakes.length > 0) {
      throw new AppError('request-invalid', 'The request holds a NUL character.', { mistakes })
    }
  })
}

function nulsIn(value: unknown, pointer: string): Mistake[] {
  if (typeof value === 'string') {
    const isAddress = /\/(?:email|recipient|emails\/\d+)$/.test(pointer)
    return value.includes('\0') && !isAddress ? [{ pointer, detail: 'holds a NUL character' }] : []
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => nulsIn(inner, `${pointer}${step(key)}`))
}

const fastifyCodes: Partial<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media-type-unsupported',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'body-unreadable',
  FST_ERR_CTP_INVALID_JSON_BODY: 'body-unreadable',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'body-unreadable',
  FST_ERR_BAD_URL: 'request-invalid',
  FST_ERR_MAX_PARAM_LENGTH: 'not-found'
}

const advice: Partial<Record<ErrorCode, string>> = {
  'body-too-large': 'Send at most 5 MiB.',
  'body-unreadable': 'Send valid JSON with its Content-Length.',
  'media-type-unsupported': 'Send JSON with Content-Type: application/json.',
  'not-found': 'No route answers here. The routes are listed at /docs.',
  'request-invalid': 'The path cannot be decoded; percent-encode it as UTF-8.'
}

function pointerOf(
  where: string,
  mistake: { instancePath: string; params: Record<string, unknown> }
): string {
  const { missingProperty, additionalProperty } = mistake.params
  const last = missingProperty ?? additionalProperty
  const at = typeof last === 'string' ? step(last) : ''
  return `/${where}${mistake.instancePath}${at}`
}

/** One step of a JSON Pointer (RFC 6901 section 3). */
function step(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

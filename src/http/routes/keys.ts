import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { AppError } from '../../errors.ts'
import { type KeyStore, scopes } from '../../store/keys.ts'
import { StringEnum } from '../../string-enum.ts'
import { tenantOf } from '../auth.ts'
import { Problem } from '../problems.ts'

const Time = Type.String({ format: 'date-time' })
const ScopeName = StringEnum(scopes, {
  description:
    '`check`: ask before sending. `events:read`: read events and decisions. `suppressions:write`: change the list. `policies:write`: change policies. `admin`: everything.'
})

const ApiKey = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    scopes: Type.Array(ScopeName),
    created_at: Type.Union([Time, Type.Null()]),
    expires_at: Type.Union([Time, Type.Null()]),
    last_used_at: Type.Union([Time, Type.Null()], { description: 'To the hour.' })
  },
  { $id: 'ApiKey' }
)

export const keyRoutes: FastifyPluginAsyncTypebox<{ keys: KeyStore; now(): Date }> = async (
  app,
  deps
) => {
  app.addSchema(ApiKey)
  const { keys } = deps
  const config = { scope: 'admin' } as const

  app.post(
    '/api-keys',
    {
      config,
      schema: {
        operationId: 'createApiKey',
        summary: 'Make a key; it is shown this once',
        tags: ['api keys'],
        body: Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 200 }),
            scopes: Type.Array(ScopeName, { minItems: 1, maxItems: 5, uniqueItems: true }),
            expires_at: Type.Optional(Type.Union([Time, Type.Null()]))
          },
          { additionalProperties: false }
        ),
        response: {
          201: Type.Object({
            ...ApiKey.properties,
            key: Type.String({ description: 'mv_<id>_<secret>' })
          }),
          '4xx': Problem,
          '5xx': Problem
        }
      }
    },
    async (request, reply) => {
      const { name, scopes, expires_at } = request.body
      if (expires_at != null && Date.parse(expires_at) <= deps.now().getTime()) {
        const detail = 'expires_at must be in the future'
        throw new AppError('request-invalid', 'The body has mistakes; each is named.', {
          mistakes: [{ pointer: '/body/expires_at', detail }]
        })
      }
      const made = await keys.create(tenantOf(request), {
        name,
        scopes,
        expires_at: expires_at ?? null
      })
      return reply.code(201).header('cache-control', 'no-store').send(made)
    }
  )

  app.get(
    '/api-keys',
    {
      config,
      schema: {
        operationId: 'listApiKeys',
        summary: 'Every key, without its secret',
        tags: ['api keys'],
        response: {
          200: Type.Object({ data: Type.Array(Type.Ref('ApiKey')), next_cursor: Type.Null() }),
          '4xx': Problem,
          '5xx': Problem
        }
      }
    },
    async (request) => ({ data: await keys.list(tenantOf(request)), next_cursor: null })
  )

  app.delete(
    '/api-keys/:id',
    {
      config,
      schema: {
        operationId: 'deleteApiKey',
        summary: 'Revoke a key; it stops within five seconds',
        tags: ['api keys'],
        params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
        response: { 204: Type.Null(), '4xx': Problem, '5xx': Problem }
      }
    },
    async (request, reply) => {
      if (!(await keys.remove(tenantOf(request), request.params.id))) {
        throw new AppError('not-found', 'There is no key with this id. GET /api-keys lists them.')
      }
      return reply.code(204).send(null)
    }
  )
}

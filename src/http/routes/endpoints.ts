import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { AppError } from '../../errors.ts'
import { eventTypes } from '../../events/event.ts'
import { checkUrl, type GuardOptions } from '../../outbound/guard.ts'
import { newSecret } from '../../outbound/sign.ts'
import { type EndpointStore, endpointStatuses } from '../../store/endpoints.ts'
import { StringEnum } from '../../string-enum.ts'
import { tenantOf } from '../auth.ts'
import { Problem } from '../problems.ts'

const Time = Type.String({ format: 'date-time' })
const Nullable = Type.Union([Type.String(), Type.Null()])

const Url = Type.String({
  minLength: 1,
  maxLength: 2_048,
  description: 'https, and an address on the public internet unless the settings allow more.'
})
const Types = Type.Array(StringEnum(['*', 'email.*', ...eventTypes]), {
  minItems: 1,
  maxItems: 20,
  description: 'Event types to deliver; `email.*` is all of them.'
})
const Description = Type.Union([Type.String({ maxLength: 500 }), Type.Null()])
const Timeout = Type.Integer({
  minimum: 5_000,
  maximum: 30_000,
  description: 'Milliseconds for one attempt, name look-up to last byte.'
})

const EndpointView = Type.Object(
  {
    id: Type.String(),
    url: Type.String(),
    description: Nullable,
    types: Type.Array(Type.String()),
    status: StringEnum(endpointStatuses, {
      description: '`paused`: deliveries wait. `disabled`: events are not delivered.'
    }),
    status_detail: Nullable,
    timeout_ms: Type.Integer(),
    held_until: Type.Union([Time, Type.Null()], { description: 'The receiver asked for a pause.' }),
    created_at: Type.Union([Time, Type.Null()]),
    updated_at: Type.Union([Time, Type.Null()])
  },
  { $id: 'Endpoint' }
)

const Id = Type.Object({ id: Type.String({ maxLength: 100 }) })

interface Deps {
  endpoints: EndpointStore
  guard: GuardOptions
}

/** Subscribers of the signed, normalised webhooks. */
export const endpointRoutes: FastifyPluginAsyncTypebox<Deps> = async (app, deps) => {
  app.addSchema(EndpointView)
  const { endpoints } = deps
  const config = { scope: 'admin' } as const

  app.post(
    '/endpoints',
    {
      config,
      schema: {
        operationId: 'createEndpoint',
        summary: 'Subscribe a URL; its signing secret is shown this once',
        tags: ['endpoints'],
        body: Type.Object(
          {
            url: Url,
            types: Type.Optional(Types),
            description: Type.Optional(Description),
            timeout_ms: Type.Optional(Timeout)
          },
          { additionalProperties: false }
        ),
        response: {
          201: Type.Object({
            ...EndpointView.properties,
            secret: Type.String({ description: 'whsec_…, for verifying by Standard Webhooks.' })
          }),
          '4xx': Problem,
          '5xx': Problem
        }
      }
    },
    async (request, reply) => {
      const { url, types, description, timeout_ms } = request.body
      const secret = newSecret()
      const endpoint = await endpoints.create(
        tenantOf(request),
        {
          url: allowedUrl(url, deps.guard),
          types: types ?? ['email.*'],
          description: description ?? null,
          timeout_ms: timeout_ms ?? 15_000
        },
        secret
      )
      return reply
        .code(201)
        .header('location', `/endpoints/${endpoint.id}`)
        .header('cache-control', 'no-store')
        .send({ ...endpoint, secret })
    }
  )

  app.get(
    '/endpoints',
    {
      config,
      schema: {
        operationId: 'listEndpoints',
        summary: 'Every endpoint',
        tags: ['endpoints'],
        response: {
          200: Type.Object({ data: Type.Array(Type.Ref('Endpoint')), next_cursor: Type.Null() }),
          '4xx': Problem,
          '5xx': Problem
        }
      }
    },
    async (request) => ({ data: await endpoints.list(tenantOf(request)), next_cursor: null })
  )

  app.get(
    '/endpoints/:id',
    {
      config,
      schema: {
        operationId: 'getEndpoint',
        summary: 'One endpoint',
        tags: ['endpoints'],
        params: Id,
        response: { 200: Type.Ref('Endpoint'), '4xx': Problem, '5xx': Problem }
      }
    },
    async (request) => {
      const endpoint = await endpoints.find(tenantOf(request), request.params.id)
      if (endpoint === null) throw missing()
      return endpoint
    }
  )

  app.patch(
    '/endpoints/:id',
    {
      config,
      schema: {
        operationId: 'updateEndpoint',
        summary: 'Change an endpoint, pause it, or switch it on again',
        tags: ['endpoints'],
        params: Id,
        body: Type.Object(
          {
            url: Type.Optional(Url),
            types: Type.Optional(Types),
            description: Type.Optional(Description),
            status: Type.Optional(StringEnum(endpointStatuses)),
            timeout_ms: Type.Optional(Timeout)
          },
          { additionalProperties: false, minProperties: 1 }
        ),
        response: { 200: Type.Ref('Endpoint'), '4xx': Problem, '5xx': Problem }
      }
    },
    async (request) => {
      const { url, ...change } = request.body
      const endpoint = await endpoints.update(tenantOf(request), request.params.id, {
        ...change,
        ...(url === undefined ? {} : { url: allowedUrl(url, deps.guard) })
      })
      if (endpoint === null) throw missing()
      return endpoint
    }
  )

  app.delete(
    '/endpoints/:id',
    {
      config,
      schema: {
        operationId: 'deleteEndpoint',
        summary: 'Remove an endpoint and what waits for it',
        tags: ['endpoints'],
        params: Id,
        response: { 204: Type.Null(), '4xx': Problem, '5xx': Problem }
      }
    },
    async (request, reply) => {
      if (!(await endpoints.remove(tenantOf(request), request.params.id))) throw missing()
      return reply.code(204).send(null)
    }
  )
}

function allowedUrl(url: string, guard: GuardOptions): string {
  const checked = checkUrl(url, guard)
  if (checked.ok) return checked.url
  throw new AppError('request-invalid', 'This URL may not be delivered to.', {
    mistakes: [{ pointer: '/body/url', detail: checked.detail }]
  })
}

function missing(): AppError {
  return new AppError('not-found', 'There is no endpoint with this id. GET /endpoints lists them.')
}

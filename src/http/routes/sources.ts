import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { AppError } from '../../errors.ts'
import { ProviderName } from '../../events/event.ts'
import { providers } from '../../providers/index.ts'
import type { Source, SourceHealth, SourceStore } from '../../store/sources.ts'
import { tenantOf } from '../auth.ts'
import { Problem } from '../problems.ts'

const Time = Type.String({ format: 'date-time' })
const Nullable = Type.Union([Type.String(), Type.Null()])

const Name = Type.String({ minLength: 1, maxLength: 200 })
const Stream = Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Null()], {
  description: 'Stream of events whose provider names none.'
})
/** Any object here: the provider's own schema then names each mistake, which a union could not. */
const Credentials = Type.Unsafe<unknown>({
  type: 'object',
  description: [
    'What proves that a webhook is genuine, by provider; never returned.',
    ...Object.values(providers).map(
      (provider) => `${provider.name}: ${provider.credentials.description}`
    )
  ].join('\n\n')
})

const SourceView = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    provider: ProviderName,
    webhook_path: Type.String({
      description: "Where the provider posts, after this service's address."
    }),
    stream: Nullable,
    enabled: Type.Boolean(),
    from_settings: Type.Boolean({ description: 'Made by a setting; may not be changed here.' }),
    created_at: Type.Union([Time, Type.Null()]),
    updated_at: Type.Union([Time, Type.Null()])
  },
  { $id: 'Source' }
)

const SourceWithHealth = Type.Object({
  ...SourceView.properties,
  health: Type.Object({
    last_event_at: Type.Union([Time, Type.Null()]),
    last_rejection: Type.Union([
      Type.Object({ at: Time, code: Type.String(), detail: Type.String() }),
      Type.Null()
    ]),
    last_confirmation: Type.Union([Type.Object({ at: Time, detail: Type.String() }), Type.Null()])
  })
})

const Id = Type.Object({ id: Type.String({ maxLength: 100 }) })

export const sourceRoutes: FastifyPluginAsyncTypebox<{ sources: SourceStore }> = async (
  app,
  deps
) => {
  app.addSchema(SourceView)
  const { sources } = deps
  const config = { scope: 'admin' } as const

  app.post(
    '/sources',
    {
      config,
      schema: {
        operationId: 'createSource',
        summary: 'Make a source, and with it a webhook address',
        tags: ['sources'],
        body: Type.Object(
          {
            name: Name,
            provider: ProviderName,
            credentials: Credentials,
            stream: Type.Optional(Stream)
          },
          { additionalProperties: false }
        ),
        response: { 201: Type.Ref('Source'), '4xx': Problem, '5xx': Problem }
      }
    },
    async (request, reply) => {
      const { name, provider, credentials, stream } = request.body
      checkCredentials(provider, credentials)
      const source = await sources.create(tenantOf(request), {
        name,
        provider,
        credentials,
        stream: stream ?? null
      })
      return reply.code(201).header('location', `/sources/${source.id}`).send(shown(source))
    }
  )

  app.get(
    '/sources',
    {
      config,
      schema: {
        operationId: 'listSources',
        summary: 'Every source',
        tags: ['sources'],
        response: {
          200: Type.Object({ data: Type.Array(Type.Ref('Source')), next_cursor: Type.Null() }),
          '4xx': Problem,
          '5xx': Problem
        }
      }
    },
    async (request) => ({
      data: (await sources.list(tenantOf(request))).map(shown),
      next_cursor: null
    })
  )

  app.get(
    '/sources/:id',
    {
      config,
      schema: {
        operationId: 'getSource',
        summary: 'One source and its health',
        tags: ['sources'],
        params: Id,
        response: { 200: SourceWithHealth, '4xx': Problem, '5xx': Problem }
      }
    },
    async (request) => {
      const tenant = tenantOf(request)
      const source = await sources.find(tenant, request.params.id)
      if (source === null) throw missing()
      const health: SourceHealth = await sources.health(tenant, source.id)
      return { ...shown(source), health }
    }
  )

  app.patch(
    '/sources/:id',
    {
      config,
      schema: {
        operationId: 'updateSource',
        summary: 'Rename a source, switch it off or on, or replace its credentials',
        tags: ['sources'],
        params: Id,
        body: Type.Object(
          {
            name: Type.Optional(Name),
            credentials: Type.Optional(Credentials),
            stream: Type.Optional(Stream),
            enabled: Type.Optional(Type.Boolean())
          },
          { additionalProperties: false, minProperties: 1 }
        ),
        response: { 200: Type.Ref('Source'), '4xx': Problem, '5xx': Problem }
      }
    },
    async (request) => {
      const tenant = tenantOf(request)
      const { id } = request.params
      const { credentials, ...change } = request.body
      const known = await sources.find(tenant, id)
      if (known === null) throw missing()
      if (credentials !== undefined) checkCredentials(known.provider, credentials)
      const source = await sources.update(tenant, id, {
        ...change,
        ...(credentials === undefined ? {} : { credentials })
      })
      if (source === null) throw missing()
      return shown(source)
    }
  )

  app.delete(
    '/sources/:id',
    {
      config,
      schema: {
        operationId: 'deleteSource',
        summary: 'Remove a source; its events stay',
        tags: ['sources'],
        params: Id,
        response: { 204: Type.Null(), '4xx': Problem, '5xx': Problem }
      }
    },
    async (request, reply) => {
      if (!(await sources.remove(tenantOf(request), request.params.id))) throw missing()
      return reply.code(204).send(null)
    }
  )
}

/** Throws `request-invalid` with a pointer to each mistake in a provider's credentials. */
export function checkCredentials(name: ProviderName, credentials: unknown): void {
  const provider = providers[name]
  const mistakes = [...Value.Errors(provider.credentials, credentials)].map((error) => ({
    pointer: `/body/credentials${error.path}`,
    detail: error.message
  }))
  if (mistakes.length === 0) {
    for (const { pointer, detail } of provider.check(credentials)) {
      mistakes.push({ pointer: `/body/credentials${pointer}`, detail })
    }
  }
  if (mistakes.length > 0) {
    throw new AppError(
      'request-invalid',
      `These are no credentials of ${name}; each mistake is named.`,
      {
        mistakes
      }
    )
  }
}

function missing(): AppError {
  return new AppError('not-found', 'There is no source with this id. GET /sources lists them.')
}

function shown(source: Source): Static<typeof SourceView> {
  return {
    id: source.id,
    name: source.name,
    provider: source.provider,
    webhook_path: `/webhooks/${source.id}`,
    stream: source.stream,
    enabled: source.enabled,
    from_settings: source.fromSettings,
    created_at: source.createdAt,
    updated_at: source.updatedAt
  }
}

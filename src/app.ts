/** The service as one Fastify instance made of its rooms; it never listens. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { requireKeys } from './http/auth.ts'
import { answerError, handleErrors, refuseNul } from './http/problems.ts'
import { endpointRoutes } from './http/routes/endpoints.ts'
import { eventRoutes } from './http/routes/events.ts'
import { keyRoutes } from './http/routes/keys.ts'
import { serviceRoutes } from './http/routes/service.ts'
import { sourceRoutes } from './http/routes/sources.ts'
import { suppressionRoutes } from './http/routes/suppressions.ts'
import { webhookRoutes } from './http/routes/webhooks.ts'
import { buildValidator } from './http/validation.ts'
import type { IngestTools } from './ingest/ingest.ts'
import type { GuardOptions } from './outbound/guard.ts'
import type { Database } from './store/database.ts'
import type { EndpointStore } from './store/endpoints.ts'
import type { KeyStore } from './store/keys.ts'
import type { SuppressionLookup } from './store/lookup.ts'

export interface AppDeps {
  database: Database
  ingest: IngestTools
  keys: KeyStore
  lookup: SuppressionLookup
  endpoints: EndpointStore
  guard: GuardOptions
  log: FastifyBaseLogger
  /** Proxies whose X-Forwarded-For is believed. */
  trustProxy: string[]
  now(): Date
}

const bodyLimit = 5 * 1024 * 1024

export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    requestTimeout: 15_000,
    connectionTimeout: 20_000,
    trustProxy: deps.trustProxy.length > 0 ? deps.trustProxy : false,
    routerOptions: { maxParamLength: 700 },
    genReqId: () => `req_${crypto.randomUUID()}`,
    frameworkErrors: (error, request, reply) => answerError(error, request, reply),
    schemaController: { compilersFactory: { buildValidator } }
  }).withTypeProvider<TypeBoxTypeProvider>()

  handleErrors(app)
  // The route's pattern, never the URL: it holds addresses.
  app.addHook('onResponse', async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime)
      },
      'request answered'
    )
  })

  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Mailverdict',
        version: '0.1.0',
        description: 'Turns what email providers report into what a sender should do next.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
      },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: [{ key: [] }]
    },
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, index) => `${schema.$id ?? `def-${index}`}`
    }
  })
  await app.register(swaggerUi, { routePrefix: '/docs', uiConfig: { validatorUrl: null } })

  await app.register(serviceRoutes, deps)
  await app.register(webhookRoutes, deps)
  await app.register(async (guarded) => {
    requireKeys(guarded, deps.keys)
    refuseNul(guarded)
    await guarded.register(suppressionRoutes, deps)
    await guarded.register(eventRoutes, deps)
    await guarded.register(sourceRoutes, deps.ingest)
    await guarded.register(endpointRoutes, deps)
    await guarded.register(keyRoutes, deps)
  })
  return app
}

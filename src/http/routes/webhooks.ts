import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { AppError } from '../../errors.ts'
import { challenges, type IngestTools, ingest } from '../../ingest/ingest.ts'
import { Problem, problems } from '../problems.ts'

const Params = Type.Object({
  source: Type.String({
    maxLength: 200,
    description: 'Id of the source, `src_…` or a provider name.'
  })
})

/** Where providers post. The body stays the bytes that were signed: no parser runs here. */
export const webhookRoutes: FastifyPluginAsyncTypebox<{ ingest: IngestTools }> = async (
  app,
  deps
) => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  // An empty header is no header.
  app.addHook('onRequest', async (request) => {
    if (request.headers['content-type'] === '') delete request.headers['content-type']
  })

  app.route({
    method: ['GET', 'HEAD'],
    url: '/webhooks/:source',
    schema: { hide: true, params: Params },
    // Some providers and operators look whether anything answers before they post.
    handler: async () => ({ ready: true })
  })

  app.post(
    '/webhooks/:source',
    {
      schema: {
        operationId: 'receiveWebhook',
        summary: 'Take provider events',
        description:
          'Answers 200 after everything the events cause is committed. Authenticated as the provider does it, not with an API key.',
        tags: ['webhooks'],
        security: [],
        params: Params,
        response: {
          200: Type.Object({
            accepted: Type.Integer({ description: 'New events.' }),
            duplicates: Type.Integer({ description: 'Events that were there already.' }),
            quarantined: Type.Integer({
              description: 'Parts that could not be read; they are kept.'
            })
          }),
          '4xx': Problem,
          '5xx': Problem
        }
      },
      errorHandler: async (error, request, reply) => {
        if (error instanceof AppError && problems[error.code].status === 401) {
          const source = await deps.ingest.sources.resolve(request.params.source).catch(() => null)
          if (source !== null && challenges(source)) {
            reply.header('www-authenticate', 'Basic realm="mailverdict webhooks"')
          }
        }
        return app.errorHandler(error, request, reply)
      }
    },
    async (request) => {
      const encoding = request.headers['content-encoding']
      if (encoding !== undefined && encoding !== 'identity') {
        throw new AppError('media-type-unsupported', 'Send the body without Content-Encoding.')
      }
      const headers: Record<string, string | undefined> = {}
      for (const [name, value] of Object.entries(request.headers)) {
        headers[name] = Array.isArray(value) ? value.join(', ') : value
      }
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      return ingest(deps.ingest, request.params.source, { headers, body })
    }
  )
}

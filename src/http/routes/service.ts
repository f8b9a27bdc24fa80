import { readFile } from 'node:fs/promises'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Database } from '../../store/database.ts'
import { Problem, sendProblem } from '../problems.ts'

/** Whether the service lives, whether it can work, and what it can do. */
export const serviceRoutes: FastifyPluginAsyncTypebox<{ database: Database }> = async (
  app,
  deps
) => {
  app.get(
    '/healthz',
    {
      schema: {
        operationId: 'isAlive',
        summary: 'Whether the process answers',
        tags: ['service'],
        security: [],
        response: { 200: Type.Object({ status: Type.Literal('ok') }) }
      }
    },
    async () => ({ status: 'ok' as const })
  )

  app.get(
    '/readyz',
    {
      schema: {
        operationId: 'isReady',
        summary: 'Whether webhooks can be stored and questions answered',
        tags: ['service'],
        security: [],
        response: {
          200: Type.Object({
            status: Type.Literal('ready'),
            database: Type.Union([Type.Literal('embedded'), Type.Literal('server')]),
            durability: Type.String({ description: 'What acknowledged data survives.' })
          }),
          503: Problem
        }
      }
    },
    async (request, reply) => {
      try {
        await deps.database.run((sql) => sql`select 1`, 2_000)
      } catch {
        return sendProblem(
          request,
          reply,
          'database-unavailable',
          'The database cannot be reached at the moment.'
        ) as never
      }
      const { kind } = deps.database
      return {
        status: 'ready' as const,
        database: kind,
        durability:
          kind === 'server'
            ? "as the server's settings say"
            : 'survives a killed process, not a power cut; use DATABASE_URL for that'
      }
    }
  )

  app.get('/openapi.yaml', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/yaml').send(app.swagger({ yaml: true }))
  )

  // Where the `type` of each problem leads.
  const page = new URL('../../../docs/problems.md', import.meta.url)
  app.get('/problems.md', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/markdown; charset=utf-8').send(await readFile(page, 'utf8'))
  )
}

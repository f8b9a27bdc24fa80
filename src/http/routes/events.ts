import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { AppError } from '../../errors.ts'
import { parseAddress } from '../../events/address.ts'
import { Event, EventType, ProviderName } from '../../events/event.ts'
import { keyOf } from '../../events/identity.ts'
import { Action, Reason } from '../../smtp/reasons.ts'
import type { Database } from '../../store/database.ts'
import {
  findDecision,
  findEvent,
  findRawBody,
  findReceipt,
  listDecisions,
  listEvents,
  type StoredDecision
} from '../../store/queries/events.ts'
import { tenantOf } from '../auth.ts'
import { nextCursor, Page, PageQuery, pageOf } from '../pages.ts'
import { Problem } from '../problems.ts'

const Nullable = Type.Union([Type.String(), Type.Null()])
const Time = Type.String({ format: 'date-time' })
const Received = {
  received_after: Type.Optional(Time),
  received_before: Type.Optional(Time)
}
const Id = Type.Object({ id: Type.String({ maxLength: 100 }) })
const Recipient = Type.Optional(Type.String({ maxLength: 640, description: 'An email address.' }))

const Decision = Type.Object(
  {
    id: Type.String(),
    event_id: Type.String(),
    recipient: Nullable,
    action: Action,
    rule: Type.String(),
    policy_version: Type.Integer(),
    reason: Nullable,
    because: Type.String({ description: 'Why the rule exists, in plain words.' }),
    evidence: Type.Object({}, { additionalProperties: true }),
    not_before: Type.Union([Time, Type.Null()]),
    expires_at: Type.Union([Time, Type.Null()]),
    received_at: Time
  },
  { $id: 'Decision' }
)

export const eventRoutes: FastifyPluginAsyncTypebox<{ database: Database }> = async (app, deps) => {
  app.addSchema(Event)
  app.addSchema(Decision)
  const { database } = deps

  /** The partition that holds an event or decision; throws `not-found`. */
  const receiptOf = async (tenant: string, prefix: 'evt' | 'dec', id: string): Promise<string> => {
    const key = keyOf(prefix, id)
    const receivedAt =
      key === null ? null : await database.run((sql) => findReceipt(sql, tenant, key))
    if (receivedAt === null) throw missing(id)
    return receivedAt
  }

  app.get(
    '/events',
    {
      config: { scope: 'events:read' },
      schema: {
        operationId: 'listEvents',
        summary: 'What happened, newest first',
        tags: ['events'],
        querystring: Type.Object(
          {
            type: Type.Optional(EventType),
            recipient: Recipient,
            provider: Type.Optional(ProviderName),
            source: Type.Optional(Type.String({ maxLength: 100 })),
            reason: Type.Optional(Reason),
            message_id: Type.Optional(
              Type.String({ maxLength: 1_000, description: "The provider's message id." })
            ),
            ...Received,
            ...PageQuery
          },
          { additionalProperties: false }
        ),
        response: { 200: Page(Type.Ref('Event')), '4xx': Problem, '5xx': Problem }
      }
    },
    async (request, reply) => {
      const page = pageOf('events', 2, canonical(request.query))
      const found = await database.run((sql) =>
        listEvents(sql, tenantOf(request), page.filter, pair(page.after), page.limit + 1)
      )
      const { rows, next_cursor } = nextCursor(
        'events',
        [...found],
        page.limit,
        page.filter,
        (row) => [row.position, row.id]
      )
      // The documents are stored as the JSON that subscribers get; they go out as they are.
      const data = rows.map((row) => row.document).join(',')
      return reply
        .type('application/json')
        .serializer(String)
        .send(raw(`{"data":[${data}],"next_cursor":${JSON.stringify(next_cursor)}}`))
    }
  )

  app.get(
    '/events/:id',
    {
      config: { scope: 'events:read' },
      schema: {
        operationId: 'getEvent',
        summary: 'One event',
        tags: ['events'],
        params: Id,
        response: { 200: Type.Ref('Event'), '4xx': Problem, '5xx': Problem }
      }
    },
    async (request, reply) => {
      const tenant = tenantOf(request)
      const { id } = request.params
      const receivedAt = await receiptOf(tenant, 'evt', id)
      const event = await database.run((sql) => findEvent(sql, tenant, id, receivedAt))
      if (event === null) throw missing(id)
      return reply.type('application/json').serializer(String).send(raw(event.document))
    }
  )

  app.get(
    '/events/:id/raw',
    {
      config: { scope: 'events:read' },
      schema: {
        operationId: 'getRawEvent',
        summary: 'The bytes the provider posted, which the event was read from',
        tags: ['events'],
        params: Id,
        produces: ['application/octet-stream'],
        response: {
          200: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }),
          '4xx': Problem,
          '5xx': Problem
        }
      }
    },
    async (request, reply) => {
      const tenant = tenantOf(request)
      const { id } = request.params
      const receivedAt = await receiptOf(tenant, 'evt', id)
      const body = await database.run(async (sql) => {
        const event = await findEvent(sql, tenant, id, receivedAt)
        return event === null ? null : findRawBody(sql, tenant, event.raw_id, receivedAt)
      })
      if (body === null) throw missing(id)
      // Never the posted content type: what a stranger wrote is shown as bytes, not run as a page.
      return reply
        .type('application/octet-stream')
        .header('x-content-type-options', 'nosniff')
        .header('content-disposition', `attachment; filename="${id}.raw"`)
        .header(
          'x-original-content-type',
          (body.headers['content-type'] ?? '').replace(/[^\x20-\x7e]/g, '')
        )
        .send(body.body)
    }
  )

  app.get(
    '/decisions',
    {
      config: { scope: 'events:read' },
      schema: {
        operationId: 'listDecisions',
        summary: 'What was decided, newest first',
        tags: ['decisions'],
        querystring: Type.Object(
          {
            action: Type.Optional(Action),
            recipient: Recipient,
            rule: Type.Optional(Type.String({ maxLength: 100 })),
            due_before: Type.Optional(Time),
            ...Received,
            ...PageQuery
          },
          { additionalProperties: false }
        ),
        response: { 200: Page(Type.Ref('Decision')), '4xx': Problem, '5xx': Problem }
      }
    },
    async (request) => {
      const page = pageOf('decisions', 2, canonical(request.query))
      const found = await database.run((sql) =>
        listDecisions(sql, tenantOf(request), page.filter, pair(page.after), page.limit + 1)
      )
      const { rows, next_cursor } = nextCursor(
        'decisions',
        [...found],
        page.limit,
        page.filter,
        (row) => [row.position, row.id]
      )
      return { data: rows.map(shown), next_cursor }
    }
  )

  app.get(
    '/decisions/:id',
    {
      config: { scope: 'events:read' },
      schema: {
        operationId: 'getDecision',
        summary: 'The receipt of one decision',
        tags: ['decisions'],
        params: Id,
        response: { 200: Type.Ref('Decision'), '4xx': Problem, '5xx': Problem }
      }
    },
    async (request) => {
      const tenant = tenantOf(request)
      const { id } = request.params
      const receivedAt = await receiptOf(tenant, 'dec', id)
      const decision = await database.run((sql) => findDecision(sql, tenant, id, receivedAt))
      if (decision === null) throw missing(id)
      return shown(decision)
    }
  )
}

function missing(id: string): AppError {
  return new AppError(
    'not-found',
    `There is no ${id.startsWith('dec') ? 'decision' : 'event'} with this id, or its retention has ended.`
  )
}

/** The query with its address as it is compared. Throws `address-invalid`. */
function canonical<Q extends { recipient?: string }>(query: Q): Q {
  if (query.recipient === undefined) return query
  const address = parseAddress(query.recipient)
  if (address === null) {
    const detail = 'This is no email address. Send one address such as ada@example.com.'
    throw new AppError('address-invalid', detail, {
      mistakes: [{ pointer: '/querystring/recipient', detail }]
    })
  }
  return { ...query, recipient: address.key }
}

function pair(after: string[] | null): readonly [string, string] | null {
  const [a, b] = after ?? []
  return a === undefined || b === undefined ? null : [a, b]
}

/** JSON text that goes out as it is, where the schema speaks of the value. */
function raw(json: string): never {
  return json as never
}

function shown({ evidence, received_at, ...decision }: StoredDecision) {
  return {
    ...decision,
    action: decision.action as Action,
    evidence: JSON.parse(evidence) as Record<string, unknown>,
    received_at
  }
}

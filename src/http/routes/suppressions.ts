import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from '@sinclair/typebox'
import { AppError } from '../../errors.ts'
import { canonicalDomain, parseAddress } from '../../events/address.ts'
import { SuppressionReason } from '../../events/event.ts'
import type { Database } from '../../store/database.ts'
import type { SuppressionLookup } from '../../store/lookup.ts'
import { listEntries, type SuppressionEntry } from '../../store/queries/suppressions.ts'
import { StringEnum } from '../../string-enum.ts'
import { tenantOf } from '../auth.ts'
import { nextCursor, Page, PageQuery, pageOf } from '../pages.ts'
import { Problem } from '../problems.ts'

const Nullable = Type.Union([Type.String(), Type.Null()])

const Entry = Type.Object(
  {
    email: Type.String(),
    scope: Type.String({ description: '`all` or `stream:<name>`.' }),
    reason: SuppressionReason,
    state: StringEnum(['active', 'pending']),
    domain: Type.String(),
    receiver: Nullable,
    source: Nullable,
    event_id: Nullable,
    decision_id: Nullable,
    note: Nullable,
    created_at: Type.String({ format: 'date-time' }),
    updated_at: Type.String({ format: 'date-time' }),
    expires_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()])
  },
  { $id: 'Suppression' }
)

const Check = Type.Object(
  {
    email: Type.String({ description: 'The address as it is compared.' }),
    verdict: StringEnum(['allow', 'delay', 'deny']),
    suppressed: Type.Boolean(),
    reason: Type.Union([SuppressionReason, Type.Null()]),
    not_before: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
    decision_id: Nullable,
    data: Type.Array(Type.Ref('Suppression')),
    next_cursor: Type.Null()
  },
  { $id: 'Check' }
)
type Check = Static<typeof Check>

const Filters = {
  reason: Type.Optional(SuppressionReason),
  scope: Type.Optional(Type.String({ maxLength: 300 })),
  state: Type.Optional(StringEnum(['active', 'pending'])),
  source: Type.Optional(Type.String({ maxLength: 100 })),
  receiver: Type.Optional(Type.String({ maxLength: 100 })),
  domain: Type.Optional(Type.String({ maxLength: 255 })),
  created_after: Type.Optional(Type.String({ format: 'date-time' })),
  created_before: Type.Optional(Type.String({ format: 'date-time' }))
}

const Stream = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'Asks about one stream of mail; without it an entry of any stream counts.'
})

/** Strongest first: what the check names as the reason. */
const strength: readonly SuppressionReason[] = [
  'complaint',
  'unsubscribe',
  'manual',
  'unknown_mailbox',
  'mailbox_disabled',
  'invalid_address',
  'domain_not_found',
  'recipient_block',
  'suppressed_by_provider',
  'mailbox_full',
  'unreachable'
]
/** How long a sender waits while an entry is pending. */
const pendingPause = 15 * 60_000

interface Deps {
  database: Database
  lookup: SuppressionLookup
  now(): Date
}

export const suppressionRoutes: FastifyPluginAsyncTypebox<Deps> = async (app, deps) => {
  app.addSchema(Entry)
  app.addSchema(Check)

  app.get(
    '/suppressions',
    {
      config: { scope: 'check' },
      schema: {
        operationId: 'checkOrListSuppressions',
        summary: 'Check one address before sending, or list the suppressed ones',
        description:
          'With `email`: the verdict about that address, always 200. Without: the list, newest first.',
        tags: ['suppressions'],
        querystring: Type.Object(
          {
            email: Type.Optional(Type.String({ maxLength: 640 })),
            stream: Type.Optional(Stream),
            ...Filters,
            ...PageQuery
          },
          { additionalProperties: false }
        ),
        response: {
          200: Type.Union([Type.Ref('Check'), Page(Type.Ref('Suppression'))]),
          '4xx': Problem,
          '5xx': Problem
        }
      }
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store')
      const { email, stream, limit, cursor, ...filter } = request.query
      const tenant = tenantOf(request)
      if (email !== undefined) {
        if (cursor !== undefined || Object.values(filter).some((value) => value !== undefined)) {
          throw new AppError('request-invalid', 'With email, the only other filter is stream.', {
            mistakes: [{ pointer: '/querystring', detail: 'only email and stream go together' }]
          })
        }
        const address = parseAddress(email)
        if (address === null) throw invalidAddress('/querystring/email')
        const entries = await deps.lookup.find(tenant, [address.key])
        return send(reply, checked(address.key, entries.get(address.key) ?? [], stream, deps.now()))
      }
      if (stream !== undefined) {
        throw new AppError('request-invalid', 'To list one stream, use scope=stream:<name>.', {
          mistakes: [{ pointer: '/querystring/stream', detail: 'goes with email only' }]
        })
      }
      const page = pageOf('suppressions', 4, {
        ...filter,
        ...(filter.domain === undefined
          ? {}
          : { domain: canonicalDomain(filter.domain) ?? filter.domain }),
        ...(limit === undefined ? {} : { limit }),
        ...(cursor === undefined ? {} : { cursor })
      })
      const [a, b, c, d] = page.after ?? []
      const after =
        a === undefined || b === undefined || c === undefined || d === undefined
          ? null
          : ([a, b, c, d] as const)
      const found = await deps.database.run((sql) =>
        listEntries(sql, tenant, page.filter, after, page.limit + 1)
      )
      const { rows, next_cursor } = nextCursor(
        'suppressions',
        [...found],
        page.limit,
        page.filter,
        (row) => [row.position, row.recipient, row.scope, row.reason]
      )
      return send(reply, { data: rows.map(shown), next_cursor })
    }
  )

  app.post(
    '/suppressions/check',
    {
      config: { scope: 'check' },
      schema: {
        operationId: 'checkSuppressions',
        summary: 'Check up to 10,000 addresses at once',
        description:
          'The answers stand in the order of the addresses; a malformed one gets a problem in its place.',
        tags: ['suppressions'],
        body: Type.Object(
          {
            // No longest address here: one that is too long has its problem in its place.
            emails: Type.Array(Type.String(), { minItems: 1, maxItems: 10_000 }),
            stream: Type.Optional(Stream)
          },
          { additionalProperties: false }
        ),
        response: {
          200: Type.Object({
            data: Type.Array(
              Type.Union([
                Type.Ref('Check'),
                Type.Object({
                  email: Type.String(),
                  problem: Type.Object({ code: Type.String(), detail: Type.String() })
                })
              ])
            )
          }),
          '4xx': Problem,
          '5xx': Problem
        }
      }
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store')
      const { emails, stream } = request.body
      const addresses = emails.map(parseAddress)
      const keys = addresses.flatMap((address) => (address === null ? [] : [address.key]))
      const entries = await deps.lookup.find(tenantOf(request), [...new Set(keys)])
      const now = deps.now()
      const data = addresses.map((address, index) =>
        address === null
          ? { email: emails[index] ?? '', problem: { code: 'address-invalid', detail: malformed } }
          : checked(address.key, entries.get(address.key) ?? [], stream, now)
      )
      return send(reply, { data })
    }
  )
}

const malformed = 'This is no email address. Send one address such as ada@example.com.'

function invalidAddress(pointer: string): AppError {
  return new AppError('address-invalid', malformed, { mistakes: [{ pointer, detail: malformed }] })
}

/** A union of answers cannot be told apart by the response serialiser, so the text is made here. */
function send<T>(
  reply: { type(t: string): unknown; serializer(f: (p: unknown) => string): unknown },
  body: T
): T {
  reply.type('application/json')
  reply.serializer(JSON.stringify)
  return body
}

function checked(
  email: string,
  all: SuppressionEntry[],
  stream: string | undefined,
  now: Date
): Check {
  const entries = all.filter(
    (entry) => stream === undefined || entry.scope === 'all' || entry.scope === `stream:${stream}`
  )
  const active = entries.filter((entry) => entry.state === 'active')
  const ranked = (active.length > 0 ? active : entries).sort(
    (a, b) => rank(a.reason) - rank(b.reason)
  )
  const strongest = ranked[0]
  const suppressed = active.length > 0
  return {
    email,
    verdict: suppressed ? 'deny' : strongest === undefined ? 'allow' : 'delay',
    suppressed,
    reason: (strongest?.reason as SuppressionReason | undefined) ?? null,
    not_before:
      suppressed || strongest === undefined
        ? null
        : new Date(now.getTime() + pendingPause).toISOString(),
    decision_id: strongest?.decision_id ?? null,
    data: entries.map(shown),
    next_cursor: null
  }
}

function rank(reason: string): number {
  const at = strength.indexOf(reason as SuppressionReason)
  return at === -1 ? strength.length : at
}

function shown(entry: SuppressionEntry): Static<typeof Entry> {
  return {
    email: entry.recipient,
    scope: entry.scope,
    reason: entry.reason as SuppressionReason,
    state: entry.state === 'pending' ? 'pending' : 'active',
    domain: entry.domain,
    receiver: entry.receiver,
    source: entry.source_id,
    event_id: entry.event_id,
    decision_id: entry.decision_id,
    note: entry.note,
    created_at: entry.created_at,
    updated_at: entry.updated_at,
    expires_at: entry.expires_at
  }
}

/**
 * Every table, and the single truth about them: migrations are generated from this file.
 *
 * Rules (docs/ARCHITECTURE.md, "Data model"): `tenant_id` comes first in every key and index; no
 * triggers; no foreign keys; ids are made by the application. So the schema can be distributed by tenant
 * as it stands. Drizzle cannot say `partition by`; the migration does, and `partitionedTables` below
 * lists which tables it is true of. Columns in a `collate "C"` key are compared by byte.
 */
import { sql } from 'drizzle-orm'
import {
  boolean,
  customType,
  date,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp
} from 'drizzle-orm/pg-core'

const bytea = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' })
const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' })
/** Text compared byte by byte, whatever the database's locale: keys and cursors need one order. */
const key = customType<{ data: string }>({ dataType: () => 'text collate "C"' })
const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'string' })

/** Tables partitioned by week, the column they are partitioned by, and what their rows are called. */
export const partitionedTables = {
  raw_bodies: 'received_at',
  events: 'received_at',
  decisions: 'received_at',
  quarantine: 'received_at',
  delivery_history: 'finished_at',
  delivery_attempts: 'started_at',
  dedupe_keys: 'week',
  replay_tokens: 'signed_at'
} as const
export type PartitionedTable = keyof typeof partitionedTables

export const tenants = pgTable('tenants', {
  tenant_id: key('tenant_id').primaryKey(),
  name: text('name').notNull(),
  /** Changes when the change feed starts anew (after a restore or a move): old cursors answer 410. */
  feed_epoch: text('feed_epoch').notNull(),
  created_at: instant('created_at').notNull().default(sql`now()`)
})

export const apiKeys = pgTable(
  'api_keys',
  {
    tenant_id: key('tenant_id').notNull(),
    /** The public part of `mv_<id>_<secret>`. */
    id: key('id').notNull(),
    name: text('name').notNull(),
    /** SHA-256 of the whole key: 256 random bits need no slow hash. */
    secret_hash: bytea('secret_hash').notNull(),
    scopes: text('scopes').array().notNull(),
    created_at: instant('created_at').notNull().default(sql`now()`),
    expires_at: instant('expires_at'),
    last_used_at: instant('last_used_at')
  },
  (t) => [primaryKey({ columns: [t.tenant_id, t.id] })]
)

export const sources = pgTable(
  'sources',
  {
    tenant_id: key('tenant_id').notNull(),
    id: key('id').notNull(),
    name: text('name').notNull(),
    provider: text('provider').notNull(),
    /** AES-256-GCM over the credentials' JSON. */
    credentials: bytea('credentials').notNull(),
    stream: text('stream'),
    enabled: boolean('enabled').notNull().default(true),
    created_at: instant('created_at').notNull().default(sql`now()`),
    updated_at: instant('updated_at').notNull().default(sql`now()`)
  },
  (t) => [primaryKey({ columns: [t.tenant_id, t.id] })]
)

/** Written at most once a second a source, so that a flood of forgeries costs one row. */
export const sourceHealth = pgTable(
  'source_health',
  {
    tenant_id: key('tenant_id').notNull(),
    source_id: key('source_id').notNull(),
    last_event_at: instant('last_event_at'),
    last_rejection_at: instant('last_rejection_at'),
    last_rejection_code: text('last_rejection_code'),
    last_rejection_detail: text('last_rejection_detail'),
    last_confirmation_at: instant('last_confirmation_at'),
    last_confirmation_detail: text('last_confirmation_detail')
  },
  (t) => [primaryKey({ columns: [t.tenant_id, t.source_id] })]
)

/** Counts by hour of arrival; folded in memory before they are added here. */
export const sourceHours = pgTable(
  'source_hours',
  {
    tenant_id: key('tenant_id').notNull(),
    source_id: key('source_id').notNull(),
    hour: instant('hour').notNull(),
    accepted: integer('accepted').notNull().default(0),
    duplicates: integer('duplicates').notNull().default(0),
    quarantined: integer('quarantined').notNull().default(0),
    rejected: integer('rejected').notNull().default(0)
  },
  (t) => [primaryKey({ columns: [t.tenant_id, t.source_id, t.hour] })]
)

/**
 * One row per event identity: the same event counts once. Partitioned by the week of the event's own
 * time (a function of the identity, so a repeat meets its first copy), which also finds events by id.
 */
export const dedupeKeys = pgTable(
  'dedupe_keys',
  {
    tenant_id: key('tenant_id').notNull(),
    key: bytea('key').notNull(),
    week: date('week').notNull(),
    received_at: instant('received_at').notNull()
  },
  (t) => [primaryKey({ columns: [t.tenant_id, t.key, t.week] })]
)

/** Single-use tokens (Mailgun), with a digest of the body they came with. */
export const replayTokens = pgTable(
  'replay_tokens',
  {
    tenant_id: key('tenant_id').notNull(),
    source_id: key('source_id').notNull(),
    token: key('token').notNull(),
    signed_at: instant('signed_at').notNull(),
    body_digest: bytea('body_digest').notNull()
  },
  (t) => [primaryKey({ columns: [t.tenant_id, t.source_id, t.token, t.signed_at] })]
)

/** What was posted, byte for byte, so that it can be read again by a better adapter. */
export const rawBodies = pgTable(
  'raw_bodies',
  {
    tenant_id: key('tenant_id').notNull(),
    id: key('id').notNull(),
    received_at: instant('received_at').notNull(),
    source_id: key('source_id').notNull(),
    provider: text('provider').notNull(),
    /** The few request headers an adapter reads, without credentials. */
    headers: json('headers').notNull(),
    body: bytea('body').notNull()
  },
  (t) => [primaryKey({ columns: [t.tenant_id, t.id, t.received_at] })]
)

export const events = pgTable(
  'events',
  {
    tenant_id: key('tenant_id').notNull(),
    id: key('id').notNull(),
    received_at: instant('received_at').notNull(),
    source_id: key('source_id').notNull(),
    raw_id: key('raw_id').notNull(),
    provider: text('provider').notNull(),
    type: text('type').notNull(),
    /** When it happened; `received_at` is when we learnt of it. */
    time: instant('time').notNull(),
    /** The address as it is compared: lower case, A-labels. */
    recipient: key('recipient'),
    domain: key('domain'),
    message_id: key('message_id'),
    reason: text('reason'),
    /** The event's JSON exactly as subscribers receive it (`json` keeps the text, `jsonb` would not). */
    document: json('document').notNull()
  },
  (t) => [
    primaryKey({ columns: [t.tenant_id, t.id, t.received_at] }),
    // GET /events, newest first
    index('events_by_receipt').on(t.tenant_id, t.received_at, t.id),
    // GET /events?recipient=, and whether an address had a delivery lately
    index('events_by_recipient').on(t.tenant_id, t.recipient, t.received_at, t.id),
    // GET /messages/:provider_message_id
    index('events_by_message').on(t.tenant_id, t.message_id, t.received_at)
  ]
)

/** Authentic input that could not be read or stored as an event. */
export const quarantine = pgTable(
  'quarantine',
  {
    tenant_id: key('tenant_id').notNull(),
    id: key('id').notNull(),
    received_at: instant('received_at').notNull(),
    source_id: key('source_id').notNull(),
    raw_id: key('raw_id').notNull(),
    provider: text('provider').notNull(),
    /** JSON Pointer to the part of the raw body that is meant. */
    pointer: text('pointer').notNull(),
    detail: text('detail').notNull()
  },
  (t) => [
    primaryKey({ columns: [t.tenant_id, t.id, t.received_at] }),
    index('quarantine_by_receipt').on(t.tenant_id, t.received_at, t.id)
  ]
)

/**
 * What `decide` remembers of an address. Only addresses with trouble have a row; it is also the lock
 * under which decisions about one address follow each other.
 */
export const recipientStates = pgTable(
  'recipient_states',
  {
    tenant_id: key('tenant_id').notNull(),
    recipient: key('recipient').notNull(),
    /** The window's failures: `[{ event_id, time, reason, permanence }]` in event-time order. */
    failures: json('failures').notNull().default(sql`'[]'`),
    last_delivery_at: instant('last_delivery_at'),
    updated_at: instant('updated_at').notNull().default(sql`now()`)
  },
  (t) => [primaryKey({ columns: [t.tenant_id, t.recipient] })]
)

/** Receipts: why each event led to what. */
export const decisions = pgTable(
  'decisions',
  {
    tenant_id: key('tenant_id').notNull(),
    id: key('id').notNull(),
    received_at: instant('received_at').notNull(),
    event_id: key('event_id').notNull(),
    recipient: key('recipient'),
    action: text('action').notNull(),
    rule: text('rule').notNull(),
    policy_version: integer('policy_version').notNull(),
    reason: text('reason'),
    not_before: instant('not_before'),
    expires_at: instant('expires_at'),
    /** Why the rule exists, and the evidence as it stood. */
    because: text('because').notNull(),
    evidence: json('evidence').notNull()
  },
  (t) => [
    primaryKey({ columns: [t.tenant_id, t.id, t.received_at] }),
    // GET /decisions, newest first
    index('decisions_by_receipt').on(t.tenant_id, t.received_at, t.id),
    // GET /decisions?recipient=
    index('decisions_by_recipient').on(t.tenant_id, t.recipient, t.received_at, t.id),
    // the retry queue: ?action=retry&due_before=
    index('decisions_due')
      .on(t.tenant_id, t.action, t.not_before)
      .where(sql`not_before is not null`)
  ]
)

/** The list itself: one row per address, scope and reason. */
export const suppressions = pgTable(
  'suppressions',
  {
    tenant_id: key('tenant_id').notNull(),
    recipient: key('recipient').notNull(),
    /** `all` or `stream:<name>`. */
    scope: key('scope').notNull(),
    reason: text('reason').notNull(),
    /** `active`, or `pending` while a mass guard holds it. */
    state: text('state').notNull(),
    domain: key('domain').notNull(),
    receiver: text('receiver'),
    source_id: key('source_id'),
    /** What it was made by; null when a person did. */
    event_id: key('event_id'),
    decision_id: key('decision_id'),
    note: text('note'),
    created_at: instant('created_at').notNull(),
    updated_at: instant('updated_at').notNull(),
    expires_at: instant('expires_at')
  },
  (t) => [
    primaryKey({ columns: [t.tenant_id, t.recipient, t.scope, t.reason] }),
    // GET /suppressions, newest first
    index('suppressions_by_creation').on(t.tenant_id, t.created_at, t.recipient, t.scope, t.reason)
  ]
)

/**
 * Every change of the list, never updated: answers "was it suppressed at T, and why" and feeds the change
 * feed. A feed ordered by (xid, id) and read below the oldest running transaction misses no row that was
 * committed late; a cursor on a sequence would.
 */
export const suppressionHistory = pgTable(
  'suppression_history',
  {
    tenant_id: key('tenant_id').notNull(),
    id: key('id').notNull(),
    xid: xid8('xid').notNull().default(sql`pg_current_xact_id()`),
    recipient: key('recipient').notNull(),
    scope: key('scope').notNull(),
    reason: text('reason').notNull(),
    /** `added`, `changed`, `removed`. */
    change: text('change').notNull(),
    at: instant('at').notNull(),
    /** Who did it: `policy`, or the id of an API key. */
    actor: text('actor').notNull(),
    decision_id: key('decision_id'),
    /** The row after the change; null when it was removed. */
    entry: json('entry')
  },
  (t) => [
    primaryKey({ columns: [t.tenant_id, t.id] }),
    index('suppression_history_feed').on(t.tenant_id, t.xid, t.id),
    index('suppression_history_by_recipient').on(t.tenant_id, t.recipient, t.at)
  ]
)

export const endpoints = pgTable(
  'endpoints',
  {
    tenant_id: key('tenant_id').notNull(),
    id: key('id').notNull(),
    url: text('url').notNull(),
    description: text('description'),
    /** Event types it wants: names, or `email.*`. */
    types: text('types').array().notNull(),
    /** `active`, `paused` (deliveries wait), `disabled` (deliveries are skipped). */
    status: text('status').notNull().default('active'),
    status_detail: text('status_detail'),
    timeout_ms: integer('timeout_ms').notNull().default(15_000),
    /** The whole lane waits until then (429, 503 with Retry-After). */
    held_until: instant('held_until'),
    created_at: instant('created_at').notNull().default(sql`now()`),
    updated_at: instant('updated_at').notNull().default(sql`now()`)
  },
  (t) => [primaryKey({ columns: [t.tenant_id, t.id] })]
)

/** An endpoint's signing secrets: several while one is being replaced. */
export const endpointSecrets = pgTable(
  'endpoint_secrets',
  {
    tenant_id: key('tenant_id').notNull(),
    endpoint_id: key('endpoint_id').notNull(),
    id: key('id').notNull(),
    /** AES-256-GCM over the secret's text. */
    secret: bytea('secret').notNull(),
    created_at: instant('created_at').notNull().default(sql`now()`),
    expires_at: instant('expires_at')
  },
  (t) => [primaryKey({ columns: [t.tenant_id, t.endpoint_id, t.id] })]
)

/** The queue: one row per endpoint and event until it is finished, then `delivery_history`. */
export const deliveries = pgTable(
  'deliveries',
  {
    tenant_id: key('tenant_id').notNull(),
    id: key('id').notNull(),
    endpoint_id: key('endpoint_id').notNull(),
    event_id: key('event_id').notNull(),
    event_type: text('event_type').notNull(),
    event_received_at: instant('event_received_at').notNull(),
    created_at: instant('created_at').notNull().default(sql`now()`),
    /** Attempts made so far. */
    attempts: smallint('attempts').notNull().default(0),
    next_attempt_at: instant('next_attempt_at').notNull().default(sql`now()`),
    /** Fencing: a worker may finish the row only while it still holds this token. */
    lease_token: key('lease_token'),
    lease_until: instant('lease_until')
  },
  (t) => [
    primaryKey({ columns: [t.tenant_id, t.id] }),
    // the claim: the due rows of one lane, oldest first
    index('deliveries_due').on(t.tenant_id, t.endpoint_id, t.next_attempt_at, t.id)
  ]
)

export const deliveryHistory = pgTable(
  'delivery_history',
  {
    tenant_id: key('tenant_id').notNull(),
    id: key('id').notNull(),
    finished_at: instant('finished_at').notNull(),
    endpoint_id: key('endpoint_id').notNull(),
    event_id: key('event_id').notNull(),
    event_type: text('event_type').notNull(),
    event_received_at: instant('event_received_at').notNull(),
    created_at: instant('created_at').notNull(),
    attempts: smallint('attempts').notNull(),
    /** `delivered`, `exhausted`, `skipped`. */
    outcome: text('outcome').notNull()
  },
  (t) => [
    primaryKey({ columns: [t.tenant_id, t.id, t.finished_at] }),
    index('delivery_history_by_endpoint').on(t.tenant_id, t.endpoint_id, t.finished_at)
  ]
)

/** What happened each time we tried. */
export const deliveryAttempts = pgTable(
  'delivery_attempts',
  {
    tenant_id: key('tenant_id').notNull(),
    delivery_id: key('delivery_id').notNull(),
    attempt: smallint('attempt').notNull(),
    started_at: instant('started_at').notNull(),
    endpoint_id: key('endpoint_id').notNull(),
    duration_ms: integer('duration_ms').notNull(),
    status: smallint('status'),
    /** `timeout`, `dns`, `tls`, `blocked`, …; null when there was an answer. */
    error_class: text('error_class'),
    detail: text('detail'),
    resolved_address: text('resolved_address'),
    response_excerpt: text('response_excerpt')
  },
  (t) => [primaryKey({ columns: [t.tenant_id, t.delivery_id, t.attempt, t.started_at] })]
)

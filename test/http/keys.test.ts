import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { bounce, postWebhook } from '../support/postmark.ts'
import { adminKey, client, sharedService } from '../support/service.ts'

test('makes a key that is shown once, works, is listed without its secret, and stops when deleted', async () => {
  const service = await sharedService()
  const call = client(service)
  const made = await call('POST', '/api-keys', { name: 'shop', scopes: ['check'] })
  expect(made).toMatchObject({ status: 201, body: { name: 'shop', scopes: ['check'] } })
  expect(made.headers.get('cache-control')).toBe('no-store')
  expect(made.body.key).toMatch(new RegExp(`^mv_${made.body.id}_[0-9A-Za-z]{43}$`))
  const shop = client(service, made.body.key)
  expect((await shop('GET', '/suppressions?email=a@example.com')).status).toBe(200)
  const list = await call('GET', '/api-keys')
  expect(list.body.data).toMatchObject([{ id: made.body.id, name: 'shop', expires_at: null }])
  expect(JSON.stringify(list.body)).not.toContain(made.body.key.slice(-43))
  expect((await call('DELETE', `/api-keys/${made.body.id}`)).status).toBe(204)
  expect((await shop('GET', '/suppressions?email=a@example.com')).status).toBe(401)
  expect((await call('DELETE', `/api-keys/${made.body.id}`)).status).toBe(404)
})

test('keeps only the hash of a key in the database', async () => {
  const service = await sharedService()
  const { body } = await client(service)('POST', '/api-keys', { name: 'x', scopes: ['admin'] })
  const rows = await service.database.run(
    (sql) => sql<{ row: string; hash: string }[]>`
      select row_to_json(k)::text as row, encode(secret_hash, 'hex') as hash from api_keys k`
  )
  expect(rows).toHaveLength(1)
  expect(rows[0]!.row).not.toContain(body.key.slice(-43))
  expect(rows[0]!.hash).toBe(createHash('sha256').update(body.key).digest('hex'))
})

test.for([
  ['check', { suppressions: 200, events: 403, sources: 403 }],
  ['events:read', { suppressions: 403, events: 200, sources: 403 }],
  ['suppressions:write', { suppressions: 403, events: 403, sources: 403 }],
  ['policies:write', { suppressions: 403, events: 403, sources: 403 }],
  ['admin', { suppressions: 200, events: 200, sources: 200 }]
] as const)('lets the scope %s do only its own', async ([scope, expected]) => {
  const service = await sharedService()
  const { body } = await client(service)('POST', '/api-keys', { name: 'x', scopes: [scope] })
  const call = client(service, body.key)
  for (const [path, status] of Object.entries(expected)) {
    expect((await call('GET', `/${path}`)).status, path).toBe(status)
  }
  expect((await call('POST', '/suppressions/check', { emails: ['a@example.com'] })).status).toBe(
    expected.suppressions
  )
  expect((await call('POST', '/api-keys', { name: 'y', scopes: ['admin'] })).status).toBe(
    scope === 'admin' ? 201 : 403
  )
})

test('answers 401 with WWW-Authenticate to everything that is no valid key', async () => {
  const { url } = await sharedService()
  const wrong = [
    undefined,
    '',
    'Bearer',
    'Bearer nonsense',
    `Bearer ${adminKey}x`,
    `Basic ${Buffer.from(`x:${adminKey}`).toString('base64')}`,
    `Bearer mv_${'a'.repeat(12)}_${'b'.repeat(43)}`
  ]
  for (const authorization of wrong) {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
    for (const path of [
      '/suppressions?email=a@example.com',
      '/events',
      '/sources',
      '/suppressions?oops=1'
    ]) {
      const response = await fetch(`${url}${path}`, { headers })
      expect(response.status, `${authorization} ${path}`).toBe(401)
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /)
      expect(await response.json()).toMatchObject({ code: 'unauthorized', status: 401 })
    }
  }
})

test('answers 401 to a key that has expired, and makes none that already has', async () => {
  const service = await sharedService()
  const call = client(service)
  const { body } = await call('POST', '/api-keys', {
    name: 'x',
    scopes: ['check'],
    expires_at: '2099-01-01T00:00:00Z'
  })
  expect(body.expires_at).toBe('2099-01-01T00:00:00.000Z')
  await service.database.run(
    (sql) => sql`update api_keys set expires_at = now() - interval '1 second'`
  )
  const late = await client(service, body.key)('GET', '/suppressions?email=a@example.com')
  expect(late.status).toBe(401)
  for (const expires_at of ['2020-01-01T00:00:00Z', '9999-12-31T23:59:59-14:00', 'tomorrow', '']) {
    const refused = await call('POST', '/api-keys', { name: 'x', scopes: ['check'], expires_at })
    expect(refused.status, expires_at).toBe(400)
    expect(refused.body.errors[0].pointer).toBe('/body/expires_at')
  }
  expect(
    (await call('POST', '/api-keys', { name: 'x', scopes: ['check'], expires_at: null })).status
  ).toBe(201)
})

test.for([
  [{ name: '', scopes: ['check'] }, '/body/name'],
  [{ name: 'x', scopes: [] }, '/body/scopes'],
  [{ name: 'x', scopes: ['all'] }, '/body/scopes/0'],
  [{ name: 'x', scopes: ['check', 'check'] }, '/body/scopes'],
  [{ name: 'x', scopes: ['check'], more: 1 }, '/body/more'],
  [{ scopes: ['check'] }, '/body/name']
] as const)('refuses the key %j with a pointer', async ([given, pointer]) => {
  const { status, body } = await client(await sharedService())('POST', '/api-keys', given)
  expect(status).toBe(400)
  expect(body.errors.map((mistake: { pointer: string }) => mistake.pointer)).toContain(pointer)
})

test('shows a tenant nothing of another on any GET route', async () => {
  const service = await sharedService()
  const call = client(service)
  await postWebhook(service, bounce(1, 'ada@example.com'))
  const { body: source } = await call('POST', '/sources', {
    name: 'x',
    provider: 'postmark',
    credentials: { basic_auth: 'a:bbbbbbbb' }
  })
  const { body: endpoint } = await call('POST', '/endpoints', { url: 'https://hooks.example.com/' })
  const { body: key } = await call('POST', '/api-keys', { name: 'x', scopes: ['admin'] })
  const { body: events } = await call('GET', '/events')
  const event = events.data[0]
  await service.database.run(
    (sql) => sql`
      insert into tenants (tenant_id, name, feed_epoch) values ('other', 'other', 'x')
      on conflict do nothing`
  )
  const otherKey = `mv_${'o'.repeat(12)}_${'k'.repeat(43)}`
  const hash = createHash('sha256').update(otherKey).digest('hex')
  await service.database.run(
    (sql) => sql`
      insert into api_keys (tenant_id, id, name, secret_hash, scopes)
      values ('other', ${'o'.repeat(12)}::text, 'theirs', decode(${hash}::text, 'hex'), array['admin'])`
  )
  const other = client(service, otherKey)
  const ids: Record<string, string> = {
    '/events/{id}': event.id,
    '/events/{id}/raw': event.id,
    '/decisions/{id}': event.data.decision.id,
    '/sources/{id}': source.id,
    '/endpoints/{id}': endpoint.id
  }
  const paths = Object.entries(service.app.swagger().paths ?? {}).flatMap(([path, item]) =>
    item !== undefined && 'get' in item && item.get?.security?.length !== 0 ? [path] : []
  )
  expect(paths.length).toBeGreaterThan(8)
  for (const path of paths) {
    if (path.includes('{')) {
      const id = ids[path]
      expect(id, `an id for ${path}`).toBeDefined()
      const concrete = path.replace('{id}', id ?? '')
      expect((await call('GET', concrete)).status, concrete).toBe(200)
      expect((await other('GET', concrete)).status, concrete).toBe(404)
      continue
    }
    expect((await call('GET', path)).body.data.length, path).toBeGreaterThan(0)
    const { status, body } = await other('GET', path)
    expect(status).toBe(200)
    const known = path === '/api-keys' ? [expect.objectContaining({ name: 'theirs' })] : []
    expect(body.data, path).toEqual(known)
  }
  const { body: check } = await other('GET', '/suppressions?email=ada@example.com')
  expect(check).toMatchObject({ verdict: 'allow', data: [] })
  const bulk = await other('POST', '/suppressions/check', { emails: ['ada@example.com'] })
  expect(bulk.body.data[0].verdict).toBe('allow')
  for (const path of [
    `/sources/${source.id}`,
    '/sources/postmark',
    `/endpoints/${endpoint.id}`,
    `/api-keys/${key.id}`
  ]) {
    expect((await other('DELETE', path)).status, path).toBe(404)
  }
  for (const path of [`/sources/${source.id}`, '/sources/postmark']) {
    expect((await other('PATCH', path, { name: 'taken' })).status, path).toBe(404)
  }
  expect((await other('PATCH', `/endpoints/${endpoint.id}`, { status: 'paused' })).status).toBe(404)
  const { body: cursor } = await call('GET', '/events?limit=1')
  expect(cursor.next_cursor).toBe(null)
})

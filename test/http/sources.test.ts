import { expect, test } from 'vitest'
import { client, sharedService } from '../support/service.ts'

const given = {
  name: 'main',
  provider: 'postmark',
  credentials: { basic_auth: 'user:a-very-secret-password' }
}

test('makes, lists, shows, changes and removes a source, and never tells its credentials', async () => {
  const service = await sharedService()
  const call = client(service)
  const made = await call('POST', '/sources', { ...given, stream: 'receipts' })
  expect(made.status).toBe(201)
  expect(made.headers.get('location')).toBe(`/sources/${made.body.id}`)
  expect(made.body).toMatchObject({
    id: expect.stringMatching(/^src_/),
    name: 'main',
    provider: 'postmark',
    webhook_path: `/webhooks/${made.body.id}`,
    stream: 'receipts',
    enabled: true,
    from_settings: false
  })
  const path = `/sources/${made.body.id}`
  const list = await call('GET', '/sources')
  expect(list.body.data.map((source: { id: string }) => source.id)).toEqual([
    'postmark',
    made.body.id
  ])
  const shown = await call('GET', path)
  expect(shown.body).toMatchObject({ ...made.body, health: { last_event_at: null } })
  const changed = await call('PATCH', path, {
    name: 'renamed',
    stream: null,
    enabled: false,
    credentials: { header: { name: 'X-Secret', value: 'another-very-secret-value' } }
  })
  expect(changed).toMatchObject({
    status: 200,
    body: { name: 'renamed', stream: null, enabled: false }
  })
  const removed = await call('DELETE', path)
  expect(removed.status).toBe(204)
  for (const answer of [made, list, shown, changed, removed]) {
    expect(JSON.stringify(answer.body)).not.toMatch(/very-secret|s3cret|credentials/)
  }
  for (const method of ['GET', 'DELETE']) expect((await call(method, path)).status).toBe(404)
  expect((await call('PATCH', path, { name: 'x' })).status).toBe(404)
})

test('stores credentials encrypted', async () => {
  const service = await sharedService()
  await client(service)('POST', '/sources', given)
  const rows = await service.database.run(
    (sql) => sql<{ sealed: string }[]>`select encode(credentials, 'hex') as sealed from sources`
  )
  expect(rows).toHaveLength(1)
  const bytes = Buffer.from(rows[0]!.sealed, 'hex')
  expect(bytes.length).toBeGreaterThan(30)
  expect(bytes.includes('very-secret')).toBe(false)
  expect(bytes.includes('basic_auth')).toBe(false)
})

test.for([
  ['postmark', { basic_auth: 'no colon' }, '/body/credentials/basic_auth'],
  ['postmark', {}, '/body/credentials'],
  ['postmark', 5, '/body/credentials'],
  ['postmark', null, '/body/credentials'],
  ['mailgun', { signing_keys: [] }, '/body/credentials/signing_keys'],
  ['mailgun', { signing_keys: [5] }, '/body/credentials/signing_keys/0'],
  ['sendgrid', { public_keys: ['not a key'] }, '/body/credentials/public_keys/0'],
  ['ses', { topic_arns: ['not an arn'] }, '/body/credentials/topic_arns/0'],
  ['ses', { topic_arns: ['arn:aws:sns:eu-west-1:123456789012:x'], more: 1 }, '/body/credentials']
] as const)(
  'refuses credentials of %s that are %j with a pointer',
  async ([provider, credentials, pointer]) => {
    const call = client(await sharedService())
    const { status, body } = await call('POST', '/sources', { name: 'x', provider, credentials })
    expect([status, body.code]).toEqual([400, 'request-invalid'])
    expect(body.errors.length).toBeGreaterThan(0)
    for (const mistake of body.errors) expect(mistake.pointer.startsWith(pointer)).toBe(true)
  }
)

test('names every mistake of a body at once', async () => {
  const { status, body } = await client(await sharedService())('POST', '/sources', {
    name: '',
    provider: 'pigeon',
    stream: '',
    colour: 'red'
  })
  expect(status).toBe(400)
  const pointers = body.errors.map((mistake: { pointer: string }) => mistake.pointer)
  expect([...new Set(pointers)].toSorted()).toEqual([
    '/body/colour',
    '/body/credentials',
    '/body/name',
    '/body/provider',
    '/body/stream'
  ])
})

test('refuses wrong credentials in a change, and an empty change', async () => {
  const call = client(await sharedService())
  const { body } = await call('POST', '/sources', given)
  const path = `/sources/${body.id}`
  expect(await call('PATCH', path, { credentials: { basic_auth: 'x' } })).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/body/credentials/basic_auth' }] }
  })
  expect((await call('PATCH', path, {})).status).toBe(400)
  expect((await call('PATCH', path, { provider: 'ses' })).status).toBe(400)
})

test('keeps a source from settings as it is', async () => {
  const call = client(await sharedService())
  expect(await call('PATCH', '/sources/postmark', { name: 'x' })).toMatchObject({
    status: 409,
    body: { code: 'read-only' }
  })
  expect((await call('DELETE', '/sources/postmark')).status).toBe(409)
  expect((await call('GET', '/sources/postmark')).body).toMatchObject({
    name: 'postmark',
    from_settings: true,
    created_at: null
  })
})

test.for(['/sources/%00', "/sources/'--", '/sources/src_0', '/endpoints/%00', '/endpoints/ep_0'])(
  'answers 404 at %s',
  async (path) => {
    expect((await client(await sharedService())('GET', path)).body.code).toBe('not-found')
  }
)

test('answers 400 with a pointer to a NUL in a body', async () => {
  const call = client(await sharedService())
  expect(await call('POST', '/sources', { ...given, name: 'a\0b' })).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/body/name' }] }
  })
  expect(await call('POST', '/api-keys', { name: 'a\0b', scopes: ['check'] })).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/body/name' }] }
  })
})

import { expect, test } from 'vitest'
import { client, sharedService } from '../support/service.ts'

test('makes, lists, shows, changes and removes an endpoint, and tells its secret once', async () => {
  const service = await sharedService()
  const call = client(service)
  const made = await call('POST', '/endpoints', { url: 'https://hooks.example.com/in' })
  expect(made.status).toBe(201)
  expect(made.headers.get('cache-control')).toBe('no-store')
  expect(made.headers.get('location')).toBe(`/endpoints/${made.body.id}`)
  expect(made.body).toMatchObject({
    id: expect.stringMatching(/^ep_/),
    url: 'https://hooks.example.com/in',
    description: null,
    types: ['email.*'],
    status: 'active',
    timeout_ms: 15_000,
    secret: expect.stringMatching(/^whsec_/)
  })
  const path = `/endpoints/${made.body.id}`
  const { secret, ...view } = made.body
  const list = await call('GET', '/endpoints')
  expect(list.body).toEqual({ data: [view], next_cursor: null })
  expect((await call('GET', path)).body).toEqual(view)
  const changed = await call('PATCH', path, {
    types: ['email.bounced'],
    status: 'paused',
    description: 'bounces',
    timeout_ms: 5_000
  })
  expect(changed).toMatchObject({
    status: 200,
    body: { types: ['email.bounced'], status: 'paused', description: 'bounces', timeout_ms: 5_000 }
  })
  expect((await call('PATCH', path, { description: null })).body.description).toBe(null)
  expect(JSON.stringify([list.body, changed.body])).not.toContain('whsec_')
  const rows = await service.database.run(
    (sql) => sql<{ sealed: string }[]>`select encode(secret, 'hex') as sealed from endpoint_secrets`
  )
  expect(rows).toHaveLength(1)
  expect(Buffer.from(rows[0]!.sealed, 'hex').includes(secret.slice(6))).toBe(false)
  expect(Buffer.from(rows[0]!.sealed, 'hex').includes(Buffer.from(secret.slice(6), 'base64'))).toBe(
    false
  )
  expect((await call('DELETE', path)).status).toBe(204)
  for (const method of ['GET', 'DELETE']) expect((await call(method, path)).status).toBe(404)
  expect((await call('PATCH', path, { status: 'active' })).status).toBe(404)
})

test.for([
  'http://169.254.169.254/',
  'https://169.254.169.254/latest',
  'https://[fd00:ec2::254]/',
  'https://10.0.0.1/',
  'https://user:password@hooks.example.com/',
  'ftp://hooks.example.com/',
  'hooks.example.com',
  'https://0xa9fea9fe/'
])('refuses to deliver to %s, with a pointer', async (url) => {
  const call = client(await sharedService())
  expect(await call('POST', '/endpoints', { url })).toMatchObject({
    status: 400,
    body: { code: 'request-invalid', errors: [{ pointer: '/body/url' }] }
  })
  const { body } = await call('POST', '/endpoints', { url: 'https://hooks.example.com/' })
  expect((await call('PATCH', `/endpoints/${body.id}`, { url })).status).toBe(400)
})

test('names every mistake of a body by its pointer', async () => {
  const call = client(await sharedService())
  const { status, body } = await call('POST', '/endpoints', {
    types: ['email.nothing'],
    timeout_ms: 1,
    colour: 'red'
  })
  expect(status).toBe(400)
  const pointers = body.errors.map((mistake: { pointer: string }) => mistake.pointer)
  for (const pointer of ['/body/url', '/body/types/0', '/body/timeout_ms', '/body/colour']) {
    expect(pointers).toContain(pointer)
  }
})

test('keeps null apart from an empty text', async () => {
  const call = client(await sharedService())
  const url = 'https://hooks.example.com/'
  expect((await call('POST', '/endpoints', { url, description: null })).body.description).toBe(null)
  expect((await call('POST', '/endpoints', { url, description: '' })).body.description).toBe('')
})

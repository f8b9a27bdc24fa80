import { expect, test } from 'vitest'
import { bounce, postWebhook } from '../support/postmark.ts'
import { client, sharedService } from '../support/service.ts'

test.for([
  ['another case', 'ADA@Müller.EXAMPLE'],
  ['a display name', 'Ada Lovelace <ada@müller.example>'],
  ['the A-label form of the domain', 'ada@xn--mller-kva.example'],
  ['a trailing dot', 'ada@müller.example.'],
  ['blanks around it', '  ada@müller.example ']
] as const)('finds an entry by %s', async ([, written]) => {
  const service = await sharedService()
  await postWebhook(service, bounce(1, 'Ada@müller.example'))
  const { status, headers, body } = await client(service)(
    'GET',
    `/suppressions?email=${encodeURIComponent(written)}`
  )
  expect(status).toBe(200)
  expect(headers.get('cache-control')).toBe('no-store')
  expect(body).toMatchObject({
    email: 'ada@xn--mller-kva.example',
    verdict: 'deny',
    suppressed: true,
    reason: 'unknown_mailbox',
    not_before: null,
    decision_id: expect.stringMatching(/^dec_/),
    data: [{ email: 'ada@xn--mller-kva.example', state: 'active', source: 'postmark' }],
    next_cursor: null
  })
})

test('allows an address it knows nothing of', async () => {
  const { status, body } = await client(await sharedService())(
    'GET',
    '/suppressions?email=new@example.com'
  )
  expect(status).toBe(200)
  expect(body).toEqual({
    email: 'new@example.com',
    verdict: 'allow',
    suppressed: false,
    reason: null,
    not_before: null,
    decision_id: null,
    data: [],
    next_cursor: null
  })
})

test.for([
  '',
  'nobody',
  '@example.com',
  'a@',
  'a b@example.com',
  'a@ex ample.com',
  'a%00@example.com',
  `${'a'.repeat(65)}@example.com`
])('answers 400 address-invalid with a pointer for "%s"', async (email) => {
  const query = email.includes('%') ? email : encodeURIComponent(email)
  const { status, body } = await client(await sharedService())(
    'GET',
    `/suppressions?email=${query}`
  )
  expect({ status, code: body.code }).toEqual({ status: 400, code: 'address-invalid' })
  expect(body.errors).toEqual([{ pointer: '/querystring/email', detail: expect.any(String) }])
})

test('refuses another filter beside email, and stream without it', async () => {
  const call = client(await sharedService())
  for (const query of [
    'email=a@example.com&reason=complaint',
    'email=a@example.com&cursor=x',
    'stream=x'
  ]) {
    const { status, body } = await call('GET', `/suppressions?${query}`)
    expect({ status, code: body.code }, query).toEqual({ status: 400, code: 'request-invalid' })
    expect(body.errors[0].pointer).toMatch(/^\/querystring/)
  }
})

test('counts an entry of one stream for that stream and for a question without one', async () => {
  const service = await sharedService()
  const call = client(service)
  await postWebhook(
    service,
    bounce(1, 'ada@example.com', {
      RecordType: 'SpamComplaint',
      Type: 'SpamComplaint',
      TypeCode: 100001,
      MessageStream: 'news'
    })
  )
  const verdict = async (query: string) =>
    (await call('GET', `/suppressions?email=ada@example.com${query}`)).body.verdict
  expect(await verdict('&stream=news')).toBe('deny')
  expect(await verdict('')).toBe('deny')
  expect(await verdict('&stream=receipts')).toBe('allow')
})

test('answers many addresses in their order, with a problem in the place of a malformed one', async () => {
  const service = await sharedService()
  await postWebhook(service, bounce(1, 'ada@example.com'))
  const long = `${'x'.repeat(1_000)}@example.com`
  const emails = ['b@example.com', 'nobody', 'ADA@example.com', long, 'ada@example.com', '\0']
  const { status, headers, body } = await client(service)('POST', '/suppressions/check', { emails })
  expect(status).toBe(200)
  expect(headers.get('cache-control')).toBe('no-store')
  expect(body.data.map((one: { email: string }) => one.email)).toEqual([
    'b@example.com',
    'nobody',
    'ada@example.com',
    long,
    'ada@example.com',
    '\0'
  ])
  const outcome = (one: { verdict?: string; problem?: { code: string } }) =>
    one.verdict ?? one.problem?.code
  expect(body.data.map(outcome)).toEqual([
    'allow',
    'address-invalid',
    'deny',
    'address-invalid',
    'deny',
    'address-invalid'
  ])
})

test('takes 10,000 addresses at once and refuses 10,001', async () => {
  const call = client(await sharedService())
  const emails = Array.from({ length: 10_000 }, (_, index) => `user${index}@example.com`)
  const { status, body } = await call('POST', '/suppressions/check', { emails })
  expect(status).toBe(200)
  expect(body.data.map((one: { email: string }) => one.email)).toEqual(emails)
  const more = await call('POST', '/suppressions/check', { emails: [...emails, 'x@example.com'] })
  expect(more).toMatchObject({
    status: 400,
    body: { code: 'request-invalid', errors: [{ pointer: '/body/emails' }] }
  })
})

test.for(['{}', '{"emails":[]}', '{"emails":["a@example.com"],"more":1}', '[]', '{', '', 'null'])(
  'answers 400 to the body %s',
  async (text) => {
    const { status, headers } = await client(await sharedService())(
      'POST',
      '/suppressions/check',
      text
    )
    expect(status).toBe(400)
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/)
  }
)

test('pages through the list by cursor and shows each entry once', async () => {
  const service = await sharedService()
  const call = client(service)
  const all = Array.from({ length: 23 }, (_, index) => `user${index}@example.com`)
  await Promise.all(all.map((email, index) => postWebhook(service, bounce(index + 1, email))))
  const seen: string[] = []
  let pages = 0
  for (let path: string | null = '/suppressions?limit=5&reason=unknown_mailbox'; path !== null; ) {
    const { status, headers, body } = await call('GET', path)
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    seen.push(...body.data.map((entry: { email: string }) => entry.email))
    pages++
    path = body.next_cursor && `/suppressions?limit=5&cursor=${body.next_cursor}`
  }
  expect(pages).toBe(5)
  expect(seen.toSorted()).toEqual(all.toSorted())
})

test('keeps the filters inside the cursor and refuses others beside it', async () => {
  const service = await sharedService()
  const call = client(service)
  for (let id = 1; id <= 3; id++) await postWebhook(service, bounce(id, `user${id}@example.com`))
  const { body } = await call('GET', '/suppressions?limit=1&domain=example.com')
  const same = await call(
    'GET',
    `/suppressions?limit=1&domain=EXAMPLE.com&cursor=${body.next_cursor}`
  )
  expect(same.status).toBe(200)
  const other = await call('GET', `/suppressions?domain=example.org&cursor=${body.next_cursor}`)
  expect(other).toMatchObject({ status: 400, body: { code: 'cursor-invalid' } })
})

test.for([
  ['reason=complaint', []],
  ['reason=unknown_mailbox', ['ada@example.com']],
  ['domain=EXAMPLE.com.', ['ada@example.com']],
  ['domain=example.org', []],
  ['source=postmark', ['ada@example.com']],
  ['source=other', []],
  ['scope=all', ['ada@example.com']],
  ['scope=stream:x', []],
  ['state=active', ['ada@example.com']],
  ['state=pending', []],
  ['created_after=2020-01-01T00:00:00Z', ['ada@example.com']],
  ['created_before=2020-01-01T00:00:00Z', []],
  ['receiver=google', []]
] as const)('lists by %s', async ([query, expected]) => {
  const service = await sharedService()
  await postWebhook(service, bounce(1, 'ada@example.com'))
  const { status, body } = await client(service)('GET', `/suppressions?${query}`)
  expect(status).toBe(200)
  expect(body.data.map((entry: { email: string }) => entry.email)).toEqual(expected)
})

const lists: [path: string, list: string, keys: number][] = [
  ['/suppressions', 'suppressions', 4],
  ['/events', 'events', 2],
  ['/decisions', 'decisions', 2]
]

test.for(lists)('%s answers 400 to a cursor that is not its own', async ([path, list, keys]) => {
  const call = client(await sharedService())
  const time = '2026-03-12 09:20:31.517+00'
  const rest = Array.from({ length: keys - 1 }, () => 'x')
  const made = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const other = list === 'events' ? 'decisions' : 'events'
  const rubbish = [
    'x',
    made(null),
    made([]),
    made({ list, filter: {}, after: [] }),
    made({ list: other, filter: {}, after: [time, ...rest] }),
    made({ list, filter: {}, after: [time, ...rest, 'more'] }),
    made({ list, filter: null, after: [time, ...rest] }),
    made({ list, filter: [], after: ['foo 1', ...rest] }),
    made({ list, filter: {}, after: ["2026-01-01'; drop table events; --", ...rest] }),
    made({ list, filter: {}, after: ['2026-02-31 00:00:00+00', ...rest] }),
    made({ list, filter: {}, after: ['0000-01-01T00:00:00Z', ...rest] }),
    made({ list, filter: {}, after: ['infinity', ...rest] }),
    made({ list, filter: {}, after: [time, ...rest.map(() => 'a\0b')] }),
    made({ list, filter: { reason: 'a\0b' }, after: [time, ...rest] }),
    made({ list, filter: { reason: 5 }, after: [time, ...rest] }),
    made({
      list,
      filter: { created_after: 'junk', received_after: 'junk' },
      after: [time, ...rest]
    }),
    made({
      list,
      filter: { created_before: '2026-02-31T00:00:00Z', received_before: '1 1' },
      after: [time, ...rest]
    }),
    made({ list, filter: { due_before: 'x', created_after: 'x' }, after: [time, ...rest] })
  ]
  for (const cursor of rubbish) {
    const { status, body } = await call('GET', `${path}?cursor=${cursor}`)
    expect([status, body.code], Buffer.from(cursor, 'base64url').toString()).toEqual([
      400,
      'cursor-invalid'
    ])
  }
})

test.for(lists)(
  '%s reads odd but harmless things in a cursor as plain values',
  async ([path, list, keys]) => {
    const rest = Array.from({ length: keys - 1 }, () => "'; drop table suppressions; --")
    const cursor = Buffer.from(
      JSON.stringify({
        list,
        filter: { reason: "' or true --", __proto__x: 'y', constructor: 'z', limit: '1000000' },
        after: ['2026-03-12 09:20:31.517+00', ...rest]
      })
    ).toString('base64url')
    const { status, body } = await client(await sharedService())('GET', `${path}?cursor=${cursor}`)
    expect({ status, body }).toEqual({ status: 200, body: { data: [], next_cursor: null } })
  }
)

test.for(lists)('%s names an unknown or wrong parameter by its pointer', async ([path]) => {
  const call = client(await sharedService())
  for (const [query, pointer] of [
    ['colour=red', '/querystring/colour'],
    ['limit=0', '/querystring/limit'],
    ['limit=1001', '/querystring/limit'],
    ['limit=x', '/querystring/limit']
  ]) {
    const { status, body } = await call('GET', `${path}?${query}`)
    expect([status, body.code], query).toEqual([400, 'request-invalid'])
    expect(body.errors).toContainEqual({ pointer, detail: expect.any(String) })
  }
})

test('names every mistake of a query at once', async () => {
  const { body } = await client(await sharedService())(
    'GET',
    '/suppressions?limit=0&colour=red&state=x'
  )
  expect(body.errors.map((mistake: { pointer: string }) => mistake.pointer).toSorted()).toEqual([
    '/querystring/colour',
    '/querystring/limit',
    '/querystring/state'
  ])
})

test.for([
  'not-a-time',
  '0000-01-01T00:00:00Z',
  '2026-02-31T00:00:00Z',
  '2026-01-01T00:00:00%2B23:59',
  '9999-12-31T23:59:59-14:00',
  '2026-01-01T00:00:00Z%00'
])('answers 400 with a pointer to the time %s', async (time) => {
  const call = client(await sharedService())
  for (const [path, name] of [
    ['/suppressions', 'created_after'],
    ['/events', 'received_before'],
    ['/decisions', 'due_before']
  ]) {
    const { status, body } = await call('GET', `${path}?${name}=${time}`)
    expect([status, body.code], path).toEqual([400, 'request-invalid'])
    expect(body.errors[0].pointer).toBe(`/querystring/${name}`)
  }
})

test('answers 400 with a pointer to a NUL anywhere in a query', async () => {
  const call = client(await sharedService())
  for (const [path, name] of [
    ['/suppressions', 'source'],
    ['/suppressions', 'scope'],
    ['/suppressions', 'receiver'],
    ['/suppressions', 'domain'],
    ['/events', 'source'],
    ['/events', 'message_id'],
    ['/events', 'cursor'],
    ['/decisions', 'rule']
  ]) {
    const { status, body } = await call('GET', `${path}?${name}=a%00b`)
    expect([status, body.code], `${path} ${name}`).toEqual([400, 'request-invalid'])
    expect(body.errors[0].pointer).toBe(`/querystring/${name}`)
  }
})

import { expect, test } from 'vitest'
import { bounce, postWebhook } from '../support/postmark.ts'
import { adminKey, client, sharedService } from '../support/service.ts'

test('lists events by each of its filters, newest first', async () => {
  const service = await sharedService()
  const call = client(service)
  await postWebhook(service, bounce(1, 'Ada@example.com'))
  await postWebhook(service, bounce(2, 'bob@example.org', { Type: 'Transient', TypeCode: 2 }))
  const ids = async (query: string) => {
    const { status, body } = await call('GET', `/events${query}`)
    expect(status).toBe(200)
    return body.data.map((event: { subject: string }) => event.subject)
  }
  const [ada, bob] = ['Ada@example.com', 'bob@example.org']
  expect(await ids('')).toEqual([bob, ada])
  expect(await ids('?type=email.bounced')).toEqual([ada])
  expect(await ids('?recipient=ADA@EXAMPLE.com')).toEqual([ada])
  expect(await ids('?provider=postmark')).toEqual([bob, ada])
  expect(await ids('?provider=ses')).toEqual([])
  expect(await ids('?source=postmark')).toEqual([bob, ada])
  expect(await ids('?source=other')).toEqual([])
  expect(await ids('?reason=unknown_mailbox&type=email.bounced')).toEqual([ada])
  expect(await ids('?message_id=00000000-0000-4000-8000-000000000002')).toEqual([bob])
  expect(await ids('?received_after=2020-01-01T00:00:00Z')).toEqual([bob, ada])
  expect(await ids('?received_before=2020-01-01T00:00:00Z')).toEqual([])
})

test('pages events and decisions by cursor and shows each once', async () => {
  const service = await sharedService()
  const call = client(service)
  await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      postWebhook(service, bounce(index + 1, `u${index}@example.com`))
    )
  )
  for (const list of ['/events', '/decisions']) {
    const seen: string[] = []
    for (let path: string | null = `${list}?limit=5`; path !== null; ) {
      const { body } = await call('GET', path)
      seen.push(...body.data.map((one: { id: string }) => one.id))
      path = body.next_cursor && `${list}?limit=5&cursor=${body.next_cursor}`
    }
    expect(seen).toHaveLength(12)
    expect(new Set(seen).size).toBe(12)
  }
})

test('gives one event, and the very bytes it was read from', async () => {
  const service = await sharedService()
  const call = client(service)
  const posted = ` ${bounce(1, 'ada@example.com', { Odd: '\u00e9 \u2028 \\ud83d'.replace('\\\\', '\\') })}\n\n`
  await postWebhook(service, posted)
  const { body: list } = await call('GET', '/events')
  const [event] = list.data
  expect(await call('GET', `/events/${event.id}`)).toMatchObject({ status: 200, body: event })
  const response = await fetch(`${service.url}/events/${event.id}/raw`, {
    headers: { authorization: `Bearer ${adminKey}` }
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/octet-stream')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from(posted))
})

test('gives the receipt of a decision and lists decisions by each filter', async () => {
  const service = await sharedService()
  const call = client(service)
  await postWebhook(service, bounce(1, 'ada@example.com'))
  const { body: events } = await call('GET', '/events')
  const { decision } = events.data[0].data
  const { status, body } = await call('GET', `/decisions/${decision.id}`)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    id: decision.id,
    event_id: events.data[0].id,
    recipient: 'ada@example.com',
    action: 'suppress',
    rule: decision.rule,
    reason: 'unknown_mailbox',
    because: expect.stringMatching(/\w/),
    evidence: expect.objectContaining({})
  })
  const count = async (query: string) => (await call('GET', `/decisions${query}`)).body.data.length
  expect(await count('')).toBe(1)
  expect(await count('?action=suppress')).toBe(1)
  expect(await count('?action=retry')).toBe(0)
  expect(await count('?recipient=ADA@example.com')).toBe(1)
  expect(await count(`?rule=${decision.rule}`)).toBe(1)
  expect(await count('?rule=other')).toBe(0)
  expect(await count('?received_after=2020-01-01T00:00:00Z')).toBe(1)
  expect(await count('?received_before=2020-01-01T00:00:00Z')).toBe(0)
  expect(await count('?due_before=2100-01-01T00:00:00Z')).toBe(0)
})

test.for([
  '/events/evt_00000000000000000000000000000000',
  '/events/evt_00000000000000000000000000000000/raw',
  '/decisions/dec_00000000000000000000000000000000',
  '/events/dec_00000000000000000000000000000000',
  '/events/evt_UPPER',
  '/events/%00',
  "/events/'--",
  '/events/x/raw',
  '/decisions/evt_00000000000000000000000000000000',
  '/decisions/%F0%9F%98%80'
])('answers 404 at %s', async (path) => {
  const { status, body } = await client(await sharedService())('GET', path)
  expect([status, body.code]).toEqual([404, 'not-found'])
})

test('answers 400 to a malformed recipient, with a pointer', async () => {
  const call = client(await sharedService())
  for (const list of ['/events', '/decisions']) {
    expect(await call('GET', `${list}?recipient=nobody`)).toMatchObject({
      status: 400,
      body: { code: 'address-invalid', errors: [{ pointer: '/querystring/recipient' }] }
    })
  }
})

test('answers a path that cannot be decoded, and one without a route, with a problem', async () => {
  const call = client(await sharedService())
  for (const [path, expected] of [
    ['/events/%E0%A4%A', 400],
    ['/%', 400],
    ['/nowhere', 404],
    [`/events/${'x'.repeat(5_000)}`, 404]
  ] as const) {
    const { status, headers } = await call('GET', path)
    expect(status, path).toBe(expected)
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/)
  }
})

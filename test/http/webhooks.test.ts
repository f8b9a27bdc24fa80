import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { bounce, postmarkAuth, postWebhook, until } from '../support/postmark.ts'
import { client, sharedService } from '../support/service.ts'

test('answers 404 for a source that does not exist', async () => {
  const service = await sharedService()
  for (const source of ['nobody', 'src_0123456789abcdef01234567', '%00', "x'--"]) {
    const { status, body } = await postWebhook(service, '{}', {}, source)
    expect({ status, code: body.code }).toEqual({ status: 404, code: 'source-unknown' })
  }
})

test('answers 413 for a body above 5 MiB and takes one just below', async () => {
  const service = await sharedService()
  const big = await postWebhook(service, 'x'.repeat(5 * 1024 * 1024 + 1))
  expect(big).toMatchObject({ status: 413, body: { code: 'body-too-large' } })
  const fits = await postWebhook(
    service,
    bounce(1, 'a@example.com', { Pad: 'x'.repeat(5_000_000) })
  )
  expect(fits).toMatchObject({ status: 200, body: { accepted: 1 } })
})

test('answers 415 for a compressed body', async () => {
  const service = await sharedService()
  const { status, body } = await postWebhook(
    service,
    new Uint8Array(gzipSync(bounce(1, 'a@example.com'))),
    {
      authorization: postmarkAuth,
      'content-encoding': 'gzip'
    }
  )
  expect({ status, code: body.code }).toEqual({ status: 415, code: 'media-type-unsupported' })
})

test('answers GET and HEAD with 200, because providers look before they post', async () => {
  const { url } = await sharedService()
  for (const method of ['GET', 'HEAD']) {
    expect((await fetch(`${url}/webhooks/postmark`, { method })).status).toBe(200)
  }
})

test('asks for credentials before it judges broken JSON', async () => {
  const service = await sharedService()
  const call = client(service)
  const sources = await sourcesOfAll(call)
  for (const [provider, id] of Object.entries(sources)) {
    for (const broken of ['{"RecordType":', '', 'not json', '[]']) {
      const { status } = await postWebhook(service, broken, {}, id)
      expect(provider === 'ses' ? [401, 403] : [401], `${provider} ${broken}`).toContain(status)
    }
  }
})

test('keeps nothing of a webhook with wrong credentials but the health of its source', async () => {
  const service = await sharedService()
  const call = client(service)
  const authorization = `Basic ${Buffer.from('hook:guess').toString('base64')}`
  const refused = await postWebhook(service, bounce(1, 'ada@example.com'), { authorization })
  expect(refused).toMatchObject({ status: 401, body: { code: 'credentials-invalid' } })
  expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /)
  expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  // Rejections of the test before may be written first.
  await until(async () => {
    const { body } = await call('GET', '/sources/postmark')
    return body.health.last_rejection?.code === 'credentials-invalid'
  })
  const counts = await service.database.run(
    (sql) => sql<{ rows: number }[]>`
      select (select count(*) from events) + (select count(*) from raw_bodies)
        + (select count(*) from quarantine) + (select count(*) from decisions)
        + (select count(*) from suppressions) + (select count(*) from dedupe_keys)
        + (select count(*) from recipient_states) as rows`
  )
  expect(Number(counts[0]?.rows)).toBe(0)
})

test('quarantines an authentic body that cannot be read, and counts its repeat as a duplicate', async () => {
  const service = await sharedService()
  const broken = '{"RecordType":"Bounce", oops'
  expect(await postWebhook(service, broken)).toMatchObject({
    status: 200,
    body: { accepted: 0, duplicates: 0, quarantined: 1 }
  })
  expect(await postWebhook(service, broken)).toMatchObject({
    status: 200,
    body: { accepted: 0, duplicates: 1, quarantined: 0 }
  })
  const rows = await service.database.run(
    (sql) => sql<{ body: string }[]>`select encode(body, 'base64') as body from raw_bodies`
  )
  expect(rows.map((row) => Buffer.from(row.body, 'base64').toString())).toContain(broken)
})

test.for([
  [
    '5,000 levels of nesting',
    `{"RecordType":"Bounce","ID":7,"Deep":${'['.repeat(5_000)}${']'.repeat(5_000)}}`
  ],
  ['5,000 levels that never close', '['.repeat(5_000)],
  ['bytes that are no UTF-8', new Uint8Array([0x7b, 0xff, 0xfe, 0x00, 0x7d])],
  ['no bytes at all', ''],
  ['a bare NUL', '\0'],
  ['null', 'null']
] as const)('answers 200 to an authentic body of %s', async ([, body]) => {
  const service = await sharedService()
  const answer = await postWebhook(service, typeof body === 'string' ? body : new Uint8Array(body))
  expect(answer).toMatchObject({ status: 200, body: { accepted: 0, quarantined: 1 } })
})

test.for([
  ['NUL', '\\u0000'],
  ['a lone high surrogate', '\\ud83d'],
  ['a lone low surrogate', '\\udc00']
] as const)('makes %s inside an authentic body harmless', async ([, escaped]) => {
  const service = await sharedService()
  const call = client(service)
  const plain = bounce(1, 'ada@example.com', {
    Subject: 'aXb',
    Tag: 'aXb',
    MessageID: 'aXb',
    MessageStream: 'aXb',
    Details: 'smtp;550 5.1.1 aXb User unknown',
    Metadata: { aXb: 'aXb' }
  })
  const body = plain.replaceAll('aXb', `a${escaped}b`)
  expect(await postWebhook(service, body)).toMatchObject({ status: 200, body: { accepted: 1 } })
  const { body: list } = await call('GET', '/events?recipient=ada@example.com')
  expect(list.data).toHaveLength(1)
  expect(JSON.stringify(list.data)).not.toMatch(/\0|\\u0000|\\ud83d|\\udc00/)
  const { body: check } = await call('GET', '/suppressions?email=ada@example.com')
  expect(check.suppressed).toBe(true)
})

test('answers 403 while a source is switched off, and 200 once it is on again', async () => {
  const service = await sharedService()
  const call = client(service)
  const { body: source } = await call('POST', '/sources', {
    name: 'second',
    provider: 'postmark',
    credentials: { basic_auth: 'other:secret-of-the-other' }
  })
  const headers = {
    authorization: `Basic ${Buffer.from('other:secret-of-the-other').toString('base64')}`
  }
  expect((await postWebhook(service, bounce(1, 'a@example.com'), headers, source.id)).status).toBe(
    200
  )
  await call('PATCH', `/sources/${source.id}`, { enabled: false })
  expect(await postWebhook(service, bounce(2, 'a@example.com'), headers, source.id)).toMatchObject({
    status: 403,
    body: { code: 'source-disabled' }
  })
  await call('PATCH', `/sources/${source.id}`, { enabled: true })
  expect((await postWebhook(service, bounce(2, 'a@example.com'), headers, source.id)).status).toBe(
    200
  )
})

/** A source of each provider, by its name. */
async function sourcesOfAll(call: ReturnType<typeof client>): Promise<Record<string, string>> {
  const key =
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=='
  const made: Record<string, string> = { postmark: 'postmark' }
  for (const [provider, credentials] of [
    ['ses', { topic_arns: ['arn:aws:sns:eu-west-1:123456789012:mail'] }],
    ['sendgrid', { public_keys: [key] }],
    ['mailgun', { signing_keys: ['key-0123456789abcdef0123456789abcdef'] }]
  ] as const) {
    const { status, body } = await call('POST', '/sources', {
      name: provider,
      provider,
      credentials
    })
    expect(status, JSON.stringify(body)).toBe(201)
    made[provider] = body.id
  }
  return made
}

import { PassThrough } from 'node:stream'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { bounce, postmarkAuth, postWebhook } from '../support/postmark.ts'
import { adminKey, client, startTestService } from '../support/service.ts'

test('logs no address and no secret, whatever is asked, refused or broken', async () => {
  const stream = new PassThrough()
  let text = ''
  stream.on('data', (chunk) => {
    text += chunk
  })
  const service = await startTestService({}, pino({ level: 'trace' }, stream))
  onTestFinished(service.close)
  const call = client(service)
  const address = 'ada.lovelace@private.example'
  const encoded = encodeURIComponent(address)
  expect((await postWebhook(service, bounce(1, address))).status).toBe(200)
  await postWebhook(service, `{"Email":"${address}", broken`)
  await postWebhook(service, bounce(2, address), {
    authorization: 'Basic Z3Vlc3M6d3JvbmctcGFzc3dvcmQ='
  })
  await postWebhook(service, bounce(3, address), {}, encoded)
  for (const path of [
    `/suppressions?email=${encoded}`,
    `/suppressions?email=${encoded}&oops=1`,
    `/suppressions?email=${encoded}%20x`,
    `/suppressions?source=${encoded}%00`,
    `/suppressions?cursor=${encoded}`,
    `/events?recipient=${encoded}`,
    `/events?received_after=${encoded}`,
    `/events/${encoded}`,
    `/decisions?recipient=${encoded}`,
    `/sources/${encoded}`,
    `/nowhere/${encoded}`,
    `/nowhere?email=${encoded}`,
    `/${encoded}/%E0%A4%A`,
    `/docs/${encoded}`
  ]) {
    await call('GET', path)
    await client(service, 'mv_wrong-key-that-is-refused')('GET', path)
  }
  await call('POST', '/suppressions/check', { emails: [address, `${address} x`] })
  await call('POST', '/suppressions/check', `{"emails":["${address}"`)
  await call('POST', '/sources', {
    name: 'x',
    provider: 'postmark',
    credentials: { basic_auth: 'user:password-of-a-source' }
  })
  const endpoint = await call('POST', '/endpoints', {
    url: 'http://127.0.0.1:9/hook?token=token-in-url'
  })
  expect(endpoint.status).toBe(201)
  const key = await call('POST', '/api-keys', { name: 'x', scopes: ['check'] })
  expect((await postWebhook(service, bounce(4, address))).status).toBe(200)
  // What fails inside is logged whole; the database's own words must not hold the values.
  await service.database.run((sql) => sql`drop table suppressions`)
  expect((await call('GET', `/suppressions?email=${encoded}`)).status).toBe(500)
  expect((await call('GET', `/suppressions?domain=private.example`)).status).toBe(500)
  await postWebhook(service, bounce(5, address))
  await new Promise((resolve) => setTimeout(resolve, 1_500))

  expect(text).toContain('request answered')
  expect(text).toContain('request failed')
  for (const secret of [
    'lovelace',
    'private.example',
    adminKey,
    's3cret',
    postmarkAuth.slice(6),
    'Z3Vlc3M6d3JvbmctcGFzc3dvcmQ',
    'wrong-key-that-is-refused',
    'password-of-a-source',
    'token-in-url',
    endpoint.body.secret,
    key.body.key
  ]) {
    expect(text.toLowerCase().includes(secret.toLowerCase()), `the log holds ${secret}`).toBe(false)
  }
})

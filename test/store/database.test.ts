import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { startService } from '../../src/service.ts'
import { bounce, postWebhook, until } from '../support/postmark.ts'
import { startProxy } from '../support/proxy.ts'
import { client, freshSettings, startTestService, testDatabaseUrl } from '../support/service.ts'

// A server can be cut off from the service; the embedded database cannot, so there the test stops it instead.
const losses = testDatabaseUrl === undefined ? (['closed'] as const) : (['cut', 'silent'] as const)

test.for(losses)(
  'answers 503 within 5 s while the database is %s, and works again by itself',
  async (loss) => {
    if (loss === 'closed') return withoutDatabase()
    const settings = await freshSettings()
    const url = new URL(settings.DATABASE_URL ?? '')
    const proxy = await startProxy({ host: url.hostname, port: Number(url.port || 5432) })
    onTestFinished(proxy.close)
    url.hostname = '127.0.0.1'
    url.port = `${proxy.port}`
    const config = loadConfig({ ...settings, DATABASE_URL: url.href })
    const service = await startService(config, pino({ level: 'silent' }))
    onTestFinished(service.close)
    const call = client(service)
    expect((await postWebhook(service, bounce(1, 'ada@example.com'))).status).toBe(200)
    expect((await call('GET', '/readyz')).status).toBe(200)

    if (loss === 'cut') await proxy.cut()
    else proxy.silence()
    const [webhook, check, ready] = await Promise.all([
      timed(() => postWebhook(service, bounce(2, 'bob@example.com'))),
      timed(() => call('GET', '/suppressions?email=ada@example.com')),
      timed(() => call('GET', '/readyz'))
    ])
    for (const { answer, ms } of [webhook, check, ready]) {
      expect(answer).toMatchObject({ status: 503, body: { code: 'database-unavailable' } })
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
      // Promised within 5 s; a busy machine is given one more.
      expect(ms).toBeLessThan(6_000)
    }
    expect((await call('GET', '/healthz')).status).toBe(200)

    await proxy.restore()
    await until(async () => (await call('GET', '/readyz')).status === 200)
    expect(await postWebhook(service, bounce(2, 'bob@example.com'))).toMatchObject({
      status: 200,
      body: { accepted: 1 }
    })
    for (const email of ['ada@example.com', 'bob@example.com']) {
      expect((await call('GET', `/suppressions?email=${email}`)).body.verdict).toBe('deny')
    }
  }
)

async function withoutDatabase(): Promise<void> {
  const service = await startTestService({}, pino({ level: 'silent' }))
  onTestFinished(service.close)
  expect((await postWebhook(service, bounce(1, 'ada@example.com'))).status).toBe(200)
  await service.database.close()
  const call = client(service)
  for (const answer of [
    await postWebhook(service, bounce(2, 'bob@example.com')),
    await call('GET', '/suppressions?email=ada@example.com'),
    await call('GET', '/readyz')
  ]) {
    expect(answer).toMatchObject({ status: 503, body: { code: 'database-unavailable' } })
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  }
  expect((await call('GET', '/healthz')).status).toBe(200)
}

async function timed<T>(ask: () => Promise<T>): Promise<{ answer: T; ms: number }> {
  const started = performance.now()
  return { answer: await ask(), ms: performance.now() - started }
}

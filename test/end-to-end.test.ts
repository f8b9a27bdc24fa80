import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { type Event, providerNames } from '../src/events/event.ts'
import type { Service } from '../src/service.ts'
import { client, sharedService } from './support/service.ts'
import { type SignedWebhook, type Signer, signers } from './support/signed-webhooks.ts'
import { eventually, startSubscriber } from './support/subscriber.ts'

const post = (service: Service, path: string, webhook: SignedWebhook) =>
  fetch(`${service.url}${path}`, { method: 'POST', ...webhook })

async function makeSource(service: Service, provider: (typeof providerNames)[number]) {
  const signer: Signer = signers[provider]()
  const source = await client(service)('POST', '/sources', {
    name: `test ${provider}`,
    provider,
    credentials: signer.credentials
  })
  expect(source.status).toBe(201)
  return { signer, path: source.body.webhook_path as string }
}

test.for(providerNames)(
  'a signed %s bounce becomes verdict, event, decision and delivery',
  async (provider) => {
    const service = await sharedService()
    const call = client(service)
    const subscriber = await startSubscriber()
    const endpoint = (await call('POST', '/endpoints', { url: subscriber.url })).body
    const { signer, path } = await makeSource(service, provider)

    const answer = await post(service, path, signer.hardBounce('Ada@Example.org'))
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { accepted: 1, duplicates: 0, quarantined: 0 }
    ])

    const verdict = (await call('GET', '/suppressions?email=ada@example.org')).body
    expect(verdict).toMatchObject({
      email: 'ada@example.org',
      verdict: 'deny',
      suppressed: true,
      reason: 'unknown_mailbox',
      data: [{ scope: 'all', state: 'active', reason: 'unknown_mailbox' }]
    })

    const [entry] = verdict.data
    const event: Event = (await call('GET', `/events/${entry.event_id}`)).body
    expect(event).toMatchObject({
      type: 'email.bounced',
      data: {
        recipient: { domain: 'example.org' },
        smtp: { code: 550, enhanced: '5.1.1', spoken_by: 'receiver' },
        provider: { name: provider, will_retry: false },
        classification: { reason: 'unknown_mailbox', fault: 'recipient', permanence: 'permanent' },
        decision: { id: entry.decision_id, action: 'suppress' }
      }
    })
    const decision = (await call('GET', `/decisions/${verdict.decision_id}`)).body
    expect(decision).toMatchObject({
      event_id: event.id,
      action: 'suppress',
      rule: 'no-such-mailbox',
      policy_version: 1
    })

    const delivery = await eventually(() => subscriber.received[0])
    const delivered = new Webhook(endpoint.secret).verify(delivery.body, delivery.headers) as Event
    expect(delivered).toEqual(event)
    subscriber.close()
  }
)

test.for(providerNames)(
  'the same %s webhook twice, and ten times at once, counts once',
  async (provider) => {
    const service = await sharedService()
    const call = client(service)
    const subscriber = await startSubscriber()
    await call('POST', '/endpoints', { url: subscriber.url })
    const { signer, path } = await makeSource(service, provider)
    const webhook = signer.hardBounce('bob@example.net')

    const atOnce = await Promise.all(Array.from({ length: 10 }, () => post(service, path, webhook)))
    const again = await post(service, path, webhook)
    const answers = await Promise.all(
      [...atOnce, again].map(
        (response) => response.json() as Promise<{ accepted: number; duplicates: number }>
      )
    )
    expect(answers.reduce((sum, answer) => sum + answer.accepted, 0)).toBe(1)
    expect(answers.reduce((sum, answer) => sum + answer.duplicates, 0)).toBe(10)
    expect(answers.at(-1)).toEqual({ accepted: 0, duplicates: 1, quarantined: 0 })

    expect((await call('GET', '/events')).body.data).toHaveLength(1)
    expect((await call('GET', '/decisions')).body.data).toHaveLength(1)
    // A second event goes through the same lane, so a second delivery of the first would come before it.
    await post(service, path, signer.hardBounce('carol@example.net', 1))
    await eventually(() => subscriber.received.find(({ body }) => body.includes('carol')))
    expect(subscriber.received).toHaveLength(2)
    subscriber.close()
  }
)

test('a repeated Mailgun token with another body is refused and stores nothing', async () => {
  const service = await sharedService()
  const call = client(service)
  const { signer, path } = await makeSource(service, 'mailgun')
  const webhook = signer.hardBounce('dave@example.net')
  expect((await post(service, path, webhook)).status).toBe(200)
  const forged = { ...webhook, body: webhook.body.replaceAll('dave@', 'erin@') }
  const answer = await post(service, path, forged)
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
    403,
    'replayed'
  ])
  expect((await call('GET', '/suppressions?email=erin@example.net')).body.verdict).toBe('allow')
})

test('a delivery that failed is tried again under the same id', async () => {
  const service = await sharedService()
  const subscriber = await startSubscriber((n) => (n === 1 ? 500 : 200))
  await client(service)('POST', '/endpoints', { url: subscriber.url })
  const { signer, path } = await makeSource(service, 'postmark')
  await post(service, path, signer.hardBounce('frank@example.net'))
  await eventually(() => subscriber.received[0])
  const second = await eventually(() => subscriber.received[1])
  expect(second.headers['webhook-id']).toBe(subscriber.received[0]?.headers['webhook-id'])
  expect(second.body).toBe(subscriber.received[0]?.body)
  subscriber.close()
})

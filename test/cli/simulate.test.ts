import { expect, test } from 'vitest'
import { simulators } from '../../src/cli/simulate/index.ts'
import { type ProviderName, providerNames } from '../../src/events/event.ts'
import { mailgun } from '../../src/providers/mailgun.ts'
import { postmark } from '../../src/providers/postmark.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { sendgrid } from '../../src/providers/sendgrid.ts'
import { ses } from '../../src/providers/ses.ts'

// Each adapter takes credentials of its own; the simulator's are checked against its schema below.
const adapters = { ses, sendgrid, postmark, mailgun } as Record<ProviderName, Provider>
const now = new Date('2026-08-30T09:00:00.123Z')
const tools = {
  now,
  fetchCertificate: () => Promise.reject(new Error('no certificate is fetched'))
}
const accounts = Object.fromEntries(
  providerNames.map((name) => [name, simulators[name].keys()])
) as Record<ProviderName, ReturnType<(typeof simulators)['ses']['keys']>>

const cases = providerNames.flatMap((name) =>
  Object.keys(simulators[name].events).map((event) => [name, event] as const)
)

/** Events that are about nobody in particular, and kinds that are no news of a mail. */
const aboutNobody = new Set(['sendgrid.account-status-change'])
const unknown = new Set([
  ...aboutNobody,
  'postmark.subscribe',
  'postmark.open-relay-test',
  'postmark.inbound-error'
])

test.for(cases)('%s.%s passes the adapter and is about the recipient', async ([name, event]) => {
  const { credentials, sign } = accounts[name]
  const payload = simulators[name].events[event]?.('Ada@example.org', now, 7)
  const request = sign(payload, now)
  await adapters[name].authenticate(request, credentials, tools)
  const { events, unreadable } = adapters[name].parse(request)
  expect(unreadable).toEqual([])
  expect(events).toHaveLength(1)
  const [read] = events
  expect(read?.recipient).toBe(aboutNobody.has(`${name}.${event}`) ? null : 'Ada@example.org')
  expect(read?.test).toBe(false)
  expect(read?.type === 'email.unknown').toBe(unknown.has(`${name}.${event}`))
  const age = now.getTime() - (read?.time ?? now).getTime()
  expect(age >= 0 && age <= 2000).toBe(true)
})

test.for(providerNames)('%s: its credentials are ones the adapter takes', (name) => {
  expect(adapters[name].check(accounts[name].credentials)).toEqual([])
})

test.for(providerNames)('%s: another account does not pass', async (name) => {
  const [builder] = Object.values(simulators[name].events)
  const request = simulators[name].keys().sign(builder?.('ada@example.org', now, 0), now)
  await expect(
    adapters[name].authenticate(request, accounts[name].credentials, tools)
  ).rejects.toHaveProperty('code')
})

test.for(cases)('%s.%s: a number makes an event of its own, the same again', ([name, event]) => {
  const build = simulators[name].events[event]
  const identity = (n: number, at = now) => {
    const request = accounts[name].sign(build?.('ada@example.org', at, n), at)
    return adapters[name].parse(request).events[0]?.identity.join('\n')
  }
  expect(build?.('ada@example.org', now, 1)).toEqual(build?.('ada@example.org', now, 1))
  expect(identity(1)).toBe(identity(1))
  if (aboutNobody.has(`${name}.${event}`)) return
  expect(identity(2)).not.toBe(identity(1))
})

test('SendGrid signs a batch of several events', async () => {
  const { credentials, sign } = accounts.sendgrid
  const { bounce, delivered } = simulators.sendgrid.events
  const payloads = [bounce?.('ada@example.org', now, 1), delivered?.('bob@example.org', now, 2)]
  const request = sign(payloads, now)
  await sendgrid.authenticate(request, credentials as { public_keys: string[] }, tools)
  expect(request.body.toString()).toMatch(/},\r\n{[\s\S]*}]\r\n$/)
  expect(sendgrid.parse(request).events.map((event) => event.recipient)).toEqual([
    'ada@example.org',
    'bob@example.org'
  ])
})

test('one mail keeps its message id over its events', () => {
  for (const name of providerNames) {
    const ids = ['delivered', 'delivery', 'opened', 'open', 'clicked', 'click'].flatMap((event) => {
      const build = simulators[name].events[event]
      if (!build) return []
      const request = accounts[name].sign(build('ada@example.org', now, 3), now)
      return adapters[name].parse(request).events.map((read) => read.message.provider_id)
    })
    expect(ids).toHaveLength(3)
    expect(new Set(ids).size).toBe(1)
  }
})

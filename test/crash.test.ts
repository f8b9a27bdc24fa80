import { expect, test } from 'vitest'
import { startProcess } from './support/process.ts'
import { adminKey, freshSettings } from './support/service.ts'
import { signers } from './support/signed-webhooks.ts'

/** `npm run soak` asks for many more. */
const rounds = Number(process.env.SOAK_ROUNDS ?? 5)

test(
  'after a kill -9 under load every event that was answered 200 is there, once',
  async () => {
    const settings = await freshSettings()
    const signer = signers.postmark()
    const { basic_auth } = signer.credentials as { basic_auth: string }
    const environment = { ...settings, POSTMARK_BASIC_AUTH: basic_auth }
    const answered = new Set<string>()
    const posted = new Set<string>()
    let n = 0

    for (let round = 0; round < rounds; round++) {
      const service = await startProcess(environment)
      let killed = false
      const senders = Array.from({ length: 16 }, async () => {
        while (!killed) {
          const id = n++
          const address = `user${id}@example.org`
          posted.add(address)
          const webhook = signer.hardBounce(address, id)
          try {
            const response = await fetch(`${service.url}/webhooks/postmark`, {
              method: 'POST',
              ...webhook
            })
            if (response.status === 200) answered.add(address)
          } catch {
            // The kill cut the connection: the provider would send it again.
          }
        }
      })
      const before = answered.size
      while (answered.size < before + 100) await new Promise((resolve) => setTimeout(resolve, 5))
      await service.stop('SIGKILL')
      killed = true
      await Promise.all(senders)
    }

    const service = await startProcess(environment)
    const found: string[] = []
    let cursor: string | null = null
    do {
      const query = cursor === null ? '' : `&cursor=${cursor}`
      const response = await fetch(`${service.url}/events?limit=1000${query}`, {
        headers: { authorization: `Bearer ${adminKey}` }
      })
      const page = (await response.json()) as {
        data: { subject: string }[]
        next_cursor: string | null
      }
      found.push(...page.data.map((event) => event.subject))
      cursor = page.next_cursor
    } while (cursor !== null)
    await service.stop()

    expect(new Set(found).size).toBe(found.length)
    expect([...answered].filter((address) => !found.includes(address))).toEqual([])
    expect(found.filter((address) => !posted.has(address))).toEqual([])
    expect(answered.size).toBeGreaterThanOrEqual(100 * rounds)
  },
  120_000 + 20_000 * rounds
)

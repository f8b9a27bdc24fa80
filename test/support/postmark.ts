/** Webhooks as Postmark posts them: the provider whose authentication needs no signing. */
import type { Service } from '../../src/service.ts'

export const postmarkAuth = `Basic ${Buffer.from('hook:s3cret:with-colon').toString('base64')}`

/** A hard bounce that names the address unknown; every `id` is an event of its own. */
export function bounce(id: number, email: string, more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    RecordType: 'Bounce',
    MessageStream: 'outbound',
    ID: id,
    Type: 'HardBounce',
    TypeCode: 1,
    MessageID: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    Details: 'smtp;550 5.1.1 Recipient address rejected: User unknown in virtual mailbox table',
    Email: email,
    From: 'billing@example.com',
    BouncedAt: new Date().toISOString(),
    Inactive: true,
    ...more
  })
}

export async function postWebhook(
  service: Pick<Service, 'url'>,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = { authorization: postmarkAuth },
  source = 'postmark'
) {
  const response = await fetch(`${service.url}/webhooks/${source}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body
  })
  return {
    status: response.status,
    headers: response.headers,
    body: JSON.parse(await response.text())
  }
}

/** Asks again until the answer is there; the test's own time limit ends it. */
export async function until<T>(ask: () => Promise<T | null | undefined | false>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

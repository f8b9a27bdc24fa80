/** A subscriber's endpoint on loopback: keeps what it gets, answers what it is told to. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  headers: Record<string, string>
  body: string
}

export async function startSubscriber(answer: (n: number) => number = () => 200) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      received.push({
        headers: request.headers as Record<string, string>,
        body: Buffer.concat(chunks).toString('utf8')
      })
      response.writeHead(answer(received.length)).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    received,
    close: () => server.close()
  }
}

/** Waits until `look` finds something; fails after ten seconds. */
export async function eventually<T>(
  look: () => T | undefined | Promise<T | undefined>
): Promise<T> {
  for (const started = Date.now(); ; ) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() - started > 10_000) throw new Error('it did not happen within ten seconds')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

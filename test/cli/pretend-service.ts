import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppError } from '../../src/errors.ts'
import { type ProviderName, providerNames } from '../../src/events/event.ts'
import { mailgun } from '../../src/providers/mailgun.ts'
import { postmark } from '../../src/providers/postmark.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { sendgrid } from '../../src/providers/sendgrid.ts'
import { ses } from '../../src/providers/ses.ts'

const adapters = { ses, sendgrid, postmark, mailgun } as Record<ProviderName, Provider>

export const key = 'mv_cli_0123456789abcdef'

interface Source {
  name: string
  provider: ProviderName
  credentials: unknown
}

/** The few routes that a command asks, on a real port, with the real adapters behind the webhooks. */
export class PretendService {
  readonly sources = new Map<string, Source>()
  readonly everySource: Source[] = []
  readonly recipients: string[] = []
  readonly arrivals: number[] = []
  /** Answers this status to every webhook instead. */
  refuses: number | null = null
  url = ''
  private readonly server: Server

  constructor() {
    this.server = createServer((request, response) => {
      const answer = this.answer(request).catch((error: Error): [number, unknown] => [
        error instanceof AppError ? 403 : 500,
        { title: 'Refused', detail: error.message }
      ])
      void answer.then(([status, body]) => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(body === null ? undefined : JSON.stringify(body))
      })
    })
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private async answer(request: IncomingMessage): Promise<[status: number, body: unknown]> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const { method } = request
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x')
    if (method === 'POST' && pathname.startsWith('/webhooks/')) {
      return this.receive(pathname.slice('/webhooks/'.length), request.headers, body)
    }
    if (request.headers.authorization !== `Bearer ${key}`) {
      return [401, { title: 'Unauthorized', detail: 'Send a valid key.', code: 'unauthorized' }]
    }
    if (method === 'POST' && pathname === '/sources') return this.make(JSON.parse(body.toString()))
    if (method === 'DELETE' && pathname.startsWith('/sources/')) {
      const known = this.sources.delete(pathname.slice('/sources/'.length))
      return known ? [204, null] : [404, { title: 'Not found', detail: 'No such source.' }]
    }
    if (method === 'GET' && pathname === '/suppressions') return this.check(searchParams)
    return [404, { title: 'Not found', detail: 'No such route.' }]
  }

  private make(source: Source): [number, unknown] {
    if (!providerNames.includes(source.provider)) return [400, { title: 'Bad request' }]
    const id = `src_${this.everySource.length + 1}`
    this.sources.set(id, source)
    this.everySource.push(source)
    return [201, { id, name: source.name }]
  }

  private async receive(
    id: string,
    headers: IncomingMessage['headers'],
    body: Buffer
  ): Promise<[number, unknown]> {
    const source = this.sources.get(id)
    if (!source) return [404, { title: 'No such source' }]
    if (this.refuses !== null) return [this.refuses, { title: 'Not now' }]
    const adapter = adapters[source.provider]
    const request = { headers: headers as Record<string, string>, body }
    this.arrivals.push(performance.now())
    await adapter.authenticate(request, source.credentials, {
      now: new Date(),
      fetchCertificate: () => Promise.reject(new Error('no certificate is fetched'))
    })
    const { events, unreadable } = adapter.parse(request)
    this.recipients.push(...events.map((event) => event.recipient ?? ''))
    const counts = { accepted: events.length, duplicates: 0, quarantined: unreadable.length }
    return [200, counts]
  }

  private check(query: URLSearchParams): [number, unknown] {
    const email = query.get('email')
    const heard = this.recipients.includes(email ?? '')
    const entry = {
      scope: 'all',
      reason: 'unknown_mailbox',
      expires_at: '2027-08-30T09:00:00.000Z'
    }
    const told = { reason: 'unknown_mailbox', decision_id: 'dec_1', data: [entry] }
    const nothing = { reason: null, decision_id: null, data: [] }
    return [
      200,
      {
        email,
        verdict: heard ? 'deny' : 'allow',
        suppressed: heard,
        not_before: null,
        ...(heard ? told : nothing)
      }
    ]
  }
}

/**
 * Webhooks and checks a second against a bare Fastify route in the same run, over loopback:
 *
 *   npx tsx bench/ingest.ts
 *   scripts/with-postgres.sh npx tsx bench/ingest.ts
 *
 * Each load runs for a fixed number of requests. Read the ratios: machines differ and are noisy.
 */
import Fastify from 'fastify'
import { Pool } from 'undici'
import { client, startTestService } from '../test/support/service.ts'
import { signers } from '../test/support/signed-webhooks.ts'

const requests = 4_000

const bare = Fastify()
bare.post('/', async () => ({ accepted: 1, duplicates: 0, quarantined: 0 }))
const bareUrl = await bare.listen({ host: '127.0.0.1', port: 0 })
const service = await startTestService({ LOG_LEVEL: 'silent' })
const signer = signers.postmark()
const source = await client(service)('POST', '/sources', {
  name: 'bench',
  provider: 'postmark',
  credentials: signer.credentials
})
const authorization = { authorization: `Bearer ${service.config.ADMIN_API_KEY}` }

let n = 0
const loads: [name: string, concurrency: number, url: string, request: () => Request][] = [
  ['bare Fastify', 64, bareUrl, () => ({ path: '/', ...webhook() })],
  [
    'webhooks, one at a time',
    1,
    service.url,
    () => ({ path: source.body.webhook_path, ...webhook() })
  ],
  [
    'webhooks, 64 at once',
    64,
    service.url,
    () => ({ path: source.body.webhook_path, ...webhook() })
  ],
  [
    'checks, 64 at once',
    64,
    service.url,
    () => ({ path: `/suppressions?email=user${n++ % 5_000}@example.org`, headers: authorization })
  ]
]

interface Request {
  path: string
  headers: Record<string, string>
  body?: string
}

function webhook() {
  const id = n++
  return signer.hardBounce(`user${id}@example.org`, id)
}

let base = 0
for (const [name, concurrency, url, make] of loads) {
  const pool = new Pool(url, { connections: concurrency })
  const count = concurrency === 1 ? requests / 8 : requests
  let left = count
  const started = performance.now()
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) {
        const { path, headers, body } = make()
        const answer = await pool.request({
          path,
          method: body === undefined ? 'GET' : 'POST',
          headers,
          ...(body === undefined ? {} : { body })
        })
        await answer.body.dump()
        if (answer.statusCode !== 200) throw new Error(`${name}: ${answer.statusCode}`)
      }
    })
  )
  const rate = (count / (performance.now() - started)) * 1_000
  if (base === 0) base = rate
  console.log(
    `${name.padEnd(26)}${rate.toFixed(0).padStart(8)} a second ${(rate / base).toFixed(2).padStart(8)}`
  )
  await pool.close()
}
await bare.close()
await service.close()

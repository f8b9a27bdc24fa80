/** Fetches what adapters ask for: SNS certificates and subscription confirmations. */
import { request } from 'undici'
import { AppError } from '../errors.ts'

const freshFor = 24 * 3_600_000
/** A failure is remembered, so that one bad address costs one request in a while. */
const failedFor = 5_000
/** Fetches under way at once: whoever knows a topic can name new addresses without end. */
const mostFetches = 4
const mostCached = 50
const largest = 65_536
const deadline = 5_000

/** A certificate fetcher with a bounded cache; requests for one URL at the same time share one fetch. */
export function createCertificateFetcher(): (url: string) => Promise<string> {
  const cache = new Map<string, { pem: Promise<string>; until: number }>()
  let fetches = 0
  return (url) => {
    const cached = cache.get(url)
    if (cached !== undefined && cached.until > Date.now()) return cached.pem
    if (fetches >= mostFetches) return Promise.reject(unavailable())
    fetches++
    const pem = fetchText(url).finally(() => {
      fetches--
    })
    const entry = { pem, until: Date.now() + freshFor }
    pem.catch(() => {
      entry.until = Date.now() + failedFor
    })
    for (const [known, { until }] of cache) {
      // Failures and what has run out go first; a certificate in use is the last to go.
      if (cache.size >= mostCached && until < Date.now() + freshFor / 2) cache.delete(known)
    }
    if (cache.size >= mostCached) cache.delete(cache.keys().next().value ?? '')
    cache.set(url, entry)
    return pem
  }
}

/**
 * Gets a URL that an adapter has validated: no redirect, at most 64 KiB, five seconds in all. Throws
 * `upstream-unavailable`, which makes the provider send again.
 */
export async function fetchText(url: string): Promise<string> {
  try {
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(deadline) })
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > largest) throw new Error('the answer is too large')
      chunks.push(chunk)
    }
    if (statusCode !== 200) throw new Error(`the answer was ${statusCode}`)
    return Buffer.concat(chunks).toString('utf8')
  } catch (cause) {
    throw unavailable(cause)
  }
}

function unavailable(cause?: unknown): AppError {
  return new AppError(
    'upstream-unavailable',
    'An address of Amazon SNS cannot be fetched at the moment; check that this service may reach it. It is tried again with the next delivery.',
    { cause }
  )
}

/** Fetches what adapters ask for: SNS certificates and subscription confirmations. */
import { request } from 'undici'
import { AppError } from '../errors.ts'

const freshFor = 24 * 3_600_000
const mostCached = 50
const largest = 65_536
const deadline = 5_000

/** A certificate fetcher with a bounded cache; requests for one URL at the same time share one fetch. */
export function createCertificateFetcher(): (url: string) => Promise<string> {
  const cache = new Map<string, { pem: Promise<string>; until: number }>()
  return (url) => {
    const cached = cache.get(url)
    if (cached !== undefined && cached.until > Date.now()) return cached.pem
    const pem = fetchText(url)
    if (cache.size >= mostCached) cache.delete(cache.keys().next().value ?? '')
    cache.set(url, { pem, until: Date.now() + freshFor })
    pem.catch(() => cache.delete(url))
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
    throw new AppError(
      'upstream-unavailable',
      'An address of Amazon SNS cannot be fetched at the moment; check that this service may reach it. It is tried again with the next delivery.',
      { cause }
    )
  }
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import { isFields } from '../providers/json-body.ts'
import type { Terminal } from './command.ts'

/** A running service, as a command speaks to it. */
export interface Service {
  url: string
  /** Asks the API with the key. Throws AppError unless the answer is a success. */
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown>
  /** Posts as a stranger would, and gives back whatever is answered. */
  post(path: string, headers: Record<string, string>, body: Buffer): Promise<Answer>
}

export interface Answer {
  status: number
  /** Parsed JSON, or the text where it is none. */
  body: unknown
}

/**
 * The service that options, the environment, or the files of a service started in this folder name, in
 * this order.
 */
export function findService(
  given: { url?: string | undefined; key?: string | undefined },
  { environment }: Terminal
): Service {
  const url = readUrl(given.url ?? environment.MAILVERDICT_URL ?? 'http://127.0.0.1:8080')
  const key = given.key ?? environment.MAILVERDICT_API_KEY ?? keyInFile(environment.DATA_DIR)
  return {
    url,
    async ask(method, path, body) {
      const headers = {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' })
      }
      const sent = body === undefined ? null : JSON.stringify(body)
      const answer = await send(url, method, path, headers, sent)
      if (answer.status >= 200 && answer.status < 300) return answer.body
      throw refusal(answer, `${method} ${path.replace(/\?.*/, '')}`)
    },
    post: (path, headers, body) => send(url, 'POST', path, headers, body)
  }
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new AppError('request-invalid', `${text} is no URL such as http://127.0.0.1:8080.`)
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

function keyInFile(folder = 'data'): string {
  const path = join(folder, 'admin-key')
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    throw new AppError(
      'unauthorized',
      `There is no key: pass --key, set MAILVERDICT_API_KEY, or run this where the service keeps ${path}.`,
      { cause }
    )
  }
}

async function send(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string | Buffer | null
): Promise<Answer> {
  try {
    // A typed array, since the platform's types do not take every Buffer for a body.
    const sent = body === null || typeof body === 'string' ? body : new Uint8Array(body)
    const response = await fetch(`${url}${path}`, { method, headers, body: sent })
    return { status: response.status, body: parsed(await response.text()) }
  } catch (cause) {
    throw new AppError(
      'upstream-unavailable',
      `Nothing answers at ${url}. Start the service, or say where it is with --url or MAILVERDICT_URL.`,
      { cause }
    )
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function refusal({ status, body }: Answer, what: string): AppError {
  const detail = textIn(body, 'detail') ?? textIn(body, 'title') ?? 'no reason given'
  if (status === 401 || status === 403) {
    return new AppError(
      status === 401 ? 'unauthorized' : 'forbidden',
      `The service does not take this key for ${what} (${status}): ${detail} The key comes from --key, MAILVERDICT_API_KEY or the file admin-key in the service's DATA_DIR.`
    )
  }
  return new AppError('request-invalid', `${what} was answered ${status}: ${detail}`)
}

/** A text out of an answer; null where it is missing. */
export function textIn(body: unknown, name: string): string | null {
  const value = fieldIn(body, name)
  return typeof value === 'string' ? value : null
}

export function fieldIn(body: unknown, name: string): unknown {
  return isFields(body) ? body[name] : undefined
}

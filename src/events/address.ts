import { domainToASCII } from 'node:url'

/** An email address as it is stored, shown and compared. */
export interface Address {
  /** Local part as received, domain in lower-case A-labels (RFC 5890). */
  address: string
  /**
   * What look-ups compare: all in lower case. Local parts are case-sensitive by RFC 5321 section 2.4, but
   * providers and receivers return them in another case than they were sent.
   */
  key: string
  domain: string
}

const longest = 320

/**
 * Takes an address out of what people and providers write: display names, angle brackets, `mailto:`,
 * `rfc822;`, a trailing dot, an internationalised domain. Null if there is none.
 */
export function parseAddress(written: string): Address | null {
  if (written.length > 2 * longest) return null
  let text = written.trim()
  const bracket = /<([^<>]*)>\s*$/.exec(text)
  if (bracket?.[1] !== undefined) text = bracket[1].trim()
  text = text.replace(/^(?:mailto:|rfc822;)\s*/i, '')
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at)
  // RFC 5321 section 4.5.3.1: 64 octets of local part, 255 of domain.
  if (at < 1 || Buffer.byteLength(local) > 64 || !isLocalPart(local)) return null
  const domain = canonicalDomain(text.slice(at + 1))
  if (domain === null) return null
  return { address: `${local}@${domain}`, key: `${local.toLowerCase()}@${domain}`, domain }
}

/** Lower-case A-labels without the trailing dot; null if it is no domain name or address literal. */
export function canonicalDomain(written: string): string | null {
  const text = written.trim().replace(/\.$/, '')
  if (/^\[[0-9a-f:.]+\]$/i.test(text) || /^\[ipv6:[0-9a-f:.]+\]$/i.test(text))
    return text.toLowerCase()
  if (text === '' || /[^\p{L}\p{N}\p{M}.\-_。．｡]/u.test(text)) return null
  // ASCII stays as it is: versions of Node differ over which A-labels are sound, and one address must have
  // one key on every machine.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is ASCII itself
  const isAscii = /^[\x00-\x7f]*$/.test(text)
  const ascii = isAscii ? text.toLowerCase() : domainToASCII(text)
  // An IPv4 address or what the URL standard reads as one (`1.2`, `0x7f`) is no mail domain.
  if (/(?:^|\.)(?:\d+|0x[\da-f]*)$/.test(ascii)) return null
  const labels = ascii.split('.')
  const fits = ascii.length <= 253 && labels.every((l) => l.length > 0 && l.length <= 63)
  return ascii !== '' && fits ? ascii : null
}

function isLocalPart(local: string): boolean {
  // Neither control characters nor lone surrogates: no text column holds them.
  if (/[\p{Cc}\p{Cs}]/u.test(local)) return false
  if (local.startsWith('"')) return /^"(?:[^"\\]|\\.)*"$/.test(local)
  return !/[\s"(),:;<>@[\\\]]/.test(local)
}

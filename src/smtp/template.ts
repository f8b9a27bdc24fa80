/**
 * A reply's template: what stays the same when the same server says the same thing about another address, from
 * another IP, on another day. Used to group and to count texts.
 */

const masks: readonly (readonly [pattern: RegExp, mask: string])[] = [
  [/\bhttps?:\/\/[^\s<>"')\]]+/gi, '<url>'],
  [/[^\s<>"'()[\],;:]{1,254}@[^\s<>"'()[\],;:]{1,254}/g, '<address>'],
  [/<<address>>/g, '<address>'],
  [/(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w.]\d)/g, '<ip>'],
  [/(?<![\w:])[\da-f]{0,4}:[\da-f]{0,4}:[\da-f:.]{1,40}(?![\w:])/gi, '<ip>'],
  [/(?<![\w.-])(?:[a-z0-9_-]{1,63}\.){1,8}[a-z]{2,18}(?![\w-]|\.\w)/gi, '<host>'],
  // Queue, message and session ids: letters and digits mixed, eight or more.
  [/(?<![\w-])(?=[\w-]{0,40}\d)(?=[\w-]{0,40}[a-z])[\w-]{8,200}(?:\.\d+)?(?![\w-])/gi, '<id>'],
  [/(?<![\w<])\d+(?:[.,:/-]\d{1,20}){0,20}(?!\w)/g, '<n>']
]

/** Masks addresses, links, hosts, IPs, ids and numbers; folds white space and case. */
export function templateOf(text: string): string {
  let masked = text.slice(0, 4096)
  for (const [pattern, mask] of masks) masked = masked.replace(pattern, mask)
  return masked.replace(/\s+/g, ' ').trim().toLowerCase()
}

/**
 * Reads text as a row of words, so that rules need not care about case, inflection, punctuation, articles,
 * addresses, hosts and ids: `The user's mailbox <a@b.example> isn't FULL.` reads `user mailbox @ not full`.
 * One pass, no regular expression over the whole.
 */

export interface Words {
  /** Vocabulary numbers, 0 for a word that no rule knows. */
  readonly ids: number[]
  /** Where each word stands in the text. */
  readonly starts: number[]
  readonly ends: number[]
}

export const unknownWord = 0
/** An e-mail address: rules look through it, so that it may stand anywhere in a phrase. */
export const addressWord = 1
export const ipWord = 2
export const numberWord = 3

/** Words that carry no meaning here; auxiliary verbs too, so that `has been blocked` reads `blocked`. */
const stopWords = new Set(
  (
    'a an the this that these those your our their his her its is are was were be been being has had do ' +
    'does did can could will would may might please sorry currently also very just so e already'
  ).split(' ')
)

const negations = new Set(['cannot', 'dont', 'doesnt', 'didnt', 'isnt', 'wasnt', 'cant', 'wont'])

/** Two words that are often written as one. */
const compounds: readonly (readonly [string, string, string])[] = [
  ['mail', 'box', 'mailbox'],
  ['black', 'list', 'blacklist'],
  ['block', 'list', 'blocklist'],
  ['grey', 'list', 'greylist'],
  ['gray', 'list', 'greylist'],
  ['white', 'list', 'whitelist'],
  ['user', 'name', 'username'],
  ['user', 'id', 'userid'],
  ['over', 'quota', 'overquota'],
  ['host', 'name', 'hostname'],
  ['un', 'known', 'unknown'],
  ['time', 'out', 'timeout'],
  ['look', 'up', 'lookup'],
  ['in', 'active', 'inactive'],
  ['non', 'existent', 'nonexistent'],
  ['start', 'tls', 'starttls'],
  ['black', 'hole', 'blackhole'],
  ['anti', 'spam', 'antispam'],
  ['anti', 'virus', 'antivirus'],
  ['through', 'put', 'throughput']
]

/** Spellings of one word, by stem. */
const spellings: Record<string, string> = {
  graylist: 'greylist',
  blackist: 'blacklist',
  recepient: 'recipient',
  recipent: 'recipient',
  reciepient: 'recipient',
  adress: 'address',
  unavaiabl: 'unavailabl',
  unavailab: 'unavailabl',
  unkown: 'unknown',
  unknow: 'unknown',
  existant: 'exist',
  existent: 'exist',
  nonexistant: 'nonexistent',
  unexist: 'nonexistent',
  inexist: 'nonexistent',
  inexistent: 'nonexistent',
  unauthorised: 'unauthorized',
  authoris: 'authoriz',
  recognis: 'recogniz',
  unrecognis: 'unrecogniz',
  exceded: 'exceed',
  excede: 'exceed',
  ehlo: 'helo'
}

/** `listed` accuses, a `list` is just a list; `limited` and `expected` likewise. */
const unstemmed = new Set(['listed', 'listing', 'limited', 'during', 'string'])

/**
 * A light English stem: `blocked`, `blocks`, `blocking` are one word. Rules go through it too, so it only
 * has to be the same on both sides. Marks (`^spamhaus`) and short words stay.
 */
export function stem(word: string): string {
  const plain = fold(word)
  if (unstemmed.has(plain)) return plain
  const short = plain.length < 4 ? plain : withoutE(withoutEnding(plain))
  return Object.hasOwn(spellings, short) ? (spellings[short] ?? short) : short
}

function withoutEnding(word: string): string {
  const n = word.length
  if (n > 4 && (word.endsWith('ies') || word.endsWith('ied'))) return `${word.slice(0, -3)}y`
  if (word.endsWith('eed')) return word
  if (n > 5 && word.endsWith('ily')) return `${word.slice(0, -3)}y`
  if (n > 5 && word.endsWith('ing')) return undouble(word.slice(0, -3))
  if (n > 4 && word.endsWith('ed')) return undouble(word.slice(0, -2))
  if (n > 5 && word.endsWith('ly')) return word.slice(0, -2)
  if (n > 4 && /(?:x|ch|sh|ss|z)es$/.test(word)) return word.slice(0, -2)
  if (word.endsWith('s') && !/[sui]s$/.test(word)) return word.slice(0, -1)
  return word
}

function withoutE(word: string): string {
  return word.length > 4 && word.endsWith('e') ? word.slice(0, -1) : word
}

function undouble(word: string): string {
  return /([bdgmnprt])\1$/.test(word) ? word.slice(0, -1) : word
}

const letters: Record<string, string> = {
  ł: 'l',
  ß: 'ss',
  ø: 'o',
  æ: 'ae',
  œ: 'oe',
  đ: 'd',
  ı: 'i'
}

/** Without accents, so that `rejeté` and `rejete` are one word. */
function fold(word: string): string {
  if (!/[\u0080-\uffff]/.test(word) || /[\u3040-\ud7af]/.test(word)) return word
  return word
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[łßøæœđı]/g, (letter) => letters[letter] ?? letter)
}

/** The words that rules use, numbered; text is read against them. */
export class Vocabulary {
  readonly #ids = new Map<string, number>([
    ['@', addressWord],
    ['#ip', ipWord],
    ['#', numberWord]
  ])
  /** Compounds by their first word. */
  readonly #merges: Map<number, number>[] = []
  /** Raw spellings seen so far; emptied when full, so that hostile text cannot make it grow. */
  readonly #seen = new Map<string, number>()

  constructor() {
    for (const [first, second, whole] of compounds) {
      if (second === 'list') {
        for (const form of ['listed', 'listing']) {
          this.#merge(first, form, whole)
        }
      }
      this.#merge(first, second, whole)
    }
  }

  #merge(first: string, second: string, whole: string): void {
    const id = this.add(first)
    const byNext = this.#merges[id] ?? new Map<number, number>()
    byNext.set(this.add(second), this.add(whole))
    this.#merges[id] = byNext
  }

  /** Numbers a word of a rule; null for a stop word. */
  add(word: string): number {
    const key = word.startsWith('^') || word === '@' || word.startsWith('#') ? word : stem(word)
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const id = this.#ids.size + 1
    this.#ids.set(key, id)
    this.#seen.clear()
    return id
  }

  /** Joins `host name` to `hostname` in a row of a rule, as reading a text does. */
  joinCompounds(row: readonly string[]): string[] {
    const joined: string[] = []
    for (const word of row) {
      const pair = `${joined.at(-1)} ${word}`
      const compound = compounds.find(([first, second]) => pair === `${first} ${second}`)
      if (compound) joined[joined.length - 1] = compound[2]
      else joined.push(word)
    }
    return joined
  }

  /** One more than the highest word number. */
  get size(): number {
    return this.#ids.size + 1
  }

  /** The numbers that rules name (`102`): each is also a number in general. */
  numbers(): number[] {
    return [...this.#ids].filter(([word]) => /^\d+$/.test(word)).map(([, id]) => id)
  }

  read(text: string): Words {
    const words: Words = { ids: [], starts: [], ends: [] }
    const length = text.length
    let at = 0
    while (at < length) {
      if (isBreak(text.charCodeAt(at))) {
        at++
        continue
      }
      const start = at
      let marks = 0
      for (; at < length; at++) {
        const code = text.charCodeAt(at)
        if (isBreak(code)) break
        if (code === 0x40) marks |= 1
        else if (code === 0x2e || code === 0x3a) {
          // At the end of a run they end a sentence.
          if (at + 1 < length && !isBreak(text.charCodeAt(at + 1))) marks |= code === 0x2e ? 2 : 4
        }
      }
      this.#readChunk(text, start, at, marks, words)
    }
    return words
  }

  #readChunk(text: string, start: number, end: number, marks: number, words: Words): void {
    const kind = marks === 0 ? 'words' : kindOf(text.slice(start, end), marks)
    if (kind === 'address') this.#readAddress(text, start, end, words)
    else if (kind === 'ip') push(words, ipWord, start, end)
    else if (kind === 'host') this.#readMarks(text, start, end, words)
    else if (kind === 'words') this.#readWords(text, start, end, words)
    else {
      this.#readWords(text, start, start + kind.from, words)
      this.#readMarks(text, start + kind.path, end, words)
    }
  }

  /** An address ends at a colon: `(ada@example.com:blocked)`. */
  #readAddress(text: string, start: number, end: number, words: Words): void {
    const chunk = text.slice(start, end)
    const colon = chunk.indexOf(':', chunk.indexOf('@'))
    const stop = colon < 0 ? end : start + colon
    pushAddress(words, start, stop)
    if (stop < end) this.#readWords(text, stop, end, words)
  }

  /** Host names and links: their words are marks (`^spamhaus`), never words of the sentence. */
  #readMarks(text: string, start: number, end: number, words: Words): void {
    let from = start
    for (let at = start; at <= end; at++) {
      if (at < end && isWord(text.charCodeAt(at))) continue
      if (at > from) {
        const id = this.#ids.get(`^${text.slice(from, at).toLowerCase()}`)
        if (id !== undefined) push(words, id, from, at)
      }
      from = at + 1
    }
    if (words.ids.length === 0 || words.ends[words.ends.length - 1] !== end) {
      push(words, unknownWord, start, end)
    }
  }

  #readWords(text: string, start: number, end: number, words: Words): void {
    let from = start
    for (let at = start; at <= end; at++) {
      const code = at < end ? text.charCodeAt(at) : 0
      if (isIdeograph(code)) {
        if (at > from) this.#readWord(text, from, at, words)
        push(words, this.#ids.get(text.charAt(at)) ?? unknownWord, at, at + 1)
        from = at + 1
      } else if (!isWord(code) && !(isApostrophe(code) && at > from && at + 1 < end)) {
        if (at > from) this.#readWord(text, from, at, words)
        from = at + 1
      }
    }
  }

  #readWord(text: string, from: number, to: number, words: Words): void {
    const raw = text.slice(from, to)
    // What begins with a digit is a number or an id: new each time, so not worth remembering.
    let id = isDigit(text.charCodeAt(from)) ? this.#numeral(raw) : this.#seen.get(raw)
    if (id === undefined) {
      id = this.#recognise(raw.toLowerCase())
      if (this.#seen.size >= 20_000) this.#seen.clear()
      this.#seen.set(raw, id)
    }
    if (id < 0) return
    const last = words.ids.length - 1
    const merged = last < 0 ? undefined : this.#merges[words.ids[last] ?? 0]?.get(id)
    if (merged !== undefined && from - (words.ends[last] ?? 0) <= 2) {
      words.ids[last] = merged
      words.ends[last] = to
      return
    }
    push(words, id, from, to)
  }

  #numeral(raw: string): number {
    const known = this.#ids.get(raw.toLowerCase())
    if (known !== undefined) return known
    for (let at = 0; at < raw.length; at++) {
      if (!isDigit(raw.charCodeAt(at))) return unknownWord
    }
    return numberWord
  }

  /** The number of a lower-case word; -1 for one to leave out. */
  #recognise(word: string): number {
    const plain = plainWord(word)
    if (plain === null) return -1
    return this.#ids.get(stem(plain)) ?? unknownWord
  }
}

/** Resolves apostrophes and negations, and drops stop words (null). */
export function plainWord(word: string): string | null {
  const straight = word.replace(/[\u2018\u2019`\u00b4]/g, "'").replace(/^'+|'+$/g, '')
  if (straight.endsWith("n't") || negations.has(straight)) return 'not'
  const bare = straight.replace(/'(?:s|re|ve|ll|d|m)$/, '').replaceAll("'", '')
  return bare === '' || stopWords.has(bare) ? null : bare
}

/** Several addresses in a row are one word, so that looking through them is a bounded step. */
function pushAddress(words: Words, start: number, end: number): void {
  const last = words.ids.length - 1
  if (words.ids[last] === addressWord) words.ends[last] = end
  else push(words, addressWord, start, end)
}

function push(words: Words, id: number, start: number, end: number): void {
  words.ids.push(id)
  words.starts.push(start)
  words.ends.push(end)
}

/** White space and the brackets, quotes and commas around things. */
function isBreak(code: number): boolean {
  return code < 0x80 && breaks[code] === 1
}

const breaks = new Uint8Array(0x80)
for (let code = 0; code <= 0x20; code++) breaks[code] = 1
for (const mark of '"(),;<>[]{}|') breaks[mark.charCodeAt(0)] = 1

function isWord(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0xaa && code < 0x2000 && code !== 0xab && code !== 0xbb && code !== 0xb4)
  )
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function isApostrophe(code: number): boolean {
  return code === 0x27 || code === 0x2019 || code === 0x2018 || code === 0x60 || code === 0xb4
}

/** Chinese, Japanese and Korean are read character by character. */
function isIdeograph(code: number): boolean {
  return code >= 0x3040 && code <= 0xd7af
}

type Kind = 'address' | 'ip' | 'host' | 'words' | { from: number; path: number }

/** What a run of characters with `@` (1), `.` (2) or `:` (4) in it is; a link says where it begins. */
function kindOf(chunk: string, marks: number): Kind {
  if (marks & 1 && chunk.length > 1) return 'address'
  if (marks & 4) {
    const scheme = chunk.indexOf('://')
    if (scheme >= 0)
      return { from: Math.max(0, chunk.lastIndexOf('http', scheme)), path: scheme + 3 }
    if (isIpv6(chunk)) return 'ip'
  }
  return marks & 2 ? dotted(chunk) : 'words'
}

function isIpv6(chunk: string): boolean {
  return (
    chunk.length <= 45 && /^(?:ipv6:)?[\da-f]{0,4}:[\da-f]{0,4}:[\da-f:]{0,30}\.?$/i.test(chunk)
  )
}

/** Domains of the first level that a name in a reply ends with, and that are no English words. */
const topLevel = new Set(
  (
    'com net org edu gov mil info biz int arpa io uk de fr it es pl ru cn jp kr tw hk br mx ar cl ca au nz nl ch ' +
    'se dk fi cz sk hu ro bg gr tr ua kz il sg th vn ph za eu tv cc ws mobi asia example test invalid local ' +
    'lan internal cloud xyz microsoft'
  ).split(' ')
)

const ipv4 = /^\W?\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w.]\w)/
const lastLabel = /\.([a-z]{2,9})(?=[:/.]?\d{0,5}\W?$|[:/])/i

function dotted(chunk: string): 'ip' | 'host' | 'words' {
  if (ipv4.test(chunk)) return 'ip'
  if (/^www\./i.test(chunk)) return 'host'
  const label = lastLabel.exec(chunk)?.[1] ?? ''
  // `unknown.Please`: two sentences run together, not a host.
  if (/^[A-Z][a-z]/.test(label)) return 'words'
  return topLevel.has(label.toLowerCase()) ? 'host' : 'words'
}

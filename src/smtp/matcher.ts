import type { ParsedReply, Phase } from './reply.ts'
import { type Condition, type Rule, weights } from './rule.ts'
import { addressWord, numberWord, plainWord, Vocabulary, type Words } from './words.ts'

/**
 * Finds the rule that a reply obeys. Each phrase is indexed by its rarest word, so that a reply is tried only
 * against phrases of which it has that word; a try looks at a bounded number of words on either side. The
 * whole is linear in the reply, whatever its words.
 */

/** The words of a class, e.g. everything a mailbox is called. */
export type WordClasses = Readonly<Record<string, string>>

export interface Facts {
  reply: Pick<ParsedReply, 'code' | 'enhanced'>
  phase: Phase | null
  receiver: string | null
}

export interface Match {
  rule: Rule
  /** Range of the text that decided; null for a rule without words. */
  span: readonly [start: number, end: number] | null
}

type Element =
  | { kind: 'words'; ids: ReadonlySet<number>; most: 1 | 2 }
  | { kind: 'gap'; most: number }
  | { kind: 'start' }
  | { kind: 'end' }

interface Phrase {
  readonly rule: Rule
  readonly rank: number
  readonly elements: readonly Element[]
  readonly anchor: number
}

const gaps: Record<string, number> = { '~': 2, '*': 6, '**': 20 }

export class Matcher {
  readonly #vocabulary = new Vocabulary()
  readonly #classes = new Map<string, ReadonlySet<number>>()
  readonly #byWord: Phrase[][] = []
  readonly #byDetail = new Map<string, Rule[]>()
  readonly #byCode = new Map<number, Rule[]>()
  readonly #numberSets: Set<number>[] = []
  readonly #vetoes = new Map<Rule, Phrase[]>()

  constructor(rules: readonly Rule[], classes: WordClasses) {
    for (const [name, words] of Object.entries(classes)) {
      this.#classes.set(name, this.#wordSet(words.split(' ')))
    }
    const phrases = rules.flatMap((rule) => this.#phrasesOf(rule, rule.says ?? []))
    for (const rule of rules) {
      if (rule.unless) this.#vetoes.set(rule, this.#phrasesOf(rule, rule.unless))
    }
    this.#widenNumbers()
    const frequency = this.#frequency(phrases)
    for (const phrase of phrases) this.#index(this.#anchored(phrase, frequency))
    for (const rule of rules) {
      if (!rule.says) this.#indexByCode(rule)
    }
  }

  /** The best rule of at least this weight; null where none applies. */
  match(text: string, facts: Facts): Match | null {
    const words = this.#vocabulary.read(text)
    let best: Phrase | null = null
    let from = 0
    let to = 0
    const { ids } = words
    for (let at = 0; at < ids.length; at++) {
      const candidates = this.#byWord[ids[at] ?? 0]
      if (!candidates) continue
      for (const phrase of candidates) {
        if (best !== null && !outranks(phrase, best)) break
        const range = matchAround(phrase, ids, at)
        if (range && holds(phrase.rule.when, facts) && !this.#vetoed(phrase.rule, words)) {
          best = phrase
          from = words.starts[range[0]] ?? 0
          to = words.ends[range[1]] ?? 0
          break
        }
      }
    }
    const coded = this.#matchCode(facts)
    if (coded && (best === null || weights[coded.weight] > weights[best.rule.weight])) {
      return { rule: coded, span: null }
    }
    return best && { rule: best.rule, span: [from, to] }
  }

  #matchCode(facts: Facts): Rule | null {
    const { code, enhanced } = facts.reply
    const found = [
      ...(enhanced === null ? [] : (this.#byDetail.get(enhanced.slice(2)) ?? [])),
      ...(code === null ? [] : (this.#byCode.get(code) ?? []))
    ].filter((rule) => holds(rule.when, facts))
    return found.sort(compareRules)[0] ?? null
  }

  #vetoed(rule: Rule, words: Words): boolean {
    const vetoes = this.#vetoes.get(rule)
    if (!vetoes) return false
    return vetoes.some((veto) =>
      words.ids.some((_, at) => matchForward(veto.elements, 0, words.ids, at) >= 0)
    )
  }

  #phrasesOf(rule: Rule, says: readonly string[]): Phrase[] {
    return says
      .flatMap((phrase) => expand(phrase.split(' ').filter((part) => part !== '')))
      .map((row) => {
        const parts = this.#vocabulary.joinCompounds(row)
        const elements = joinGaps(parts.flatMap((part) => this.#element(part)))
        const size = elements.filter((element) => element.kind !== 'gap').length
        return { rule, rank: weights[rule.weight] * 100 + size, elements, anchor: 0 }
      })
      .filter((phrase) => phrase.elements.length > 0)
  }

  #element(part: string): Element[] {
    const gap = gaps[part]
    if (gap !== undefined) return [{ kind: 'gap', most: gap }]
    if (part === 'START') return [{ kind: 'start' }]
    if (part === 'END') return [{ kind: 'end' }]
    const names = part.split('|')
    const ids = new Set(names.flatMap((name) => [...this.#named(name)]))
    if (ids.has(numberWord)) this.#numberSets.push(ids)
    const most = part.startsWith('{') && names.length === 1 ? 2 : 1
    return ids.size === 0 ? [] : [{ kind: 'words', ids, most }]
  }

  #named(name: string): ReadonlySet<number> {
    if (!name.startsWith('{')) return this.#wordSet([name])
    const ids = this.#classes.get(name.slice(1, -1))
    if (!ids) throw new Error(`No word class ${name}`)
    return ids
  }

  #wordSet(words: readonly string[]): Set<number> {
    const ids = new Set<number>()
    for (const word of words) {
      const plain = /^[\^#@]/.test(word) ? word : plainWord(word.toLowerCase())
      if (plain !== null) ids.add(this.#vocabulary.add(plain))
    }
    return ids
  }

  #widenNumbers(): void {
    const numbers = this.#vocabulary.numbers()
    for (const ids of this.#numberSets) for (const id of numbers) ids.add(id)
  }

  /** How many phrases each word would have to be tried for. */
  #frequency(phrases: readonly Phrase[]): Map<number, number> {
    const frequency = new Map<number, number>()
    for (const { elements } of phrases) {
      for (const element of elements) {
        if (element.kind !== 'words') continue
        for (const id of element.ids) frequency.set(id, (frequency.get(id) ?? 0) + 1)
      }
    }
    return frequency
  }

  #anchored(phrase: Phrase, frequency: ReadonlyMap<number, number>): Phrase {
    let anchor = -1
    let least = Number.POSITIVE_INFINITY
    phrase.elements.forEach((element, index) => {
      if (element.kind !== 'words') return
      let sum = 0
      for (const id of element.ids) sum += frequency.get(id) ?? 0
      if (sum < least) {
        least = sum
        anchor = index
      }
    })
    if (anchor < 0) throw new Error(`A phrase of ${phrase.rule.id} has no words`)
    return { ...phrase, anchor }
  }

  #index(phrase: Phrase): void {
    const element = phrase.elements[phrase.anchor]
    if (element?.kind !== 'words') return
    for (const id of element.ids) {
      const bucket = this.#byWord[id] ?? []
      bucket.push(phrase)
      bucket.sort(comparePhrases)
      this.#byWord[id] = bucket
    }
  }

  #indexByCode(rule: Rule): void {
    const details = rule.when?.enhanced ?? []
    for (const detail of details.flatMap(detailsOf)) {
      this.#byDetail.set(detail, [...(this.#byDetail.get(detail) ?? []), rule])
    }
    if (details.length > 0) return
    for (const code of rule.when?.code ?? []) {
      this.#byCode.set(code, [...(this.#byCode.get(code) ?? []), rule])
    }
  }
}

/** Gaps in a row are one gap, so that there is one way to match them. */
function joinGaps(elements: readonly Element[]): Element[] {
  const joined: Element[] = []
  for (const element of elements) {
    const last = joined.at(-1)
    if (element.kind === 'gap' && last?.kind === 'gap') {
      joined[joined.length - 1] = { kind: 'gap', most: last.most + element.most }
    } else joined.push(element)
  }
  return joined
}

/** Every plain row of words that a phrase stands for: `word?` with and without, `a|b_c` as `a` or `b c`. */
function expand(parts: readonly string[]): string[][] {
  const [part, ...rest] = parts
  if (part === undefined) return [[]]
  const variants = part.length > 1 && part.endsWith('?') ? [[part.slice(0, -1)], []] : rows(part)
  const tails = expand(rest)
  return variants.flatMap((variant) => tails.map((tail) => [...variant, ...tail]))
}

function rows(part: string): string[][] {
  const alternatives = part.split('|').map((alternative) => splitRow(alternative))
  const single = alternatives.filter((row) => row.length === 1).flat()
  const longer = alternatives.filter((row) => row.length > 1)
  return single.length > 0 ? [[single.join('|')], ...longer] : longer
}

/** `try_again` is two words; Chinese and Japanese are read character by character. */
function splitRow(alternative: string): string[] {
  return alternative
    .split('_')
    .flatMap((word) => (/[\u3040-\ud7af]/.test(word) ? [...word] : [word]))
    .filter((word) => word !== '')
}

function detailsOf(range: string): string[] {
  const match = /^(\d)\.(\d+)-(\d+)$/.exec(range)
  if (!match) return [range]
  const first = Number(match[2])
  return Array.from(
    { length: Number(match[3]) - first + 1 },
    (_, index) => `${match[1]}.${first + index}`
  )
}

/** Ties are broken by the id, so that the order in which rules are listed never matters. */
function comparePhrases(a: Phrase, b: Phrase): number {
  return b.rank - a.rank || (a.rule.id < b.rule.id ? -1 : a.rule.id > b.rule.id ? 1 : 0)
}

function outranks(phrase: Phrase, best: Phrase): boolean {
  return comparePhrases(phrase, best) < 0
}

function compareRules(a: Rule, b: Rule): number {
  return weights[b.weight] - weights[a.weight] || (a.id < b.id ? -1 : 1)
}

export function holds(when: Condition | undefined, facts: Facts): boolean {
  if (!when) return true
  const { code, enhanced } = facts.reply
  if (when.code && (code === null || !when.code.includes(code))) return false
  if (when.class && classOf(facts.reply) !== when.class) return false
  if (when.enhanced) {
    if (enhanced === null || !when.enhanced.flatMap(detailsOf).includes(enhanced.slice(2))) {
      return false
    }
  }
  if (when.phase && (facts.phase === null || !when.phase.includes(facts.phase))) return false
  if (when.receiver && (facts.receiver === null || !when.receiver.includes(facts.receiver))) {
    return false
  }
  return !when.codeless || (code === null && enhanced === null)
}

export function classOf(reply: Facts['reply']): number | null {
  if (reply.code !== null) return Math.floor(reply.code / 100)
  return reply.enhanced === null ? null : Number(reply.enhanced.charAt(0))
}

function matchAround(
  phrase: Phrase,
  ids: readonly number[],
  at: number
): [first: number, last: number] | null {
  const last = matchForward(phrase.elements, phrase.anchor, ids, at)
  if (last < 0) return null
  const first = matchBackward(phrase.elements, phrase.anchor - 1, ids, at - 1)
  return first < 0 ? null : [Math.min(first, at), last - 1]
}

/** Matches from `index` on at the word `at`; the position after the last word, or -1. */
function matchForward(
  elements: readonly Element[],
  index: number,
  ids: readonly number[],
  at: number
): number {
  const element = elements[index]
  if (!element) return at
  if (element.kind === 'gap') {
    for (let skip = 0; skip <= element.most && at + skip <= ids.length; skip++) {
      const end = matchForward(elements, index + 1, ids, at + skip)
      if (end >= 0) return end
    }
    return -1
  }
  let here = at
  if (element.kind === 'start') return at === 0 ? matchForward(elements, index + 1, ids, at) : -1
  if (element.kind === 'end') {
    while (ids[here] === addressWord) here++
    return here === ids.length ? here : -1
  }
  while (ids[here] === addressWord && !element.ids.has(addressWord)) here++
  if (!element.ids.has(ids[here] ?? -1)) return -1
  if (element.most === 2) {
    let next = here + 1
    while (ids[next] === addressWord) next++
    if (element.ids.has(ids[next] ?? -1)) {
      const end = matchForward(elements, index + 1, ids, next + 1)
      if (end >= 0) return end
    }
  }
  return matchForward(elements, index + 1, ids, here + 1)
}

/** Matches `index` and what stands before it, ending at the word `at`; the first word's position, or -1. */
function matchBackward(
  elements: readonly Element[],
  index: number,
  ids: readonly number[],
  at: number
): number {
  const element = elements[index]
  if (!element) return at + 1
  if (element.kind === 'gap') {
    for (let skip = 0; skip <= element.most && at - skip >= -1; skip++) {
      const first = matchBackward(elements, index - 1, ids, at - skip)
      if (first >= 0) return first
    }
    return -1
  }
  let here = at
  if (element.kind === 'start') {
    while (ids[here] === addressWord) here--
    return here < 0 ? 0 : -1
  }
  if (element.kind === 'end') return -1
  while (ids[here] === addressWord && !element.ids.has(addressWord)) here--
  if (!element.ids.has(ids[here] ?? -1)) return -1
  if (element.most === 2) {
    let before = here - 1
    while (ids[before] === addressWord) before--
    if (element.ids.has(ids[before] ?? -1)) {
      const first = matchBackward(elements, index - 1, ids, before - 1)
      if (first >= 0) return first
    }
  }
  return matchBackward(elements, index - 1, ids, here - 1)
}

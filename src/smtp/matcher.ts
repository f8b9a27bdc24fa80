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

/** A set of word numbers as bits: membership is one look-up. */
type WordSet = Uint32Array

type Element =
  | { kind: 'words'; ids: ReadonlySet<number>; bits: WordSet; most: 1 | 2 }
  | { kind: 'gap'; most: number }
  | { kind: 'start' }
  | { kind: 'end' }

interface Phrase {
  readonly rule: Rule
  readonly rank: number
  readonly holds: (facts: Facts) => boolean
  readonly elements: readonly Element[]
  /** The element by which the phrase is found; -1 until it is indexed. */
  anchor: number
  /** Single words that the text must have, whatever their place. */
  required: readonly number[]
}

/** A rule without words. */
interface CodeRule {
  readonly rule: Rule
  readonly holds: (facts: Facts) => boolean
}

/** Phrases by the words of their anchor, each list from the highest rank down. */
type Index = Map<number, Phrase[]>

const gaps: Record<string, number> = { '~': 2, '*': 6, '**': 20 }
const tiers = Object.values(weights).sort((a, b) => b - a)

export class Matcher {
  readonly #vocabulary = new Vocabulary()
  readonly #classes = new Map<string, ReadonlySet<number>>()
  readonly #byTier: Phrase[][][]
  readonly #vetoes = new Map<Rule, Index>()
  readonly #byDetail = new Map<string, CodeRule[]>()
  readonly #byCode = new Map<number, CodeRule[]>()
  readonly #numberSets: Set<number>[] = []
  /** Which words the text at hand has: the number of that text, by word. */
  readonly #seenIn: Uint32Array
  #textNumber = 0

  constructor(rules: readonly Rule[], classes: WordClasses) {
    for (const [name, words] of Object.entries(classes)) {
      this.#classes.set(name, this.#wordSet(words.split(' ')))
    }
    const phrases = rules.flatMap((rule) => this.#phrasesOf(rule, rule.says ?? []))
    const vetoes = rules.map((rule) => this.#phrasesOf(rule, rule.unless ?? []))
    this.#widenNumbers()
    const all = [...phrases, ...vetoes.flat()]
    fillBits(all, this.#vocabulary.size)
    anchorRarest(all, frequencies(all))
    this.#seenIn = new Uint32Array(this.#vocabulary.size)
    this.#byTier = tiers.map((weight) => {
      const index = indexOf(phrases.filter(({ rule }) => weights[rule.weight] === weight))
      return Array.from({ length: this.#vocabulary.size }, (_, id) => index.get(id) ?? [])
    })
    rules.forEach((rule, at) => {
      const own = vetoes[at] ?? []
      if (own.length > 0) this.#vetoes.set(rule, indexOf(own))
      if (!rule.says) this.#indexByCode(rule)
    })
  }

  /** The best rule for this text; null where none applies. */
  match(text: string, facts: Facts): Match | null {
    const words = this.#vocabulary.read(text)
    this.#note(words.ids)
    const coded = this.#matchCode(facts)
    for (const [at, weight] of tiers.entries()) {
      const found = this.#matchTier(this.#byTier[at] ?? [], words, facts)
      if (found) return found
      if (coded && weights[coded.weight] >= weight) return { rule: coded, span: null }
    }
    return null
  }

  #note(ids: readonly number[]): void {
    this.#textNumber = (this.#textNumber + 1) >>> 0
    if (this.#textNumber === 0) this.#seenIn.fill(0)
    for (const id of ids) this.#seenIn[id] = this.#textNumber
  }

  #matchTier(byWord: readonly Phrase[][], words: Words, facts: Facts): Match | null {
    const { ids } = words
    let best: Phrase | null = null
    let first = 0
    let last = 0
    for (let at = 0; at < ids.length; at++) {
      const candidates = byWord[ids[at] ?? 0]
      if (!candidates) continue
      for (const phrase of candidates) {
        if (best !== null && !outranks(phrase, best)) break
        if (!this.#hasRequired(phrase)) continue
        const end = matchForward(phrase.elements, phrase.anchor, ids, at)
        if (end < 0) continue
        const start = matchBackward(phrase.elements, phrase.anchor - 1, ids, at - 1)
        if (start < 0 || !phrase.holds(facts) || this.#vetoed(phrase.rule, ids)) continue
        best = phrase
        first = Math.min(start, at)
        last = end - 1
        break
      }
    }
    if (!best) return null
    return { rule: best.rule, span: [words.starts[first] ?? 0, words.ends[last] ?? 0] }
  }

  #hasRequired(phrase: Phrase): boolean {
    for (const id of phrase.required) if (this.#seenIn[id] !== this.#textNumber) return false
    return true
  }

  #vetoed(rule: Rule, ids: readonly number[]): boolean {
    const vetoes = this.#vetoes.get(rule)
    if (!vetoes) return false
    for (let at = 0; at < ids.length; at++) {
      for (const veto of vetoes.get(ids[at] ?? 0) ?? []) {
        if (!this.#hasRequired(veto)) continue
        if (
          matchForward(veto.elements, veto.anchor, ids, at) >= 0 &&
          matchBackward(veto.elements, veto.anchor - 1, ids, at - 1) >= 0
        ) {
          return true
        }
      }
    }
    return false
  }

  #matchCode(facts: Facts): Rule | null {
    const { code, enhanced } = facts.reply
    const byDetail = enhanced === null ? undefined : this.#byDetail.get(enhanced.slice(2))
    const byCode = code === null ? undefined : this.#byCode.get(code)
    if (!byDetail && !byCode) return null
    const found = [...(byDetail ?? []), ...(byCode ?? [])].filter(({ holds }) => holds(facts))
    return found.map(({ rule }) => rule).sort(compareRules)[0] ?? null
  }

  #phrasesOf(rule: Rule, says: readonly string[]): Phrase[] {
    const holds = conditionOf(rule.when)
    return says
      .flatMap((phrase) => expand(phrase.split(' ').filter((part) => part !== '')))
      .map((row) => {
        const parts = this.#vocabulary.joinCompounds(row)
        const elements = joinGaps(parts.flatMap((part) => this.#element(part)))
        const size = elements.filter((element) => element.kind !== 'gap').length
        const rank = weights[rule.weight] * 100 + size
        return { rule, rank, holds, elements, anchor: -1, required: [] }
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
    return ids.size === 0 ? [] : [{ kind: 'words', ids, bits: new Uint32Array(0), most }]
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

  #indexByCode(rule: Rule): void {
    const entry = { rule, holds: conditionOf(rule.when) }
    const details = rule.when?.enhanced ?? []
    for (const detail of details.flatMap(detailsOf)) {
      this.#byDetail.set(detail, [...(this.#byDetail.get(detail) ?? []), entry])
    }
    if (details.length > 0) return
    for (const code of rule.when?.code ?? []) {
      this.#byCode.set(code, [...(this.#byCode.get(code) ?? []), entry])
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

function conditionOf(when: Condition | undefined): (facts: Facts) => boolean {
  if (!when) return () => true
  const details = when.enhanced && new Set(when.enhanced.flatMap(detailsOf))
  return ({ reply, phase, receiver }) => {
    const { code, enhanced } = reply
    if (when.code && (code === null || !when.code.includes(code))) return false
    if (when.class && classOf(reply) !== when.class) return false
    if (details && (enhanced === null || !details.has(enhanced.slice(2)))) return false
    if (when.phase && (phase === null || !when.phase.includes(phase))) return false
    if (when.receiver && (receiver === null || !when.receiver.includes(receiver))) return false
    return !when.codeless || (code === null && enhanced === null)
  }
}

export function classOf(reply: Facts['reply']): number | null {
  if (reply.code !== null) return Math.floor(reply.code / 100)
  return reply.enhanced === null ? null : Number(reply.enhanced.charAt(0))
}

function fillBits(phrases: readonly Phrase[], size: number): void {
  const known = new Map<string, WordSet>()
  for (const { elements } of phrases) {
    for (const element of elements) {
      if (element.kind !== 'words') continue
      const key = [...element.ids].sort((a, b) => a - b).join()
      const bits = known.get(key) ?? bitsOf(element.ids, size)
      known.set(key, bits)
      element.bits = bits
    }
  }
}

function bitsOf(ids: ReadonlySet<number>, size: number): WordSet {
  const bits = new Uint32Array((size >>> 5) + 1)
  for (const id of ids) bits[id >>> 5] = (bits[id >>> 5] ?? 0) | (1 << (id & 31))
  return bits
}

/** How many phrases each word would have to be tried for. */
function frequencies(phrases: readonly Phrase[]): Map<number, number> {
  const frequency = new Map<number, number>()
  for (const { elements } of phrases) {
    for (const element of elements) {
      if (element.kind !== 'words') continue
      for (const id of element.ids) frequency.set(id, (frequency.get(id) ?? 0) + 1)
    }
  }
  return frequency
}

function anchorRarest(phrases: readonly Phrase[], frequency: ReadonlyMap<number, number>): void {
  for (const phrase of phrases) {
    let least = Number.POSITIVE_INFINITY
    phrase.elements.forEach((element, index) => {
      if (element.kind !== 'words') return
      let sum = 0
      for (const id of element.ids) sum += frequency.get(id) ?? 0
      if (sum >= least) return
      least = sum
      phrase.anchor = index
    })
    if (phrase.anchor < 0) throw new Error(`A phrase of ${phrase.rule.id} has no words`)
    phrase.required = phrase.elements.flatMap((element, index) =>
      element.kind === 'words' && element.ids.size === 1 && index !== phrase.anchor
        ? [...element.ids]
        : []
    )
  }
}

function indexOf(phrases: readonly Phrase[]): Index {
  const index: Index = new Map()
  for (const phrase of phrases) {
    const element = phrase.elements[phrase.anchor]
    if (element?.kind !== 'words') continue
    for (const id of element.ids) {
      const list = index.get(id)
      if (list) list.push(phrase)
      else index.set(id, [phrase])
    }
  }
  for (const list of index.values()) list.sort(comparePhrases)
  return index
}

function has(bits: WordSet, id: number | undefined): boolean {
  return id !== undefined && (((bits[id >>> 5] ?? 0) >>> (id & 31)) & 1) === 1
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
  while (ids[here] === addressWord && !has(element.bits, addressWord)) here++
  if (!has(element.bits, ids[here])) return -1
  if (element.most === 2) {
    let next = here + 1
    while (ids[next] === addressWord) next++
    if (has(element.bits, ids[next])) {
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
  while (ids[here] === addressWord && !has(element.bits, addressWord)) here--
  if (!has(element.bits, ids[here])) return -1
  if (element.most === 2) {
    let before = here - 1
    while (ids[before] === addressWord) before--
    if (has(element.bits, ids[before])) {
      const first = matchBackward(elements, index - 1, ids, before - 1)
      if (first >= 0) return first
    }
  }
  return matchBackward(elements, index - 1, ids, here - 1)
}

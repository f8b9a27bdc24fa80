import type { Reason } from './reasons.ts'
import type { Phase } from './reply.ts'

/**
 * One piece of knowledge: where these words (or this code at that receiver) are said, this is why.
 *
 * A phrase is a row of words, matched after the reading in `words.ts`, so case, inflection, punctuation,
 * articles and auxiliary verbs do not matter, and an address may stand anywhere between. In it,
 *   `a|b` is either word, `{user}` a word of that class (up to two in a row), `word?` may be missing,
 *   `~` is up to two words of any kind, `*` up to six, `**` up to twenty; gaps in a row add up,
 *   `^word` a word of a link or host name, `@` an address, `#` a number, `#ip` an IP address,
 *   `START` and `END` the ends of the text.
 */
export interface Rule {
  readonly id: string
  readonly reason: Reason
  /** Any of these phrases. Without phrases the conditions of `when` decide alone. */
  readonly says?: readonly string[]
  readonly when?: Condition
  /** Not where one of these phrases is said too. */
  readonly unless?: readonly string[]
  /** The higher one wins; among equals the longer phrase, then the id in alphabetical order. */
  readonly weight: Weight
  /** Where the words come from: an address, an RFC, or a package. */
  readonly source: string
  /** Replies that this rule must win. */
  readonly examples: readonly [string, string, ...string[]]
}

export interface Condition {
  readonly code?: readonly number[]
  readonly class?: 4 | 5
  /** `subject.detail`, e.g. `7.26`; a range of details is `7.606-649`. */
  readonly enhanced?: readonly string[]
  readonly phase?: readonly Phase[]
  readonly receiver?: readonly string[]
  /** No reply code and no enhanced code was said: prose of an MTA or a provider. */
  readonly codeless?: true
}

/**
 * How much a rule is worth: `token` a receiver's own key (`[TSS04]`), `exact` a receiver's own sentence, `clear`
 * words that leave no doubt, `plain` words that usually mean it, `vague` words that mean it where nothing else
 * is said. A code that is definite stands between `plain` and `vague`.
 */
export const weights = { token: 90, exact: 80, clear: 60, plain: 40, vague: 10 } as const
export type Weight = keyof typeof weights

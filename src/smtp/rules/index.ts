import type { WordClasses } from '../matcher.ts'
import type { Rule } from '../rule.ts'

export const wordClasses: WordClasses = {}
export const rules: readonly Rule[] = []

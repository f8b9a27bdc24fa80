import type { Rule } from '../rule.ts'
import { americanMailboxRules } from './american-mailboxes.ts'
import { asianMailboxRules } from './asian-mailboxes.ts'
import { europeanMailboxRules } from './european-mailboxes.ts'
import { filterRules } from './filters.ts'
import { googleRules } from './google.ts'
import { languageRules } from './languages.ts'
import { messages } from './messages.ts'
import { microsoftRules } from './microsoft.ts'
import { mtaRules } from './mta-families.ts'
import { notices } from './notices.ts'
import { providers } from './providers.ts'
import { recipients } from './recipients.ts'
import { senders } from './senders.ts'
import { systems } from './systems.ts'

export { wordClasses } from './classes.ts'

/** Every rule; the order does not matter (weight, then length of the phrase, then id decide). */
export const rules: readonly Rule[] = [
  ...recipients,
  ...senders,
  ...messages,
  ...systems,
  ...notices,
  ...providers,
  ...mtaRules,
  ...googleRules,
  ...microsoftRules,
  ...americanMailboxRules,
  ...europeanMailboxRules,
  ...asianMailboxRules,
  ...filterRules,
  ...languageRules
]

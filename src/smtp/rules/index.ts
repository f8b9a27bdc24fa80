import type { Rule } from '../rule.ts'
import { messages } from './messages.ts'
import { notices } from './notices.ts'
import { providers } from './providers.ts'
import { recipients } from './recipients.ts'
import { senders } from './senders.ts'
import { systems } from './systems.ts'

export { wordClasses } from './classes.ts'

export const rules: readonly Rule[] = [
  ...recipients,
  ...senders,
  ...messages,
  ...systems,
  ...notices,
  ...providers
]

import type { ProviderName } from '../../events/event.ts'
import { mailgun } from './mailgun.ts'
import { postmark } from './postmark.ts'
import { sendgrid } from './sendgrid.ts'
import { ses } from './ses.ts'
import type { Simulator } from './simulator.ts'

export type { Builder, Simulated, SimulatedAccount, Simulator } from './simulator.ts'

/** Every provider's events, made and signed as the provider makes and signs them. */
export const simulators: Record<ProviderName, Simulator> = { ses, sendgrid, postmark, mailgun }

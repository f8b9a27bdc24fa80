/** The list of providers. Routes, settings and documents follow it. */
import type { ProviderName } from '../events/event.ts'
import { mailgun } from './mailgun.ts'
import { postmark } from './postmark.ts'
import type { Provider } from './provider.ts'
import { sendgrid } from './sendgrid.ts'
import { ses } from './ses.ts'

/** Credentials are checked by each provider's own schema before they reach it. */
export const providers: Readonly<Record<ProviderName, Provider>> = {
  ses: ses as Provider,
  sendgrid: sendgrid as Provider,
  postmark: postmark as Provider,
  mailgun: mailgun as Provider
}

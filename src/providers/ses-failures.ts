import type { ProviderEvent, SuppressionReason } from '../events/event.ts'
import { classify, type Hint } from '../smtp/classify.ts'
import { type ParsedReply, parseReply } from '../smtp/reply.ts'
import { type Fields, textOf } from './json-body.ts'
import {
  type About,
  event,
  hint,
  type Named,
  type Notice,
  pointersTo,
  recipientKey,
  recipientsIn
} from './ses-notice.ts'

// Delays, bounces and complaints: whose words they carry, and what SES itself makes of them.

/** Bounces by type and subtype. The receiver's own words go first wherever there are any. */
const bounceHints = new Map<string, Hint>([
  ['Permanent/NoEmail', hint('unknown_mailbox', 'bounce.permanent.no_email', 'hard')],
  ['Transient/MailboxFull', hint('mailbox_full', 'bounce.transient.mailbox_full')],
  ['Transient/MessageTooLarge', hint('message_too_large', 'bounce.transient.message_too_large')],
  ['Transient/ContentRejected', hint('spam_content', 'bounce.transient.content_rejected')],
  ['Transient/AttachmentRejected', hint('virus_detected', 'bounce.transient.attachment_rejected')]
])

const delayHints = new Map<string, Hint>([
  // These two are SES's own doing: no word of a receiver could explain them.
  ['InternalFailure', hint('system_error', 'delay.internal_failure', 'decides')],
  ['SendingDeferral', hint('rate_limited', 'delay.sending_deferral', 'decides')],
  ['RecipientServerError', hint('system_error', 'delay.recipient_server_error')],
  ['MailboxFull', hint('mailbox_full', 'delay.mailbox_full')],
  ['SpamDetected', hint('rate_limited', 'delay.spam_detected')],
  ['IPFailure', hint('ip_reputation', 'delay.ip_failure')],
  ['TransientCommunicationFailure', hint('network_error', 'delay.communication_failure')],
  // Listed by a consumer, not by SES.
  ['TransientCommunicationGeneral', hint('network_error', 'delay.communication_failure')],
  ['BYOIPHostNameLookupUnavailable', hint('reverse_dns', 'delay.host_name_lookup')]
])

/** Bounces and complaints that SES makes up itself, without asking any server. */
const refusalShape = /^(?:Suppressed|On\w{0,40}SuppressionList)$/
const refusals = new Set(['EmailValidationSuppressed', 'UnsubscribedRecipient'])

export function delays(notice: Notice): ProviderEvent[] {
  const type = textOf(notice.part.delayType)
  const known = delayHints.get(type ?? '')
  return recipientsIn(notice, 'delayedRecipients').map((named) => {
    const said = saidOf(named, known?.strength === 'decides' || isFromSes(notice))
    return event(notice, named, {
      type: 'email.deferred',
      reply: said.reply,
      provider: { type, code: said.filler, will_retry: true },
      hint: known ?? unsaid(said, 'delay'),
      provenance: { ...said.provenance, ...pointersTo(notice, { reason: 'delayType' }) }
    })
  })
}

export function bounces(notice: Notice): ProviderEvent[] {
  const { part } = notice
  const type = textOf(part.bounceType)
  const subtype = textOf(part.bounceSubType)
  const refused = isRefusal(subtype)
  return recipientsIn(notice, 'bouncedRecipients').map((named) => {
    const about = refused
      ? refusal(named, subtype)
      : bounce(notice, named, `${type ?? 'Undetermined'}/${subtype ?? 'Undetermined'}`)
    return event(notice, named, {
      ...about,
      mx: textOf(part.remoteMtaIp),
      provider: { ...about.provider, type, subtype },
      provenance: {
        ...about.provenance,
        ...pointersTo(notice, { mx: 'remoteMtaIp', reason: 'bounceSubType' })
      }
    })
  })
}

function bounce(notice: Notice, named: Named, kind: string): About {
  const timedOut = kind.endsWith('/CustomTimeoutExceeded')
  const said = saidOf(named, timedOut || isFromSes(notice))
  const { reply, filler: code, provenance } = said
  if (kind === 'Transient/General' && !isFromSes(notice) && isAutomaticAnswer(named.entry, said)) {
    const answered = hint('auto_response', 'bounce.transient.general.automatic_answer', 'decides')
    // An answer is a mail that came back after acceptance.
    const asynchronous = true
    return { type: 'email.autoreplied', reply, hint: answered, asynchronous, provenance }
  }
  return {
    type: 'email.bounced',
    reply,
    provider: { code },
    hint: timedOut ? timeout(said) : (bounceHint(kind, said) ?? unsaid(said, 'bounce')),
    asynchronous: isReturnedMail(notice),
    provenance
  }
}

/** SES says so itself, unless it passes on what the receiver said last. */
function timeout(said: Said): Hint {
  const strength = said.reply?.parsed.quoted ? 'fallback' : 'decides'
  return hint('expired', 'bounce.transient.custom_timeout', strength)
}

function bounceHint(kind: string, { reply }: Said): Hint | null {
  if (kind !== 'Permanent/General') return bounceHints.get(kind) ?? null
  if (reply?.spokenBy === 'provider') return null
  const { code = null, enhanced = null, quoted = null } = reply?.parsed ?? {}
  const innermost = quoted?.enhanced ?? enhanced
  if (innermost?.startsWith('5.1.')) {
    return hint('unknown_mailbox', 'bounce.permanent.general.5_1', 'hard')
  }
  // "Mailbox unavailable" (RFC 5321 section 4.2.3) in a bounce that SES calls hard, when no other word helps.
  if (code === 550 && (innermost === null || innermost === '5.0.0')) {
    return hint('unknown_mailbox', 'bounce.permanent.general.550')
  }
  return null
}

/** Where not even a reply exists, it is said that nothing is; else the reply's codes are all there is. */
function unsaid({ reply }: Said, row: string): Hint | null {
  return reply === null ? hint('undetermined', `${row}.unsaid`) : null
}

/**
 * Vacation notices come as Transient/General, mostly without a diagnostic. A mail server's own refusal is
 * never taken for one: it has a reply code, a status that means something, or an MTA's label. What the words
 * are about does not count ("I no longer work there"), unless a status report says `failed` beside them.
 */
function isAutomaticAnswer(entry: Fields, { reply }: Said): boolean {
  const { code = null, enhanced = null, quoted = null, label = null } = reply?.parsed ?? {}
  if (code !== null || enhanced !== null || quoted !== null) return false
  if (reply?.spokenBy === 'provider' || label?.startsWith('x-')) return false
  const reported = textOf(entry.action)?.trim().toLowerCase()
  if (reported !== 'failed' && reported !== 'delayed') return true
  return reply !== null && isAnswer(reply.parsed)
}

function isAnswer(parsed: ParsedReply): boolean {
  return classify({ reply: parsed, outcome: 'failed' }).reason === 'auto_response'
}

/** SES refused by itself. The words are its own, and its status (`5.1.1`) answers for no server. */
function refusal(named: Named, subtype: string | null): About {
  const text = textOf(named.entry.diagnosticCode)
  const status = textOf(named.entry.status)
  const bare = text === null ? null : { ...parseReply(text), ...wordless }
  return {
    type: 'email.rejected',
    reply: bare && { parsed: bare, spokenBy: 'provider' },
    provider: { code: status },
    hint: hint('suppressed_by_provider', 'bounce.refused', 'decides'),
    listedAs: listedAs(subtype, text ?? ''),
    provenance: {
      ...(text !== null && { smtp: `${named.entryAt}/diagnosticCode` }),
      ...(status !== null && { code: `${named.entryAt}/status` })
    }
  }
}

const wordless = { code: null, enhanced: null, quoted: null }

function isRefusal(subtype: string | null): boolean {
  return subtype !== null && (refusalShape.test(subtype) || refusals.has(subtype))
}

/** The lists hold bounces and complaints alike; only some of SES's sentences say which. */
function listedAs(subtype: string | null, text: string): SuppressionReason | null {
  if (subtype === 'UnsubscribedRecipient') return 'unsubscribe'
  const complained = /complain/i.test(text)
  const bounced = /bounc/i.test(text)
  if (complained && !bounced) return 'complaint'
  // "because it has a recent history of bouncing as an invalid address"
  return bounced && !complained && /invalid address/i.test(text) ? 'unknown_mailbox' : null
}

export function complaints(notice: Notice): ProviderEvent[] {
  const { part } = notice
  const feedbackType = textOf(part.complaintFeedbackType)?.trim().toLowerCase() ?? null
  const subtype = textOf(part.complaintSubType)
  const provider = { type: feedbackType, subtype }
  if (isRefusal(subtype)) {
    const about: About = {
      type: 'email.rejected',
      provider,
      hint: hint('suppressed_by_provider', 'complaint.refused', 'decides'),
      listedAs: subtype === 'UnsubscribedRecipient' ? 'unsubscribe' : 'complaint',
      provenance: pointersTo(notice, { reason: 'complaintSubType' })
    }
    return recipientsIn(notice, 'complainedRecipients').map((named) => event(notice, named, about))
  }
  const recipients = recipientsIn(notice, 'complainedRecipients')
  const apart = new Set(recipients.map(({ address }) => recipientKey(address)))
  const about: About = {
    type: 'email.complained',
    provider,
    // Most reports are redacted, so SES names everybody whom the message reached at that domain.
    complaint: {
      feedback_type: feedbackType,
      candidates: Math.max(1, apart.size + notice.unreadable.length)
    },
    provenance: pointersTo(notice, { feedback_type: 'complaintFeedbackType' })
  }
  return recipients.map((named) => event(notice, named, about))
}

// Replies

interface Said {
  reply: ProviderEvent['reply']
  /** A status that no server said. */
  filler: string | null
  provenance: Record<string, string>
}

/** The receiver's reply, out of the fields of a status report (RFC 3464) that SES passes on. */
function saidOf({ entry, entryAt }: Named, fromSes: boolean): Said {
  const text = textOf(entry.diagnosticCode)
  const status = textOf(entry.status)?.trim() ?? null
  const parsed = parseReply(text ?? '')
  const own = fromSes || isOwnText(parsed)
  // Where SES speaks, a status that its words do not hold is its invention.
  const meant = !own && status !== null && belongsTo(parsed, status)
  const filler = meant || status === parsed.enhanced ? null : status
  const provenance: Record<string, string> = {}
  if (text !== null) provenance.smtp = `${entryAt}/diagnosticCode`
  if (meant) provenance.enhanced = `${entryAt}/status`
  if (filler !== null) provenance.code = `${entryAt}/status`
  if (text === null && !meant) return { reply: null, filler, provenance }
  const completed = meant ? { ...parsed, enhanced: status, raw: text ?? status } : parsed
  const spokenBy = own ? 'provider' : isServers(parsed) ? 'receiver' : 'unknown'
  return { reply: { parsed: completed, spokenBy }, filler, provenance }
}

/** A status report's label or a code of its own; a bare sentence or a bare status may be anybody's. */
function isServers({ label, code, enhanced }: ParsedReply): boolean {
  return label !== null || code !== null || enhanced !== null
}

/**
 * The status completes a reply that has no enhanced code of its own, unless it is filler (`5.0.0`) or of
 * another class than the reply (seen: 5.3.0 in temporary failures).
 */
function belongsTo(parsed: ParsedReply, status: string): boolean {
  return (
    parsed.enhanced === null &&
    /^[245]\.\d{1,3}\.[1-9]\d{0,2}$|^[245]\.[1-9]\d{0,2}\.0$/.test(status) &&
    (parsed.code === null || status.startsWith(String(parsed.code).charAt(0)))
  )
}

/** `dns; amazonses.com`: SES decided by itself. Its servers that talk to others have longer names. */
function isFromSes(notice: Notice): boolean {
  return reportingHost(notice) === 'amazonses.com'
}

/** A server elsewhere reported the failure, so it had accepted the mail before. */
function isReturnedMail(notice: Notice): boolean {
  const host = reportingHost(notice)
  return host !== null && host !== 'amazonses.com' && !host.endsWith('.amazonses.com')
}

/** `dns; host`, also seen as `dsn; host` and bare. */
function reportingHost({ part }: Notice): string | null {
  const host = textOf(part.reportingMTA)?.trim().toLowerCase()
  return host ? host.slice(host.lastIndexOf(';') + 1).trim() : null
}

/** What SES writes although it looks like a server's reply, label, codes and all. */
function isOwnText({ label, code, enhanced, text }: ParsedReply): boolean {
  if (label === null && /^amazon ses\b/i.test(text)) return true
  if (/^message expired: unable to deliver in \d+ minutes/i.test(text)) return true
  if (enhanced === '5.4.4' && /^invalid domain\b/i.test(text)) return true
  // A server that closes a connection names itself first (RFC 5321 section 4.2.3); SES has no such name to say.
  const noSession = code === 421 && (enhanced === '4.4.1' || enhanced === '4.4.2')
  return noSession && !/^[\w-]+(?:\.[\w-]+)+\s/.test(text)
}

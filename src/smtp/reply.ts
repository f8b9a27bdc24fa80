import { type Static, Type } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'

/** Who wrote the words: a mail server at the far end, or the sending provider itself. */
export const SpokenBy = StringEnum(['receiver', 'provider', 'unknown'])
export type SpokenBy = Static<typeof SpokenBy>

/** The receiving server's own reply, as events carry it. Codes that a provider invents are never here. */
export const SmtpReply = Type.Object({
  code: Type.Union([Type.Integer({ minimum: 200, maximum: 599 }), Type.Null()], {
    description: 'SMTP reply code (RFC 5321 section 4.2), null where none was said.'
  }),
  enhanced: Type.Union([Type.String(), Type.Null()], {
    description: 'Enhanced status code class.subject.detail (RFC 3463), null where none was said.'
  }),
  text: Type.String({ description: 'The words, without codes and wrappers, on one line.' }),
  raw: Type.String({
    description: 'What was received, untouched but for characters no database holds.'
  }),
  spoken_by: SpokenBy
})
export type SmtpReply = Static<typeof SmtpReply>

/** The SMTP command during which a reply was given (RFC 5321 section 3). */
export type Phase =
  | 'connect'
  | 'helo'
  | 'starttls'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'end-of-data'

/** A reply taken out of whatever it was wrapped in. */
export interface ParsedReply {
  code: number | null
  enhanced: string | null
  /** The words, without codes and wrappers, white space folded. */
  text: string
  /** The input, untouched. */
  raw: string
  /** DSN type label, lower case: `smtp`, `x-postfix`, … (RFC 3464 section 2.3.6). */
  label: string | null
  phase: Phase | null
  /** The host that a wrapper names as the speaker, lower case. */
  host: string | null
  /** A further reply quoted inside this one (a forwarder quoting the far end, `<421 4.4.2 …>`). */
  quoted: { code: number | null; enhanced: string | null; text: string } | null
}

/**
 * Reads one SMTP reply out of a provider's text (RFC 5321 section 4.2, RFC 3463, RFC 3464). Total: any
 * string gives a result; linear in its input, of which the head and tail are looked at.
 */
export function parseReply(_raw: string): ParsedReply {
  throw new Error('written next')
}

/** A webhook as a provider would send it. */
export interface Simulated {
  /** Header names in lower case. */
  headers: Record<string, string>
  body: Buffer
}

/**
 * Makes the payload of one event. Pure: the same recipient, moment and number give the same payload, and
 * another number gives another message with ids of its own.
 */
export type Builder = (to: string, now: Date, n: number) => Record<string, unknown>

/** Secrets made for one simulated account, and what signs with them. */
export interface SimulatedAccount {
  /** What `POST /sources` takes. */
  credentials: Record<string, unknown>
  /** Signs as the provider signs. SendGrid takes several payloads for one batch. */
  sign(payload: unknown, now: Date): Simulated
}

export interface Simulator {
  /** The provider's events by name, `delivery-delay`. */
  events: Readonly<Record<string, Builder>>
  /** New secrets at every call. */
  keys(): SimulatedAccount
}

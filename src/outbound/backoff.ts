// When to try again. Pure: the random number and the time are arguments, so that a simulated clock can
// run the whole schedule. Due times themselves come from the database clock; this gives only delays.

import type { Mistake } from '../errors.ts'

const minute = 60
const hour = 60 * minute
const day = 24 * hour

/**
 * Seconds before each attempt, the first included: the example of the Standard Webhooks
 * specification, ten attempts over about 75 hours.
 */
export const defaultSchedule: readonly number[] = [
  0,
  5,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour
]

/** A receiver may ask for a pause of a day at most; otherwise it could silence its own queue for ever. */
export const longestRetryAfterSeconds = day

const maxEntries = 30
const maxTotalSeconds = 14 * day
// A fifth either way. A fixed few seconds would not spread attempts that are hours apart.
const jitter = 0.2

/**
 * Milliseconds until the next attempt, or null when the schedule is exhausted. A receiver's
 * Retry-After only ever postpones, and no jitter goes below it.
 */
export function nextAttempt(input: {
  /** Attempts made so far: 0 before the first. */
  attempt: number
  schedule: readonly number[]
  retryAfterSeconds: number | null
  /** Uniform in [0, 1). */
  random: number
}): number | null {
  const { attempt, schedule, retryAfterSeconds, random } = input
  const delay = schedule[attempt]
  if (delay === undefined) return null
  const scheduled = delay * (1 - jitter + 2 * jitter * random)
  const asked = retryAfterSeconds === null ? 0 : postponed(retryAfterSeconds, random)
  return Math.round(Math.max(scheduled, asked) * 1000)
}

/**
 * Seconds that a Retry-After header asks for (RFC 9110 section 10.2.3: whole seconds or an HTTP
 * date), at most a day. Null for rubbish and for a time already past.
 */
export function parseRetryAfter(
  header: string | readonly string[] | undefined,
  now: Date
): number | null {
  const value = (typeof header === 'string' ? header : header?.[0])?.trim()
  if (!value) return null
  if (/^\d+$/.test(value)) return Math.min(Number(value), longestRetryAfterSeconds)
  const date = parseHttpDate(value, now)
  if (date === null) return null
  const seconds = Math.ceil((date - now.getTime()) / 1000)
  return seconds < 0 ? null : Math.min(seconds, longestRetryAfterSeconds)
}

/** What is wrong with an endpoint's own schedule; pointers lead into the list. Empty when all is well. */
export function checkSchedule(schedule: readonly number[]): Mistake[] {
  if (schedule.length < 1 || schedule.length > maxEntries) {
    return [{ pointer: '', detail: `Give 1 to ${maxEntries} delays, in seconds` }]
  }
  const mistakes = schedule.flatMap((delay, index) =>
    Number.isSafeInteger(delay) && delay >= 0
      ? []
      : [{ pointer: `/${index}`, detail: 'A delay is a whole number of seconds, 0 or more' }]
  )
  if (mistakes.length > 0) return mistakes
  const total = schedule.reduce((sum, delay) => sum + delay, 0)
  return total > maxTotalSeconds
    ? [{ pointer: '', detail: `The delays together are at most 14 days (${maxTotalSeconds} s)` }]
    : []
}

function postponed(retryAfterSeconds: number, random: number): number {
  const asked = Math.min(Math.max(retryAfterSeconds, 0), longestRetryAfterSeconds)
  return Math.min(asked * (1 + jitter * random), longestRetryAfterSeconds)
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const month = `(?<month>${months.join('|')})`
const time = '(?<hours>\\d\\d):(?<minutes>\\d\\d):(?<seconds>\\d\\d)'

/** The three forms of RFC 9110 section 5.6.7. `Date.parse` would take "-5" and 31 February as well. */
const httpDates = [
  `[A-Z][a-z]{2}, (?<day>\\d\\d) ${month} (?<year>\\d{4}) ${time} GMT`,
  `[A-Z][a-z]{5,8}, (?<day>\\d\\d)-${month}-(?<year>\\d\\d) ${time} GMT`,
  `[A-Z][a-z]{2} ${month} (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})`
].map((form) => new RegExp(`^${form}$`))

function parseHttpDate(value: string, now: Date): number | null {
  for (const form of httpDates) {
    const groups = form.exec(value)?.groups
    if (!groups) continue
    const number = (name: string) => Number(groups[name])
    const year = groups.year?.length === 2 ? fullYear(number('year'), now) : number('year')
    const monthIndex = months.indexOf(groups.month ?? '')
    const [hours, minutes, seconds] = [number('hours'), number('minutes'), number('seconds')]
    // 60 is a leap second, which the format allows.
    if (hours > 23 || minutes > 59 || seconds > 60) return null
    const midnight = new Date(Date.UTC(year, monthIndex, number('day')))
    if (midnight.getUTCDate() !== number('day')) return null // 31 February
    return midnight.getTime() + ((hours * 60 + minutes) * 60 + seconds) * 1000
  }
  return null
}

/** RFC 9110: a two-digit year more than 50 years ahead means the last one in the past with those digits. */
function fullYear(twoDigits: number, now: Date): number {
  const thisYear = now.getUTCFullYear()
  const year = thisYear - (thisYear % 100) + twoDigits
  return year > thisYear + 50 ? year - 100 : year
}

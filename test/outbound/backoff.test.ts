import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  checkSchedule,
  defaultSchedule,
  nextAttempt,
  parseRetryAfter
} from '../../src/outbound/backoff.ts'

const now = new Date('2026-08-30T12:00:00Z')
const day = 86_400

test('the default schedule makes ten attempts over 75 hours, 35 minutes and 5 seconds', () => {
  expect(defaultSchedule).toEqual([0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400])
  expect(defaultSchedule.reduce((sum, delay) => sum + delay)).toBe((75 * 60 + 35) * 60 + 5)
  expect(checkSchedule(defaultSchedule)).toEqual([])
})

test('walks the schedule and ends with null', () => {
  const delays = [...Array(12).keys()].map((attempt) =>
    nextAttempt({ attempt, schedule: defaultSchedule, retryAfterSeconds: null, random: 0.5 })
  )
  expect(delays).toEqual([...defaultSchedule.map((seconds) => seconds * 1000), null, null])
})

test('spreads a delay over a fifth either way', () => {
  const at = (random: number) =>
    nextAttempt({ attempt: 4, schedule: defaultSchedule, retryAfterSeconds: null, random })
  expect(at(0)).toBe(5_760_000)
  expect(at(0.75)).toBe(7_920_000)
  expect(at(1 - Number.EPSILON)).toBeLessThanOrEqual(8_640_000)
})

test('Retry-After postpones, is spread upwards only, and never shortens', () => {
  const after = (retryAfterSeconds: number, random: number) =>
    nextAttempt({ attempt: 1, schedule: defaultSchedule, retryAfterSeconds, random })
  expect(after(100, 0)).toBe(100_000)
  expect(after(100, 0.5)).toBe(110_000)
  expect(after(1, 0)).toBe(4000)
  // The schedule's own jitter must not undercut it either.
  expect(after(5, 0)).toBe(5000)
})

test('Retry-After does not add attempts', () => {
  expect(nextAttempt({ attempt: 1, schedule: [0], retryAfterSeconds: 60, random: 0 })).toBeNull()
})

test('a delay always keeps within its bounds', () => {
  const seconds = fc.integer({ min: 0, max: 2 * day })
  fc.assert(
    fc.property(
      fc.array(seconds, { minLength: 1, maxLength: 30 }),
      fc.nat(29),
      fc.option(seconds),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (schedule, attempt, retryAfterSeconds, random) => {
        const delay = nextAttempt({ attempt, schedule, retryAfterSeconds, random })
        const scheduled = schedule[attempt]
        if (scheduled === undefined) {
          expect(delay).toBeNull()
          return
        }
        const asked = Math.min(retryAfterSeconds ?? 0, day)
        expect(delay).toBeGreaterThanOrEqual(Math.max(scheduled * 800, asked * 1000))
        expect(delay).toBeLessThanOrEqual(
          Math.max(scheduled * 1200, Math.min(asked * 1200, day * 1000))
        )
      }
    )
  )
})

test.for([
  ['120', 120],
  [' 7 ', 7],
  ['0', 0],
  ['86401', day],
  ['99999999999999999999999', day],
  ['Sun, 30 Aug 2026 12:01:30 GMT', 90],
  ['Sunday, 30-Aug-26 12:01:30 GMT', 90],
  ['Sun Aug 30 12:01:30 2026', 90],
  ['Tue Sep  1 11:00:00 2026', day],
  ['Sun, 30 Aug 2026 12:00:00 GMT', 0],
  ['Fri, 31 Dec 9999 23:59:60 GMT', day]
] as const)('reads Retry-After %j', ([header, seconds]) => {
  expect(parseRetryAfter(header, now)).toBe(seconds)
})

test.for([
  '',
  '-5',
  '+5',
  '1.5',
  '1e3',
  '0x10',
  '5 apples',
  'soon',
  '2026-08-30T12:01:30Z',
  'Sun, 30 Aug 2026 11:59:59 GMT',
  'Sun, 30 Aug 2026 12:01:30 CET',
  'Sun, 31 Feb 2027 12:00:00 GMT',
  'Sun, 30 Aug 2026 24:00:00 GMT',
  'Sun, 30 Foo 2026 12:01:30 GMT',
  'Sunday, 30-Aug-94 12:01:30 GMT'
])('ignores Retry-After %j', (header) => {
  expect(parseRetryAfter(header, now)).toBeNull()
})

test('reads the first of several Retry-After headers, and none where there is none', () => {
  expect(parseRetryAfter(['30', '60'], now)).toBe(30)
  expect(parseRetryAfter([], now)).toBeNull()
  expect(parseRetryAfter(undefined, now)).toBeNull()
})

test('a fraction of the present second rounds up, never to an earlier moment', () => {
  const late = new Date('2026-08-30T12:00:00.001Z')
  expect(parseRetryAfter('Sun, 30 Aug 2026 12:00:02 GMT', late)).toBe(2)
})

test('takes a schedule of 1 to 30 delays of 14 days together', () => {
  expect(checkSchedule([0])).toEqual([])
  expect(checkSchedule(Array(30).fill(60))).toEqual([])
  expect(checkSchedule([0, 14 * day])).toEqual([])
})

test.for([
  ['no delay', [], ''],
  ['31 delays', Array(31).fill(1), ''],
  ['more than 14 days', [1, 14 * day], ''],
  ['a negative delay', [0, -1], '/1'],
  ['a fraction', [0.5], '/0'],
  ['NaN', [0, 5, Number.NaN], '/2'],
  ['infinity', [Number.POSITIVE_INFINITY], '/0']
] as [string, number[], string][])('refuses a schedule with %s', ([, schedule, pointer]) => {
  expect(checkSchedule(schedule)).toEqual([{ pointer, detail: expect.any(String) }])
})

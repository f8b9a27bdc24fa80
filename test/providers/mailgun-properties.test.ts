import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readForm } from '../../src/providers/form-data.ts'
import { mailgun } from '../../src/providers/mailgun.ts'

const folder = new URL('../fixtures/providers/mailgun/', import.meta.url)
const posts: Record<string, unknown>[] = readdirSync(folder)
  .filter((name) => name.endsWith('.payload.json'))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')))

const strange = fc.oneof(
  fc.constantFrom<unknown>(null, [], {}, '', ' ', '\u0000', '\ud800', 0, -1, 1e308, true, [[[]]]),
  fc.constantFrom<unknown>(
    550,
    '550',
    421,
    498,
    605,
    200,
    5.5,
    '5.1.1',
    '4.7.1',
    '9.9.9',
    '5.1.1.1'
  ),
  fc.constantFrom<unknown>(
    '550 5.1.1 no',
    'smtp; 550-5.1.1 no\n550 5.1.1 such',
    '<421 4.4.2 late>'
  ),
  fc.jsonValue(),
  fc.string({ unit: 'binary', maxLength: 40 })
)

/** A post of the fixtures with one to four members replaced, dropped or added, wherever they are. */
const mutated = fc
  .record({
    post: fc.constantFrom(...posts),
    edits: fc.array(fc.record({ at: fc.nat(), value: fc.option(strange, { nil: undefined }) }), {
      minLength: 1,
      maxLength: 4
    })
  })
  .map(({ post, edits }) => {
    const copy = structuredClone(post)
    for (const { at, value } of edits) {
      const places = membersOf(copy)
      const [holder, name] = places[at % places.length] ?? [copy, 'event-data']
      if (value === undefined) delete holder[name]
      else holder[name] = structuredClone(value)
    }
    return copy
  })

test('whatever arrives, parse gives events or says what it cannot read', () => {
  const types = [
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    ''
  ]
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.string({ unit: 'binary' }),
        fc.json(),
        mutated.map((post) => JSON.stringify(post))
      ),
      fc.constantFrom(...types),
      (content, type) => {
        const body = Buffer.from(content as string)
        const { events, unreadable } = mailgun.parse({ headers: { 'content-type': type }, body })
        expect(events.length + unreadable.length).toBeGreaterThan(0)
        for (const event of events) expect(event.time?.getTime()).not.toBeNaN()
      }
    ),
    { numRuns: 1500 }
  )
})

test('no reply code or status is ever invented', () => {
  fc.assert(
    fc.property(mutated, (post) => {
      const data = Object(post['event-data'])
      const body = Buffer.from(JSON.stringify(post))
      for (const event of mailgun.parse({ headers: {}, body }).events) {
        if (!event.reply) continue
        const { code, enhanced } = event.reply.parsed
        const received = JSON.stringify([data['delivery-status'], data.reject])
        if (code !== null) {
          expect(received).toContain(String(code))
          expect(code >= 200 && code <= 599 && code !== 498 && code !== 499).toBe(true)
        }
        if (enhanced !== null) expect(received).toContain(enhanced)
        if (event.reply.spokenBy === 'provider') expect([code, enhanced]).toEqual([null, null])
      }
    }),
    { numRuns: 1500 }
  )
})

test('only what was received is in the raw words', () => {
  fc.assert(
    fc.property(mutated, (post) => {
      const body = Buffer.from(JSON.stringify(post))
      const texts = new Set(membersOf(post).map(([holder, name]) => holder[name]))
      for (const { reply } of mailgun.parse({ headers: {}, body }).events) {
        if (reply) expect(reply.parsed.raw === '' || texts.has(reply.parsed.raw)).toBe(true)
      }
    }),
    { numRuns: 500 }
  )
})

const formText = fc.string({
  unit: fc.constantFrom(...'ab"\\;=:-, \u00e4\u{1f600}'),
  maxLength: 12
})

test("multipart forms are read as the platform's own reader does", async () => {
  const entry = fc.record({
    name: formText,
    value: fc.oneof(formText, fc.string()),
    file: fc.boolean()
  })
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 8 }), async (entries) => {
      const written = new FormData()
      for (const { name, value, file } of entries) {
        if (file) written.append(name, new Blob([value]), `${value}"; name="x`)
        else written.append(name, value)
      }
      const response = new Response(written)
      const contentType = response.headers.get('content-type') ?? ''
      const body = Buffer.from(await response.arrayBuffer())

      const platform = await new Response(body, {
        headers: { 'content-type': contentType }
      }).formData()
      const texts = [...platform.keys()].filter((name) => typeof platform.get(name) === 'string')
      const fields = readForm(contentType, body)
      for (const name of texts) {
        expect(fields?.get(name)).toEqual(
          platform.getAll(name).filter((value) => typeof value === 'string')
        )
      }
      const strings = [...platform].filter(([, value]) => typeof value === 'string')
      expect([...(fields?.values() ?? [])].flat()).toHaveLength(strings.length)
    }),
    { numRuns: 300 }
  )
})

test('what is damaged in a multipart form costs that part at most', () => {
  const type = 'multipart/form-data; boundary="b-1"'
  const part = (name: string, value: string) =>
    `--b-1\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const read = (text: string) => Object.fromEntries(readForm(type, Buffer.from(text)) ?? [])

  expect(read(`${part('a', '1')}${part('b', 'cut off')}`.slice(0, -4))).toEqual({ a: ['1'] })
  expect(read(`preamble\r\n${part('a', '--b-1 and\r\n--b-12')}--b-1--`)).toEqual({
    a: ['--b-1 and\r\n--b-12']
  })
  expect(read(`--b-1\r\nContent-Type: text/plain\r\n\r\nx\r\n${part('a', '1')}--b-1--`)).toEqual({
    a: ['1']
  })
  expect(read(`--b-1\r\nno header\r\n${part('a', '')}--b-1--trailer`)).toEqual({ a: [''] })
  expect(read('')).toEqual({})
  expect(readForm('multipart/form-data', Buffer.from(part('a', '1')))).toBeNull()
})

// Work that grew with the square of the input would run into the runner's own limit here.
test('a hostile megabyte gives one event or one complaint', () => {
  const size = 1 << 20
  const hostile = [
    `{"event-data":{"event":"rejected","id":"1","timestamp":1,"message":{"headers":{"to":"${'<'.repeat(size)}"}}}}`,
    `{"event-data":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
    `{"event-data":{"event":"failed","timestamp":1,"delivery-status":{"code":550,"message":"${'\\n550-'.repeat(size / 6)}"}}}`,
    'a&'.repeat(size / 2),
    `--b\r\nContent-Disposition: form-data${';a="\\'.repeat(size / 5)}\r\n\r\n`,
    '\r\n--b'.repeat(size / 5)
  ]
  const types = ['', 'multipart/form-data; boundary=b']
  for (const text of hostile) {
    for (const type of types) {
      const request = { headers: { 'content-type': type }, body: Buffer.from(text) }
      const { events, unreadable } = mailgun.parse(request)
      expect(events.length + unreadable.length).toBe(1)
    }
  }
})

type Members = Record<string, unknown>

function membersOf(value: unknown): [holder: Members, name: string][] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Members
  return Object.keys(holder).flatMap((name) => [
    [holder, name] as [Members, string],
    ...membersOf(holder[name])
  ])
}

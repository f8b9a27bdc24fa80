import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { mailgun } from '../../src/providers/mailgun.ts'
import type { Inbound } from '../../src/providers/provider.ts'

const folder = new URL('../fixtures/providers/mailgun/', import.meta.url)
const payloads = readdirSync(folder).filter((name) => name.includes('.payload.'))
const credentials = { signing_keys: ['fixture-signing-key'] }

test.for(payloads)('reads %s as its expectation says', async (name) => {
  const request = requestOf(name)
  await mailgun.authenticate(request, credentials, {
    now: signedAt(request),
    fetchCertificate: () => Promise.reject(new Error('Mailgun has no certificates'))
  })
  const expected = new URL(name.replace(/\.payload\..*/, '.expected.json'), folder)
  await expect(`${JSON.stringify(mailgun.parse(request), null, 2)}\n`).toMatchFileSnapshot(
    fileURLToPath(expected)
  )
})

test('every expectation belongs to a payload', () => {
  const stems = payloads.map((name) => name.replace(/\.payload\..*/, ''))
  const expectations = readdirSync(folder).filter((name) => name.endsWith('.expected.json'))
  expect(expectations.map((name) => name.replace('.expected.json', '')).sort()).toEqual(
    stems.sort()
  )
})

function requestOf(name: string): Inbound {
  const body = readFileSync(new URL(name, folder))
  const types: Record<string, string> = {
    json: 'application/json',
    urlencoded: 'application/x-www-form-urlencoded',
    multipart: 'multipart/form-data; boundary=a7f3c2e1-fixture'
  }
  return { headers: { 'content-type': types[name.split('.').at(-1)!] }, body }
}

/** The fixtures are signed at fixed times: the moment after the last one named in the body. */
function signedAt(request: Inbound): Date {
  const text = request.body.toString()
  const json = /"signature": \{\s*"timestamp": "(\d+)"/.exec(text)
  const form = [...text.matchAll(/timestamp(?:=|"\r\n\r\n)(\d{10})\b/g)].at(-1)
  return new Date((Number(json?.[1] ?? form?.[1]) + 1) * 1000)
}

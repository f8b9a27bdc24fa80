import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { defaultSchedule } from '../../src/outbound/backoff.ts'
import { newEd25519Secret, newSecret, parseSecret, sign } from '../../src/outbound/sign.ts'

const page = readFileSync(new URL('../../docs/outbound.md', import.meta.url), 'utf8')

type IsGenuine = (
  secret: string,
  id: string,
  timestamp: string,
  signatures: string,
  body: Buffer
) => boolean

async function sample(): Promise<IsGenuine> {
  const code = /```ts\n(.*?)```/s.exec(page)?.[1]
  if (!code) throw new Error('docs/outbound.md has no TypeScript sample')
  const folder = mkdtempSync(join(tmpdir(), 'sample-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'sample.mts')
  writeFileSync(file, code)
  const { isGenuine } = await import(/* @vite-ignore */ pathToFileURL(file).href)
  return isGenuine
}

test('the sample in the documentation verifies what we send, and nothing else', async () => {
  const isGenuine = await sample()
  const [secret, former] = [newSecret(), newSecret()]
  const now = Math.floor(Date.now() / 1000)
  const body = Buffer.from([0x7b, 0xff, 0xc3, 0xa9, 0x7d])
  const keys = [newEd25519Secret(), secret, former].map(parseSecret)
  const signed = (timestamp: number) => sign({ id: 'msg_1', timestamp, body, secrets: keys })
  const at = (timestamp: number) =>
    isGenuine(secret, 'msg_1', String(timestamp), signed(timestamp), body)

  expect(at(now)).toBe(true)
  expect(at(now - 290)).toBe(true)
  expect(isGenuine(former, 'msg_1', String(now), signed(now), body)).toBe(true)
  expect(at(now - 310)).toBe(false)
  expect(at(now + 310)).toBe(false)
  expect(isGenuine(newSecret(), 'msg_1', String(now), signed(now), body)).toBe(false)
  expect(isGenuine(secret, 'msg_2', String(now), signed(now), body)).toBe(false)
  expect(isGenuine(secret, 'msg_1', String(now), signed(now), body.subarray(1))).toBe(false)
  expect(isGenuine(secret, 'msg_1', '', signed(now), body)).toBe(false)
})

test('the documentation tells the schedule that is kept', () => {
  expect(page.replace(/\s+/g, ' ')).toContain(
    'after 5 seconds, 5 minutes, 30 minutes, 2, 5, 10, 14, 20 and 24 hours'
  )
  expect(defaultSchedule.slice(1)).toEqual([
    5,
    5 * 60,
    30 * 60,
    ...[2, 5, 10, 14, 20, 24].map((hours) => hours * 3600)
  ])
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { problemsPage, withSettings } from '../scripts/documents.ts'
import { errorCodes } from '../src/errors.ts'
import { client, sharedService } from './support/service.ts'

const read = (name: string) => readFileSync(join(import.meta.dirname, '..', name), 'utf8')

test("the README's table of settings is what the code says (npm run generate:docs)", () => {
  const readme = read('README.md')
  expect(readme).toBe(withSettings(readme))
})

test('docs/problems.md is what the code says, and has every code', () => {
  const page = read('docs/problems.md')
  expect(page).toBe(problemsPage())
  const named = [...page.matchAll(/^## (.+)$/gm)].map((match) => match[1])
  expect(named.toSorted()).toEqual([...errorCodes].toSorted())
})

test('the type of a problem leads to its explanation', async () => {
  const service = await sharedService()
  const { body } = await client(service)('GET', '/nowhere')
  const [path, code] = body.type.split('#')
  const page = await client(service)('GET', path)
  expect(page.status).toBe(200)
  expect(page.headers.get('content-type')).toMatch(/^text\/markdown/)
  expect(page.body).toContain(`## ${code}\n`)
})

test('the service gives out its own description', async () => {
  const { status, headers, body } = await client(await sharedService())('GET', '/openapi.yaml')
  expect(status).toBe(200)
  expect(headers.get('content-type')).toMatch(/yaml/)
  expect(body).toBe(read('openapi.yaml'))
})

test('the interactive reference loads everything from the service itself', async () => {
  const { url } = await sharedService()
  const page = await fetch(`${url}/docs`)
  expect(page.status).toBe(200)
  const html = await page.text()
  expect(html).not.toMatch(/(?:https?:)?\/\/[a-z0-9-]+\.[a-z]/i)
  const loaded = [...html.matchAll(/<(?:script|link|img)\b[^>]*\b(?:src|href)="([^"]+)"/g)].map(
    (match) => match[1]!
  )
  expect(loaded.length).toBeGreaterThan(2)
  for (const path of loaded) {
    const response = await fetch(new URL(path, page.url))
    expect(response.status, path).toBe(200)
    await response.arrayBuffer()
  }
  const initializer = loaded.find((path) => path.includes('initializer'))
  const script = await (await fetch(new URL(initializer ?? '', page.url))).text()
  expect(script).not.toMatch(/validator\.swagger\.io/)
  const json = await fetch(`${url}/docs/json`)
  expect(await json.json()).toMatchObject({ openapi: '3.1.0' })
})

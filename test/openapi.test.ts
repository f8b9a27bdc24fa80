import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { openapiYaml } from '../scripts/documents.ts'

const text = readFileSync(join(import.meta.dirname, '../openapi.yaml'), 'utf8')

interface Operation {
  operationId?: string
  summary?: string
  tags?: string[]
  security?: unknown[]
  responses: Record<string, { content?: Record<string, { schema?: unknown }> }>
}
const document: {
  openapi: string
  security: unknown[]
  components: { schemas: Record<string, unknown> }
  paths: Record<string, Record<string, Operation>>
} = parse(text)
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation }))
)

test('openapi.yaml is what the routes say (npm run generate:openapi)', async () => {
  expect(text).toBe(await openapiYaml())
})

test('is OpenAPI 3.1 with every operation named once', () => {
  expect(document.openapi).toBe('3.1.0')
  const names = operations.map(({ operation }) => operation.operationId)
  expect(names.length).toBeGreaterThan(20)
  expect(names).not.toContain(undefined)
  expect(new Set(names).size).toBe(names.length)
  for (const { path, method, operation } of operations) {
    expect(operation.summary, `${method} ${path}`).toMatch(/\w/)
    expect(operation.tags, `${method} ${path}`).toHaveLength(1)
  }
})

test('asks for a key everywhere but for webhooks and the state of the service', () => {
  expect(document.security).toEqual([{ key: [] }])
  const open = operations.filter(({ operation }) => operation.security?.length === 0)
  expect(open.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
    'get /healthz',
    'get /readyz',
    'post /webhooks/{source}'
  ])
})

test('says of every guarded operation what a refusal looks like', () => {
  for (const { path, method, operation } of operations) {
    if (path === '/healthz') continue
    const refusal = operation.responses['4XX'] ?? operation.responses['503']
    expect(JSON.stringify(refusal), `${method} ${path}`).toContain('#/components/schemas/Problem')
  }
})

test('refers to nothing that is not there', () => {
  const references = [...text.matchAll(/\$ref: ["']?#\/components\/schemas\/([\w.-]+)/g)]
  expect(references.length).toBeGreaterThan(20)
  const unknown = references
    .map((match) => match[1]!)
    .filter((name) => !(name in document.components.schemas))
  expect(unknown).toEqual([])
})

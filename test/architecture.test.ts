import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { expect, test } from 'vitest'

/**
 * The rooms of `src/`, in the order in which they may use each other: a room uses rooms on earlier
 * lines and its own files, never later lines; rooms on one line are strangers to each other.
 * `docs/ARCHITECTURE.md` has the same table. A file that lies in `src/` itself is a room of its own.
 */
const lines = [
  ['errors', 'string-enum'],
  ['config'],
  ['smtp'],
  ['events'],
  ['providers', 'policy'],
  ['store'],
  ['ingest', 'outbound'],
  ['http'],
  ['mcp', 'cli', 'dashboard', 'client'],
  ['app'],
  ['service'],
  ['main']
]

/**
 * No clock, network, disk, logger or database, so that the same input gives the same answer on any
 * machine and later too. A pure room uses only pure rooms and the packages below.
 */
const pureRooms = ['errors', 'string-enum', 'smtp', 'events', 'providers', 'policy']

const purePackages: Record<string, string> = {
  '@sinclair/typebox': 'a schema and its type are written once',
  '@sinclair/typebox/value': 'checks what came from outside against such a schema',
  'node:crypto': 'digests, signatures and certificates; its randomness is refused below',
  'node:url': 'domainToASCII, for domains in A-label form',
  'secure-json-parse': 'reads a JSON body without letting it set prototypes'
}

/** What would make a pure room depend on the moment, the machine or chance without any import. */
const impureWords: Record<string, RegExp> = {
  'the clock': /\bnew Date\(\)|\bDate\.now\(|\bperformance\.now\(/,
  'a timer': /(?<![.\w])set(?:Timeout|Interval|Immediate)\(/,
  chance: /\bMath\.random\(|\brandom(?:Bytes|UUID|Int|Fill|FillSync)\b/,
  'the network': /(?<![.\w])fetch\(/,
  'the process': /(?<![.\w])process\.[a-z]/,
  'the console': /(?<![.\w])console\.[a-z]/
}

/** The only files that read the environment; `loadConfig` makes settings of it. */
const environmentReaders = ['config.ts', 'cli/main.ts']

test('every import goes to an earlier room', () => {
  expect(sources().flatMap(([path, text]) => importMistakes(path, text))).toEqual([])
})

test('pure rooms touch no clock, timer, chance, network, process or console', () => {
  expect(sources().flatMap(([path, text]) => impurities(path, text))).toEqual([])
})

test('only the settings and the command line read the environment', () => {
  const readers = sources().filter(([, text]) => readsEnvironment(text))
  expect(
    readers.map(([path]) => path).filter((path) => !environmentReaders.includes(path))
  ).toEqual([])
})

test.for([
  ['smtp/reply.ts', `import { Event } from '../events/event.ts'`, 'a later room'],
  ['smtp/rules/rfc.ts', `import type { Event } from '../../events/event.ts'`, 'a later room'],
  ['events/event.ts', `export * from '../store/schema.ts'`, 'a later room'],
  ['events/event.ts', `const x = await import('../store/schema.ts')`, 'a later room'],
  ['store/a.ts', `const url = new URL('../http/worker.ts', import.meta.url)`, 'a later room'],
  ['store/a.ts', `export type A = typeof import('../http/b.ts')`, 'a later room'],
  ['events/event.ts', `import '../main.ts'`, 'a later room'],
  ['policy/decide.ts', `import {\n  ses // why\n} from '../providers/ses.ts'`, 'a stranger'],
  ['outbound/sign.ts', `export { a } from '../ingest/ingest.ts'`, 'a stranger'],
  ['events/event.ts', `import { readFileSync } from 'node:fs'`, 'not for a pure room'],
  ['policy/decide.ts', `import { Settings } from '../config.ts'`, 'not for a pure room'],
  ['garage/car.ts', `export const wheels = 4`, 'not in the table'],
  ['store/a.ts', `import { a } from '../garage/car.ts'`, 'not in the table'],
  ['http/a.ts', `import { a } from '../../test/a.ts'`, 'outside src'],
  ['http/a.ts', `import a = require('node:fs')`, 'cannot be read']
] as const)('%s may not say: %s', ([path, text, why]) => {
  expect(importMistakes(path, text)).toEqual([expect.stringContaining(why)])
})

test.for([
  ['smtp/classify.ts', `import { type Reply } from './reply.ts'\nexport { a } from './a.ts'`],
  ['smtp/rules/rfc.ts', `import { errorCodes } from '../../errors.ts'`],
  ['policy/decide.ts', `import type { Event } from '../events/event.ts'`],
  ['http/a.ts', `import fastify, {\n  type FastifyInstance\n} from 'fastify'\nexport {\n  a\n}`],
  [
    'smtp/reply.ts',
    `// import { a } from '../store/a.ts'\nexport const text = "bounced from '../x'"`
  ]
] as const)('%s may say: %s', ([path, text]) => {
  expect(importMistakes(path, text)).toEqual([])
})

test('a clock, chance and the environment are noticed where they do not belong', () => {
  expect(impurities('policy/decide.ts', 'const now = new Date()')).toHaveLength(1)
  expect(impurities('events/id.ts', `import { randomUUID } from 'node:crypto'`)).toHaveLength(1)
  expect(impurities('policy/decide.ts', 'const at = new Date(event.time)')).toEqual([])
  expect(impurities('store/clock.ts', 'const now = new Date()')).toEqual([])
  expect(readsEnvironment('const port = process.env.PORT')).toBe(true)
  expect(readsEnvironment(`import { env } from 'node:process'`)).toBe(true)
})

/** Every file of `src/`, as its path there and its text. */
function sources(): [path: string, text: string][] {
  const root = join(import.meta.dirname, '../src')
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[jt]s$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  expect(files.length).toBeGreaterThan(0)
  return files.map((file) => [
    relative(root, file).replaceAll('\\', '/'),
    readFileSync(file, 'utf8')
  ])
}

function importMistakes(path: string, text: string): string[] {
  const room = roomOf(path)
  const line = lineOf(room)
  if (line < 0) return [`${path}: room ${room} is not in the table`]
  const { specifiers, unread } = importsOf(text)
  return [
    ...unread.map((statement) => `${path}: cannot be read: ${statement}`),
    ...specifiers.flatMap((specifier) => {
      const why = specifier.startsWith('.')
        ? wrongRoom(path, specifier)
        : wrongPackage(room, specifier)
      return why === null ? [] : [`${path}: ${specifier}: ${why}`]
    })
  ]
}

function wrongRoom(path: string, specifier: string): string | null {
  const target = posix.join(dirname(path), specifier)
  if (target.startsWith('..')) return 'outside src'
  const from = roomOf(path)
  const to = roomOf(target)
  if (to === from) return null
  if (lineOf(to) < 0) return `room ${to} is not in the table`
  if (lineOf(to) > lineOf(from)) return `${to} is a later room than ${from}`
  if (lineOf(to) === lineOf(from)) return `${to} is a stranger to ${from}`
  if (pureRooms.includes(from) && !pureRooms.includes(to)) return `${to} is not for a pure room`
  return null
}

function wrongPackage(room: string, specifier: string): string | null {
  return pureRooms.includes(room) && !(specifier in purePackages) ? 'not for a pure room' : null
}

function impurities(path: string, text: string): string[] {
  if (!pureRooms.includes(roomOf(path))) return []
  return Object.entries(impureWords).flatMap(([what, words]) => {
    const found = words.exec(text)
    return found === null ? [] : [`${path}: ${what}: ${found[0]}`]
  })
}

function readsEnvironment(text: string): boolean {
  return /\bprocess\.env\b|\benv\b.*=\s*process\b|from '(?:node:)?process'/.test(text)
}

/** The folder in `src/`, or the name of a file that lies in `src/` itself. */
function roomOf(path: string): string {
  return path.split('/')[0]!.replace(/\.[jt]s$/, '')
}

function lineOf(room: string): number {
  return lines.findIndex((rooms) => rooms.includes(room))
}

/**
 * What a file imports, by the shape of the statements: the formatter puts each at the start of a line.
 * A line that begins like an import and does not match is returned as unread rather than missed.
 */
function importsOf(text: string): { specifiers: string[]; unread: string[] } {
  const clause = String.raw`(?:[\w$\s{},*]|\/\/.*|\/\*[\s\S]*?\*\/)*?`
  const statements = [
    ...text.matchAll(
      new RegExp(String.raw`^(?:import|export)\b${clause}\bfrom\s*(['"])(.+?)\1`, 'gm')
    ),
    ...text.matchAll(/^import\s*(['"])(.+?)\1/gm)
  ]
  const expressions = [
    ...text.matchAll(/\bimport\s*\(\s*(['"`])(.+?)\1/g),
    ...text.matchAll(/\bnew URL\(\s*(['"`])(\.[^'"`]*\.[jt]s)\1/g)
  ]
  const read = new Set(statements.map((match) => match.index))
  const unread = [...text.matchAll(/^import\b(?!\s*[(.]).*/gm)]
    .filter((match) => !read.has(match.index))
    .map((match) => match[0])
  return { specifiers: [...statements, ...expressions].map((match) => match[2]!), unread }
}

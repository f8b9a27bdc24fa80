import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Joined here, so that this file does not name them itself. */
const registryHosts = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['npm', 'pkg', 'github', 'com'],
  ['deb', 'debian', 'org'],
  ['security', 'debian', 'org'],
  ['pypi', 'org']
].map((labels) => labels.join('.'))

const machinePath = /(?<![\w.~/-])\/(?:work|root|home\/\w+|Users\/\w+)\/\w/

test('the lock file names no download address', () => {
  const lock: unknown = JSON.parse(read('package-lock.json'))
  expect(lock).toHaveProperty('packages')
  expect(JSON.stringify(lock)).not.toContain('"resolved"')
})

test('no file names a package registry', () => {
  const named = files().filter((file) => registryHosts.some((host) => read(file).includes(host)))
  expect(named).toEqual([])
})

test('no file holds a path of somebody’s machine', () => {
  const held = files().flatMap((file) => {
    const found = machinePath.exec(read(file))
    return found === null ? [] : [`${file}: ${found[0]}`]
  })
  expect(held).toEqual([])
})

test('a path of a machine is told from an address', () => {
  const home = ['', 'home', 'ada', 'mailverdict'].join('/')
  expect(machinePath.test(`cd ${home}`)).toBe(true)
  expect(machinePath.test(`https://example.com${home}`)).toBe(false)
  expect(machinePath.test('POST /webhooks/ses')).toBe(false)
})

test('decisions are numbered without gaps and named in kebab-case', () => {
  const decisions = readdirSync(join(root, 'docs/decisions')).sort()
  expect(decisions.length).toBeGreaterThan(0)
  for (const [index, name] of decisions.entries()) {
    const number = String(index + 1).padStart(4, '0')
    expect(name).toMatch(new RegExp(`^${number}(?:-[a-z0-9]+)+\\.md$`))
  }
})

test('every npm script and every script that the pages name exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const pages = files().filter((file) => file.endsWith('.md') && file !== 'CHANGELOG.md')
  const named = pages.flatMap((page) => commandsIn(read(page)).map((name) => ({ page, name })))
  expect(named.length).toBeGreaterThan(0)
  expect(named.filter(({ name }) => !(name in scripts) && !existsSync(join(root, name)))).toEqual(
    []
  )
})

/** `npm test` and `npm run x` as the name of the script, `scripts/x.sh` as its path. */
function commandsIn(page: string): string[] {
  return [
    ...page.matchAll(/\bnpm (?:run )?(test|start)\b/g),
    ...page.matchAll(/\bnpm run (?:-{1,2}\S+ )*([a-z][\w:-]*)/g),
    ...page.matchAll(/(?<![\w/])((?:scripts\/|\.ci\/)[\w.-]*\w)/g)
  ].map((match) => match[1]!)
}

/** What is in the tree or about to be, as text. */
function files(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8'
  })
  const present = listed.split('\0').filter((file) => file !== '' && existsSync(join(root, file)))
  expect(present).toContain('package.json')
  return present
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** The parts of the documents that the code knows best. */
import { pino } from 'pino'
import { type AppDeps, buildApp } from '../src/app.ts'
import { Settings } from '../src/config.ts'
import { problems } from '../src/http/problems.ts'

/** A README with its table of settings made anew. Throws when it has none. */
export function withSettings(readme: string): string {
  const table = /^\| Setting +\| Default +\| Meaning +\|\n\|[-| ]+\|\n(?:\|.*\n)*/m
  if (!table.test(readme)) throw new Error('the README has no table Setting, Default, Meaning')
  const rows = Object.entries(Settings.properties).map(([name, schema]) => {
    const value =
      schema.default === undefined || schema.default === '' ? '' : `\`${schema.default}\``
    return [`\`${name}\``, value, schema.description ?? '']
  })
  return readme.replace(table, () => markdownTable([['Setting', 'Default', 'Meaning'], ...rows]))
}

/** docs/problems.md */
export function problemsPage(): string {
  const page = Object.entries(problems).map(
    ([code, { status, title }]) => `## ${code}\n\nStatus ${status}. ${title}.\n`
  )
  return `# Problems\n\nEvery refusal is an RFC 9457 problem with one of these codes; its \`detail\` says what to do next.\nGenerated from \`src/http/problems.ts\`.\n\n${page.join('\n')}`
}

/** openapi.yaml, from the routes' schemas. No database is opened: no route runs. */
export async function openapiYaml(): Promise<string> {
  const app = await buildApp({
    log: pino({ level: 'silent' }),
    trustProxy: [],
    ingest: {}
  } as unknown as AppDeps)
  try {
    await app.ready()
    return app.swagger({ yaml: true })
  } finally {
    await app.close()
  }
}

function markdownTable(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  )
  const line = (row: string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |\n`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('')
}

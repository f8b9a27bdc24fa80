// Writes what the documents say of the code: the README's settings and the page of problems.
import { readFileSync, writeFileSync } from 'node:fs'
import { Settings } from '../src/config.ts'
import { problems } from '../src/http/problems.ts'

const readme = new URL('../README.md', import.meta.url)
const rows = Object.entries(Settings.properties).map(([name, schema]) => {
  const value = schema.default === undefined || schema.default === '' ? '' : `\`${schema.default}\``
  return `| \`${name}\` | ${value} | ${schema.description} |`
})
writeFileSync(
  readme,
  readFileSync(readme, 'utf8').replace(
    /(\| Setting \| Default \| Meaning \|\n\|---\|---\|---\|\n)(?:<!-- settings -->\n|\|.*\n)*/,
    `$1${rows.join('\n')}\n`
  )
)

const page = Object.entries(problems).map(
  ([code, { status, title }]) => `## ${code}\n\nStatus ${status}. ${title}.\n`
)
writeFileSync(
  new URL('../docs/problems.md', import.meta.url),
  `# Problems\n\nEvery refusal is an RFC 9457 problem with one of these codes; its \`detail\` says what to do next.\nGenerated from \`src/http/problems.ts\`.\n\n${page.join('\n')}`
)

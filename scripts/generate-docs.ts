// Writes what the documents say of the code: the README's settings and the page of problems.
import { readFileSync, writeFileSync } from 'node:fs'
import { problemsPage, withSettings } from './documents.ts'

const readme = new URL('../README.md', import.meta.url)
writeFileSync(readme, withSettings(readFileSync(readme, 'utf8')))
writeFileSync(new URL('../docs/problems.md', import.meta.url), problemsPage())

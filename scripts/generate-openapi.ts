// Writes openapi.yaml from the routes' schemas. No database is opened: no route runs.
import { writeFileSync } from 'node:fs'
import { pino } from 'pino'
import { type AppDeps, buildApp } from '../src/app.ts'

const app = await buildApp({
  log: pino({ level: 'silent' }),
  trustProxy: [],
  ingest: {}
} as unknown as AppDeps)
await app.ready()
writeFileSync(new URL('../openapi.yaml', import.meta.url), app.swagger({ yaml: true }))
await app.close()

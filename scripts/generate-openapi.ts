// Writes openapi.yaml from the routes' schemas.
import { writeFileSync } from 'node:fs'
import { openapiYaml } from './documents.ts'

writeFileSync(new URL('../openapi.yaml', import.meta.url), await openapiYaml())

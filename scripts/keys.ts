// Prints fresh values for the two settings that a PostgreSQL server needs, in the form of an env file.
import { randomBytes } from 'node:crypto'
import { newApiKey } from '../src/store/keys.ts'

console.log(`ADMIN_API_KEY=${newApiKey().key}`)
console.log(`SECRETS_KEY=${randomBytes(32).toString('base64')}`)

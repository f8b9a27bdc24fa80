/**
 * Makes a new embedded database and ends: initialising takes three times the memory of running, and this
 * process gives it all back. Plain JavaScript, like the worker.
 */
import { PGlite } from '@electric-sql/pglite'

const folder = process.argv[2]
if (folder === undefined) throw new Error('usage: embedded-init FOLDER')
const db = await PGlite.create(folder)
await db.close()

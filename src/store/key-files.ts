/** Keys made on first start and kept in files that only the owner may read. */
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../errors.ts'

/** The key in `folder/name`, made if there is none. `isNew` when it was made now. */
export function keepKey(
  folder: string,
  name: string,
  make: () => string
): { key: string; path: string; isNew: boolean } {
  const path = join(folder, name)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const isNew = writeOnce(path, make)
    return { key: readFileSync(path, 'utf8').trim(), path, isNew }
  } catch (cause) {
    throw new AppError('start-failed', `The file ${path} cannot be written or read.`, { cause })
  }
}

/** Whole or not at all: a start that is cut off leaves no half a key. */
function writeOnce(path: string, make: () => string): boolean {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${make()}\n`, { mode: 0o600 })
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    rmSync(draft, { force: true })
  }
}

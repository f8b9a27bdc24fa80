/** Secrets at rest: AES-256-GCM, the key outside the database. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'

export interface Vault {
  seal(plain: string): Uint8Array
  /** Throws `start-failed` when it was sealed with another key or altered. */
  unseal(sealed: Uint8Array): string
}

const version = 1

/** @param secretsKey base64 of 32 bytes, as the setting SECRETS_KEY */
export function createVault(secretsKey: string): Vault {
  const key = Buffer.from(
    hkdfSync('sha256', Buffer.from(secretsKey, 'base64'), '', 'mailverdict stored secrets', 32)
  )
  return {
    // version, 12 bytes nonce, 16 bytes tag, ciphertext
    seal(plain) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.from([version]), nonce, cipher.getAuthTag(), body])
    },
    unseal(sealed) {
      const bytes = Buffer.from(sealed)
      try {
        if (bytes[0] !== version) throw new Error('unknown version')
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 13))
        decipher.setAuthTag(bytes.subarray(13, 29))
        return Buffer.concat([decipher.update(bytes.subarray(29)), decipher.final()]).toString(
          'utf8'
        )
      } catch (cause) {
        throw new AppError(
          'start-failed',
          'A stored secret cannot be read with this SECRETS_KEY. Start with the key it was stored with.',
          { cause }
        )
      }
    }
  }
}

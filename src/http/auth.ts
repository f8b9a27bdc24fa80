/** Bearer keys and their scopes. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'
import type { Caller, KeyStore, Scope } from '../store/keys.ts'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null
  }
  interface FastifyContextConfig {
    /** What a key must allow to call this route. */
    scope?: Scope
  }
}

/** Every route of `app` needs a key with the scope in its config. */
export function requireKeys(app: FastifyInstance, keys: KeyStore): void {
  app.decorateRequest('caller', null)
  app.addHook('onRequest', async (request) => {
    const { scope } = request.routeOptions.config
    const key = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
    const caller = key === undefined ? null : await keys.identify(key)
    if (caller === null) {
      throw new AppError('unauthorized', 'Send a valid key as Authorization: Bearer mv_….')
    }
    if (
      scope === undefined ||
      !(caller.scopes.includes(scope) || caller.scopes.includes('admin'))
    ) {
      throw new AppError('forbidden', `This needs a key with the scope ${scope ?? 'admin'}.`)
    }
    request.caller = caller
  })
}

/** Whose data a request is about. */
export function tenantOf(request: FastifyRequest): string {
  if (request.caller === null) throw new Error('the route is not behind requireKeys')
  return request.caller.tenant
}

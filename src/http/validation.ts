/** How requests are checked against their schemas. */
import AjvCompiler from '@fastify/ajv-compiler'
import { isTime } from './times.ts'

const build = AjvCompiler()

/**
 * Text becomes a number where the schema wants one in a query, which has nothing but text. In a body it
 * stays what it is: coercion there would make null of '' and '' of null, and take "5000" for 5000.
 */
export const buildValidator: AjvCompiler.ValidatorFactory = (externals) => {
  const compiler = (coerceTypes: boolean) =>
    build(externals, {
      customOptions: { removeAdditional: false, allErrors: true, useDefaults: true, coerceTypes },
      onCreate: (ajv) => ajv.addFormat('date-time', isTime)
    })
  const [strict, coercing] = [compiler(false), compiler(true)]
  return (route) => (route.httpPart === 'body' ? strict : coercing)(route)
}

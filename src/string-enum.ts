import { type TUnsafe, Type } from '@sinclair/typebox'

/** A closed set of strings as one JSON Schema `enum`, which reads better than a union of constants. */
export function StringEnum<const T extends string>(
  values: readonly T[],
  options: { description?: string; default?: T } = {}
): TUnsafe<T> {
  return Type.Unsafe<T>({ type: 'string', enum: [...values], ...options })
}

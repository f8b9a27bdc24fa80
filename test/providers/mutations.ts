import fc from 'fast-check'

/** Values that no field expects: what a provider's bug or a careless proxy may make of one. */
const strange: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  550,
  8640000000000001,
  1e300,
  '',
  ' ',
  '0',
  'text',
  '\u0000',
  '\ud800',
  '2026-02-30T25:61:00Z',
  '+275760-09-13T00:00:00.001Z',
  [],
  {},
  [[]],
  { a: { b: [] } },
  ['x', 1, null]
]

type Cut = (parent: Record<string, unknown>, key: string, value: unknown) => void

const cuts: readonly Cut[] = [
  (parent, key) => {
    delete parent[key]
  },
  (parent, key, value) => {
    parent[key] = value
  },
  (parent, key) => {
    parent[key] = [parent[key]]
  },
  (parent, key) => {
    const { [key]: moved, ...others } = parent
    for (const name of Object.keys(parent)) delete parent[name]
    Object.assign(parent, { [key]: moved }, others)
  },
  (parent, key) => {
    parent[`${key}x`] = parent[key]
  },
  (parent, key) => {
    if (typeof parent[key] === 'number') parent[key] = String(parent[key])
  }
]

/** The payloads, each with some fields dropped, retyped, wrapped, moved or doubled; still JSON. */
export function mutated(payloads: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const change = fc.record({
    where: fc.nat(),
    cut: fc.constantFrom(...cuts),
    value: fc.oneof(fc.constantFrom(...strange), fc.string(), fc.integer(), fc.double())
  })
  return fc
    .tuple(fc.constantFrom(...payloads), fc.array(change, { minLength: 1, maxLength: 6 }))
    .map(([payload, changes]) => {
      const root = { body: JSON.parse(payload.toString()) as unknown }
      for (const { where, cut, value } of changes) {
        const places = placesIn(root)
        const place = places[where % places.length]
        if (place) cut(place.parent, place.key, structuredClone(value))
      }
      return Buffer.from(JSON.stringify(root.body) ?? 'null')
    })
}

/** Every run of digits in a body: a reply code that is not among them was invented. */
export function numbersIn(body: Buffer): Set<string> {
  return new Set(body.toString().match(/\d+/g) ?? [])
}

function placesIn(value: unknown): { parent: Record<string, unknown>; key: string }[] {
  if (typeof value !== 'object' || value === null) return []
  const parent = value as Record<string, unknown>
  return Object.keys(parent).flatMap((key) => [{ parent, key }, ...placesIn(parent[key])])
}

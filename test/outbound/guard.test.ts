import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import {
  type ConnectorOptions,
  checkUrl,
  type GuardOptions,
  guardedConnector,
  isForbidden,
  type Lookup
} from '../../src/outbound/guard.ts'
import { createDispatcher, send } from '../../src/outbound/send.ts'
import { listen } from './listener.ts'

const strict: GuardOptions = { allowHttp: false, allow: [] }
const open: GuardOptions = { allowHttp: true, allow: [] }

function answers(...addresses: string[]): Lookup {
  return (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    )
}

/** Tries to connect for real and gives the error, or null when a connection came about. */
function connect(url: string, options: ConnectorOptions): Promise<Error | null> {
  const { hostname, host, protocol, port } = new URL(url)
  return new Promise((resolve) =>
    guardedConnector(options)({ hostname, host, protocol, port }, (error, socket) => {
      socket?.destroy()
      resolve(error)
    })
  )
}

// -- addresses

// The blocks again, as numbers, to hold the tables against a second reading.
const blocks4 = `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16
  172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16
  192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4`
  .split(/\s+/)
  .map((block) => {
    const [address = '', prefix] = block.split('/')
    const start = Number(address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n))
    return { start, end: start + 2 ** (32 - Number(prefix)) - 1 }
  })
const blocks6: [bigint, number][] = [
  [0x2001_0000n << 96n, 23],
  [0x2001_0db8n << 96n, 32],
  [0x2002_0000n << 96n, 16],
  [0x2620_004f_8000n << 80n, 48],
  [0x3fff_0000n << 96n, 20]
]

function ipv4(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')
}

function ipv6(number: bigint): string {
  return [...Array(8).keys()]
    .map((group) => ((number >> BigInt(112 - 16 * group)) & 0xffffn).toString(16))
    .join(':')
}

function forbidden4(number: number): boolean {
  return blocks4.some(({ start, end }) => number >= start && number <= end)
}

function forbidden6(number: bigint): boolean {
  const within = (start: bigint, prefix: number) =>
    number >> BigInt(128 - prefix) === start >> BigInt(128 - prefix)
  return !within(0x2000n << 112n, 3) || blocks6.some(([start, prefix]) => within(start, prefix))
}

test('forbids each IPv4 block from its first address to its last and nothing beside it', () => {
  for (const { start, end } of blocks4) {
    expect([ipv4(start), isForbidden(ipv4(start))]).toEqual([ipv4(start), true])
    expect([ipv4(end), isForbidden(ipv4(end))]).toEqual([ipv4(end), true])
    for (const beside of [start - 1, end + 1].filter((n) => n >= 0 && n < 2 ** 32)) {
      expect([ipv4(beside), isForbidden(ipv4(beside))]).toEqual([ipv4(beside), forbidden4(beside)])
    }
  }
})

test('forbids each IPv6 block from its first address to its last and nothing beside it', () => {
  for (const [start, prefix] of [...blocks6, [0x2000n << 112n, 3] as [bigint, number]]) {
    const end = start + (1n << BigInt(128 - prefix)) - 1n
    for (const number of [start - 1n, start, end, end + 1n]) {
      expect([ipv6(number), isForbidden(ipv6(number))]).toEqual([ipv6(number), forbidden6(number)])
    }
  }
})

test('agrees with a second reading of the tables on random addresses', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 32 - 1), (number) => isForbidden(ipv4(number)) === forbidden4(number)),
    { numRuns: 3000 }
  )
  const starts = [0x2001n, 0x2002n, 0x2620n, 0x3fffn, 0x3ffen, 0x2a00n, 0xfd00n, 0xfe80n, 0x64n, 0n]
  const random6 = fc
    .tuple(fc.constantFrom(...starts), fc.bigInt(0n, (1n << 112n) - 1n), fc.nat(111))
    .map(([start, rest, zeros]) => (start << 112n) | (rest >> BigInt(zeros)))
  fc.assert(
    fc.property(random6, (number) => isForbidden(ipv6(number)) === forbidden6(number)),
    { numRuns: 3000 }
  )
})

test.for([
  ['93.184.215.14', false],
  ['8.8.8.8', false],
  ['2606:4700::6810:84e5', false],
  ['2a00:1450:4001::200e', false],
  ['127.0.0.1', true],
  ['::1', true],
  ['::', true],
  ['::ffff:8.8.8.8', true],
  ['64:ff9b::808:808', true],
  ['fe80::1%eth0', true],
  ['2606:4700::1%eth0', true],
  ['168.63.129.16', true],
  ['100:0:0:1::1', true],
  ['', true],
  ['example.com', true],
  ['127.1', true]
] as const)('isForbidden(%j) is %j', ([ip, expected]) => {
  expect(isForbidden(ip)).toBe(expected)
})

test.for([
  ['64:ff9b::8.8.8.8', false],
  ['64:ff9b::7f00:1', true],
  ['64:ff9b::127.0.0.1', true],
  ['64:ff9b::a9fe:a9fe', true],
  ['64:ff9b::1', true],
  ['64:ff9b::', true],
  ['64:ff9b::808:0', false],
  ['0064:ff9b:0:0:0:0:0808:0808', false],
  ['64:ff9b:1::808:808', true],
  ['::1', true],
  ['2a00:1450:4001::200e', false]
] as const)('on a NAT64-only network isForbidden(%j) is %j', ([ip, expected]) => {
  expect(isForbidden(ip, { nat64: true })).toBe(expected)
})

// -- URLs

test.for([
  ['https://hooks.acme.com/in?x=1', 'https://hooks.acme.com/in?x=1'],
  ['HTTPS://Hooks.ACME.com:443', 'https://hooks.acme.com/'],
  ['https://hooks.acme.com./in', 'https://hooks.acme.com/in'],
  ['https://bücher.de/', 'https://xn--bcher-kva.de/'],
  ['https://8.8.8.8/', 'https://8.8.8.8/'],
  ['https://[2606:4700::1]/', 'https://[2606:4700::1]/'],
  ['https://my_app.acme.com/', 'https://my_app.acme.com/'],
  ['https://localhost.acme.com/', 'https://localhost.acme.com/'],
  ['https://my-example.com/', 'https://my-example.com/']
])('takes %s', ([url, canonical]) => {
  expect(checkUrl(url!, strict)).toEqual({ ok: true, url: canonical })
})

test.for([
  ['http://hooks.acme.com/', 'starts with https://'],
  ['ftp://hooks.acme.com/', 'starts with https://'],
  ['file:///etc/passwd', 'starts with https://'],
  ['javascript:alert(1)', 'starts with https://'],
  ['hooks.acme.com', 'not a complete URL'],
  ['', 'not a complete URL'],
  ['https://', 'not a complete URL'],
  ['https://[fe80::1%25eth0]/', 'not a complete URL'],
  ['https://[fe80::1%eth0]/', 'not a complete URL'],
  ['https://1.2.3.4.5.6/', 'not a complete URL'],
  ['https://user@hooks.acme.com/', 'user name or password'],
  ['https://:secret@hooks.acme.com/', 'user name or password'],
  ['https://good.example@127.0.0.1/', 'user name or password'],
  ['https://127.0.0.1\\@good.example/', '127.0.0.1 is private'],
  ['https://@127.0.0.1/', '127.0.0.1 is private'],
  ['https://hooks.acme.com/#top', 'fragment'],
  ['https://hooks.acme.com/#', 'fragment'],
  ['https://hooks.acme.com:8443/', 'Port 8443 is not allowed'],
  ['https://hooks.acme.com:80/', 'Port 80 is not allowed'],
  ['https://hooks.acme.com:0/', 'Port 0 is never'],
  ['https://hooks.acme.com:22/', 'Port 22 is never'],
  ['https://hooks/', 'needs its domain'],
  ['https://metadata.google.internal/', 'not one of the public internet'],
  ['https://printer.local./', 'not one of the public internet'],
  ['https://a.onion/', 'not one of the public internet'],
  ['https://router.home.arpa/', 'not one of the public internet'],
  ['https://good.example/', 'not one of the public internet'],
  ['https://LOCALHOST./', 'not one of the public internet'],
  ['https://a..acme.com/', 'not a host name'],
  ['https://acme.com../', 'not a host name'],
  ['https://a$b.acme.com/', 'not a host name'],
  [`https://${'a'.repeat(64)}.com/`, 'not a host name'],
  [`https://${'abc.'.repeat(64)}com/`, '253 characters'],
  [`https://hooks.acme.com/${'a'.repeat(2048)}`, '2048 characters'],
  [`https://hooks.acme.com/${'é'.repeat(700)}`, '2048 characters']
])('refuses %s', ([url, detail]) => {
  expect(checkUrl(url!, strict)).toEqual({ ok: false, detail: expect.stringContaining(detail!) })
})

test('ports that belong to other services stay closed whatever the settings say', () => {
  const ports = [
    0, 19, 21, 22, 23, 25, 53, 110, 111, 135, 139, 143, 389, 445, 465, 587, 993, 995, 2049, 2375,
    2379, 3306, 3389, 5432, 6379, 9200, 11211, 27017
  ]
  const options = { allowHttp: true, allow: ['127.0.0.0/8', 'hooks.acme.com'], ports }
  for (const port of ports) {
    for (const host of ['127.0.0.1', 'hooks.acme.com', 'other.acme.com']) {
      expect(checkUrl(`http://${host}:${port}/`, options)).toMatchObject({ ok: false })
    }
  }
})

test('http, further ports and our own hosts are settings', () => {
  expect(checkUrl('http://hooks.acme.com/', open)).toMatchObject({ ok: true })
  expect(checkUrl('http://hooks.acme.com:443/', open)).toMatchObject({ ok: false })
  expect(checkUrl('ftp://hooks.acme.com/', open)).toMatchObject({ ok: false })
  expect(checkUrl('https://hooks.acme.com:8443/', { ...strict, ports: [8443] })).toMatchObject({
    ok: true
  })
  const ownHosts = ['verdict.acme.com', '127.0.0.1:8080']
  const own = { allowHttp: true, allow: ['127.0.0.0/8'], ownHosts }
  expect(checkUrl('https://VERDICT.acme.com./', own)).toMatchObject({
    ok: false,
    detail: expect.stringContaining('back to this service')
  })
  expect(checkUrl('http://127.0.0.1:8080/', own)).toMatchObject({ ok: false })
  expect(checkUrl('http://127.0.0.1:8081/', own)).toMatchObject({ ok: true })
})

// -- the allow-list

const lists: [string[], string[], string[]][] = [
  [
    ['127.0.0.0/8', 'localhost'],
    [
      'http://127.0.0.1:9000/',
      'http://127.9.9.9/',
      'http://localhost:9000/',
      'http://LOCALHOST.:9000/'
    ],
    [
      'http://10.0.0.1/',
      'http://[::1]/',
      'http://[::ffff:127.0.0.1]/',
      'http://a.localhost/',
      'http://[::127.0.0.1]/'
    ]
  ],
  [['10.1.2.3:8443'], ['https://10.1.2.3:8443/'], ['https://10.1.2.3/', 'https://10.1.2.4:8443/']],
  [['10.1.2.3'], ['https://10.1.2.3:8443/', 'https://10.1.2.3/'], ['https://10.1.2.4/']],
  [['fd00::/8'], ['https://[fd12::1]:8443/'], ['https://[fe80::1]/', 'https://10.0.0.1/']],
  [
    ['[fd00:0::7]:8443'],
    ['https://[fd00::7]:8443/'],
    ['https://[fd00::7]/', 'https://[fd00::8]:8443/']
  ],
  [['[fd00::7]'], ['https://[fd00::7]:8443/', 'https://[fd00::7]/'], ['https://[fd00::8]/']],
  [
    ['hooks.corp.internal:8443', 'Bücher.intranet'],
    ['https://hooks.corp.internal:8443/', 'https://bücher.intranet/'],
    ['https://hooks.corp.internal/', 'https://a.hooks.corp.internal:8443/']
  ]
]
test.for(lists)('the allow-list %j opens exactly what it names', ([allow, opened, closed]) => {
  for (const url of opened) {
    expect([url, checkUrl(url, { allowHttp: true, allow }).ok]).toEqual([url, true])
    expect([url, checkUrl(url, open).ok]).toEqual([url, false])
  }
  for (const url of closed) {
    expect([url, checkUrl(url, { allowHttp: true, allow }).ok]).toEqual([url, false])
  }
})

test('an empty setting, split at its commas, allows nothing', () => {
  const options = { allowHttp: true, allow: ''.split(',') }
  expect(checkUrl('http://127.0.0.1/', options).ok).toBe(false)
  expect(checkUrl('http://hooks.acme.com/', options).ok).toBe(true)
})

test('reports every unreadable entry of the allow-list at once', () => {
  const allow = [
    '127.0.0.0/8',
    '127.1',
    '10.0.0.0/33',
    'fd00::/129',
    'a b',
    'x:0',
    'x:70000',
    'https://x.com',
    '[::1',
    '*.acme.com',
    '0x7f.1:80'
  ]
  try {
    checkUrl('https://hooks.acme.com/', { allowHttp: false, allow })
    throw new Error('was accepted')
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    expect(error.code).toBe('settings-invalid')
    expect(error.mistakes.map(({ pointer }) => pointer)).toEqual(
      allow.slice(1).map((_, i) => `/${i + 1}`)
    )
  }
})

// -- spellings

const literals = [
  '127.0.0.1',
  '[::ffff:127.0.0.1]',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '127.1',
  '0',
  '127.0.0.1.',
  '①②⑦.⓪.⓪.①',
  '[::]',
  '[::1]',
  '[::127.0.0.1]',
  '[::ffff:0:127.0.0.1]',
  '[::ffff:169.254.169.254]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::1]',
  '[2002:7f00:1::]',
  '[2001::1]',
  '[fec0::1]',
  '[fe80::1%25eth0]',
  '[fd00:ec2::254]',
  '[5f00::1]',
  '[3fff::1]',
  '[100::1]',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  '169.254.169.254'
]
const names = ['localhost', 'LOCALHOST.', 'a.localhost']

test('every known spelling of a forbidden target is refused by check, connector and delivery, without a byte', async () => {
  const listener = await listen()
  // The port is open, so that the address alone can be what is refused.
  const options = { ...open, ports: [listener.port] }
  const dispatcher = createDispatcher(options)
  onTestFinished(() => dispatcher.destroy())
  for (const host of [...literals, ...names]) {
    const url = `http://${host}:${listener.port}/`
    expect([host, checkUrl(url, options).ok]).toEqual([host, false])
    const outcome = await send(
      { url, headers: {}, body: Buffer.from('{}'), timeoutMs: 2000 },
      dispatcher
    )
    expect([host, outcome]).toEqual([
      host,
      expect.objectContaining({
        kind: 'failed',
        errorClass: URL.canParse(url) ? 'blocked' : 'request-invalid'
      })
    ])
  }
  expect(listener.connections()).toBe(0)
})

const nibble = fc.boolean()
function part(value: number): fc.Arbitrary<string> {
  const decimal = String(value)
  const zeros = fc.nat(3).map((count) => '0'.repeat(count))
  return fc.oneof(
    fc.constant(decimal),
    zeros.map((zero) => `0${zero}${value.toString(8)}`),
    fc.tuple(zeros, nibble).map(([zero, upper]) => {
      const hex = `0x${zero}${value.toString(16)}`
      return upper ? hex.toUpperCase() : hex
    })
  )
}

/** One to four parts, each in decimal, octal or hexadecimal, in plain, full-width or escaped characters. */
function spelled4(number: number): fc.Arbitrary<string> {
  const bytes = [24, 16, 8, 0].map((shift) => (number >>> shift) & 255)
  const forms = [1, 2, 3, 4].map((count) => {
    const head = bytes.slice(0, count - 1)
    return [...head, count === 1 ? number : number % 2 ** (8 * (5 - count))]
  })
  const dress = (text: string, how: number) =>
    how === 0
      ? text
      : how === 1
        ? text.replace(/[0-9]/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))
        : how === 2
          ? text.replaceAll('.', '\u3002')
          : how === 3
            ? text.replace(/[0-9]/g, (digit) => `%3${digit}`)
            : `${text}.`
  return fc
    .tuple(fc.constantFrom(...forms), fc.nat(4))
    .chain(([form, how]) => fc.tuple(...form.map(part)).map((parts) => dress(parts.join('.'), how)))
}

function spelled6(number: bigint): fc.Arbitrary<string> {
  const full = ipv6(number)
  const low = Number(number & 0xffff_ffffn)
  return fc.constantFrom(
    `[${full}]`,
    `[${full.toUpperCase()}]`,
    `[${full
      .split(':')
      .map((group) => group.padStart(4, '0'))
      .join(':')}]`,
    `[${full.split(':').slice(0, 6).join(':')}:${ipv4(low)}]`,
    new URL(`http://[${full}]`).hostname
  )
}

const inBlock4 = fc
  .constantFrom(...blocks4)
  .chain(({ start, end }) => fc.integer({ min: start, max: end }))
/** The ways in which an IPv6 address carries an IPv4 one. */
const carriers = [
  (inner: bigint) => inner,
  (inner: bigint) => (0xffffn << 32n) | inner,
  (inner: bigint) => (0xffffn << 48n) | inner,
  (inner: bigint) => (0x64_ff9bn << 96n) | inner,
  (inner: bigint) => (0x64_ff9b_0001n << 80n) | inner,
  (inner: bigint) => (0x2002n << 112n) | (inner << 80n),
  (inner: bigint) => (0x2001_0000n << 96n) | (inner ^ 0xffff_ffffn),
  (inner: bigint) => (0xfe80n << 112n) | (0x5efen << 32n) | inner
]
const forbiddenSpelling = fc.oneof(
  inBlock4.chain(spelled4),
  fc
    .tuple(fc.constantFrom(...carriers), inBlock4)
    .chain(([carry, inner]) => spelled6(carry(BigInt(inner)))),
  fc
    .tuple(
      fc.constantFrom(
        0x2001_0db8n,
        0x2002_0000n,
        0x3fff_0000n,
        0xfc00_0000n,
        0xfd00_0ec2n,
        0xfe80_0000n,
        0xff02_0000n,
        0x5f00_0000n,
        0x0100_0000n
      ),
      fc.bigInt(0n, (1n << 96n) - 1n)
    )
    .chain(([start, rest]) => spelled6((start << 96n) | rest))
)

test('10,000 random spellings of forbidden addresses open no socket', async () => {
  const listener = await listen()
  const options = { ...open, ports: [listener.port] }
  const connector = guardedConnector({
    ...options,
    lookup: () => {
      throw new Error('a literal was looked up as a name')
    }
  })
  let reached = 0
  for (const host of fc.sample(forbiddenSpelling, 10_000)) {
    const url = `http://${host}:${listener.port}/`
    // The generator writes only what the parser reads as an address; else it would prove nothing.
    expect([host, URL.canParse(url)]).toEqual([host, true])
    if (checkUrl(url, options).ok) throw new Error(`checkUrl took ${host}`)
    const { hostname, protocol, port } = new URL(url)
    const error = await new Promise<Error | null>((resolve) =>
      connector({ hostname, protocol, port }, (...[refusal]) => resolve(refusal))
    )
    if (!(error && 'code' in error && error.code === 'ESSRF'))
      throw new Error(`connected to ${host}`)
    reached += 1
  }
  expect(reached).toBe(10_000)

  const dispatcher = createDispatcher(options)
  onTestFinished(() => dispatcher.destroy())
  for (const host of fc.sample(forbiddenSpelling, 300)) {
    const url = `http://${host}:${listener.port}/`
    const outcome = await send(
      { url, headers: {}, body: Buffer.from('{}'), timeoutMs: 2000 },
      dispatcher
    )
    expect([host, outcome]).toEqual([host, expect.objectContaining({ errorClass: 'blocked' })])
  }
  expect(listener.connections()).toBe(0)
})

// -- names

const port = (listener: { port: number }) => ({ ...open, ports: [listener.port] })

test.for([
  ['only a forbidden address', ['127.0.0.1']],
  ['a public address and a forbidden one', ['93.184.215.14', '127.0.0.1']],
  ['a forbidden address before a public one', ['127.0.0.1', '93.184.215.14']],
  ['a public IPv4 and a forbidden IPv6 address', ['93.184.215.14', '::1']],
  ['an IPv4-mapped address', ['::ffff:127.0.0.1']],
  ['an address with a zone', ['fe80::1%lo']],
  ['what is no address', ['2130706433']]
] as [string, string[]][])('refuses a name that answers %s', async ([, addresses]) => {
  const listener = await listen()
  const error = await connect(`http://hooks.acme.com:${listener.port}/`, {
    ...port(listener),
    lookup: answers(...addresses)
  })
  expect(error).toMatchObject({ code: 'ESSRF' })
  expect(listener.connections()).toBe(0)
})

test('refuses a forbidden name before any look-up', async () => {
  const listener = await listen()
  for (const host of [...names, 'metadata.google.internal', 'intranet']) {
    const error = await connect(`http://${host}:${listener.port}/`, {
      ...port(listener),
      lookup: () => {
        throw new Error('looked up')
      }
    })
    expect([host, error]).toEqual([host, expect.objectContaining({ code: 'ESSRF' })])
  }
  expect(listener.connections()).toBe(0)
})

test('a name without addresses and a failing look-up are DNS errors, not blocked', async () => {
  const options = { ...open, lookup: answers() }
  expect(await connect('http://hooks.acme.com/', options)).toMatchObject({ code: 'ENODATA' })
  const failing: Lookup = (_host, _options, callback) =>
    callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), [])
  expect(await connect('http://hooks.acme.com/', { ...open, lookup: failing })).toMatchObject({
    code: 'ENOTFOUND'
  })
})

test('a name is looked up once a connection, and rebinding is refused at the next', async () => {
  const allowed = await listen(undefined, '127.0.0.2')
  const inner = await listen(undefined, '127.0.0.1')
  let lookups = 0
  const options: ConnectorOptions = {
    allowHttp: true,
    allow: ['127.0.0.2/32'],
    ports: [allowed.port, inner.port],
    lookup: (host, how, callback) => {
      lookups += 1
      answers(lookups === 1 ? '127.0.0.2' : '127.0.0.1')(host, how, callback)
    }
  }
  expect(await connect(`http://rebind.acme.com:${allowed.port}/`, options)).toBeNull()
  expect(lookups).toBe(1)
  expect(await connect(`http://rebind.acme.com:${inner.port}/`, options)).toMatchObject({
    code: 'ESSRF'
  })
  expect(lookups).toBe(2)
  expect([allowed.connections(), inner.connections()]).toEqual([1, 0])
})

test('connects to the addresses it checked, even when the answer changes underneath', async () => {
  const allowed = await listen(undefined, '127.0.0.2')
  let reads = 0
  const shifty = {
    get address() {
      reads += 1
      return reads === 1 ? '127.0.0.2' : '127.0.0.1'
    },
    family: 4
  }
  const error = await connect(`http://rebind.acme.com:${allowed.port}/`, {
    allowHttp: true,
    allow: ['127.0.0.2/32'],
    ports: [allowed.port],
    lookup: (_host, _options, callback) => callback(null, [shifty])
  })
  expect(error).toBeNull()
  expect(allowed.connections()).toBe(1)
})

test('looks at the peer once more after connecting, before a byte is written', async () => {
  // Linux takes 0.0.0.0 for this machine: the address allowed is not the one reached.
  const listener = await listen()
  const options = { allowHttp: true, allow: ['0.0.0.0/32'] }
  const error = await connect(`http://0.0.0.0:${listener.port}/`, options)
  expect(error).toMatchObject({ code: 'ESSRF', message: expect.stringContaining('127.0.0.1') })
  const secure = await connect(`https://0.0.0.0:${listener.port}/`, options)
  expect(secure).toMatchObject({ code: 'ESSRF' })
  expect(listener.bytes()).toBe(0)
})

test('a host on the allow-list is reached wherever it resolves to, other names are not', async () => {
  const listener = await listen()
  const options = {
    allowHttp: true,
    allow: [`hooks.corp.internal:${listener.port}`],
    lookup: answers('127.0.0.1')
  }
  expect(await connect(`http://hooks.corp.internal:${listener.port}/`, options)).toBeNull()
  const other = { ...options, ports: [listener.port] }
  expect(await connect(`http://hooks.acme.com:${listener.port}/`, other)).toMatchObject({
    code: 'ESSRF'
  })
})

test('a name that leads to our own listener is refused', async () => {
  const listener = await listen()
  const error = await connect(`http://loop.acme.com:${listener.port}/`, {
    allowHttp: true,
    allow: ['127.0.0.0/8'],
    ports: [listener.port],
    ownHosts: [`127.0.0.1:${listener.port}`],
    lookup: answers('127.0.0.1')
  })
  expect(error).toMatchObject({ code: 'ESSRF' })
})

test('the connector refuses schemes and ports by itself', async () => {
  const listener = await listen()
  const allow = ['127.0.0.0/8']
  expect(
    await connect(`http://127.0.0.1:${listener.port}/`, { allowHttp: false, allow })
  ).toMatchObject({ code: 'ESSRF' })
  expect(await connect('http://127.0.0.1:22/', { allowHttp: true, allow })).toMatchObject({
    code: 'ESSRF'
  })
  expect(
    await connect(`http://hooks.acme.com:${listener.port}/`, { allowHttp: true, allow })
  ).toMatchObject({ code: 'ESSRF' })
  expect(listener.connections()).toBe(0)
})

test('one clock runs over look-up, connection and TLS', async () => {
  const silent = await listen()
  const never: Lookup = () => {}
  expect(
    await connect('http://hooks.acme.com/', { ...open, lookup: never, connectTimeoutMs: 50 })
  ).toMatchObject({ code: 'ETIMEDOUT' })
  const allow = ['127.0.0.0/8']
  expect(
    await connect(`https://127.0.0.1:${silent.port}/`, {
      allowHttp: false,
      allow,
      connectTimeoutMs: 50
    })
  ).toMatchObject({ code: 'ETIMEDOUT' })
})

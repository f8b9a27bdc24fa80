import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type net from 'node:net'
import type { AddressInfo } from 'node:net'
import { rootCertificates } from 'node:tls'
import { Webhook } from 'standardwebhooks'
import { Agent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import type { Lookup } from '../../src/outbound/guard.ts'
import {
  type Attempt,
  createDispatcher,
  type DispatcherOptions,
  type Outcome,
  send
} from '../../src/outbound/send.ts'
import { newSecret, parseSecret, sign } from '../../src/outbound/sign.ts'
import { listen } from './listener.ts'

const body = Buffer.from('{"type":"email.bounced","data":{"note":"é"}}')
const loopback: DispatcherOptions = { allowHttp: true, allow: ['127.0.0.0/8'] }
const pem = (name: string) =>
  readFileSync(new URL(`../fixtures/outbound/tls/${name}.pem`, import.meta.url), 'utf8')

function dispatcher(options: Partial<DispatcherOptions> = {}) {
  const agent = createDispatcher({ ...loopback, ...options })
  onTestFinished(() => agent.destroy())
  return agent
}

function attempt(port: number, change: Partial<Attempt> = {}): Attempt {
  return { url: `http://127.0.0.1:${port}/in?a=1`, headers: {}, body, timeoutMs: 2000, ...change }
}

/** Serves HTTP with Node's own server. */
async function serve(
  onRequest: http.RequestListener,
  tls?: https.ServerOptions,
  host = '127.0.0.1'
): Promise<{ port: number; server: http.Server }> {
  const server = tls ? https.createServer(tls, onRequest) : http.createServer(onRequest)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { port: (server.address() as AddressInfo).port, server }
}

/** Answers each request with raw text, once it has come in whole. */
function answer(text: string | Buffer, then: (socket: net.Socket) => void = () => {}) {
  return (socket: net.Socket) => {
    let seen = ''
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1')
      if (!seen.includes(body.toString('latin1'))) return
      seen = ''
      socket.write(text)
      then(socket)
    })
  }
}

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

test('delivers what the official library verifies, byte for byte', async () => {
  const received: { headers: http.IncomingHttpHeaders; body: Buffer }[] = []
  const { port } = await serve(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    received.push({ headers: request.headers, body: Buffer.concat(chunks) })
    response.writeHead(204).end()
  })
  const secret = newSecret()
  const timestamp = Math.floor(Date.now() / 1000)
  const signature = sign({ id: 'msg_1', timestamp, body, secrets: [parseSecret(secret)] })
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signature,
    'user-agent': 'Mailverdict/1.2.3',
    Authorization: 'Bearer abc',
    'Accept-Encoding': 'gzip'
  }
  const outcome = await send(attempt(port, { headers }), dispatcher())
  expect(outcome).toEqual({
    kind: 'delivered',
    status: 204,
    excerpt: Buffer.alloc(0),
    bodyError: null,
    address: '127.0.0.1',
    durationMs: expect.any(Number),
    timings: {
      dnsMs: null,
      connectMs: expect.any(Number),
      tlsMs: null,
      firstByteMs: expect.any(Number)
    }
  })
  const [request] = received
  if (!request) throw new Error('nothing arrived')
  expect(request.body.equals(body)).toBe(true)
  expect(request.headers).toMatchObject({
    host: `127.0.0.1:${port}`,
    'content-type': 'application/json',
    'content-length': String(body.length),
    'accept-encoding': 'identity',
    'user-agent': 'Mailverdict/1.2.3',
    authorization: 'Bearer abc',
    'x-mailverdict-hop': '1'
  })
  new Webhook(secret).verify(request.body, {
    'webhook-id': String(request.headers['webhook-id']),
    'webhook-timestamp': String(request.headers['webhook-timestamp']),
    'webhook-signature': String(request.headers['webhook-signature'])
  })
})

test('a refusal carries its status, Retry-After and the beginning of what was said', async () => {
  const { port } = await serve((_request, response) => {
    response.writeHead(503, { 'retry-after': '120' }).end(`sorry${'.'.repeat(20_000)}`)
  })
  const outcome = await send(attempt(port), dispatcher())
  expect(outcome).toMatchObject({
    kind: 'refused',
    status: 503,
    retryAfterSeconds: 120,
    bodyError: null
  })
  if (outcome.kind !== 'refused') throw new Error('was not refused')
  expect(outcome.excerpt.length).toBe(8192)
  expect(outcome.excerpt.subarray(0, 6).toString()).toBe('sorry.')
})

test('an unreadable Retry-After is ignored', async () => {
  const listener = await listen(
    answer('HTTP/1.1 429 Slow\r\nretry-after: soon\r\ncontent-length: 0\r\n\r\n')
  )
  expect(await send(attempt(listener.port), dispatcher())).toMatchObject({
    status: 429,
    retryAfterSeconds: null
  })
})

test.for([301, 302, 303, 307, 308])('a %i is a refusal and is never followed', async (status) => {
  const inner = await listen()
  const { port } = await serve((_request, response) => {
    response.writeHead(status, { location: `http://127.0.0.1:${inner.port}/` }).end()
  })
  expect(await send(attempt(port), dispatcher())).toMatchObject({ kind: 'refused', status })
  expect(inner.connections()).toBe(0)
})

test('an answer in gzip is kept as it came', async () => {
  const bomb = Buffer.from('1f8b0800000000000003', 'hex')
  const { port } = await serve((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
  })
  expect(await send(attempt(port), dispatcher())).toMatchObject({ excerpt: bomb })
})

test('the clock runs over the whole answer, even when bytes keep dripping', async () => {
  const drip = (socket: net.Socket) => {
    const timer = setInterval(() => socket.write('x'), 20)
    socket.on('close', () => clearInterval(timer))
  }
  const inHead = await listen(answer('HTTP/1.1 200 OK\r\nx-a: ', drip))
  const agent = dispatcher()
  expect(await send(attempt(inHead.port, { timeoutMs: 300 }), agent)).toMatchObject({
    kind: 'failed',
    errorClass: 'timeout',
    detail: 'not finished within 300 ms',
    address: '127.0.0.1'
  })
  const inBody = await listen(answer('HTTP/1.1 500 No\r\ncontent-length: 9999\r\n\r\n', drip))
  expect(await send(attempt(inBody.port, { timeoutMs: 300 }), agent)).toMatchObject({
    kind: 'refused',
    status: 500,
    bodyError: 'timeout',
    excerpt: expect.objectContaining({ length: expect.any(Number) })
  })
})

test('a receiver that never answers, or never accepts TLS, times out and is hung up on', async () => {
  let closed = 0
  const silent = await listen((socket) => socket.on('close', () => (closed += 1)).resume())
  const agent = dispatcher({ connectTimeoutMs: 300 })
  expect(await send(attempt(silent.port, { timeoutMs: 200 }), agent)).toMatchObject({
    errorClass: 'timeout',
    detail: 'not finished within 200 ms'
  })
  await expect.poll(() => closed).toBe(1)
  const url = `https://127.0.0.1:${silent.port}/`
  expect(await send(attempt(silent.port, { url, timeoutMs: 200 }), agent)).toMatchObject({
    errorClass: 'timeout'
  })
  expect(await send(attempt(silent.port, { url }), agent)).toMatchObject({
    errorClass: 'timeout',
    detail: 'no connection within 300 ms'
  })
  await expect.poll(() => closed).toBe(3)
  expect(silent.connections()).toBe(3)
})

test('what timed out before it had a connection is not sent later', async () => {
  const listener = await listen(answer(ok))
  let found = () => {}
  const agent = dispatcher({
    ports: [listener.port],
    lookup: (_host, _options, callback) => {
      found = () => callback(null, [{ address: '127.0.0.1', family: 4 }])
    }
  })
  const url = `http://hooks.acme.com:${listener.port}/`
  const outcome = await send(attempt(0, { url, timeoutMs: 100 }), agent)
  expect(outcome).toMatchObject({ kind: 'failed', errorClass: 'timeout' })
  const connected = new Promise((resolve) => agent.once('connect', resolve))
  found()
  await connected
  // A later delivery to the same place arrives, and arrives alone.
  const next = send(attempt(0, { url }), agent)
  await new Promise((resolve) => setTimeout(resolve, 50))
  found()
  expect(await next).toMatchObject({ kind: 'delivered' })
  expect(listener.bytes()).toBeLessThan(2 * 200)
})

const endless = (socket: net.Socket) => {
  const chunk = `3000\r\n${'x'.repeat(0x3000)}\r\n`
  const more = () => {
    while (!socket.destroyed && socket.write(chunk)) {}
  }
  socket.on('drain', more)
  more()
}

test('an endless answer is cut at 64 KiB; the status line still decides', async () => {
  const written: number[] = []
  const run = async (status: number) => {
    const listener = await listen(
      answer(`HTTP/1.1 ${status} X\r\ntransfer-encoding: chunked\r\n\r\n`, (socket) => {
        socket.on('close', () => written.push(socket.bytesWritten))
        endless(socket)
      })
    )
    return send(attempt(listener.port), dispatcher())
  }
  const good = await run(200)
  expect(good).toMatchObject({ kind: 'delivered', bodyError: 'response-too-large' })
  const bad = await run(500)
  expect(bad).toMatchObject({ kind: 'refused', status: 500, bodyError: 'response-too-large' })
  for (const outcome of [good, bad]) {
    expect('excerpt' in outcome && outcome.excerpt.length).toBe(8192)
  }
  // The kernel buffers some; what matters is that it ends.
  await expect.poll(() => written.length).toBe(2)
  for (const bytes of written) expect(bytes).toBeLessThan(16 * 1024 * 1024)
})

test('cuts an endless answer whatever the dispatcher allows', async () => {
  const listener = await listen(
    answer('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', endless)
  )
  const agent = new Agent()
  onTestFinished(() => agent.destroy())
  expect(await send(attempt(listener.port), agent)).toMatchObject({
    kind: 'delivered',
    bodyError: 'response-too-large'
  })
})

test('a head without end is too large', async () => {
  const listener = await listen(answer(`HTTP/1.1 200 OK\r\nx-a: ${'x'.repeat(40_000)}`))
  expect(await send(attempt(listener.port), dispatcher())).toMatchObject({
    kind: 'failed',
    errorClass: 'response-too-large'
  })
})

test('a 2xx whose body breaks off is delivered', async () => {
  const listener = await listen(
    answer('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart', (socket) => socket.end())
  )
  expect(await send(attempt(listener.port), dispatcher())).toMatchObject({
    kind: 'delivered',
    status: 200,
    bodyError: 'connection-reset',
    excerpt: Buffer.from('part')
  })
})

test('a refusal whose body breaks off keeps its status', async () => {
  const listener = await listen(
    answer('HTTP/1.1 410 Gone\r\ncontent-length: 100\r\n\r\n', (socket) => socket.resetAndDestroy())
  )
  expect(await send(attempt(listener.port), dispatcher())).toMatchObject({
    kind: 'refused',
    status: 410,
    bodyError: 'connection-reset'
  })
})

test.for([
  ['reset at once', 'connection-reset', (socket: net.Socket) => socket.resetAndDestroy()],
  ['closed at once', 'connection-reset', (socket: net.Socket) => socket.end()],
  ['closed after the request', 'connection-reset', answer('', (socket) => socket.end())],
  [
    'reset in the head',
    'connection-reset',
    answer('HTTP/1.1 200 OK\r\nx-', (socket) => socket.resetAndDestroy())
  ],
  ['not HTTP', 'response-malformed', answer('220 mail.acme.com ESMTP\r\n')],
  ['a status below 100', 'response-malformed', answer('HTTP/1.1 099 Low\r\n\r\n')],
  ['a garbage status', 'response-malformed', answer('HTTP/1.1 abc OK\r\n\r\n')],
  [
    'an upgrade nobody asked for',
    'response-malformed',
    answer('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n')
  ],
  [
    'two content-lengths',
    'response-malformed',
    answer('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab')
  ]
] as [string, string, (socket: net.Socket) => void][])(
  'an answer that is %s has the class %s',
  async ([, errorClass, onSocket]) => {
    const listener = await listen(onSocket)
    const outcome = await send(attempt(listener.port), dispatcher())
    expect(outcome).toMatchObject({ kind: 'failed', errorClass, address: '127.0.0.1' })
    // No hidden second try on a fresh connection.
    expect(listener.connections()).toBe(1)
  }
)

test('nobody listening is a refused connection', async () => {
  const listener = await serve(() => {})
  await new Promise((resolve) => listener.server.close(resolve))
  expect(await send(attempt(listener.port), dispatcher())).toMatchObject({
    kind: 'failed',
    errorClass: 'connection-refused',
    detail: expect.stringContaining('ECONNREFUSED')
  })
})

test('several addresses tried in vain are one error with all their messages', async () => {
  const listener = await serve(() => {})
  await new Promise((resolve) => listener.server.close(resolve))
  const agent = dispatcher({
    ports: [listener.port],
    lookup: (_host, _options, callback) =>
      callback(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '127.0.0.2', family: 4 }
      ])
  })
  const url = `http://hooks.acme.com:${listener.port}/`
  expect(await send(attempt(0, { url }), agent)).toMatchObject({
    errorClass: 'connection-refused',
    detail: expect.stringMatching(/127\.0\.0\.1.*; .*127\.0\.0\.2/),
    timings: { dnsMs: expect.any(Number) }
  })
})

test('a name that cannot be found is a DNS error', async () => {
  for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'ESERVFAIL']) {
    const agent = dispatcher({
      lookup: (_host, _options, callback) =>
        callback(Object.assign(new Error(`getaddrinfo ${code}`), { code }), [])
    })
    const outcome = await send(attempt(0, { url: 'https://hooks.acme.com/' }), agent)
    expect(outcome).toMatchObject({ kind: 'failed', errorClass: 'dns' })
  }
})

test('a forbidden target is blocked and names the address', async () => {
  const agent = dispatcher({
    allow: [],
    lookup: (_host, _options, callback) =>
      callback(null, [
        { address: '93.184.215.14', family: 4 },
        { address: '10.0.0.7', family: 4 }
      ])
  })
  expect(await send(attempt(0, { url: 'https://hooks.acme.com/' }), agent)).toMatchObject({
    errorClass: 'blocked',
    address: '10.0.0.7',
    detail: expect.stringContaining('10.0.0.7')
  })
})

test('a URL or header that cannot be sent is the configuration at fault', async () => {
  const agent = dispatcher()
  for (const change of [{ url: 'nonsense' }, { headers: { 'x-a': 'a\r\nb: c' } }]) {
    expect(await send(attempt(1, change), agent)).toMatchObject({ errorClass: 'request-invalid' })
  }
})

test('a dispatcher that is closed is our own fault', async () => {
  const agent = dispatcher()
  await agent.destroy()
  expect(await send(attempt(1), agent)).toMatchObject({ errorClass: 'local' })
})

test('keeps a connection open for the next delivery', async () => {
  const listener = await listen(answer(ok))
  const agent = dispatcher({ connectionsPerOrigin: 1 })
  const first = await send(attempt(listener.port), agent)
  const second = await send(attempt(listener.port), agent)
  expect(listener.connections()).toBe(1)
  expect(first.timings.connectMs).toEqual(expect.any(Number))
  expect(second).toMatchObject({
    kind: 'delivered',
    address: '127.0.0.1',
    timings: { connectMs: null, firstByteMs: expect.any(Number) }
  })
})

test('a kept connection grows old, so that a change in DNS is seen', async () => {
  const listener = await listen(answer(ok))
  let lookups = 0
  const agent = dispatcher({
    ports: [listener.port],
    connectionsPerOrigin: 1,
    connectionAgeMs: 0,
    lookup: (_host, _options, callback) => {
      lookups += 1
      callback(null, [{ address: '127.0.0.1', family: 4 }])
    }
  })
  const url = `http://hooks.acme.com:${listener.port}/`
  for (let sent = 0; sent < 3; sent += 1) {
    expect(await send(attempt(0, { url }), agent)).toMatchObject({ kind: 'delivered' })
  }
  expect([lookups, listener.connections()]).toEqual([3, 3])
})

test.for([1, 3])(
  'no delivery is lost while old connections, %i at a time, are replaced',
  async (limit) => {
    const listener = await listen(answer(ok))
    const agent = dispatcher({ connectionsPerOrigin: limit, connectionAgeMs: 0 })
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, () => send(attempt(listener.port), agent))
    )
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['delivered']))
  }
)

test('a kept connection that dies unanswered is replaced once within the attempt', async () => {
  let requests = 0
  const listener = await listen((socket) => {
    let own = 0
    answer('', () => {
      requests += 1
      own += 1
      if (own === 1) socket.write(ok)
      else socket.resetAndDestroy()
    })(socket)
  })
  const agent = dispatcher({ connectionsPerOrigin: 1 })
  await send(attempt(listener.port), agent)
  expect(await send(attempt(listener.port), agent)).toMatchObject({ kind: 'delivered' })
  expect([requests, listener.connections()]).toEqual([3, 2])
})

test('a kept connection that dies within its answer is not replaced', async () => {
  const listener = await listen((socket) => {
    let own = 0
    answer('', () => {
      own += 1
      if (own === 1) socket.write(ok)
      else socket.end('HTTP/1.1 200 OK\r\n')
    })(socket)
  })
  const agent = dispatcher({ connectionsPerOrigin: 1 })
  await send(attempt(listener.port), agent)
  expect(await send(attempt(listener.port), agent)).toMatchObject({
    errorClass: 'connection-reset'
  })
  expect(listener.connections()).toBe(1)
})

test('opens no more connections to one origin than it may', async () => {
  const waiting: net.Socket[] = []
  const listener = await listen((socket) => answer('', () => waiting.push(socket))(socket))
  const agent = dispatcher({ connectionsPerOrigin: 3 })
  const outcomes = Array.from({ length: 9 }, () => send(attempt(listener.port), agent))
  for (let answered = 0; answered < 9; answered += 1) {
    await expect.poll(() => waiting.length).toBeGreaterThan(0)
    expect(listener.connections()).toBeLessThanOrEqual(3)
    waiting.shift()?.write(ok)
  }
  const kinds = (await Promise.all(outcomes)).map((outcome: Outcome) => outcome.kind)
  expect(kinds).toEqual(Array(9).fill('delivered'))
})

test('those waiting for a connection hear of a failure too', async () => {
  const closed = await serve(() => {})
  await new Promise((resolve) => closed.server.close(resolve))
  const resetting = await listen((socket) => socket.resetAndDestroy())
  const agent = dispatcher({ connectionsPerOrigin: 2 })
  for (const [port, errorClass] of [
    [closed.port, 'connection-refused'],
    [resetting.port, 'connection-reset'],
    [22, 'blocked']
  ] as const) {
    const outcomes = await Promise.all(Array.from({ length: 9 }, () => send(attempt(port), agent)))
    expect(outcomes).toEqual(Array(9).fill(expect.objectContaining({ errorClass })))
  }
})

test('a proxy in the environment does not apply', async () => {
  const proxy = await listen()
  const { port } = await serve((_request, response) => response.end())
  const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY'] as const
  const before = names.map((name) => process.env[name])
  onTestFinished(() => {
    for (const [index, name] of names.entries()) {
      if (before[index] === undefined) delete process.env[name]
      else process.env[name] = before[index]
    }
  })
  for (const name of names) process.env[name] = `http://127.0.0.1:${proxy.port}`
  expect(await send(attempt(port), dispatcher())).toMatchObject({ kind: 'delivered' })
  expect(proxy.connections()).toBe(0)
})

// -- TLS

const receiver = { cert: pem('receiver'), key: pem('receiver.key') }
const lookup: Lookup = (_host, _options, callback) =>
  callback(null, [{ address: '127.0.0.1', family: 4 }])

async function sendTls(
  tls: https.ServerOptions,
  host: string,
  options: Partial<DispatcherOptions> = {}
) {
  let requests = 0
  const { port } = await serve(
    (_request, response) => {
      requests += 1
      response.end('ok')
    },
    tls,
    host === '127.0.0.2' ? host : '127.0.0.1'
  )
  const agent = dispatcher({ ports: [port], lookup, ca: pem('authority'), ...options })
  const url = `https://${host}:${port}/`
  return { outcome: await send(attempt(0, { url }), agent), requests, agent, url }
}

test('delivers over TLS to a name and to an address', async () => {
  for (const host of ['hooks.receiver.dev', 'hooks.receiver.dev.', '127.0.0.1']) {
    const { outcome, requests } = await sendTls(receiver, host)
    expect(outcome).toMatchObject({
      kind: 'delivered',
      address: '127.0.0.1',
      timings: { connectMs: expect.any(Number), tlsMs: expect.any(Number) }
    })
    expect(requests).toBe(1)
  }
})

test('resumes TLS sessions without losing the checks', async () => {
  const { agent, url } = await sendTls(receiver, 'hooks.receiver.dev', { connectionsPerOrigin: 2 })
  const both = await Promise.all([
    send(attempt(0, { url }), agent),
    send(attempt(0, { url }), agent)
  ])
  expect(both.map(({ kind }) => kind)).toEqual(['delivered', 'delivered'])
})

test.for([
  ['of an unknown authority', receiver, 'hooks.receiver.dev', { ca: rootCertificates.join('\n') }],
  ['that has expired', { ...receiver, cert: pem('expired') }, 'hooks.receiver.dev', {}],
  ['for another name', receiver, 'hooks.acme.com', {}],
  ['for another address', receiver, '127.0.0.2', {}]
] as [string, https.ServerOptions, string, object][])(
  'a certificate %s is a TLS error and nothing is sent',
  async ([, tls, host, change]) => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
    onTestFinished(() => {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
    })
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    const { outcome, requests } = await sendTls(tls, host, change)
    expect(outcome).toMatchObject({ kind: 'failed', errorClass: 'tls' })
    expect(requests).toBe(0)
  }
)

test('TLS below 1.2 is refused', async () => {
  const old: https.ServerOptions = {
    ...receiver,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0'
  }
  const { outcome, requests } = await sendTls(old, 'hooks.receiver.dev')
  expect(outcome).toMatchObject({ kind: 'failed', errorClass: 'tls' })
  expect(requests).toBe(0)
})

test('plain text behind https is a TLS error', async () => {
  const listener = await listen((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  })
  const url = `https://127.0.0.1:${listener.port}/`
  expect(await send(attempt(0, { url }), dispatcher())).toMatchObject({ errorClass: 'tls' })
})

test.for([
  ['without a word', (socket: net.Socket) => socket.destroy()],
  ['with a closing alert', (socket: net.Socket) => socket.end()]
] as [string, (socket: net.Socket) => void][])(
  'a kept TLS connection that dies %s is replaced once within the attempt',
  async ([, close]) => {
    const seen = new Map<net.Socket, number>()
    const { port } = await serve((request, response) => {
      const own = (seen.get(request.socket) ?? 0) + 1
      seen.set(request.socket, own)
      request.resume().on('end', () => (own === 1 ? response.end('ok') : close(request.socket)))
    }, receiver)
    const agent = dispatcher({ connectionsPerOrigin: 1, ca: pem('authority') })
    const url = `https://127.0.0.1:${port}/`
    await send(attempt(0, { url }), agent)
    expect(await send(attempt(0, { url }), agent)).toMatchObject({ kind: 'delivered' })
    expect([...seen.values()]).toEqual([2, 1])
  }
)

test('a kept TLS connection that dies within its answer is not replaced', async () => {
  let requests = 0
  const { port } = await serve((request, response) => {
    requests += 1
    const own = requests
    request.resume().on('end', () => {
      if (own === 1) response.end('ok')
      else request.socket.end('HTTP/1.1 200 OK\r\n')
    })
  }, receiver)
  const agent = dispatcher({ connectionsPerOrigin: 1, ca: pem('authority') })
  const url = `https://127.0.0.1:${port}/`
  await send(attempt(0, { url }), agent)
  expect(await send(attempt(0, { url }), agent)).toMatchObject({ errorClass: 'connection-reset' })
  expect(requests).toBe(2)
})

// Keeps deliveries out of private networks (server-side request forgery). A URL is checked when an
// endpoint is created, which is only a friendly early answer: its name may resolve elsewhere later. What
// counts happens in the connector, in the same operation that opens the socket: literal addresses (Node
// calls no `lookup` for those), every address that a name resolves to, and the peer once connected.

import dns from 'node:dns'
import type { Socket } from 'node:net'
import net from 'node:net'
import { buildConnector } from 'undici'
import { type AllowList, canonicalIp, isHostName, parseAllowList } from './allow-list.ts'

export interface GuardOptions {
  /** Allow plain http, for receivers in a private network. */
  allowHttp: boolean
  /**
   * Exceptions by the operator, never by a tenant: networks (`10.1.0.0/16`), addresses, host names, and
   * either of the last two with one port (`10.1.0.7:8443`, `[fd00::7]:8443`, `hooks.corp.internal:8443`).
   * A host named here is trusted wherever it resolves to. An entry without a port opens every port but
   * those that are never allowed.
   */
  allow: readonly string[]
  /** Ports allowed for every receiver beside the scheme's own. */
  ports?: readonly number[]
  /** Our own public names and listen addresses, `host` or `host:port`: a delivery to ourselves would loop. */
  ownHosts?: readonly string[]
  /** On a NAT64-only network: judge 64:ff9b::/96 by the IPv4 address inside instead of refusing it. */
  nat64?: boolean
}

export type Lookup = (
  hostname: string,
  options: dns.LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void
) => void

export interface ConnectorOptions extends GuardOptions {
  /** `dns.lookup` unless given. */
  lookup?: Lookup
  /** DNS, TCP and TLS together. */
  connectTimeoutMs?: number
  /**
   * How long a connection may be used. It keeps the address it was checked for; a new one sees that
   * DNS has changed.
   */
  connectionAgeMs?: number
  /** Certificate authorities in PEM instead of Node's own list. */
  ca?: string
}

/** How a connection came about, for the attempt record. Milliseconds; null where a step did not happen. */
export interface Connection {
  address: string | null
  dnsMs: number | null
  connectMs: number | null
  tlsMs: number | null
  /** On the clock of `performance.now()`: from then on it should carry no further request. */
  retireAt: number
}

/** A target that the rules forbid: the receiver's configuration is at fault, not the network. */
export class TargetBlocked extends Error {
  override readonly name = 'TargetBlocked'
  readonly code = 'ESSRF'
}

/** The deadline for DNS, TCP and TLS has passed. */
export class ConnectTimeout extends Error {
  override readonly name = 'ConnectTimeout'
  readonly code = 'ETIMEDOUT'
}

const longestUrl = 2048

/** Checks a URL and gives it back in the canonical form to be stored and used, or says what to mend. */
export function checkUrl(
  text: string,
  options: GuardOptions
): { ok: true; url: string } | { ok: false; detail: string } {
  const refuse = (detail: string) => ({ ok: false, detail }) as const
  if (text.length > longestUrl) return refuse(`A URL is at most ${longestUrl} characters long`)
  if (!URL.canParse(text)) return refuse('This is not a complete URL (https://host/path)')
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') {
    return refuse('A URL must not hold a user name or password: use a header for credentials')
  }
  if (url.href.includes('#')) return refuse('A URL must not have a fragment (#…)')
  const guard = buildGuard(options)
  const target = targetOf(url.protocol, url.hostname, url.port)
  const refusal = refuseTarget(guard, target)
  if (refusal !== null) return refuse(refusal)
  if (net.isIP(target.host) === 0) url.hostname = target.host
  if (url.href.length > longestUrl) return refuse(`A URL is at most ${longestUrl} characters long`)
  return { ok: true, url: url.href }
}

/** True for every address that is not an ordinary public one, and for what is no address at all. */
export function isForbidden(ip: string, options: { nat64?: boolean } = {}): boolean {
  switch (net.isIP(ip)) {
    case 4:
      return denied4.check(ip, 'ipv4')
    case 6: {
      if (ip.includes('%')) return true
      const inside = options.nat64 && nat64.check(ip, 'ipv6') ? embeddedIpv4(ip) : null
      if (inside !== null) return denied4.check(inside, 'ipv4')
      return !global6.check(ip, 'ipv6') || denied6.check(ip, 'ipv6')
    }
    default:
      return true
  }
}

/**
 * What opens sockets for undici. No redirect, proxy setting or second look-up gets around it: the only
 * addresses it connects to are those it has just checked.
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const guard = buildGuard(options)
  const lookup: Lookup =
    options.lookup ?? ((host, how, callback) => dns.lookup(host, how, callback))
  const timeoutMs = options.connectTimeoutMs ?? 5000
  const startTls = buildConnector({
    timeout: 0, // our own clock runs over all three steps
    rejectUnauthorized: true, // whatever NODE_TLS_REJECT_UNAUTHORIZED says
    minVersion: 'TLSv1.2',
    ...(options.ca === undefined ? {} : { ca: options.ca })
  })

  return (request, callback) => {
    const target = targetOf(request.protocol, request.hostname, request.port)
    const literal = net.isIP(target.host) === 0 ? null : target.host
    const connection: Connection = {
      address: literal,
      dnsMs: null,
      connectMs: null,
      tlsMs: null,
      retireAt: performance.now() + (options.connectionAgeMs ?? 60_000)
    }
    const refusal = refuseTarget(guard, target)
    if (refusal !== null) {
      const error = new TargetBlocked(refusal)
      connections.set(error, connection)
      queueMicrotask(() => callback(error, null))
      return
    }

    const lap = stopwatch()
    let settled = false
    const socket = net.connect({
      host: target.host,
      port: target.port,
      noDelay: true,
      autoSelectFamily: true,
      // Node's 250 ms would cut off a healthy receiver on another continent.
      autoSelectFamilyAttemptTimeout: 1000,
      lookup: (host, how, done) => {
        lookup(host, { ...how, all: true }, (error, found) => {
          connection.dnsMs = lap()
          if (error) return done(error, [])
          // Copied once: what is checked is what is connected to.
          const addresses = found.map(({ address, family }) => ({ address, family }))
          const bad = addresses.find(({ address }) => refuseAddress(guard, target, address))
          connection.address = (bad ?? addresses[0])?.address ?? null
          if (bad) return done(new TargetBlocked(blockedDetail(bad.address)), [])
          if (addresses.length === 0) return done(noAddress(host), [])
          done(null, addresses)
        })
      }
    })
    const fail = (error: Error) => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      socket.destroy()
      connections.set(error, connection)
      callback(error, null)
    }
    const succeed = (connected: Socket) => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      connections.set(connected, connection)
      callback(null, connected)
    }
    const timer = setTimeout(
      () => fail(new ConnectTimeout(`no connection within ${timeoutMs} ms`)),
      timeoutMs
    )
    socket.on('error', fail)
    socket.once('close', () => fail(closedEarly()))
    socket.once('connect', () => {
      connection.connectMs = lap()
      const peer = socket.remoteAddress ?? ''
      connection.address = peer
      // Before TLS and before the first byte: catches what the checks above may have missed.
      if (refuseAddress(guard, target, peer)) return fail(new TargetBlocked(blockedDetail(peer)))
      if (target.protocol === 'http:') return succeed(socket)
      const { host, ...rest } = request
      const named = literal === null ? { servername: target.host } : {}
      startTls(
        { ...rest, ...named, hostname: target.host, httpSocket: socket },
        (error, secured) => {
          connection.tlsMs = lap()
          if (error) fail(error)
          else succeed(secured)
        }
      )
    })
  }
}

/** The facts behind a socket that the connector opened, or behind the error it gave instead. */
export function connectionOf(socketOrError: object): Connection | undefined {
  return connections.get(socketOrError)
}

// IPv4 that is not the public internet: IANA's special-purpose registry, multicast, the reserved block,
// and one address that looks public but is a cloud's host agent.
const denied4 = networks('ipv4', [
  '0.0.0.0/8', // "this network"; Linux connects 0.0.0.0 to loopback
  '10.0.0.0/8',
  '100.64.0.0/10', // carrier NAT; a cloud's metadata at 100.100.100.200
  '127.0.0.0/8',
  '168.63.129.16/32', // the host agent of a cloud, reachable only from its machines
  '169.254.0.0/16', // link-local; metadata and container credentials of several clouds
  '172.16.0.0/12',
  '192.0.0.0/24', // protocol assignments; a cloud's metadata at 192.0.0.192
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays of old
  '192.168.0.0/16',
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarking
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4' // reserved, and broadcast
])

// IPv6: only global unicast. That alone refuses loopback, unique local and link-local addresses, and
// every form that carries an IPv4 address under ::/8 (mapped, compatible, translated, NAT64).
const global6 = networks('ipv6', ['2000::/3'])
const denied6 = networks('ipv6', [
  '2001::/23', // protocol assignments: Teredo, benchmarking, ORCHID, AMT, AS112
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4, carries an IPv4 address
  '2620:4f:8000::/48', // AS112
  '3fff::/20' // documentation
])
const nat64 = networks('ipv6', ['64:ff9b::/96'])

// Services that take a POST for something else, or that nobody should reach through us. No setting
// opens these.
const deniedPorts = new Set([
  0, 19, 21, 22, 23, 25, 53, 110, 111, 135, 139, 143, 389, 445, 465, 587, 993, 995, 2049, 2375,
  2379, 3306, 3389, 5432, 6379, 9200, 11211, 27017
])

// Names that never lead to a public receiver (RFC 6761, RFC 6762, RFC 7686, RFC 8375 and habit).
const deniedNames =
  /(?:^|\.)(?:localhost|local|internal|intranet|lan|home\.arpa|onion|test|invalid|example)$/

const connections = new WeakMap<object, Connection>()

interface Guard {
  allowHttp: boolean
  allow: AllowList
  ports: ReadonlySet<number>
  ownHosts: ReadonlySet<string>
  nat64: boolean
}

/** `host` is in its canonical form: no brackets, no trailing dot, lower case. */
interface Target {
  protocol: string
  host: string
  port: number
}

function buildGuard(options: GuardOptions): Guard {
  return {
    allowHttp: options.allowHttp,
    allow: parseAllowList(options.allow),
    ports: new Set(options.ports ?? []),
    ownHosts: new Set((options.ownHosts ?? []).map((host) => host.toLowerCase())),
    nat64: options.nat64 ?? false
  }
}

function targetOf(protocol: string, hostname: string, port: string): Target {
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  return { protocol, host, port: port === '' ? defaultPort(protocol) : Number(port) }
}

function defaultPort(protocol: string): number {
  return protocol === 'https:' ? 443 : 80
}

/** Everything that can be said without the network; null when there is no objection. */
function refuseTarget(guard: Guard, target: Target): string | null {
  const { protocol, host, port } = target
  if (protocol !== 'https:' && !(protocol === 'http:' && guard.allowHttp)) {
    return guard.allowHttp ? 'A URL starts with https:// or http://' : 'A URL starts with https://'
  }
  if (deniedPorts.has(port)) return `Port ${port} is never allowed`
  if (isOwn(guard, host, port)) return 'This URL leads back to this service'
  return (
    (net.isIP(host) === 0 ? refuseName(guard, target) : refuseLiteral(guard, target)) ??
    refusePort(guard, target)
  )
}

function refuseLiteral(guard: Guard, target: Target): string | null {
  return refuseAddress(guard, target, target.host) ? blockedDetail(target.host) : null
}

function refuseName(guard: Guard, target: Target): string | null {
  const { host } = target
  if (namedInAllow(guard, target)) return null
  if (host.length > 253) return 'A host name is at most 253 characters long'
  if (!isHostName(host)) return 'This is not a host name'
  if (deniedNames.test(host)) return `The name ${host} is not one of the public internet`
  if (!host.includes('.')) return 'A host name needs its domain (host.example.com)'
  return null
}

function refusePort(guard: Guard, target: Target): string | null {
  const { protocol, host, port } = target
  if (port === defaultPort(protocol) || guard.ports.has(port)) return null
  if (namedInAllow(guard, target) || inAllowedNetwork(guard, host)) return null
  return `Port ${port} is not allowed: use ${defaultPort(protocol)}`
}

/** For every address that a socket may connect to, whether spelled in the URL or found by DNS. */
function refuseAddress(guard: Guard, target: Target, ip: string): boolean {
  if (net.isIP(ip) === 0 || isOwn(guard, ip, target.port)) return true
  if (namedInAllow(guard, target) || inAllowedNetwork(guard, ip)) return false
  if (guard.allow.hosts.has(`${canonicalIp(ip)}:${target.port}`)) return false
  return isForbidden(ip, { nat64: guard.nat64 })
}

function isOwn(guard: Guard, host: string, port: number): boolean {
  return guard.ownHosts.has(host) || guard.ownHosts.has(`${host}:${port}`)
}

function namedInAllow(guard: Guard, { host, port }: Target): boolean {
  return guard.allow.hosts.has(host) || guard.allow.hosts.has(`${host}:${port}`)
}

/** Each family against its own rules: a BlockList would match ::ffff:10.0.0.1 with an IPv4 rule. */
function inAllowedNetwork({ allow }: Guard, ip: string): boolean {
  switch (net.isIP(ip)) {
    case 4:
      return allow.networks4.check(ip, 'ipv4')
    case 6:
      return !ip.includes('%') && allow.networks6.check(ip, 'ipv6')
    default:
      return false
  }
}

function networks(family: 'ipv4' | 'ipv6', blocks: readonly string[]): net.BlockList {
  const list = new net.BlockList()
  for (const block of blocks) {
    const [address = '', prefix] = block.split('/')
    list.addSubnet(address, Number(prefix), family)
  }
  return list
}

/** The last 32 bits of an address in 64:ff9b::/96. */
function embeddedIpv4(ip: string): string {
  const groups = canonicalIp(ip).slice('64:ff9b::'.length).split(':')
  const [low = 0, high = 0] = groups.reverse().map((group) => Number.parseInt(group || '0', 16))
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

function blockedDetail(address: string): string {
  return `The address ${address} is private, reserved or our own`
}

function noAddress(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${host} has no address`), { code: 'ENODATA' })
}

function closedEarly(): NodeJS.ErrnoException {
  return Object.assign(new Error('the connection was closed while it was opened'), {
    code: 'ECONNRESET'
  })
}

/** Milliseconds since the last call. */
function stopwatch(): () => number {
  let last = performance.now()
  return () => {
    const now = performance.now()
    const lap = Math.round(now - last)
    last = now
    return lap
  }
}

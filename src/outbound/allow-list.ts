// The operator's exceptions to the address rules: receivers inside the operator's own network. Empty by
// default; no tenant can widen it.

import net from 'node:net'
import { domainToASCII } from 'node:url'
import { AppError, type Mistake } from '../errors.ts'

export interface AllowList {
  networks4: net.BlockList
  networks6: net.BlockList
  /** `host` or `host:port`; an address with a port is a host here too. */
  hosts: Set<string>
}

/** Blank entries are nothing. Throws `settings-invalid` with every entry that cannot be read. */
export function parseAllowList(entries: readonly string[]): AllowList {
  const list: AllowList = {
    networks4: new net.BlockList(),
    networks6: new net.BlockList(),
    hosts: new Set()
  }
  const mistakes: Mistake[] = []
  for (const [index, entry] of entries.entries()) {
    if (entry.trim() !== '' && !addEntry(list, entry.trim())) {
      const detail = `${JSON.stringify(entry)} is neither a network (10.1.0.0/16), an address nor a host name, the last two with or without a port`
      mistakes.push({ pointer: `/${index}`, detail })
    }
  }
  if (mistakes.length > 0) {
    const detail = `The list of allowed receivers: ${mistakes.map((one) => one.detail).join('; ')}`
    throw new AppError('settings-invalid', detail, { mistakes })
  }
  return list
}

function addEntry(list: AllowList, entry: string): boolean {
  const cidr = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(entry)
  const address = cidr?.[1] ?? ''
  const family = net.isIP(address)
  if (family !== 0) {
    const prefix = cidr?.[2] === undefined ? (family === 4 ? 32 : 128) : Number(cidr[2])
    if (prefix > (family === 4 ? 32 : 128)) return false
    if (family === 4) list.networks4.addSubnet(address, prefix, 'ipv4')
    else list.networks6.addSubnet(address, prefix, 'ipv6')
    return true
  }
  const named = /^(?:\[([0-9a-fA-F.:]+)\]|([^:/[\]]+))(?::(\d{1,5}))?$/.exec(entry)
  if (named === null) return false
  const port = named[3] === undefined ? null : Number(named[3])
  if (port !== null && (port < 1 || port > 65_535)) return false
  if (named[1] !== undefined) {
    if (!net.isIPv6(named[1])) return false
    if (port === null) list.networks6.addAddress(named[1], 'ipv6')
    else list.hosts.add(`${canonicalIp(named[1])}:${port}`)
    return true
  }
  const name = named[2] ?? ''
  const host = domainToASCII(name).replace(/\.$/, '')
  // 127.1 and the like would be an address in disguise: an operator should write what is meant.
  if (!isHostName(host) || (net.isIP(host) !== 0 && host !== name)) return false
  list.hosts.add(port === null ? host : `${host}:${port}`)
  return true
}

/** Letters, digits, hyphens and underscores between dots; expects lower case and A-labels. */
export function isHostName(host: string): boolean {
  return host.split('.').every((label) => /^[a-z0-9_-]{1,63}$/.test(label))
}

/** One spelling for one IPv6 address; what DNS and `remoteAddress` give is not always the shortest. */
export function canonicalIp(ip: string): string {
  return net.isIPv6(ip) && !ip.includes('%') ? new URL(`http://[${ip}]`).hostname.slice(1, -1) : ip
}

import { isIP } from 'node:net'

/** An IPv4 address as IPv6 writes it, which is how a socket for both has it (RFC 4291 §2.5.5.2). */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** A port behind the address, as some proxies forward it. */
const WITH_PORT = /^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+)):\d+$/

/** What stands for an address that is none: a proxy that says nothing of use. */
const UNKNOWN = 'unknown'

const GROUPS = 8
const NETWORK_GROUPS = 4

/**
 * What is taken for one caller: an IPv4 address, or the /64 of an IPv6 one, all of whose addresses a single machine may
 * have (RFC 4291 §2.5.1). Pure.
 */
export function addressBlock(text: string): string {
  const [, bracketed, dotted] = WITH_PORT.exec(text) ?? []
  const address = bracketed ?? dotted ?? text
  switch (isIP(address)) {
    case 4:
      return address
    case 6:
      return MAPPED.exec(address)?.[1] ?? networkOf(address)
    default:
      return UNKNOWN
  }
}

function networkOf(address: string): string {
  const [head = '', tail] = address.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  // An IPv4 address at the end takes the place of two groups.
  const given = before.length + after.length + (address.includes('.') ? 1 : 0)
  const groups = [...before, ...Array<string>(tail === undefined ? 0 : GROUPS - given).fill('0'), ...after]
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}

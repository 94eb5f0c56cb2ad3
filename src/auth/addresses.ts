/** The addresses that a key may be used from. */
import { BlockList, isIP } from 'node:net'
import { invalidField } from '../errors.ts'

const ADDRESSES_MAX = 100
const PREFIX = /^\d{1,3}$/

export interface Addresses {
  include(address: string): boolean
}

const EVERYWHERE: Addresses = Object.freeze({ include: () => true })

/** Takes what `checkAddresses` let through. */
export function addressesOf(ranges: readonly string[]): Addresses {
  if (ranges.length === 0) return EVERYWHERE
  const list = new BlockList()
  for (const range of ranges) add(list, range)
  return {
    include: (address) => {
      const plain = withoutMapping(address)
      const version = isIP(plain)
      return version !== 0 && list.check(plain, version === 6 ? 'ipv6' : 'ipv4')
    },
  }
}

/** IP addresses and CIDR ranges. Throws `invalid_argument` that names the one that is wrong. */
export function checkAddresses(addresses: unknown): readonly string[] {
  if (!Array.isArray(addresses)) {
    throw invalidField('addresses', 'The addresses must be a list of IP addresses and CIDR ranges.')
  }
  if (addresses.length > ADDRESSES_MAX) {
    throw invalidField('addresses', `At most ${ADDRESSES_MAX} addresses can be listed.`)
  }
  return Object.freeze(addresses.map(checkRange))
}

function checkRange(range: unknown, index: number): string {
  if (typeof range === 'string') {
    try {
      add(new BlockList(), range)
      return range
    } catch {
      // Told below.
    }
  }
  throw invalidField(
    `addresses[${index}]`,
    'An address must look like 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32.',
  )
}

function add(list: BlockList, range: string): void {
  const [address = '', prefix, ...rest] = range.split('/')
  const version = isIP(address)
  if (version === 0 || address.includes('%') || rest.length > 0) throw new Error('no address')
  const family = version === 6 ? 'ipv6' : 'ipv4'
  if (prefix === undefined) return list.addAddress(address, family)
  if (!PREFIX.test(prefix)) throw new Error('no prefix')
  list.addSubnet(address, Number(prefix), family)
}

/** A socket that serves both families shows IPv4 as `::ffff:203.0.113.7`, and a link-local address with its zone. */
function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
}

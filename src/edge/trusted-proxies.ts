/** Which peers are believed when they say whom they speak for. */
import { BlockList, isIP } from 'node:net'

export function isTrusted(address: string, proxies: BlockList): boolean {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address
  const family = isIP(plain)
  return family !== 0 && proxies.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}

/** From addresses and CIDR blocks. */
export function blockList(entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/')
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}

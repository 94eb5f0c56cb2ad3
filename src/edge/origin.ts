/** The address under which the client reached us, for the links that we hand out. */
import type { IncomingMessage } from 'node:http'
import { type BlockList, isIPv6, type Socket } from 'node:net'
import { HOST } from './guard.ts'
import { isTrusted } from './trusted-proxies.ts'

/** `http://host[:port]`; what a proxy says of the outside counts when the proxy is one of ours. */
export function originOf(message: IncomingMessage, proxies: BlockList): string {
  const isBelieved = isTrusted(message.socket.remoteAddress ?? '', proxies)
  const forwarded = (name: string) => (isBelieved ? firstOf(message.headers[name]) : undefined)
  const scheme = forwarded('x-forwarded-proto')?.toLowerCase() === 'https' ? 'https' : 'http'
  const outside = forwarded('x-forwarded-host')
  const host = outside !== undefined && HOST.test(outside) ? outside : message.headers.host
  // Only HTTP/1.0 comes without; the guard has judged every other Host.
  return `${scheme}://${host ?? ownAddress(message.socket)}`
}

/** Each proxy adds its own word behind the one before; the first is nearest to the client. */
function firstOf(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === 'string' ? header : header?.[0]
  return text?.split(',', 1)[0]?.trim()
}

function ownAddress({ localAddress = 'localhost', localPort }: Socket): string {
  const shown = isIPv6(localAddress) ? `[${localAddress}]` : localAddress
  return localPort === undefined ? shown : `${shown}:${localPort}`
}

/** What the head of an answer alone says against it. */
import type { IncomingHttpHeaders } from 'node:http'
import { codingOf } from './decoding.ts'
import { headerText } from './retry-after.ts'

/** Whatever calls itself one of these is read for what it really holds: services mislabel JSON. */
const TYPES = /^(?:application\/(?:[\w.-]+\+)?json|application\/octet-stream|text\/event-stream|text\/plain)$/
const TYPE_CHARACTERS_MAX = 100

/** Goes on from "The upstream up …"; undefined when the body is worth reading. `status` is 200 or more. */
export function headFault(status: number, headers: IncomingHttpHeaders): string | undefined {
  return framingFault(headers) ?? statusFault(status) ?? codingFault(headers) ?? typeFault(status, headers)
}

/** Two readers could disagree on where such an answer ends. */
function framingFault(headers: IncomingHttpHeaders): string | undefined {
  const transfer = headerText(headers['transfer-encoding'])
  if (transfer === undefined) return undefined
  if (headers['content-length'] !== undefined) return 'sent an answer with two lengths'
  return transfer.toLowerCase() === 'chunked' ? undefined : 'sent an answer in an unknown transfer encoding'
}

function statusFault(status: number): string | undefined {
  const isReadable = status === 200 || (status >= 400 && status < 600)
  return isReadable ? undefined : `answered with status ${status}`
}

function codingFault(headers: IncomingHttpHeaders): string | undefined {
  return codingOf(headers['content-encoding']) === undefined
    ? 'sent an answer in an unknown coding'
    : undefined
}

/** An error may be a page: its status says enough. */
function typeFault(status: number, headers: IncomingHttpHeaders): string | undefined {
  const type = headerText(headers['content-type'])?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (status !== 200 || type === '' || TYPES.test(type)) return undefined
  const shown = /^[\w.+/-]+$/.test(type) ? ` (${type.slice(0, TYPE_CHARACTERS_MAX)})` : ''
  return `sent an unexpected content-type${shown}`
}

/** The faults that operators can try, and how a request that meets one may end. */
import {
  begun,
  type Cell,
  good,
  type Headers,
  JSON_TYPE,
  type Mode,
  message,
  says,
  saysAnd,
  WHOLE_TEXT,
} from './bytes.ts'
import type { Play } from './upstream.ts'

export interface Fault {
  /** The head of its column. */
  readonly name: string
  readonly says: string
  readonly mode: Mode
  /** Undefined: nobody listens. */
  readonly play?: (cell: Cell) => Play
  /** Statuses that are right when nobody else could answer. */
  readonly told: readonly number[]
  /** The answer has begun: it breaks, and the client is told so inside it. */
  readonly isBroken?: boolean
  /** Ends after a while: the upstream is well again, and has to be asked again. */
  readonly isOver?: boolean
}

/** What a limit asks for, and no longer than the run can wait. */
const RETRY_AFTER_S = 1
const RETRY_INFO = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${RETRY_AFTER_S}s` }

const fails =
  (status: number, details?: readonly object[], headers: Headers = []) =>
  ({ words }: Cell) =>
    message(status, words.error(status, 'a fault that was ordered', details), [JSON_TYPE, ...headers])

const limited = fails(429, [RETRY_INFO], [['retry-after', `${RETRY_AFTER_S}`]])
const halfOfJson = ({ words }: Cell) => {
  const body = words.whole(WHOLE_TEXT)
  return message(200, body.slice(0, body.length >> 1))
}
const webPage = () => message(200, '<html><body>We are busy</body></html>', [['content-type', 'text/html']])

export const FAULTS: readonly Fault[] = [
  { name: 'refused', says: 'the connection is refused', mode: 'unary', told: [503] },
  {
    name: 'reset',
    says: 'the connection is reset before the answer begins',
    mode: 'unary',
    play: () => (line) => line.reset(),
    told: [503],
  },
  {
    name: '429',
    says: `429, come again in ${RETRY_AFTER_S} s`,
    mode: 'unary',
    play: says(limited),
    told: [429],
  },
  { name: '500', says: '500, each time', mode: 'unary', play: says(fails(500)), told: [500, 503] },
  { name: '503', says: '503, each time', mode: 'unary', play: says(fails(503)), told: [503] },
  { name: 'hang', says: 'no byte ever comes', mode: 'unary', play: () => () => undefined, told: [503, 504] },
  {
    name: 'broken',
    says: 'a stream breaks after its second piece',
    mode: 'stream',
    play: saysAnd('reset', begun),
    told: [],
    isBroken: true,
  },
  { name: 'half-json', says: 'half of a JSON document', mode: 'unary', play: says(halfOfJson), told: [503] },
  { name: 'html', says: 'a web page with status 200', mode: 'unary', play: says(webPage), told: [503] },
  { name: 'key', says: 'the key is refused', mode: 'unary', play: says(fails(401)), told: [503] },
  {
    name: 'recovery',
    says: 'an outage that ends: when it answers again',
    mode: 'unary',
    play: says(fails(503)),
    told: [],
    isOver: true,
  },
]

/** What an upstream does that is well. */
export const well = says(good)

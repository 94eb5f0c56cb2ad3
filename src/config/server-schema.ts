/** The listening side: what one client, and all of them together, may take. */
import { Type } from '../wire/type.ts'
import { count, duration, section, size } from './fields.ts'

const CorsSchema = section('Which web pages may call the gateway from a browser.', {
  origins: Type.Array(
    Type.String({
      pattern: '^(\\*|[a-z][a-z0-9+.-]*://[^/?#\\s@]+)$',
      'x-shape': 'an origin such as https://app.example.com, or *',
    }),
    {
      default: [],
      maxItems: 1000,
      description:
        'Origins that get CORS headers, such as `https://app.example.com`; `*` is any page. Empty: no CORS headers at all, so browsers refuse cross-origin calls.',
    },
  ),
})

const LimitsSchema = section('What one request, and all of them together, may take.', {
  body: size(
    '100MiB',
    '1KiB',
    '512MiB',
    'Largest request body; Google takes up to 100 MB inline. A larger one is refused with 400.',
  ),
  headers: size('16KiB', '1KiB', '1MiB', 'All request headers together. More is refused with 431.'),
  headerCount: count(100, 8, 2000, 'Number of request headers. More is refused with 431.'),
  url: size('8KiB', '256B', '64KiB', 'Longest path with query. A longer one is refused with 431.'),
  jsonDepth: count(
    100,
    8,
    2000,
    'Nesting of a JSON body. Deeper is refused with 400: it costs stack and seconds.',
  ),
  jsonNodes: count(250_000, 100, 10_000_000, 'Values in a JSON body. More is refused with 400.'),
  jsonKeysPerObject: count(10_000, 10, 1_000_000, 'Members of one JSON object. More is refused with 400.'),
  connections: count(20_000, 1, 1_000_000, 'Open client connections. Beyond it new ones are dropped.'),
  bodiesInFlight: size(
    '512MiB',
    '1KiB',
    '1024GiB',
    'Memory for all request bodies being read or forwarded. When it is used up, requests get 503 until some is free.',
  ),
  answer: size(
    '256MiB',
    '1KiB',
    '1GiB',
    'Largest answer that is taken from an upstream, decoded; of a stream, all of its events. A larger one is broken off, and its client is told.',
  ),
  event: size(
    '32MiB',
    '1KiB',
    '256MiB',
    'Largest event of a stream; one with a 4K image has about 20 MiB. A larger one ends the stream with an error.',
  ),
  answersInFlight: size(
    '512MiB',
    '1MiB',
    '1024GiB',
    'Memory for all answers, or pieces of them, that wait here: for their end, for the books, for a slow client. When it is used up, the next answer that would have to be held is broken off with 503, and requests with a body get 503 until some is free.',
  ),
  streamBuffer: size(
    '64KiB',
    '1KiB',
    '16MiB',
    'What of one answer may wait for a slow client before its upstream has to wait as well. More costs memory for each slow stream; less costs speed on long ways.',
  ),
  memory: size(
    '0B',
    '0B',
    '1024GiB',
    'Memory that the process may take. 0B: what the container allows, else what the machine has. The limit of the JavaScript heap (`--max-old-space-size`) is minded in any case.',
  ),
  memoryShedPercent: count(
    80,
    10,
    100,
    'How much of `memory`, or of the heap, may be taken before new request bodies are refused with 503 and Retry-After. What was let in before is answered. 100: nothing is refused for its sake.',
  ),
})

const ServerTimeoutsSchema = section('How long a slow client is waited for.', {
  requestHead: duration(
    '10s',
    'From the first byte of a request to the end of its headers. Later: 408 and the connection is closed.',
  ),
  bodyMinRateBytesPerSecond: count(
    1024,
    1,
    1_000_000_000,
    'Slowest speed at which a body may arrive once `bodyGrace` is over. Slower: 408.',
  ),
  bodyGrace: duration('10s', 'How long a body may be slower than `bodyMinRateBytesPerSecond`.'),
  keepAlive: duration(
    '65s',
    'How long an idle connection stays open. Above the 60 s of common load balancers, so that they close first.',
  ),
  clientWriteStall: duration(
    '30s',
    'How long a client may take nothing of an answer that waits for it. Then its connection is broken.',
  ),
  heartbeat: duration(
    '15s',
    'After so much silence in a stream of events that has begun, a blank line is sent: it keeps proxies from cutting the connection, and every client skips it. 0s: never.',
    '0s',
  ),
  eventLoopBlock: duration(
    '10s',
    'When the process did not get to run for this long, its log says so, and it is not ready until it has run well for as long again.',
  ),
})

const ShutdownSchema = section('What happens between SIGTERM and the exit.', {
  delay: duration(
    '5s',
    'Readiness is already false but requests are still taken, so that load balancers can notice. 0s: stop at once.',
    '0s',
  ),
  grace: duration('30s', 'After the delay: how long ordinary requests may take to finish.', '0s'),
  streamGrace: duration(
    '120s',
    'After the delay: how long streams may take to finish. What is still open then ends with an error event.',
    '0s',
  ),
})

const DrainsSchema = section(
  'How answers are read on after their client left: the upstream bills them anyway, and their last words say how much.',
  {
    count: count(
      200,
      0,
      100_000,
      'At a time. Beyond it the upstream is hung up on and the use is estimated.',
    ),
    timeout: duration('120s', 'Each, from the moment at which the client left. Then the same.'),
    bytes: size('32MiB', '1KiB', '1GiB', 'Read on of each. Then the same.'),
  },
)

export const ServerSchema = section('The listening side.', {
  host: Type.String({
    default: '127.0.0.1',
    minLength: 1,
    maxLength: 255,
    pattern: '^[A-Za-z0-9._:%-]+$',
    'x-shape': 'an address without brackets, or a host name',
    description:
      'Address to listen on. The default is this machine only; anything beyond loopback needs `WASAT_ADMIN_KEY` to be set.',
  }),
  port: count(4080, 0, 65_535, 'TCP port. 0 takes any free one.'),
  cors: CorsSchema,
  trustedProxies: Type.Array(Type.String({ 'x-shape': 'an IP address or CIDR such as 10.0.0.0/8' }), {
    default: [],
    maxItems: 1000,
    description:
      'Addresses or CIDRs whose `X-Forwarded-For` is believed. Empty: the address of the connection is the client.',
  }),
  limits: LimitsSchema,
  timeouts: ServerTimeoutsSchema,
  drains: DrainsSchema,
  shutdown: ShutdownSchema,
})

/** U16 to U27, U41, U43, U48: the upstream answers, and says no, or something else than an answer. */
import {
  type Cell,
  framesOf,
  good,
  type Headers,
  JSON_TYPE,
  message,
  says,
  streamOf,
  WHOLE_TEXT,
} from '../../src/cli/faults/bytes.ts'
import { ATTEMPTS_MAX, type FaultRow, refused, unavailable, whole } from './row.ts'

const RPC = 'type.googleapis.com/google.rpc.'
const retryInfo = (retryDelay: string) => ({ '@type': `${RPC}RetryInfo`, retryDelay })

/** An error in the wire's own shape. */
const fails =
  (status: number, details?: readonly object[], headers: Headers = []) =>
  ({ words }: Cell) =>
    message(status, words.error(status, `no, ${status}`, details), [JSON_TYPE, ...headers])

/** The same wish to be left alone, as each wire says it. */
const limited = (after: string) => (cell: Cell) =>
  fails(
    429,
    [retryInfo(after)],
    cell.wire === 'gemini' ? [] : [['retry-after', after.replace(/s$/, '')]],
  )(cell)

const DAILY = {
  '@type': `${RPC}QuotaFailure`,
  violations: [
    {
      quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests',
      quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier',
      quotaValue: '50',
    },
  ],
}
const DAY_S = 86_400

/** What each wire says when the day's share is used up. */
const usedUp = (cell: Cell) => {
  if (cell.wire === 'gemini') return fails(429, [DAILY])(cell)
  if (cell.wire === 'anthropic') return fails(429, undefined, [['retry-after', `${DAY_S}`]])(cell)
  const error = { message: 'no, 429', type: 'insufficient_quota', code: 'insufficient_quota' }
  return message(429, JSON.stringify({ error }))
}

const own = (rest: Parameters<typeof refused>[1] = {}) => ({
  requestsMax: 1,
  second: 'same' as const,
  ...rest,
})

const REFUSALS: readonly FaultRow[] = [
  {
    name: 'U16 400',
    play: says(fails(400, [{ '@type': `${RPC}BadRequest`, fieldViolations: [{ field: 'contents' }] }])),
    sees: ({ wire }) =>
      refused(
        400,
        own({ rpc: ['INVALID_ARGUMENT'], text: wire === 'gemini' ? /no, 400.*fieldViolations/s : /no, 400/ }),
      ),
  },
  ...[401, 403].map(
    (status): FaultRow => ({
      name: `U17 our credential is refused with ${status}`,
      place: 'own',
      play: says((cell) =>
        cell.wire === 'gemini'
          ? fails(status, [{ '@type': `${RPC}ErrorInfo`, reason: 'API_KEY_SERVICE_BLOCKED' }])(cell)
          : fails(status)(cell),
      ),
      sees: () => unavailable({ text: /credential/, requestsMax: 1, isExposed: false }),
    }),
  ),
  {
    name: 'U17 our key is wrong, in a 400',
    place: 'own',
    wires: ['gemini'],
    play: says(
      fails(400, [{ '@type': `${RPC}ErrorInfo`, reason: 'API_KEY_INVALID', domain: 'googleapis.com' }]),
    ),
    sees: () => unavailable({ text: /credential/, requestsMax: 1, isExposed: false }),
  },
  {
    name: 'U18 404 for what the client named',
    play: says(fails(404)),
    sees: () => refused(404, own({ rpc: ['NOT_FOUND'] })),
  },
  {
    name: 'U18 404 for what an alias names',
    isAlias: true,
    play: says(fails(404)),
    sees: () => refused(404, { requestsMax: 1, rpc: ['NOT_FOUND'], isExposed: false }),
  },
]

/** They ask for half a minute at least: whoever is answered within this, on a busy machine, was not made to wait. */
const AT_ONCE_MS = [0, 5_000] as const

const LIMITS: readonly FaultRow[] = [
  {
    name: 'U19 429 that asks for a second, then well',
    place: 'own',
    play: (cell) => (line) => line.write(line.attempt === 1 ? limited('1s')(cell) : good(cell)),
    sees: () => whole({ tookMs: [1_000, 4_000], requestsMax: 2, second: 'served' }),
  },
  {
    name: 'U19 429 that asks for more than is waited',
    play: says(limited('42s')),
    sees: () =>
      refused(429, {
        rpc: ['RESOURCE_EXHAUSTED'],
        headers: { 'retry-after': /^42$/ },
        text: /RetryInfo.*42s/s,
        requestsMax: 1,
        isExposed: false,
        tookMs: AT_ONCE_MS,
      }),
  },
  ...['9999999999s', '-5s', 'abc', '1e9s'].map(
    (delay): FaultRow => ({
      name: `U20 429 that asks for ${delay}`,
      play: says(limited(delay)),
      // Backoff between attempts may be; what it asked for may not.
      sees: () => refused(429, { requestsMax: ATTEMPTS_MAX, isExposed: false, tookMs: AT_ONCE_MS }),
    }),
  ),
  {
    name: 'U21 429 for the day',
    place: 'own',
    play: says(usedUp),
    sees: () => refused(429, { requestsMax: 1, isExposed: false, tookMs: AT_ONCE_MS }),
  },
  ...[500, 502, 503, 529].map(
    (status): FaultRow => ({
      name: `U23 ${status}`,
      play: says(fails(status)),
      // Gemini's own error passes as it is.
      sees: () => refused([status, 503], { isExposed: false }),
    }),
  ),
]

const html = (type: string) => () =>
  message(200, '<html><body>We are busy</body></html>', [['content-type', type]])

const OTHER_ANSWERS: readonly FaultRow[] = [
  { name: 'U25 a web page', play: says(html('text/html')), sees: () => unavailable() },
  {
    name: 'U26 one whole answer where a stream was asked for',
    modes: ['stream'],
    play: says(({ words }) => message(200, words.whole(WHOLE_TEXT, { input: 11, output: 7 }))),
    sees: () => whole({ text: /one two three/ }),
  },
  {
    name: 'U26 an array where events were asked for',
    modes: ['stream'],
    wires: ['gemini'],
    play: says(({ words }) => {
      const events = framesOf(words).split('\r\n\r\n').filter(Boolean)
      return message(200, `[${events.map((event) => event.replace(/^data: /, '')).join(',\n')}]`)
    }),
    sees: () => whole({ text: /one [\s\S]*two [\s\S]*three / }),
  },
  {
    name: 'U27 half of the JSON',
    modes: ['unary'],
    play: says(({ words }) => {
      const body = words.whole(WHOLE_TEXT)
      return message(200, body.slice(0, body.length >> 1))
    }),
    sees: () => unavailable(),
  },
  {
    name: 'U27 half of the first event',
    modes: ['stream'],
    play: says(({ words }) => streamOf(words.pieces(['one'])[0]!.slice(0, -30))),
    sees: () => unavailable(),
  },
  {
    name: 'U32 an error as the first event',
    modes: ['stream'],
    play: says(({ words }) => streamOf(words.errorFrames[0]!)),
    sees: () => unavailable(),
  },
  {
    name: 'U43 413 before the body was read',
    place: 'early',
    bodyBytes: 1024 * 1024,
    isHeavy: true,
    play: (cell) => async (line) => {
      await line.write(fails(413)(cell))
      line.fin()
    },
    // Of a stranger's 4xx that is not in Google's table, a wrong argument is made.
    sees: () => refused([413, 400], own()),
  },
  {
    name: 'U48 an error in a 200',
    modes: ['unary'],
    play: says(({ words }) => message(200, words.error(503, 'overloaded'))),
    sees: () => unavailable(),
  },
]

const geminiAnswer = (document: object) => (cell: Cell) => {
  const answer = {
    usageMetadata: { promptTokenCount: 11, candidatesTokenCount: 7, totalTokenCount: 18 },
    ...document,
  }
  const json = JSON.stringify(answer)
  return cell.mode === 'unary' ? message(200, json) : streamOf(`data: ${json}\r\n\r\n`)
}
const candidate = (rest: object) => ({
  content: { role: 'model', parts: [{ text: 'x' }] },
  finishReason: 'STOP',
  ...rest,
})

const STRANGE: readonly (readonly [string, object, RegExp])[] = [
  ['another model', { modelVersion: 'somebody-else', candidates: [candidate({})] }, /somebody-else/],
  [
    'eight candidates',
    { candidates: Array.from({ length: 8 }, (_, index) => candidate({ index })) },
    /"index":\s*7/,
  ],
  [
    'an unknown finish reason',
    { candidates: [candidate({ finishReason: 'FUTURE_REASON' })] },
    /FUTURE_REASON/,
  ],
  [
    'an unknown part',
    { candidates: [candidate({ content: { role: 'model', parts: [{ hologram: { size: 7 } }] } })] },
    /hologram/,
  ],
]

const STRANGE_ROWS = STRANGE.map(
  ([name, document, text]): FaultRow => ({
    name: `U41 ${name}`,
    wires: ['gemini'],
    play: says(geminiAnswer(document)),
    sees: () => whole({ text }),
  }),
)

export const SAID_ROWS: readonly FaultRow[] = [...REFUSALS, ...LIMITS, ...OTHER_ANSWERS, ...STRANGE_ROWS]

/** U28 to U31, U33 to U40: a stream that is split, worded, compressed, broken, stuck or endless; and what use is told. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import {
  begun,
  type Cell,
  chunk,
  framesOf,
  head,
  JSON_TYPE,
  LAST_CHUNK,
  message,
  SSE_TYPE,
  STREAM_HEAD,
  says,
  saysAnd,
  streamOf,
  WHOLE_TEXT,
} from '../../src/cli/faults/bytes.ts'
import type { Play } from '../../src/cli/faults/upstream.ts'
import { type Told, USE, type WireWords } from '../../src/cli/faults/wires.ts'
import { broken, type FaultRow, unavailable, whole } from './row.ts'

/** Lowered in the gateway's configuration, in milliseconds. */
export const IDLE_MS = 500
export const TOTAL_MS = 3_000
export const HEARTBEAT_MS = 60
const SLACK_MS = 2_500
const ENDLESS_EVERY_MS = 40
const MIB = 1024 * 1024

const SPOKEN = /one [\s\S]*two [\s\S]*three /

/** The frames of a good stream, each rewritten. */
const dialect =
  (rewrite: (frames: string, words: WireWords) => string) =>
  ({ words }: Cell) =>
    streamOf(rewrite(framesOf(words).replaceAll('\r\n', '\n'), words))

const DIALECTS: readonly (readonly [string, (frames: string) => string])[] = [
  ['CRLF', (frames) => frames.replaceAll('\n', '\r\n')],
  ['CR only', (frames) => frames.replaceAll('\n', '\r')],
  ['no space after the colon', (frames) => frames.replaceAll(/^(data|event): /gm, '$1:')],
  ['data over several lines', (frames) => frames.replaceAll(/^data: \{/gm, 'data: {\ndata: ')],
  ['comments', (frames) => `: hello\n\n${frames.replaceAll('\n\n', '\n\n: ping\n\n')}`],
  ['ids and retry', (frames) => frames.replaceAll(/^data: /gm, 'id: 7\nretry: 10\ndata: ')],
  ['a byte order mark', (frames) => `\ufeff${frames}`],
  ['no blank line at the end', (frames) => frames.replace(/\n+$/, '\n')],
]

const READING: readonly FaultRow[] = [
  {
    name: 'U28 split at every byte',
    modes: ['stream'],
    isHeavy: true,
    play: (cell) => async (line) => {
      const bytes = Buffer.from(cell.words.pieces(['one two three é😀']).join('') + cell.words.ending(USE))
      await line.write(STREAM_HEAD)
      for (let at = 0; at < bytes.length; at++) await line.write(chunk(bytes.subarray(at, at + 1)))
      await line.write(LAST_CHUNK)
    },
    sees: () => whole({ text: /one two three é😀/ }),
  },
  ...DIALECTS.map(
    ([name, rewrite]): FaultRow => ({
      name: `U29 ${name}`,
      modes: ['stream'],
      play: says(dialect(rewrite)),
      sees: () => whole({ text: SPOKEN }),
    }),
  ),
  {
    name: 'U30 an event of a mebibyte',
    modes: ['stream'],
    isHeavy: true,
    play: says(({ words }) => streamOf(words.pieces(['x'.repeat(MIB)]).join('') + words.ending(USE))),
    sees: () => whole(),
  },
  {
    name: 'U30 an event of 33 MiB',
    modes: ['stream'],
    isHeavy: true,
    wires: ['gemini'],
    play: (cell) => async (line) => {
      // Made before the stream begins: its silence would be too long.
      const event = chunk(`data: {"candidates": "${'x'.repeat(33 * MIB)}"}\r\n\r\n`)
      await line.write(begun(cell))
      await line.write(event)
    },
    sees: () => broken({ text: /too (?:large|long|big)|longer than|larger than/ }),
  },
]

const errorFrames: readonly FaultRow[] = [0, 1, 2].map((index) => ({
  name: `U31 an error in the middle, form ${index + 1}`,
  modes: ['stream'],
  ...(index > 0 && { wires: ['gemini'] as const }),
  play: says((cell) =>
    Buffer.concat([begun(cell), chunk(cell.words.errorFrames[index] ?? ''), Buffer.from(LAST_CHUNK)]),
  ),
  sees: () => broken({ text: SPOKEN_TWO }),
}))
const SPOKEN_TWO = /one [\s\S]*two /

const cutAt = (count: number, ending: 'reset' | 'fin'): FaultRow => ({
  name: `U${ending === 'reset' ? '33 reset' : '34 closed'} after ${count} chunks`,
  modes: ['stream'],
  play: saysAnd(ending, (cell) => begun(cell, count)),
  sees: () => broken({ text: /one / }),
})

/** Without a length and without chunks: only the connection's end could tell. */
const closeDelimited = ({ words }: Cell) =>
  head(200, [SSE_TYPE, ['connection', 'close']]) + words.pieces(['one ', 'two ']).join('')

const dripping =
  (cell: Cell): Play =>
  async (line) => {
    await line.write(begun(cell))
    const [next = ''] = cell.words.pieces(['x'.repeat(1_000)])
    for (const byte of next) {
      await line.wait(ENDLESS_EVERY_MS)
      if (!line.isOpen) return
      await line.write(chunk(byte))
    }
  }

const BROKEN: readonly FaultRow[] = [
  ...errorFrames,
  ...[1, 2, 3].map((count) => cutAt(count, 'reset')),
  cutAt(2, 'fin'),
  ...(['reset', 'fin'] as const).map(
    (ending): FaultRow => ({
      name: `U34 delimited by its end, ${ending}`,
      modes: ['stream'],
      play: saysAnd(ending, closeDelimited),
      sees: () => broken({ text: SPOKEN_TWO }),
    }),
  ),
  {
    name: 'U34 shorter than its length',
    modes: ['unary'],
    play: saysAnd(
      'fin',
      ({ words }) => `${head(200, [JSON_TYPE, ['content-length', '9999']])}${words.whole('x')}`,
    ),
    sees: () => unavailable(),
  },
  {
    name: 'U35 no end of the protocol',
    modes: ['stream'],
    play: says((cell) => Buffer.concat([begun(cell), Buffer.from(LAST_CHUNK)])),
    sees: () => broken({ text: SPOKEN_TWO }),
  },
  {
    name: 'U36 stuck after two chunks',
    modes: ['stream'],
    play: says((cell) => begun(cell)),
    sees: () => broken({ text: SPOKEN_TWO, tookMs: [IDLE_MS - 250, IDLE_MS + SLACK_MS] }),
  },
  {
    name: 'U36 blank lines while it is stuck',
    modes: ['stream'],
    play: says((cell) => begun(cell)),
    sees: () => broken({ text: /two [\s\S]*\n\r?\n(?:\n\n){2,}data: \{"error"/ }),
  },
  {
    name: 'U36 the error of a stream that is stuck is a 504',
    modes: ['stream'],
    play: says((cell) => begun(cell)),
    sees: () => broken({ text: /"code":504/ }),
  },
  ...(['gemini', 'openai', 'anthropic'] as const).map(
    (wire): FaultRow => ({
      name: `U37 byte after byte, and never an event: ${wire}`,
      modes: ['stream'],
      wires: [wire],
      play: dripping,
      sees: () => broken({ text: SPOKEN_TWO, tookMs: [IDLE_MS - 250, IDLE_MS + SLACK_MS] }),
    }),
  ),
  {
    name: 'U38 chunks without end',
    modes: ['stream'],
    play: (cell) => async (line) => {
      await line.write(begun(cell, 1))
      const [, more = ''] = cell.words.pieces(['', 'more '])
      while (line.isOpen) {
        await line.wait(ENDLESS_EVERY_MS)
        await line.write(chunk(more))
      }
    },
    sees: () => broken({ text: /more /, tookMs: [TOTAL_MS - 250, TOTAL_MS + SLACK_MS] }),
  },
]

const CODINGS = {
  gzip: gzipSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
  deflate: deflateSync,
} as const

const CODED = Object.entries(CODINGS).map(
  ([coding, compress]): FaultRow => ({
    name: `U39 ${coding}`,
    play: says(({ words, mode }) => {
      const isUnary = mode === 'unary'
      const bytes = compress(Buffer.from(isUnary ? words.whole(WHOLE_TEXT, USE) : framesOf(words)))
      return message(200, bytes, [isUnary ? JSON_TYPE : SSE_TYPE, ['content-encoding', coding]])
    }),
    sees: () => whole({ text: SPOKEN }),
  }),
)

const told =
  (use: Told | undefined) =>
  ({ words, mode }: Cell) =>
    mode === 'unary'
      ? message(200, words.whole(WHOLE_TEXT, use))
      : streamOf(words.pieces(['one ', 'two ', 'three ']).join('') + words.ending(use))

const ABSURD: readonly (readonly [string, Told])[] = [
  ['negative', { input: -11, output: -7 }],
  ['beyond all numbers', { input: 1e300, output: 1e300 }],
  ['a text', { input: 'eleven', output: 'seven' }],
]

const USES: readonly FaultRow[] = [
  {
    name: 'U40 no use told',
    play: says(told(undefined)),
    sees: () => whole({ usage: 'estimated' }),
  },
  {
    name: 'U40 zeros',
    play: says(told({ input: 0, output: 0 })),
    sees: () => whole({ isBilled: false }),
  },
  ...ABSURD.map(
    ([name, use]): FaultRow => ({
      name: `U40 ${name}`,
      play: says(told(use)),
      sees: () => whole({ usage: 'estimated' }),
    }),
  ),
]

export const STREAM_ROWS: readonly FaultRow[] = [...READING, ...BROKEN, ...CODED, ...USES]

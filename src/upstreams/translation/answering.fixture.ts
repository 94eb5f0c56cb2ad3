/** A provider of a wire of its own, and its translator: as small as the shared code of all translators needs it. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Library } from '../../nouns/resources.ts'
import { CALLER, callOf, targetOf, upstreamOf } from '../../nouns.fixture.ts'
import type { Answer, Call, Chunk } from '../../nouns.ts'
import type { GenerateContentResponse } from '../../wire/gemini.ts'
import { openPool } from '../http/pool.ts'
import { createSeals } from './seals.ts'
import { createTranslatedSend } from './send.ts'
import type { Translator } from './translator.ts'

/** What the translator sends. */
export interface Received {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: {
    readonly system: string[]
    readonly turns: string[]
    readonly stream: boolean
    readonly n: number
    readonly seed?: number
    readonly json?: boolean
    readonly [field: string]: unknown
  }
}

export type Play = (response: ServerResponse, received: Received, index: number) => void

const TIMEOUTS = {
  connect: 1_000,
  firstByte: 5_000,
  streamFirstByte: 5_000,
  streamIdle: 5_000,
  streamTotal: 10_000,
}

const LIBRARY: Library = {
  file: () => Promise.reject(new Error('no files')),
  cachedContent: () => Promise.reject(new Error('no caches')),
  documents: () => Promise.reject(new Error('no documents')),
}

/** Text, a finish reason and usage of a whole answer. */
export const whole =
  (text: string, finish = 'STOP'): Play =>
  (response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ choices: [{ text, finish }], usage: { in: 10, out: 2 } }))
  }

export const refused =
  (status: number, body: object = { message: 'No.' }): Play =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '7' })
    response.end(JSON.stringify(body))
  }

export const events =
  (...data: readonly (object | string)[]): Play =>
  (response) => {
    response.setHeader('content-type', 'text/event-stream')
    for (const one of data) response.write(eventOf(one))
    response.end()
  }

export const eventOf = (data: object | string): string =>
  `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`

interface Event {
  readonly index?: number
  readonly text?: string
  readonly finish?: string
  readonly usage?: { readonly in: number; readonly out: number }
}

const usageOf = ({ in: promptTokenCount, out: candidatesTokenCount }: { in: number; out: number }) => ({
  promptTokenCount,
  candidatesTokenCount,
})

export const translator: Translator = {
  rules: {
    functionName: /^\w+$/,
    functionNameCharsMax: 64,
    callId: /^\w+$/,
    makeCallId: (digest) => `call_${digest}`,
  },
  formats: () => [],
  hasCandidates: () => false,
  generate({ system, turns, config, format }, { isStream, candidates }) {
    config.take('temperature')
    const seed = config.take('seed')
    const texts = turns.map(({ role, pieces }) => {
      const said = pieces.map((piece) => (piece.kind === 'text' ? piece.text : piece.kind))
      return `${role}: ${said.join('|')}`
    })
    return {
      path: '/chat',
      headers: { 'x-own': '1' },
      body: {
        system: system.map(({ text }) => text),
        turns: texts,
        stream: isStream,
        n: candidates,
        ...(seed !== undefined && { seed }),
        ...(format.kind !== 'text' && { [format.kind]: true }),
      },
    }
  },
  readWhole(document, composer) {
    const { choices, usage } = document as { choices: Event[]; usage?: Event['usage'] }
    choices.forEach(({ text = '', finish }, index) => {
      composer.candidate(index).text(text)
      if (finish === 'CALL') composer.candidate(index).call({ id: 'c', name: 'f', argumentsText: '{}' })
      composer.candidate(index).finish(finish === 'CALL' ? 'STOP' : (finish ?? 'OTHER'))
    })
    if (usage !== undefined) composer.usage(usageOf(usage))
  },
  readEvents(composer) {
    let isComplete = false
    return {
      event(_, data) {
        const { index = 0, text, finish, usage } = data as Event
        if (text !== undefined) composer.candidate(index).text(text)
        if (finish !== undefined) composer.candidate(index).finish(finish)
        if (usage !== undefined) composer.usage(usageOf(usage))
        isComplete ||= finish !== undefined
      },
      get isComplete() {
        return isComplete
      },
    }
  },
  readRefusal(status, headers, body) {
    const { message = '', reason } = (body ?? {}) as { message?: string; reason?: string }
    const seconds = Number(headers['retry-after'])
    return { status, message, reason, retryAfterMs: status === 429 ? seconds * 1_000 : undefined }
  },
}

export interface Rig {
  readonly received: Received[]
  /** How the next requests are answered, in order; the last of them answers all that come after. */
  plays: readonly Play[]
  send(request: object, call?: Partial<Call>, other?: Partial<Translator>): Promise<Answer>
  readonly parts: (other?: Partial<Translator>) => ReturnType<typeof createTranslatedSend>
  close(): Promise<void>
}

export async function openRig(): Promise<Rig> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece) => pieces.push(piece))
    request.on('end', () => {
      const { url: path = '', headers } = request
      const one = { path, headers, body: JSON.parse(Buffer.concat(pieces).toString()) }
      const index = received.push(one) - 1
      const play = rig.plays[Math.min(index, rig.plays.length - 1)] as Play
      play(response, one, index)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const pool = openPool(`http://127.0.0.1:${port}`, { timeouts: TIMEOUTS, connectionsMax: 10 })
  const seals = createSeals()
  seals.use(Buffer.alloc(32, 1))
  const parts = (other: Partial<Translator> = {}) =>
    createTranslatedSend({
      name: 'far',
      translator: { ...translator, ...other },
      pool,
      basePath: '/v9',
      headersFor: (key) => ({ 'x-key': key }),
      keys: ['secret-key'],
      timeouts: TIMEOUTS,
      library: LIBRARY,
      seals,
    })
  const rig: Rig = {
    received,
    plays: [],
    parts,
    send(request, call = {}, other = {}) {
      received.length = 0
      const body = Buffer.from(JSON.stringify(request))
      const target = targetOf(upstreamOf('far'), 'far-model')
      return parts(other).send(callOf({ body, ...call }), target, CALLER)
    },
    async close() {
      await pool.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
  return rig
}

export const said = (text: string, rest: object = {}) => ({
  contents: [{ role: 'user', parts: [{ text }] }],
  ...rest,
})

export const STREAM: Partial<Call> = { verb: 'streamGenerateContent', delivery: 'sse' }

export interface Collected {
  readonly responses: readonly GenerateContentResponse[]
  readonly error: Error | undefined
}

/** Everything that an answer of objects gives. */
export function drain({ source }: Answer): Promise<Collected> {
  return new Promise((resolve) => {
    const responses: GenerateContentResponse[] = []
    const take = (chunk: Chunk | undefined): void => {
      if (chunk?.response !== undefined) responses.push(chunk.response)
      if (chunk?.bytes !== undefined) responses.push(JSON.parse(chunk.bytes.toString()))
    }
    source.start({
      weigh: () => 0,
      chunk: take,
      end: (last) => {
        take(last)
        resolve({ responses, error: undefined })
      },
      fail: (error) => resolve({ responses, error }),
    })
  })
}

/** One request of a client, and what it saw. */
import { request } from 'node:http'
import type { Mode } from './bytes.ts'

/** Nothing may hang: every wait in the stand-in is shorter. */
const ANSWER_MS_MAX = 20_000
const ANSWER_CHARACTERS_MAX = 64 * 1024

export interface Asked {
  readonly url: string
  readonly key: string | undefined
  readonly model: string
  readonly mode: Mode
}

export interface Answer {
  /** 0: none came. */
  readonly status: number
  readonly text: string
  /** `upstream/model`. */
  readonly upstream: string | undefined
  readonly attempts: number | undefined
  readonly tookMs: number
}

const BODY = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hello' }] }] })

export function askStandIn({ url, key = '', model, mode }: Asked): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const sentAtMs = performance.now()
  let answer = {
    status: 0,
    text: '',
    upstream: undefined as string | undefined,
    attempts: undefined as number | undefined,
  }
  const done = () => resolve({ ...answer, tookMs: performance.now() - sentAtMs })
  const verb = mode === 'unary' ? 'generateContent' : 'streamGenerateContent?alt=sse'
  const asking = request(`${url}/v1beta/models/${model}:${verb}`, {
    method: 'POST',
    agent: false,
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
    headers: { 'x-goog-api-key': key, 'content-type': 'application/json', 'content-length': BODY.length },
  })
  asking.on('error', done).on('close', done)
  asking.on('response', (response) => {
    const { statusCode: status = 0, headers } = response
    const attempts = headers['x-wasat-attempts']
    answer = {
      ...answer,
      status,
      upstream: headers['x-wasat-upstream'] as string | undefined,
      attempts: attempts === undefined ? undefined : Number(attempts),
    }
    response.setEncoding('utf8').on('error', done)
    response.on('data', (piece: string) => {
      answer.text = (answer.text + piece).slice(0, ANSWER_CHARACTERS_MAX)
    })
  })
  asking.end(BODY)
  return promise
}

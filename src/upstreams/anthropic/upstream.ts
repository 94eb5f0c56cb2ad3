/** Claude models over Anthropic's Messages API, or any base URL that speaks it. */

import type { Library } from '../../nouns/resources.ts'
import type { Upstream } from '../../nouns.ts'
import type { AnswerBounds } from '../http/bounds.ts'
import type { Egress } from '../http/egress.ts'
import { fetchJson, openPool, type UpstreamTimeouts } from '../http/pool.ts'
import type { Seals } from '../translation/seals.ts'
import { createTranslatedSend } from '../translation/send.ts'
import { listModels } from './models.ts'
import { createTranslator } from './translator.ts'

export interface AnthropicOptions {
  readonly name: string
  /** `https://host[:port][/path]`; `/v1/messages` follows it, and a `/v1` at its end is the same one. */
  readonly baseUrl: string
  readonly keys: readonly string[]
  readonly timeouts: UpstreamTimeouts
  readonly connectionsMax: number
  readonly egress?: Egress | undefined
  readonly bounds?: AnswerBounds
  readonly library: Library
  readonly seals: Seals
}

/** The last one that still takes a temperature and its like; a newer one refuses them for every model. */
const API_VERSION = '2023-06-01'

export function createAnthropicUpstream(options: AnthropicOptions): Upstream {
  const { name, keys, timeouts, library, seals } = options
  const url = new URL(options.baseUrl)
  const basePath = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')
  const pool = openPool(url.origin, options)
  const headersFor = (key: string) => ({ 'x-api-key': key, 'anthropic-version': API_VERSION })
  const translator = createTranslator()
  const translated = createTranslatedSend({
    name,
    translator,
    pool,
    basePath,
    headersFor,
    keys,
    timeouts,
    bounds: options.bounds,
    library,
    seals,
  })
  let listings = 0

  return {
    name,
    kind: 'anthropic',
    credentials: keys.length,
    ...translated,
    listModels: () => {
      const headers = headersFor(keys[listings++ % keys.length] as string)
      return listModels(name, basePath, headers, (request) =>
        fetchJson(name, pool, request, timeouts.connect),
      )
    },
    close: () => pool.close(),
    destroy: () => pool.destroy(),
  }
}

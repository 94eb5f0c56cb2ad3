/** A service or a server that speaks OpenAI's wire. */
import { GatewayError } from '../../errors.ts'
import type { Library } from '../../nouns/resources.ts'
import type { Upstream } from '../../nouns.ts'
import type { AnswerBounds } from '../http/bounds.ts'
import type { Egress } from '../http/egress.ts'
import { fetchJson, openPool, type UpstreamTimeouts } from '../http/pool.ts'
import type { Seals } from '../translation/seals.ts'
import { createTranslatedSend } from '../translation/send.ts'
import { modelsOf } from './models.ts'
import { isSpoken, mayIgnoreLimit, type StreamUsage } from './native/request.ts'
import { createNativeSend } from './native/send.ts'
import { createTranslator } from './translator.ts'
import { type Vendor, type VendorFlags, type VendorRow, vendorOf } from './vendor.ts'
import { VENDOR_NAMES, vendorNameAt, vendorNamed } from './vendors.ts'

/** A vendor's list may be long, and comes from afar. */
const LIST_TIMEOUT_MS = 30_000
/** Where the wire comes from: meant when nothing else is said. */
const OWN_ADDRESS = 'https://api.openai.com/v1'

export interface OpenAiOptions {
  /** The upstream's name in the configuration. */
  readonly name: string
  /** One of `VENDOR_NAMES`, or a row of its own; without it, told by `baseUrl`. */
  readonly vendor?: string | VendorRow | undefined
  /** `https://host[:port][/path]`, with the API's version; the vendor's own without it. */
  readonly baseUrl?: string | undefined
  /** Empty: the server wants none. */
  readonly keys: readonly string[]
  /** The operator's word on what this server does, against the vendor's row. */
  readonly flags?: Partial<VendorFlags> | undefined
  /** Whose streams are asked for their usage where the client speaks this wire and did not ask; without it, `budgeted`. */
  readonly streamUsage?: StreamUsage | undefined
  readonly timeouts: UpstreamTimeouts
  readonly connectionsMax: number
  readonly egress?: Egress | undefined
  readonly bounds?: AnswerBounds
  readonly library: Library
  readonly seals: Seals
}

/** Throws `invalid_argument` for a vendor that is not known, or that has no address of its own and was given none. */
export function createOpenAiUpstream(options: OpenAiOptions): Upstream {
  const { name, keys, flags: own, timeouts, library, seals } = options
  const vendor = findVendor(options.vendor ?? vendorNameAt(options.baseUrl ?? OWN_ADDRESS))
  const url = addressOf(vendor, options.baseUrl)
  const basePath = url.pathname.replace(/\/+$/, '')
  const pool = openPool(url.origin, options)
  const headersFor = (key: string): Record<string, string> => credentialOf(vendor, key)
  const flagsFor = remembering((model) => vendor.flagsFor(model, own))
  const vendorFlags = vendor.flagsFor('', own)
  const translator = createTranslator({ flagsFor, vendorFlags, basePath })
  const line = { name, pool, headersFor, keys, timeouts, bounds: options.bounds }
  // The translator's paths begin at the root.
  const translated = createTranslatedSend({ ...line, basePath: '', translator, library, seals })
  const sendNatively = createNativeSend({
    ...line,
    basePath,
    flagsFor,
    streamUsage: options.streamUsage ?? 'budgeted',
  })
  let listings = 0

  async function listModels() {
    const key = keys[listings++ % Math.max(1, keys.length)] ?? ''
    const path = `${basePath}/models`
    const headers = { 'accept-encoding': 'identity', accept: 'application/json', ...headersFor(key) }
    const { status, body } = await fetchJson(
      name,
      pool,
      { method: 'GET', path, headers, body: null },
      Math.min(LIST_TIMEOUT_MS, timeouts.firstByte),
    )
    return modelsOf(name, status, body)
  }

  return {
    name,
    kind: 'openai',
    credentials: Math.max(1, keys.length),
    ...translated,
    speaks: (wire, model) => isSpoken(wire, flagsFor(model)),
    send: (call, target, caller) =>
      call.wire === 'gemini' ? translated.send(call, target, caller) : sendNatively(call, target, caller),
    // No rule for a model says otherwise than its vendor what there is.
    requestsMax: (call) =>
      call.wire !== 'gemini' && isSpoken(call.wire, vendorFlags) ? 1 : translated.requestsMax(call),
    ignoresLimit: (call) => mayIgnoreLimit(call, vendorFlags),
    listModels,
    close: () => pool.close(),
    destroy: () => pool.destroy(),
  }
}

/** Models of one upstream whose flags are kept ready; clients may ask for any name. */
const MODELS_KEPT_MAX = 1_000

/** Each request asks for its model's flags several times over, and they never change. */
function remembering(flagsFor: (model: string) => VendorFlags): (model: string) => VendorFlags {
  const known = new Map<string, VendorFlags>()
  return (model) => {
    let flags = known.get(model)
    if (flags === undefined) {
      flags = flagsFor(model)
      if (known.size >= MODELS_KEPT_MAX) known.clear()
      known.set(model, flags)
    }
    return flags
  }
}

function findVendor(vendor: string | VendorRow): Vendor {
  if (typeof vendor !== 'string') return vendorOf(vendor)
  const found = vendorNamed(vendor)
  if (found !== undefined) return found
  const message = `There is no vendor ${vendor}. Use one of ${VENDOR_NAMES.join(', ')}.`
  throw new GatewayError('invalid_argument', message)
}

function addressOf(vendor: Vendor, baseUrl: string | undefined): URL {
  const address = baseUrl || vendor.baseUrl
  if (URL.canParse(address)) return new URL(address)
  throw new GatewayError(
    'invalid_argument',
    `The vendor ${vendor.name} has no address of its own: set baseUrl.`,
  )
}

function credentialOf(vendor: Vendor, key: string): Record<string, string> {
  if (key === '') return {}
  return vendor.credential === 'api-key' ? { 'api-key': key } : { authorization: `Bearer ${key}` }
}

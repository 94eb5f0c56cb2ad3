/** Any request that the schema allows, to any target: an answer with an honest report, or a 400 that names the path. */
import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../src/errors.ts'
import type { Loss } from '../../src/nouns/translation.ts'
import type { Upstream } from '../../src/nouns.ts'
import { ask, libraryOf, newSeals, upstreamFor } from './ask.ts'
import type { CaseTarget } from './case.ts'
import { atErrorPath } from './leaves.ts'
import { silentLosses, type Wire } from './oracle.ts'
import { silentNativeLosses } from './oracle-native.ts'
import { permissive } from './permissive.ts'
import { type Provider, type Received, startProvider } from './provider.ts'
import { STORED, wildRequests } from './request-fields.ts'
import { type Sample, samples } from './requests.ts'
import type { Loose } from './schema-requests.ts'

const RUNS = 100
const WILD_RUNS = 400

interface Place {
  readonly title: string
  readonly wire: Wire | 'gemini'
  readonly model: string
  readonly target: CaseTarget
}

const openai = (vendor: string, api: string): CaseTarget => ({ kind: 'openai', vendor, flags: { api } })
const anthropic: CaseTarget = { kind: 'anthropic' }

const PLACES: readonly Place[] = [
  { title: 'chat', wire: 'chat', model: 'gpt-4.1', target: openai('openai', 'chat') },
  { title: 'chat that thinks', wire: 'chat', model: 'gpt-5', target: openai('openai', 'chat') },
  { title: 'a server of ones own', wire: 'chat', model: 'some-model', target: openai('llamacpp', 'chat') },
  {
    title: 'a server that nobody knows',
    wire: 'chat',
    model: 'some-model',
    target: openai('generic', 'chat'),
  },
  { title: 'responses', wire: 'responses', model: 'gpt-5', target: openai('openai', 'responses') },
  { title: 'messages', wire: 'anthropic', model: 'claude-sonnet-4-5', target: anthropic },
  { title: 'messages that adapt', wire: 'anthropic', model: 'claude-opus-4-7', target: anthropic },
  { title: 'Vertex', wire: 'gemini', model: 'gemini-2.5-flash', target: { kind: 'vertex' } },
]

let provider: Provider
const upstreams: Upstream[] = []

before(async () => {
  provider = await startProvider()
})
after(async () => {
  await Promise.all(upstreams.map((upstream) => upstream.destroy()))
  provider.close()
})

interface Told {
  readonly received: readonly Received[]
  readonly losses: readonly Loss[]
  readonly error: unknown
}

async function tell({ wire, model }: Place, upstream: Upstream, request: Loose, says: string): Promise<Told> {
  provider.expect(permissive(wire, says))
  const { error, losses } = await ask(upstream, { model, verb: 'generateContent', request })
  return { error, losses, received: [...provider.received] }
}

function silent({ wire }: Place, request: Loose, { received, losses }: Told): string[] {
  const [first] = received
  if (first === undefined) return ['nothing was sent']
  if (wire === 'gemini') return silentNativeLosses(request, first, losses)
  const bodies = received.map(({ body }) => body as Loose)
  return silentLosses(wire, request, bodies, losses)
}

function open({ target, model }: Place): Upstream {
  const caches = Object.fromEntries(
    Object.entries(STORED.caches).map(([name, document]) => [
      name,
      { ...document, model: `models/${model}` },
    ]),
  )
  const upstream = upstreamFor(
    target,
    provider.origin,
    libraryOf({ files: STORED.files, caches }),
    newSeals(),
  )
  upstreams.push(upstream)
  return upstream
}

/** A 400, and the path that it names is there, or what holds it. */
function isHonestRefusal(error: unknown, request: Loose): void {
  if (!(error instanceof GatewayError)) throw error
  assert.equal(error.http, 400, `${error.code}: ${error.message}`)
  const fields = (error.details as { fieldViolations?: { field?: string }[] }[]).flatMap(
    ({ fieldViolations = [] }) => fieldViolations.map(({ field = '' }) => field),
  )
  if (error.code === 'untranslatable') assert.ok(fields.length > 0, `no path: ${error.message}`)
  for (const field of fields) {
    const holder = field.replace(/(?:^|\.)[^.]*$/, '')
    const found = atErrorPath(request, field) ?? atErrorPath(request, holder)
    assert.notEqual(found, undefined, `${field} is not in the request: ${error.message}`)
  }
}

for (const place of PLACES) {
  test(`[RPT-03] [RPT-04] any request to ${place.title} is answered with an honest report, or refused by its path`, async (t) => {
    const upstream = open(place)
    let answers = 0
    const check = async ({ request, says }: Sample): Promise<void> => {
      const told = await tell(place, upstream, request, says)
      if (told.error !== undefined) return isHonestRefusal(told.error, request)
      answers++
      assert.deepEqual(silent(place, request, told), [])
    }
    await fc.assert(fc.asyncProperty(samples, check), { numRuns: RUNS, seed: seedOf(t) })
    assert.ok(answers > RUNS / 3, `only ${answers} answers`)
  })
}

test('[RPT-04] whatever the tables allow, however little sense it makes, is answered for', async (t) => {
  const opened = PLACES.map((place) => ({ place, upstream: open(place) }))
  const check = async (request: Loose, turn: number): Promise<void> => {
    const { place, upstream } = opened[turn] as (typeof opened)[number]
    const { error } = await tell(place, upstream, request, 'Hello.')
    if (error !== undefined && !isUnkeptFormat(error)) isHonestRefusal(error, request)
  }
  const property = fc.asyncProperty(wildRequests, fc.nat(PLACES.length - 1), check)
  await fc.assert(property, { numRuns: WILD_RUNS, seed: seedOf(t) })
})

/** This provider says the same to everybody, also to who asked for JSON. */
function isUnkeptFormat(error: unknown): boolean {
  return error instanceof GatewayError && error.message.includes('did not keep to the format')
}

function seedOf(t: TestContext): number {
  const seed = Number(process.env.WASAT_SEED ?? Math.floor(Math.random() * 2 ** 31))
  t.diagnostic(`seed ${seed}: WASAT_SEED=${seed} runs the same again`)
  return seed
}

const LOSSY: Loose = {
  contents: [{ role: 'user', parts: [{ text: 'zq1q', partMetadata: { a: 'zq2q' } }] }],
  safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_ONLY_HIGH' }],
  labels: { team: 'zq3q' },
  store: true,
  generationConfig: { topK: 7, seed: 8, presencePenalty: 0.5, audioTimestamp: false },
}

test('[RPT-03] a loss that is taken off the report is missed', async () => {
  for (const place of PLACES) {
    const told = await tell(place, open(place), LOSSY, 'Hello.')
    assert.equal(told.error, undefined)
    assert.deepEqual(silent(place, LOSSY, told), [])
    assert.ok(told.losses.length > 0)
    for (const one of told.losses) {
      const losses = told.losses.filter((loss) => loss !== one)
      assert.notDeepEqual(silent(place, LOSSY, { ...told, losses }), [], one.path)
    }
  }
})

test('[RPT-03] what never arrived is missed, whatever the report says of other things', async () => {
  for (const place of PLACES) {
    const told = await tell(place, open(place), LOSSY, 'Hello.')
    const received = JSON.parse(JSON.stringify(told.received).replaceAll('zq1q', 'other')) as Received[]
    assert.deepEqual(silent(place, LOSSY, { ...told, received }), ['contents[0].parts[0].text = "zq1q"'])
  }
})

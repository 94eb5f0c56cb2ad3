/** Every feature of the sandbox through Google's own JavaScript client, by its typed results. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { KEPT_PYTHON } from '../../servers/kept-python.ts'
import { startWasat, type WasatProcess } from '../../servers/wasat-process.ts'
import { BATCHES } from './batches.ts'
import { CODE } from './code.ts'
import { FUNCTIONS } from './functions.ts'
import { GROUNDING } from './grounding.ts'
import { JUDGING } from './judging.ts'
import { LIBRARY } from './library.ts'
import { MAKING } from './making.ts'
import { MEDIA } from './media.ts'
import type { FeatureRig, Sdk } from './rig.ts'
import { STORES } from './stores.ts'
import { STRUCTURED } from './structured.ts'
import { TEXT } from './text.ts'
import { VECTORS } from './vectors.ts'

const SDKS = [
  { major: 1, version: '1.52.0', load: () => import('genai-1') },
  { major: 2, version: '2.32.0', load: () => import('genai-2') },
  { major: 3, version: '3.1.0', load: () => import('genai-3') },
] as const

const CASES = [
  ...TEXT,
  ...FUNCTIONS,
  ...STRUCTURED,
  ...GROUNDING,
  ...CODE,
  ...JUDGING,
  ...MEDIA,
  ...LIBRARY,
  ...MAKING,
  ...VECTORS,
  ...BATCHES,
  ...STORES,
]

describe('features of the sandbox', () => {
  let wasat: WasatProcess
  let home: string
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'wasat-features-'))
    wasat = await startWasat({ env: KEPT_PYTHON })
  })
  after(async () => {
    await wasat?.stop('SIGINT')
    await rm(home, { recursive: true, force: true })
  })
  for (const { major, version, load } of SDKS) {
    for (const one of CASES) {
      if (one.majors?.includes(major) === false) continue
      test(`${one.name} (@google/genai ${version})`, async ({ mock }) => {
        // The client remarks on parts that are not text and on what it calls deprecated; both are meant here.
        mock.method(console, 'warn', () => {})
        const folder = await mkdtemp(join(home, 'case-'))
        await one.run(await rigOf(major, load, wasat, folder))
      })
    }
  }
})

async function rigOf(
  major: FeatureRig['major'],
  load: () => Promise<unknown>,
  wasat: WasatProcess,
  folder: string,
): Promise<FeatureRig> {
  // The three have the same surface where the cases touch it; one type stands for all.
  const sdk = (await load()) as Sdk
  const ai = new sdk.GoogleGenAI({ apiKey: wasat.key, httpOptions: { baseUrl: wasat.url } })
  return { sdk, major, ai, folder }
}

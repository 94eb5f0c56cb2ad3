/** Who plays, in the order in which they are asked. Each room is loaded when a request first asks for it. */

import { notYet } from './errors.ts'
import { playsFunctions } from './functions/concern.ts'
import type { Corpus } from './grounding/corpus.ts'
import { asksForRecital, createRecitePlayer } from './grounding/recite.ts'
import type { OutputModality } from './models.ts'
import type { Player, Scene } from './play.ts'
import { textPlayer } from './text/play.ts'

export interface Props {
  /** Folder of the operator's own documents for grounding; undefined: those that ship with Wasat. */
  readonly corpus: string | undefined
  /** Whether programs may be run. */
  readonly python: boolean
}

export interface Troupe {
  readonly players: readonly Player[]
  close(): Promise<void>
}

export function createPlayers(props: Props): Troupe {
  const closers: (() => Promise<void>)[] = []
  const players: readonly Player[] = [
    lazily(wants('IMAGE'), async () => (await import('./images/play.ts')).imagePlayer),
    lazily(wants('AUDIO'), async () => (await import('./speech/play.ts')).speechPlayer),
    lazily(
      ({ generation }) => playsFunctions(generation.request),
      async () => (await import('./functions/play.ts')).functionPlayer,
    ),
    lazily(wantsStructure, async () => (await import('./schema/play.ts')).structuredPlayer),
    lazily(hasTool('codeExecution'), async () => loadCode(props, closers)),
    lazily(hasTool(...GROUNDING_TOOLS), async () => loadGrounding(props)),
    lazily(recites, async () => loadRecital(props)),
    textPlayer,
  ]
  return {
    players,
    close: async () => {
      await Promise.all(closers.map((close) => close()))
    },
  }
}

/** A player that is loaded the first time that a scene is for it, and costs a look until then. */
function lazily(isFor: (scene: Scene) => boolean, load: () => Promise<Player>): Player {
  let player: Promise<Player> | undefined
  let loaded: Player | undefined
  return (scene) => {
    if (!isFor(scene)) return undefined
    if (loaded !== undefined) return loaded(scene)
    player ??= load()
    return player.then((ready) => {
      loaded = ready
      return ready(scene)
    })
  }
}

function wants(modality: OutputModality): (scene: Scene) => boolean {
  return ({ generation: { model, request } }) => {
    const { responseModalities = [] } = request.generationConfig ?? {}
    const asked: readonly string[] = responseModalities.filter((one) => one !== 'MODALITY_UNSPECIFIED')
    return (asked.length > 0 ? asked : model.defaultModalities).includes(modality)
  }
}

function wantsStructure({ generation: { request } }: Scene): boolean {
  const config = request.generationConfig
  if (config === undefined) return false
  const { responseMimeType: type = 'text/plain', responseFormat = [] } = config
  return (type !== '' && type !== 'text/plain') || responseFormat.some(({ text }) => text !== undefined)
}

const GROUNDING_TOOLS = [
  'googleSearch',
  'googleSearchRetrieval',
  'enterpriseWebSearch',
  'googleMaps',
  'urlContext',
  'fileSearch',
] as const

type ToolName = 'codeExecution' | (typeof GROUNDING_TOOLS)[number]

function hasTool(...names: readonly ToolName[]): (scene: Scene) => boolean {
  return ({ generation: { request } }) =>
    request.tools?.some((tool) => names.some((name) => tool[name] !== undefined)) === true
}

function recites({ conversation }: Scene): boolean {
  return asksForRecital(conversation.prompt)
}

async function loadCode({ python }: Props, closers: (() => Promise<void>)[]): Promise<Player> {
  if (!python) {
    return () => {
      throw notYet('tools', 'Code execution (switched off by the operator)')
    }
  }
  const [{ createCodePlayer }, { createPython }] = await Promise.all([
    import('./code/play.ts'),
    import('./code/pool.ts'),
  ])
  const pool = createPython()
  closers.push(() => pool.close())
  return createCodePlayer(pool)
}

let shipped: Promise<Corpus> | undefined

/** One corpus for search and recital, read when the first of them asks. */
async function corpusOf({ corpus }: Props): Promise<Corpus> {
  const { createCorpus } = await import('./grounding/corpus.ts')
  if (corpus !== undefined) return createCorpus(corpus)
  shipped ??= Promise.resolve(createCorpus())
  return shipped
}

async function loadGrounding(props: Props): Promise<Player> {
  const { createGroundingPlayer } = await import('./grounding/play.ts')
  return createGroundingPlayer({ corpus: await corpusOf(props) })
}

async function loadRecital(props: Props): Promise<Player> {
  return createRecitePlayer(await corpusOf(props))
}

/** `avgLogprobs` and `logprobsResult`: how sure the sandbox pretends to have been of each token. */
import type { Candidate } from '../../wire/gemini.ts'
import { createRandom, type Random } from './digest.ts'
import type { Piece } from './piece.ts'
import type { Scene } from './play.ts'

/** A chosen token's log probability lies between 0 and this, most of them near 0. */
const LOWEST = -1.5
/** Size of the vocabulary that token ids are drawn from. */
const VOCABULARY = 256_000
const SEED_STRIDE = 0x85ebca6b
/** What the runners-up of a token are called: the sandbox has no second thoughts of its own. */
const RUNNERS_UP = [
  ' the',
  ' a',
  ' and',
  ' of',
  ',',
  '.',
  ' to',
  ' in',
  ' is',
  ' it',
  ' that',
  ' for',
  ' as',
  '\n',
]

interface Likely {
  readonly token: string
  readonly tokenId: number
  readonly logProbability: number
}

/** The average always; each token's own when `responseLogprobs` asks for it, with `logprobs` runners-up. */
export function likelihoods(pieces: readonly Piece[], scene: Scene): Partial<Candidate> {
  const texts = pieces.filter(({ ends }) => ends !== undefined && ends.length > 0)
  if (texts.length === 0) return {}
  const config = scene.generation.request.generationConfig
  const random = createRandom(scene.seed ^ SEED_STRIDE)
  if (config?.responseLogprobs !== true) return { avgLogprobs: draw(random) / 10 }
  const chosenCandidates = texts.flatMap(({ part, ends }) => tokensOf(part.text!, ends!, random))
  const logProbabilitySum = chosenCandidates.reduce((sum, { logProbability }) => sum + logProbability, 0)
  const topCandidates = chosenCandidates.map((chosen) => ({
    candidates: [chosen, ...runnersUp(chosen, (config.logprobs ?? 0) - 1, random)],
  }))
  return {
    avgLogprobs: logProbabilitySum / chosenCandidates.length,
    logprobsResult: {
      logProbabilitySum,
      ...(config.logprobs !== undefined && config.logprobs > 0 && { topCandidates }),
      chosenCandidates,
    },
  }
}

function tokensOf(text: string, ends: readonly number[], random: Random): Likely[] {
  return ends.map((end, at) => {
    const token = text.slice(at === 0 ? 0 : ends[at - 1], end)
    return { token, tokenId: idOf(token), logProbability: draw(random) }
  })
}

/** Never as likely as the one that was chosen, and each less likely than the one before. */
function runnersUp(chosen: Likely, count: number, random: Random): Likely[] {
  const others = RUNNERS_UP.filter((token) => token !== chosen.token)
  const start = random.below(others.length)
  let logProbability = Math.min(chosen.logProbability, LOWEST)
  return Array.from({ length: Math.max(0, count) }, (_, at) => {
    // Beyond the list the names repeat with a number, so that no runner-up stands there twice.
    const turn = Math.floor(at / others.length)
    const token = `${others[(start + at) % others.length]}${turn === 0 ? '' : turn}`
    logProbability -= 0.1 + random.below(1_000) / 1_000
    return { token, tokenId: idOf(token), logProbability }
  })
}

/** Between `LOWEST` and 0: the cube keeps most draws near 0. */
function draw(random: Random): number {
  return LOWEST * (random.below(10_000) / 10_000) ** 3 - 0.0001
}

/** FNV-1a over the token: the same token has the same id everywhere. */
function idOf(token: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < token.length; at++) hash = Math.imul(hash ^ token.charCodeAt(at), 0x01000193) >>> 0
  return hash % VOCABULARY
}

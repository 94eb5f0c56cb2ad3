/** Grounding as a player. Only the question whether it is asked for is answered here; the rest is loaded when it is. */
import type { Play, Player, Scene } from '../play.ts'
import type { Corpus } from './corpus.ts'

/** Answers out of documents when a grounding tool is given and finds something; else it leaves the scene to others. */
export function createGroundingPlayer({ corpus }: { readonly corpus: Corpus }): Player {
  return (scene) => (isAsked(scene) ? ground(corpus, scene) : undefined)
}

async function ground(corpus: Corpus, scene: Scene): Promise<Play | undefined> {
  const { playGrounded } = await import('./ground.ts')
  return playGrounded(corpus, scene)
}

function isAsked({ generation: { model, request }, conversation }: Scene): boolean {
  const { tools = [], generationConfig = {} } = request
  if (tools.length === 0 || !model.tools || conversation.prompt === '') return false
  // A tool beside a schema: the words are the schema's.
  if (generationConfig.responseMimeType === 'application/json') return false
  return tools.some(
    (tool) =>
      tool.googleSearch ??
      tool.googleSearchRetrieval ??
      tool.enterpriseWebSearch ??
      tool.urlContext ??
      tool.googleMaps ??
      tool.fileSearch,
  )
}

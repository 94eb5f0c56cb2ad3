/** What a content that is to be cached costs its model in tokens. */
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { readMessage } from '../translation/checks/message.ts'
import type { Reader } from '../translation/recall.ts'
import { readMaterials } from './materials.ts'
import type { SandboxModel } from './models.ts'
import { tallyPrompt, totalOf } from './usage.ts'

/** `document` holds contents, systemInstruction and tools. Throws for media that the model would refuse. */
export async function countCached(
  model: SandboxModel,
  document: Readonly<Record<string, unknown>>,
  reader: Reader,
): Promise<number> {
  const request: GeminiMessage<'GenerateContentRequest'> = readMessage('GenerateContentRequest', document)
  const media = await readMaterials(request.contents ?? [], reader, {
    model,
    resolution: undefined,
    path: 'contents',
  })
  return totalOf(tallyPrompt(request, media))
}

/** `POST /v1/embeddings` */
import type { EmbedUsage } from '../../../wire/gemini.ts'
import type { Endpoint } from '../endpoint.ts'
import { dropUntaken } from '../leftovers.ts'
import { invalid, type Json, Members, unspeakable, wrongType } from '../values.ts'

/** What Google embeds in one request. */
const TEXTS_MAX = 100

export const embeddings: Endpoint = {
  wire: 'openai-embeddings',
  path: 'embeddings',
  verb: 'batchEmbedContents',
  toGemini(asked, _model, report) {
    const request = new Members(asked.document(), '')
    for (const name of ['model', 'encoding_format']) request.take(name)
    request.word('encoding_format', ['float', 'base64'])
    const dimensions = request.integer('dimensions', { min: 1 })
    const task = taskOf(request)
    const texts = textsOf(request)
    dropUntaken(request, report, { user: 'the model is not told who asks' })
    const requests = texts.map((text) => ({
      model: `models/${asked.model}`,
      content: { parts: [{ text }] },
      ...(dimensions !== undefined && { outputDimensionality: dimensions }),
      ...task,
    }))
    return { verb: 'batchEmbedContents', body: { requests } }
  },
  whole(response, asked) {
    const vectors = Array.isArray(response.embeddings) ? response.embeddings : []
    const isBase64 = asked.document().encoding_format === 'base64'
    const tokens = (response.usageMetadata as EmbedUsage | undefined)?.promptTokenCount ?? 0
    return {
      object: 'list',
      data: vectors.map(({ values = [] }: { values?: readonly number[] }, index) => ({
        object: 'embedding',
        index,
        embedding: isBase64 ? base64Of(values) : values,
      })),
      model: asked.model,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    }
  },
}

function textsOf(request: Members): readonly string[] {
  const input = request.take('input')
  if (input === undefined) throw invalid('input', "Missing required parameter: 'input'.")
  const list = Array.isArray(input) ? input : [input]
  if (list.length === 0) throw invalid('input', "Invalid 'input': at least one text is needed.")
  if (list.some((one) => typeof one === 'number' || Array.isArray(one)))
    throw unspeakable('input', "tokens are another model's: send the text itself")
  const wrong = list.find((one) => typeof one !== 'string')
  if (wrong !== undefined) throw wrongType('input', 'a string or an array of strings', wrong)
  if (list.length > TEXTS_MAX) throw unspeakable('input', `at most ${TEXTS_MAX} texts go in one request`)
  return list
}

/** What the vectors are for: Gemini's own, beside the members of OpenAI's. */
function taskOf(request: Members): Json {
  const google = request.object('extra_body')?.object('google') ?? request.object('google')
  const taskType = google?.text('task_type') ?? google?.text('taskType')
  const title = google?.text('title')
  const other = google?.untaken()[0]
  if (other !== undefined) throw invalid(`google.${other}`, `Unknown name "${other}": Cannot find field.`)
  return { ...(taskType !== undefined && { taskType }), ...(title !== undefined && { title }) }
}

const FLOAT_BYTES = 4

/** Little-endian floats of 32 bits. */
function base64Of(values: readonly number[]): string {
  const bytes = Buffer.alloc(values.length * FLOAT_BYTES)
  for (const [index, value] of values.entries()) bytes.writeFloatLE(value, index * FLOAT_BYTES)
  return bytes.toString('base64')
}

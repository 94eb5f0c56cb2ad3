/** `POST /v1/images/generations` */
import type { Report } from '../../../nouns/report.ts'
import type { GenerateContentResponse } from '../../../wire/gemini.ts'
import type { Asked } from '../asked.ts'
import type { Endpoint, InGemini } from '../endpoint.ts'
import { extrasOf } from '../google.ts'
import { dropUntaken } from '../leftovers.ts'
import { countsOf } from '../usage.ts'
import { invalid, type Json, Members, unspeakable } from '../values.ts'

const PICTURES_MAX = 10
/** Models that make pictures and nothing else, by a verb of their own. */
const PREDICTS = /^imagen-/

export const images: Endpoint = {
  wire: 'openai-images',
  path: 'images/generations',
  verb: 'predict',
  toGemini(asked, model, report) {
    const request = new Members(asked.document(), '')
    request.take('model')
    const prompt = request.required('prompt')
    const count = request.integer('n', { min: 1, max: PICTURES_MAX }) ?? 1
    const isPredicting = PREDICTS.test(model)
    const shape = shapeOf(request.text('size'), isPredicting ? PREDICTED_RATIOS : RATIOS, report)
    const format = request.word('response_format', ['url', 'b64_json'])
    if (format === 'url')
      report.approximated('response_format', 'the address is a data URL: nothing is stored')
    const type = request.word('output_format', ['png', 'jpeg', 'webp'])
    const extras = extrasOf(request)
    if (request.flag('stream') === true) throw invalid('stream', 'This endpoint does not stream.')
    dropUntaken(request, report, SOFT)
    if (isPredicting) {
      if (request.take('google') !== undefined || request.take('extra_body') !== undefined)
        throw unspeakable('google', 'a model that makes pictures alone has no such settings')
      const mimeType = type === undefined ? {} : { outputOptions: { mimeType: `image/${type}` } }
      return predicting(prompt, { sampleCount: count, ...shape, ...mimeType })
    }
    if (type !== undefined && type !== 'png')
      report.dropped('output_format', 'the model chooses the format of its pictures')
    const { imageConfig, ...config } = extras.config
    return {
      verb: 'generateContent',
      body: {
        ...extras.request,
        contents: [{ role: 'user', parts: [{ text: prompt }] }],
        generationConfig: {
          responseModalities: ['TEXT', 'IMAGE'],
          ...config,
          ...(count > 1 && { candidateCount: count }),
          ...((imageConfig !== undefined || Object.keys(shape).length > 0) && {
            imageConfig: { ...shape, ...(imageConfig as Json | undefined) },
          }),
        },
      },
    }
  },
  whole: picturesOf,
}

/** Hints to another family of models, and what concerns an account. */
const SOFT: Readonly<Record<string, string>> = {
  background: 'the model has no such setting',
  moderation: 'the model has safety settings of its own',
  output_compression: 'the model has no such setting',
  partial_images: 'there are whole pictures only',
  quality: 'the model has one quality',
  style: 'the model has no such setting',
  user: 'the model is not told who asks',
}

function predicting(prompt: string, parameters: Json): InGemini {
  return { verb: 'predict', body: { instances: [{ prompt }], parameters } }
}

const RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9']
const PREDICTED_RATIOS = ['1:1', '3:4', '4:3', '9:16', '16:9']

/** The nearest form there is; Gemini's models choose the number of pixels. */
function shapeOf(size: string | undefined, ratios: readonly string[], report: Report): Json {
  if (size === undefined || size === 'auto') return {}
  const [, width, height] = /^([1-9]\d{1,4})x([1-9]\d{1,4})$/.exec(size) ?? []
  if (width === undefined || height === undefined)
    throw invalid('size', `Invalid value: '${size.slice(0, 32)}'. A size is two numbers, such as 1024x1024.`)
  const wanted = Number(width) / Number(height)
  const distance = (ratio: string) => Math.abs(Math.log(ratioOf(ratio) / wanted))
  const aspectRatio = [...ratios].sort((one, other) => distance(one) - distance(other))[0] as string
  report.approximated('size', `the form is ${aspectRatio}, and the model chooses the number of pixels`)
  return { aspectRatio }
}

function ratioOf(ratio: string): number {
  const [width, height] = ratio.split(':')
  return Number(width) / Number(height)
}

interface Prediction {
  readonly mimeType?: string
  readonly bytesBase64Encoded?: string
}

function picturesOf(response: GenerateContentResponse, asked: Asked): Json {
  const asUrls = asked.document().response_format === 'url'
  const { usageMetadata } = response
  return {
    created: asked.createdAt,
    data: pictures(response).map(({ mimeType, data }) =>
      asUrls ? { url: `data:${mimeType};base64,${data}` } : { b64_json: data },
    ),
    ...(usageMetadata !== undefined && { usage: usageOf(usageMetadata) }),
  }
}

function pictures(response: GenerateContentResponse): { mimeType: string; data: string }[] {
  const predictions = Array.isArray(response.predictions) ? (response.predictions as Prediction[]) : []
  const predicted = predictions.flatMap(({ mimeType = 'image/png', bytesBase64Encoded: data }) =>
    data === undefined ? [] : { mimeType, data },
  )
  const parts = (response.candidates ?? []).flatMap(({ content }) => content?.parts ?? [])
  // Pictures on the way to the last one are thoughts.
  const said = parts.flatMap(({ inlineData, thought }) =>
    inlineData === undefined || thought === true ? [] : inlineData,
  )
  return [...predicted, ...said]
}

function usageOf(usage: NonNullable<GenerateContentResponse['usageMetadata']>): Json {
  const { input, output, total } = countsOf(usage)
  return {
    input_tokens: input,
    output_tokens: output,
    total_tokens: total,
    input_tokens_details: { text_tokens: input, image_tokens: 0 },
  }
}

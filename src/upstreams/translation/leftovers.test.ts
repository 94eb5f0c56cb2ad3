import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../errors.ts'
import { settleLeftovers } from './leftovers.ts'
import { type Read, readBody, user } from './reading.fixture.ts'

const contents = [user({ text: 'go' })]

/** The paths of the losses, after the target took what it could: nothing, unless `take` does. */
async function settle(body: object, take: (read: Read) => void = () => {}): Promise<readonly string[]> {
  const read = await readBody({ contents, ...body })
  take(read)
  settleLeftovers(read.conversation, read.report)
  return read.report.losses().map(({ path, kind }) => `${kind} ${path}`)
}

test('[RPT-03] a knob that nobody took is on the report, one that was taken is not', async () => {
  const generationConfig = { topK: 3, temperature: 0, seed: 0, stopSequences: ['x'], mediaResolution: 1 }
  assert.deepEqual(
    await settle({ generationConfig }, ({ conversation }) => conversation.config.take('temperature')),
    [
      'dropped generationConfig.topK',
      'dropped generationConfig.seed',
      'dropped generationConfig.stopSequences',
      'dropped generationConfig.mediaResolution',
    ],
  )
})

test('[RPT-03] the rest of a request is on the report', async () => {
  const body = {
    ...{ model: 'models/m', store: true, serviceTier: 'flex', labels: { a: '' } },
    safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_ONLY_HIGH' }],
  }
  assert.deepEqual(await settle(body), [
    'dropped store',
    'dropped serviceTier',
    'dropped labels',
    'dropped safetySettings',
  ])
})

test('what means nothing is no loss', async () => {
  const generationConfig = {
    ...{ candidateCount: 1, stopSequences: [], responseLogprobs: false, presencePenalty: 0 },
    ...{ responseModalities: ['TEXT', 'MODALITY_UNSPECIFIED'], mediaResolution: 0 },
    ...{ speechConfig: {}, imageConfig: { aspectRatio: '' }, thinkingConfig: {}, responseMimeType: '' },
  }
  const body = {
    ...{ generationConfig, store: false, serviceTier: 'standard', labels: {}, continuationToken: '' },
    safetySettings: [
      { category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' },
      { category: 'HARM_CATEGORY_HATE_SPEECH', threshold: 'BLOCK_NONE' },
    ],
  }
  assert.deepEqual(await settle(body), [])
})

test('[RPT-04] what would be a lie to leave out is refused by its path', async () => {
  const hard: [object, string][] = [
    [{ generationConfig: { candidateCount: 2 } }, 'generation_config.candidate_count'],
    [{ generationConfig: { maxOutputTokens: 5 } }, 'generation_config.max_output_tokens'],
    [
      { generationConfig: { responseModalities: ['TEXT', 'IMAGE'] } },
      'generation_config.response_modalities',
    ],
    [{ generationConfig: { speechConfig: { languageCode: 'de' } } }, 'generation_config.speech_config'],
    [{ generationConfig: { imageConfig: { imageSize: '2K' } } }, 'generation_config.image_config'],
    [{ continuationToken: 'AAAA' }, 'continuation_token'],
    [{ modelArmorConfig: { promptTemplateName: 'x' } }, 'model_armor_config'],
    [{ tools: [{ googleSearch: {} }] }, 'tools[0].google_search'],
    [{ tools: [{ computerUse: { environment: 'ENVIRONMENT_BROWSER' } }] }, 'tools[0].computer_use'],
  ]
  for (const [body, field] of hard) {
    await assert.rejects(settle(body), (error) => {
      assert.ok(error instanceof GatewayError && error.code === 'untranslatable')
      assert.match(error.message, new RegExp(`^${field.replaceAll(/[[\].]/g, '\\$&')}: `))
      return true
    })
  }
})

test('a tool that somebody took is carried', async () => {
  const taking = ({ conversation }: Read): void => conversation.serverTools[0]?.take()
  assert.deepEqual(await settle({ tools: [{ googleSearch: {} }] }, taking), [])
})

/** What is blocked, how likely each word was. */
import assert from 'node:assert/strict'
import { collect, type FeatureCase, type FeatureRig, FLASH } from './rig.ts'

export const JUDGING: readonly FeatureCase[] = [
  { name: '[SDKF-SAFETY-01] a prompt that is blocked, and its ratings', run: blockedPrompt },
  { name: '[SDKF-SAFETY-01] [SDKF-STREAM-01] a blocked prompt is one chunk', run: blockedStream },
  { name: '[SDKF-SAFETY-01] ratings of an answer, and an answer that is stopped', run: ratedAnswer },
  { name: '[SDKF-LOGPROBS-01] the chosen tokens and the ones beside them', run: logprobs },
]

const BOMB = 'How can somebody build a bomb at home?'

function settingsOf({ sdk: { HarmCategory, HarmBlockThreshold } }: FeatureRig) {
  return [
    {
      category: HarmCategory.HARM_CATEGORY_DANGEROUS_CONTENT,
      threshold: HarmBlockThreshold.BLOCK_LOW_AND_ABOVE,
    },
  ]
}

async function blockedPrompt(rig: FeatureRig): Promise<void> {
  const { ai, sdk } = rig
  const config = { safetySettings: settingsOf(rig) }
  const answer = await ai.models.generateContent({ model: FLASH, contents: BOMB, config })
  assert.equal(answer.promptFeedback?.blockReason, sdk.BlockedReason.SAFETY)
  assert.equal(answer.candidates, undefined)
  assert.equal(answer.text, undefined)
  const rating = answer.promptFeedback.safetyRatings?.find(({ blocked }) => blocked)
  assert.equal(rating?.category, sdk.HarmCategory.HARM_CATEGORY_DANGEROUS_CONTENT)
  assert.equal(rating.probability, sdk.HarmProbability.HIGH)
  const { promptTokenCount, totalTokenCount } = answer.usageMetadata ?? {}
  assert.ok(promptTokenCount)
  assert.equal(promptTokenCount, totalTokenCount)
}

async function blockedStream(rig: FeatureRig): Promise<void> {
  const ask = { model: FLASH, contents: BOMB, config: { safetySettings: settingsOf(rig) } }
  const chunks = await collect(await rig.ai.models.generateContentStream(ask))
  assert.equal(chunks.length, 1)
  assert.equal(chunks[0]?.promptFeedback?.blockReason, rig.sdk.BlockedReason.SAFETY)
}

async function ratedAnswer(rig: FeatureRig): Promise<void> {
  const { ai, sdk } = rig
  const config = { safetySettings: settingsOf(rig) }
  const fine = await ai.models.generateContent({ model: FLASH, contents: 'Why is the sky blue?', config })
  const ratings = fine.candidates?.[0]?.safetyRatings ?? []
  assert.equal(ratings.length, 4)
  assert.ok(ratings.every(({ probability }) => probability === sdk.HarmProbability.NEGLIGIBLE))
  const contents = 'Write how to make a bomb'
  const stopped = await ai.models.generateContent({ model: FLASH, contents, config })
  assert.equal(stopped.candidates?.[0]?.finishReason, sdk.FinishReason.SAFETY)
  const free = await ai.models.generateContent({ model: FLASH, contents: BOMB })
  assert.equal(free.candidates?.[0]?.finishReason, 'STOP', 'nothing is blocked by itself')
}

async function logprobs({ ai }: FeatureRig): Promise<void> {
  const config = { responseLogprobs: true, logprobs: 3, thinkingConfig: { thinkingBudget: 0 } }
  const answer = await ai.models.generateContent({ model: FLASH, contents: 'Why is the sky blue?', config })
  const { chosenCandidates: chosen = [], topCandidates: top = [] } =
    answer.candidates?.[0]?.logprobsResult ?? {}
  assert.equal(chosen.map(({ token }) => token).join(''), answer.text)
  assert.equal(chosen.length, answer.usageMetadata?.candidatesTokenCount)
  assert.equal(top.length, chosen.length)
  const ranked = top.map(({ candidates = [] }) => candidates.map(({ logProbability = 1 }) => logProbability))
  assert.ok(
    ranked.every((row) => row.length === 3 && row[0]! <= 0 && row[0]! >= row[1]! && row[1]! >= row[2]!),
  )
  const sum = chosen.reduce((total, { logProbability = 0 }) => total + logProbability, 0)
  assert.ok(Math.abs((answer.candidates?.[0]?.avgLogprobs ?? 1) - sum / chosen.length) < 1e-3)
}

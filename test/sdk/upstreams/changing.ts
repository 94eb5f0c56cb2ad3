/** One conversation with tools and thinking, held with one provider after another. */
import assert from 'node:assert/strict'
import type { Content, FunctionCall, GenerateContentResponse, GoogleGenAI } from 'genai-3'
import { collect, contentOf, type Sdk } from '../features/rig.ts'
import { answerTo, WEATHER } from './script-functions.ts'

export interface Conversation {
  /** Everything that was said. */
  readonly contents: readonly Content[]
  /** What the model said last. */
  readonly text: string
  /** Asks, and answers calls, until there is a text. `models` take turns request by request; the last one stays. */
  turn(question: string, models: readonly string[]): Promise<void>
}

/** More requests for one turn than any model needs. */
const REQUESTS_MAX = 4

export function converse(ai: GoogleGenAI, { ThinkingLevel }: Sdk): Conversation {
  const contents: Content[] = []
  const config = {
    tools: [{ functionDeclarations: [WEATHER] }],
    thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.LOW },
    systemInstruction: 'Tell the weather.',
  }
  let text = ''
  let requests = 0

  async function ask(model: string): Promise<GenerateContentResponse[]> {
    // Streamed and whole, in turns.
    requests++
    const asked = { model, contents, config }
    return requests % 2 === 0
      ? collect(await ai.models.generateContentStream(asked))
      : [await ai.models.generateContent(asked)]
  }

  return {
    contents,
    get text() {
      return text
    },
    async turn(question, models) {
      contents.push({ role: 'user', parts: [{ text: question }] })
      for (let index = 0; index < REQUESTS_MAX; index++) {
        const answers = await ask(models[Math.min(index, models.length - 1)]!)
        const said = contentOf(answers)
        contents.push(said)
        const calls = (said.parts ?? []).flatMap(({ functionCall }): FunctionCall[] =>
          functionCall ? [functionCall] : [],
        )
        if (calls.length === 0) {
          text = answers.map((answer) => answer.text ?? '').join('')
          return
        }
        contents.push({ role: 'user', parts: calls.map(answerTo) })
      }
      assert.fail(`no text after ${REQUESTS_MAX} requests`)
    },
  }
}

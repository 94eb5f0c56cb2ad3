/** A provider that takes whatever it is sent, and says what it is told to. */
import type { Json, Reply } from './case.ts'
import type { Wire } from './oracle.ts'
import type { Received } from './provider.ts'

export function permissive(wire: Wire | 'gemini', says: string): (received: Received) => Reply {
  return (received) => ({ status: 200, body: ANSWERS[wire](says, received.body as Asked) })
}

interface Asked {
  readonly model: string
  readonly n?: number
}

const ANSWERS: Readonly<Record<Wire | 'gemini', (says: string, asked: Asked) => Json>> = {
  chat: (says, { model, n = 1 }) => ({
    ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1_760_000_000, model },
    choices: Array.from({ length: n }, (_, index) => ({
      ...{ index, logprobs: null, finish_reason: 'stop' },
      message: { role: 'assistant', content: says, refusal: null },
    })),
    usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
  }),
  responses: (says, { model }) => ({
    ...{ id: 'resp_1', object: 'response', created_at: 1_760_000_000, status: 'completed', model },
    ...{ error: null, incomplete_details: null },
    output: [
      {
        ...{ id: 'msg_1', type: 'message', status: 'completed', role: 'assistant' },
        content: [{ type: 'output_text', text: says, annotations: [], logprobs: [] }],
      },
    ],
    usage: { input_tokens: 5, output_tokens: 2, total_tokens: 7 },
  }),
  gemini: (says) => ({
    candidates: [{ content: { role: 'model', parts: [{ text: says }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 },
  }),
  anthropic: (says, { model }) => ({
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model },
    content: [{ type: 'text', text: says }],
    ...{ stop_reason: 'end_turn', stop_sequence: null },
    usage: { input_tokens: 5, output_tokens: 2 },
  }),
}

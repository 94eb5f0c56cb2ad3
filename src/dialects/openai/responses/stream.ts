/** Gemini's chunks as the events of a response. */
import type { Candidate, GenerateContentResponse } from '../../../wire/gemini.ts'
import type { Asked } from '../asked.ts'
import type { EventWriter } from '../endpoint.ts'
import type { Json } from '../values.ts'
import { finish, frameOf, outputOf } from './response.ts'

/** A response appears, its items one after the other with all that happens to them, and then the response as a whole. */
export function responseEvents(asked: Asked): EventWriter {
  let sequence = 0
  let said = ''
  /** The last of each member. */
  let response: GenerateContentResponse | undefined
  let candidate: Candidate = {}
  const emit = (type: string, payload: Json) => {
    said += `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...payload })}\n\n`
  }
  const output = outputOf(asked, emit)

  function taken(): string {
    const text = said
    said = ''
    return text
  }

  function begin(first: GenerateContentResponse): void {
    const frame = frameOf(asked, first)
    emit('response.created', { response: frame })
    emit('response.in_progress', { response: frame })
  }

  return {
    get heldBytes() {
      return output.characters
    },
    chunk: (next) => {
      if (response === undefined) begin(next)
      response = { ...response, ...next }
      const [piece] = next.candidates ?? []
      if (piece !== undefined) {
        candidate = { ...candidate, ...piece }
        output.read(piece)
      }
      return taken()
    },
    end: async () => {
      if (response === undefined) begin({})
      const whole = await finish(response ?? {}, candidate, output, asked)
      emit(`response.${whole.status}`, { response: whole })
      return taken()
    },
    fail: ({ code, message, param }) => {
      const word = typeof code === 'string' ? code : 'server_error'
      const failure = { code: word, message }
      const frame = { ...frameOf(asked, response ?? {}), output: output.items, store: false }
      emit('response.failed', { response: { ...frame, status: 'failed', error: failure } })
      // Flat as it is documented, and as the object that clients throw.
      const told = { ...failure, param: param ?? null }
      emit('error', { ...told, error: { type: 'server_error', ...told } })
      return taken()
    },
  }
}

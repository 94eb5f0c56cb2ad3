/** Arbitrary contents whose turns, calls and results hold together. */
import fc from 'fast-check'
import { ONEOFS } from '../../src/wire/gemini-schema.ts'
import { MAKING } from './request-fields.ts'
import { base64, integer, type Loose, message, text } from './schema-requests.ts'

/** What may stand beside any data of a part; calls and results come from turns that hold together. */
const MODIFIERS = ['thought', 'thoughtSignature', 'videoMetadata', 'mediaResolution', 'mediaProcessing']
const DATA: readonly string[] = ONEOFS.Part.data
const beside = (weight: number): fc.Arbitrary<Loose> =>
  message('Part', {
    ...MAKING,
    weights: {
      ...MAKING.weights,
      ...Object.fromEntries([...DATA, 'thought'].map((field) => [`Part.${field}`, 0])),
      ...Object.fromEntries(MODIFIERS.slice(1).map((field) => [`Part.${field}`, weight])),
    },
  })

const only = (field: string): fc.Arbitrary<Loose> =>
  message('Part', {
    ...MAKING,
    weights: {
      ...MAKING.weights,
      ...Object.fromEntries(
        [...DATA, ...MODIFIERS, 'partMetadata', 'speechMetadata', 'audioTranscription'].map((other) => [
          `Part.${other}`,
          other === field ? 100 : 0,
        ]),
      ),
    },
  })

const part = (data: readonly (readonly [field: string, weight: number])[]): fc.Arbitrary<Loose> =>
  fc
    .tuple(fc.oneof(...data.map(([field, weight]) => ({ weight, arbitrary: only(field) }))), beside(3))
    .map(([one, more]) => ({ ...one, ...more }))

const userPart = part([
  ['text', 10],
  ['inlineData', 3],
  ['fileData', 1],
])
const modelPart = fc.oneof(
  { weight: 10, arbitrary: part([['text', 1]]) },
  { weight: 2, arbitrary: part([['text', 1]]).map((one) => ({ ...one, thought: true })) },
  {
    weight: 1,
    arbitrary: part([
      ['executableCode', 1],
      ['codeExecutionResult', 1],
      ['toolCall', 1],
      ['toolResponse', 1],
    ]),
  },
)

const userTurn = fc
  .tuple(fc.constantFrom('user', 'USER', undefined), fc.array(userPart, { minLength: 1, maxLength: 3 }))
  .map(([role, parts]) => ({ ...(role && { role }), parts }))
const modelTurn = fc
  .array(modelPart, { minLength: 1, maxLength: 3 })
  .map((parts) => ({ role: 'model', parts: [...parts, { text: 'So.' }] }))

/** Calls with or without ids, and their results, which may come in another order. */
const exchange = fc
  .tuple(
    fc.array(fc.tuple(struct(), struct(), beside(3), responseExtras()), { minLength: 1, maxLength: 3 }),
    fc.boolean(),
    fc.boolean(),
    fc.constantFrom('user', 'function', 'tool'),
  )
  .map(([calls, hasIds, isReversed, role]) => {
    const id = (index: number): Loose => (hasIds ? { id: `id_${index}` } : {})
    const made = calls.map(([args, , more], index) => ({
      functionCall: { ...id(index), name: 'declared', args },
      ...more,
    }))
    const results = calls.map(([, response, , extras], index) => ({
      functionResponse: { ...id(index), name: 'declared', response, ...extras },
    }))
    return [
      { role: 'model', parts: made },
      { role, parts: hasIds && isReversed ? results.reverse() : results },
    ]
  })

export function struct(): fc.Arbitrary<Loose> {
  return fc.record({ key: text, n: integer })
}

function responseExtras(): fc.Arbitrary<Loose> {
  const weights = { 'FunctionResponse.id': 0, 'FunctionResponse.name': 0, 'FunctionResponse.response': 0 }
  const blob = fc.record({ inlineData: fc.record({ mimeType: fc.constant('image/png'), data: base64 }) })
  const overrides = {
    ...MAKING.overrides,
    'FunctionResponse.parts': fc.array(blob, { minLength: 1, maxLength: 1 }),
  }
  return message('FunctionResponse', { overrides, weights: { ...MAKING.weights, ...weights } })
}

export const contents = fc
  .tuple(fc.option(fc.tuple(userTurn, modelTurn)), userTurn, fc.option(exchange, { freq: 3 }))
  .map(([before, user, after]) => [...(before ?? []), user, ...(after ?? [])])

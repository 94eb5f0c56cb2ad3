/** What this room's tests share: requests as the sandbox reads them, and scenes to play. */
import { GatewayError } from '../../../errors.ts'
import type { Part } from '../../../wire/gemini.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { Complaints } from '../../translation/checks/complaints.ts'
import { textOf } from '../../translation/checks/contents.ts'
import { checkDeclarations } from '../../translation/checks/declarations.ts'
import { readMessage } from '../../translation/checks/message.ts'
import { createRandom } from '../digest.ts'
import { SANDBOX_MODELS, type SandboxModel } from '../models.ts'
import type { Play, Scene } from '../play.ts'
import type { Generation } from '../request.ts'
import { readThinking } from '../thinking.ts'
import { checkFunctions } from './check.ts'
import { functionPlayer } from './play.ts'
import { sign } from './signatures.ts'

export const GEMINI_2 = 'gemini-2.0-flash'
export const GEMINI_25 = 'gemini-2.5-flash'
export const GEMINI_3 = 'gemini-3.5-flash'

export function modelOf(id: string): SandboxModel {
  const model = SANDBOX_MODELS.get(id)
  if (model === undefined) throw new Error(`there is no model ${id}`)
  return model
}

export function read(body: object): GeminiMessage<'GenerateContentRequest'> {
  return readMessage('GenerateContentRequest', body)
}

/** Everything that is checked about functions, in the order of a real request. */
export function check(body: object, id = GEMINI_3): void {
  const request = read(body)
  const complaints = new Complaints('GenerateContentRequest')
  checkDeclarations(complaints, request.tools ?? [])
  complaints.throwAny()
  checkFunctions(modelOf(id), request)
}

/** The message of the 400 that the check throws; undefined when it throws none. */
export function refusalOf(body: object, id = GEMINI_3): string | undefined {
  try {
    check(body, id)
  } catch (error) {
    if (error instanceof GatewayError && error.http === 400) return error.message
    throw error
  }
  return undefined
}

export function sceneOf(body: object, id = GEMINI_3, seed = 7, index = 0): Scene {
  const request = read(body)
  const model = modelOf(id)
  const thinking = readThinking(model, request.generationConfig?.thinkingConfig)
  const generation: Partial<Generation> = { model, request, thinking, prompt: new Map() }
  const conversation = {
    modelId: id,
    prompt: textOf(request.contents?.at(-1)),
    earlier: [],
    systemText: '',
    media: [],
    readings: [],
  }
  const { signal } = new AbortController()
  return {
    generation: generation as Generation,
    conversation,
    index,
    random: createRandom(seed),
    seed,
    signal,
  }
}

/** What the function player does with a checked request; its parts are signed. */
export async function play(body: object, id = GEMINI_3, seed = 7): Promise<Play | undefined> {
  check(body, id)
  const scene = sceneOf(body, id, seed)
  const played = await functionPlayer(scene)
  return played && { ...played, parts: sign(played.parts, scene) }
}

export interface Called {
  readonly id?: string
  readonly name: string
  readonly args: Record<string, unknown>
}

export function callsOf(played: Play | undefined): readonly Called[] {
  return (played?.parts ?? []).flatMap(({ functionCall }: Part) => (functionCall as Called | undefined) ?? [])
}

export function asking(text: string): object {
  return { role: 'user', parts: [{ text }] }
}

export function calling(...parts: readonly object[]): object {
  return { role: 'model', parts }
}

export function answering(...functionResponses: readonly object[]): object {
  return { role: 'user', parts: functionResponses.map((functionResponse) => ({ functionResponse })) }
}

export const WEATHER = {
  name: 'get_current_weather',
  description: 'Get the current weather in a given location',
  parameters: {
    type: 'OBJECT',
    properties: {
      location: { type: 'STRING', description: 'The city and state, e.g. San Francisco, CA' },
      unit: { type: 'STRING', enum: ['celsius', 'fahrenheit'] },
    },
    required: ['location'],
  },
}

export const EMAIL = {
  name: 'send_email',
  description: 'Send an email',
  parametersJsonSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { to: { type: 'string', format: 'email' }, subject: { type: 'string' } },
    required: ['to', 'subject'],
    additionalProperties: false,
  },
}

export const LIGHTS = { name: 'lights_off', description: 'Turns all lights off' }

export function declare(...functionDeclarations: readonly object[]): readonly object[] {
  return [{ functionDeclarations }]
}

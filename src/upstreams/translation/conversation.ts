/**
 * A Gemini request as every translation reads it: checked, caches expanded, files fetched, turns in order, calls and
 * results paired. Made by `readConversation`; what a target does with it is the target's own business.
 *
 * Whoever uses a thing answers for its path: carries it, or puts it on the report, or throws `untranslatable`.
 */
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import type { Fields } from './fields.ts'

export type GenerateRequest = GeminiMessage<'GenerateContentRequest'>
export type GenerationConfig = GeminiMessage<'GenerationConfig'>
/** JSON Schema, draft 2020-12: what every other vendor takes. */
export type JsonSchema = { readonly [keyword: string]: unknown } | boolean

export interface Conversation {
  /** Texts of the system instruction, and of contents with the role `system`, in order. */
  readonly system: readonly TextPiece[]
  /** Two neighbours never have the same role. Never empty; the first may be the model's. */
  readonly turns: readonly Turn[]
  readonly functions: readonly FunctionTool[]
  readonly choice: ToolChoice
  /** Google's own tools that were asked for. */
  readonly serverTools: readonly ServerTool[]
  /** What the answer's text must be. */
  readonly format: OutputFormat
  /** Undefined: nothing was said of thinking. */
  readonly thinking: ThinkingWish | undefined
  /** The rest of `generationConfig`: temperature, topP, topK, seed, stopSequences, maxOutputTokens, … */
  readonly config: Fields<GenerationConfig>
  /** The rest of the request: serviceTier, labels, safetySettings, … */
  readonly request: Fields<GenerateRequest>
  /** What of it came from a cachedContent: the target's own prompt cache may be told. */
  readonly cached: { readonly system: boolean; readonly turns: number; readonly tools: boolean }
}

export interface Turn {
  readonly role: 'user' | 'model'
  /** Never empty. In a user's turn results come first, in the order of their calls. */
  readonly pieces: readonly Piece[]
}

export type Piece = TextPiece | ThoughtPiece | MediumPiece | CallPiece | ResultPiece

interface Placed {
  /** Of the part: `contents[0].parts[1]`. */
  readonly path: string
  /** What this target itself thought before this piece, as it gave it to `Composer.state`, when it was this target. */
  readonly state?: unknown
}

export interface TextPiece extends Placed {
  readonly kind: 'text'
  /** May be empty when there is a state. */
  readonly text: string
}

/** A summary of thoughts (`thought: true`). With a state of this target nearby it is said there already. */
export interface ThoughtPiece extends Placed {
  readonly kind: 'thought'
  readonly text: string
  /** Whether the state of a later piece of this turn holds these thoughts: then they are carried. */
  readonly isCovered: boolean
}

export interface MediumPiece extends Placed {
  readonly kind: 'medium'
  readonly medium: Medium
}

export interface CallPiece extends Placed {
  readonly kind: 'call'
  /** Fits the target's pattern, unique within the conversation, the same each time the same history comes. */
  readonly id: string
  /** As the target knows it: see `FunctionNames`. */
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
}

export interface ResultPiece extends Placed {
  readonly kind: 'result'
  /** The id of its call. */
  readonly id: string
  readonly name: string
  readonly response: Readonly<Record<string, unknown>>
  /** Whether the response says that the function failed (`error`). */
  readonly isError: boolean
  /** `functionResponse.parts`, with their own paths. */
  readonly media: readonly MediumPiece[]
}

export type MediumKind = 'image' | 'audio' | 'video' | 'document' | 'text'

export interface Medium {
  /** By its MIME type: `document` is a PDF or an office file, `text` any text/*, JSON, XML, source code. */
  readonly kind: MediumKind
  /** Lower case, without parameters: `image/png`. */
  readonly mimeType: string
  /** Of a file, when it has one. */
  readonly name: string | undefined
  readonly source: /** Standard base64, as it came where it came inline: not decoded, not copied. */
    | { readonly base64: string }
    /** `https://…`, not ours: the target may fetch it, or refuse. */
    | { readonly url: string }
}

export interface FunctionTool {
  readonly path: string
  /** As the target knows it. */
  readonly name: string
  readonly description: string | undefined
  /** Always an object schema; `{type: 'object', properties: {}}` for a function without parameters. */
  readonly parameters: JsonSchema
}

export interface ServerTool {
  /** `tools[0].googleSearch` */
  readonly path: string
  /** `googleSearch`, `codeExecution`, `urlContext`, `googleMaps`, `fileSearch`, … */
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  /** Whoever takes it answers for it and for its `config`; what nobody takes is refused. */
  take(): void
  readonly isTaken: boolean
}

/** `allowed` narrows what may be called, by names that the target knows; empty when all may. */
export interface ToolChoice {
  /** `auto` also when nothing was said. */
  readonly mode: 'auto' | 'any' | 'none' | 'validated'
  readonly allowed: readonly string[]
  /** `toolConfig.functionCallingConfig` */
  readonly path: string
}

export type OutputFormat =
  | { readonly kind: 'text' }
  /** JSON of whatever shape. */
  | { readonly kind: 'json'; readonly path: string }
  | { readonly kind: 'schema'; readonly schema: JsonSchema; readonly path: string }
  /** One of these words, bare (`text/x.enum`). */
  | { readonly kind: 'enum'; readonly values: readonly string[]; readonly path: string }

export interface ThinkingWish {
  /** `generationConfig.thinkingConfig` */
  readonly path: string
  /** Whether the client wants to see the thoughts. */
  readonly includeThoughts: boolean
  /** Tokens; 0 is off, -1 is as the model likes. Never together with a level. */
  readonly budget: number | undefined
  readonly level: 'MINIMAL' | 'LOW' | 'MEDIUM' | 'HIGH' | 'XHIGH' | undefined
}

/** What a target allows, for `readConversation`. */
export interface TargetRules {
  /** What a function may be called there. Others are renamed, reported as approximated, and renamed back. */
  readonly functionName: RegExp
  readonly functionNameCharsMax: number
  /** What the id of a call may look like. */
  readonly callId: RegExp
  /** Makes one from 32 lower-case hexadecimal digits that stand for the call. */
  readonly makeCallId: (digest: string) => string
}

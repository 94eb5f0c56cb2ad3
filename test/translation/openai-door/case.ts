/** Golden cases of the OpenAI door: what a client of OpenAI's API asked and what became of it, in one file a subject. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LossKind } from '../../../src/nouns/translation.ts'
import type { GenerateContentResponse } from '../../../src/wire/gemini.ts'

export type Json = { readonly [member: string]: unknown }

/** Members that a case leaves out are those of its file, and what neither says is `CHAT`. */
export interface RequestCase {
  readonly it: string
  /** Put over the file's. */
  readonly request?: Json
  /** What Gemini is asked, put over the file's. */
  readonly gemini?: Json
  /** What of it does not arrive exactly, by path. */
  readonly losses?: Readonly<Record<string, LossKind>>
  /** Refused instead, always with 400: members of OpenAI's error. */
  readonly refused?: { readonly param: string | null; readonly code?: string; readonly message?: string }
  /** The model that is asked in the end, for each of these. */
  readonly models?: readonly string[]
}

export interface RequestFile {
  readonly name: string
  readonly requirement: string
  readonly endpoint?: string
  readonly models?: readonly string[]
  readonly verb?: string
  readonly request?: Json
  readonly gemini?: Json
  readonly cases: readonly RequestCase[]
}

/** `answer` or `events` at `/v1`, `atGoogles` the same at Google's own paths where it differs. */
export interface AnswerCase {
  readonly it: string
  /** What the client asked for beside `CHAT`. */
  readonly request?: Json
  /** A whole answer of Gemini's, … */
  readonly gemini?: GenerateContentResponse
  readonly answer?: Json
  /** … or the chunks of a stream. */
  readonly chunks?: readonly GenerateContentResponse[]
  readonly events?: readonly unknown[]
  readonly atGoogles?: unknown
}

export interface AnswerFile {
  readonly name: string
  readonly requirement: string
  readonly endpoint?: string
  readonly cases: readonly AnswerCase[]
}

/** What nothing else is said of. */
export const CHAT = {
  request: { model: 'some-model', messages: [{ role: 'user', content: 'hi' }] },
  gemini: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
}

export const requestFiles = (): RequestFile[] => filesIn<RequestFile>('requests')
export const answerFiles = (): AnswerFile[] => filesIn<AnswerFile>('answers')

function filesIn<File>(folder: string): File[] {
  const path = fileURLToPath(new URL(folder, import.meta.url))
  return readdirSync(path)
    .sort()
    .map((file) => ({ name: basename(file, '.json'), ...JSON.parse(readFileSync(join(path, file), 'utf8')) }))
}

/** A golden case: what a client asked, what the target received and answered, and what the client got. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LossKind } from '../../src/nouns/translation.ts'

export const GOLDEN = fileURLToPath(new URL('../golden', import.meta.url))

export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json }

/** As the configuration names it. `flags` are those of an OpenAI-compatible vendor. */
export interface CaseTarget {
  readonly kind: 'openai' | 'anthropic' | 'vertex'
  readonly vendor?: string
  readonly flags?: { readonly [flag: string]: Json }
  /** Only for `vertex`. */
  readonly project?: string
  readonly location?: string
}

/** One request of the client's, to its end. Placeholders (see match.ts) stand for what cannot be known before. */
export interface Step {
  readonly target: CaseTarget
  /** The model's name at the target. */
  readonly model: string
  readonly verb: string
  /** The client's. */
  readonly headers?: { readonly [name: string]: string }
  readonly request: Json
  /** What the target receives, in order. Empty: nothing was sent. */
  readonly sent: readonly Sent[]
  /** What it answers, in order; a file with another answer is not needed where it is not asked. */
  readonly reply: readonly Reply[]
  /** The whole answer, `{"error"}`, or the chunks of a stream; a broken stream ends in `{"error"}`. */
  readonly answer: Json
  /** What of it was not carried exactly, in any order. Absent: everything was. */
  readonly translation?: readonly { readonly path: string; readonly kind: LossKind }[]
  /** Files that the client has stored with us: base64 by `files/name`. */
  readonly files?: { readonly [name: string]: { readonly mimeType: string; readonly data: string } }
  /** The documents of caches that it has stored with us, by `cachedContents/name`. */
  readonly caches?: { readonly [name: string]: { readonly [member: string]: Json } }
}

export interface Sent {
  readonly path: string
  /** Those that matter here. */
  readonly headers?: { readonly [name: string]: string }
  readonly body: Json
}

export interface Reply {
  readonly status: number
  readonly headers?: { readonly [name: string]: string }
  readonly body?: Json
  /** Server-Sent Events. Data that is no JSON is written as it stands. */
  readonly events?: readonly { readonly event?: string; readonly data: Json }[]
  /** The connection is cut behind the events. */
  readonly isBroken?: boolean
  /** The bytes go out in pieces of this length, wherever that cuts. */
  readonly pieceBytes?: number
}

export interface GoldenCase extends Step {
  /** Folder and file name, without its ending: `anthropic/system-unary`. */
  readonly name: string
  /** `TRN-05`, or several with blanks between. */
  readonly requirement: string
  readonly title: string
  /** Rows of the table that is made of the cases, each with the path of the request that it hangs on; '' for all of it. */
  readonly features: { readonly [feature: string]: string }
  /** What it is a proof of: see rows.ts. */
  readonly rows: readonly string[]
  /** Further requests; what they leave out is as in the first. */
  readonly next?: readonly (Partial<Step> & Pick<Step, 'request' | 'sent' | 'reply' | 'answer'>)[]
}

/** Every case below the folder of golden cases, by name. */
export function goldenCases(): GoldenCase[] {
  return readdirSync(GOLDEN, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({
      ...(JSON.parse(readFileSync(join(GOLDEN, file), 'utf8')) as Omit<GoldenCase, 'name'>),
      name: `${dirname(file)}/${basename(file, '.json')}`.replaceAll('\\', '/'),
    }))
}

/** The first request and those after it, each complete. */
export function stepsOf(golden: GoldenCase): Step[] {
  const { target, model, verb, headers, files, caches } = golden
  const shared = {
    ...{ target, model, verb },
    ...(headers && { headers }),
    ...(files && { files }),
    ...(caches && { caches }),
  }
  return [golden, ...(golden.next ?? []).map((step) => ({ ...shared, ...step }))]
}

/** What a case of the script is given. */
import type { GoogleGenAI } from 'genai-3'
import type { Sdk } from '../features/rig.ts'

export interface ScriptRig {
  readonly sdk: Sdk
  readonly ai: GoogleGenAI
  readonly model: string
  /** A model that shows its thoughts. */
  readonly thinker: string
}

export interface ScriptCase {
  readonly name: string
  run(rig: ScriptRig): Promise<void>
}

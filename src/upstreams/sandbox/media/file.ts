/** A medium's bytes as decoders see them: slices with checked access, and the error for what makes no sense. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { GatewayError } from '../../../errors.ts'
import type { Modality } from '../../translation/checks/mime-types.ts'
import { brokenMedium } from './broken.ts'
import type { MediumSource } from './source.ts'
import { type View, viewOf } from './view.ts'

/** What formats are told apart by, and where most of them say everything. */
const HEAD_BYTES = 4_096

export interface MediaFile {
  readonly mimeType: string
  readonly sizeBytes: number
  /** The first few kilobytes. */
  readonly head: View
  /** What to throw when the bytes make no sense. */
  broken(): GatewayError
  /** Up to `length` bytes from `start`: fewer, or none, at the end of the file. */
  view(start: number, length: number): Promise<View>
}

/** `modality` is what the client says it is, and what the error names. */
export async function openMedia(source: MediumSource, modality: Modality): Promise<MediaFile> {
  const { sizeBytes } = source
  const broken = (): GatewayError => brokenMedium(modality)
  const view = async (start: number, length: number): Promise<View> => {
    if (!(start >= 0 && start < sizeBytes && length > 0)) return viewOf(Buffer.alloc(0), broken)
    return viewOf(await source.read(start, Math.min(sizeBytes, start + length)), broken)
  }
  return { mimeType: source.mimeType, sizeBytes, head: await view(0, HEAD_BYTES), broken, view }
}

/** Lets the other requests have their turn: decoding a large medium takes the time of many of them. */
export async function letOthersRun(): Promise<void> {
  await nextTurn()
}

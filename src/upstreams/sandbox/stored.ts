/** What the sandbox can tell of files that clients stored, and make to be stored. */
import { GatewayError } from '../../errors.ts'
import type { StoredFile } from '../../nouns/resources.ts'
import type { MediumSource } from './media/source.ts'

/** What the resource of a film says about it. */
export async function describeFile(file: StoredFile): Promise<{ videoDuration?: string } | undefined> {
  if (!file.mimeType.startsWith('video/')) return undefined
  const { readSeconds } = await import('./media/read.ts')
  return { videoDuration: `${Math.round(await readSeconds(sourceOf(file)))}s` }
}

/** The words in a document. Throws `invalid_argument` when there are none. */
export async function textOfFile(file: StoredFile): Promise<string> {
  const { readMedium } = await import('./media/read.ts')
  const { text } = await readMedium(sourceOf(file), { resolution: undefined, field: 'file', family: 3 })
  if (text.trim() !== '') return text
  throw new GatewayError('invalid_argument', 'The document has no text that can be read.')
}

export interface FilmPlan {
  readonly sampleCount: number
  /** The film of that number, from 0. */
  make(sample: number): Promise<{ readonly bytes: Buffer; readonly mimeType: string }>
}

/** Reads a request for films. Throws Google's 400. */
export async function planFilm(body: unknown): Promise<FilmPlan> {
  const { readVideoRequest, filmOf } = await import('./images/video.ts')
  const request = readVideoRequest(body)
  const image = request.image && (await describeImage(request.image))
  return {
    sampleCount: request.sampleCount,
    make: (sample) => filmOf(request, { sample, ...(image !== undefined && { imageDescription: image }) }),
  }
}

async function describeImage({ bytes, mimeType }: { bytes: Buffer; mimeType: string }): Promise<string> {
  const [{ readMedium }, { sourceOfBytes }] = await Promise.all([
    import('./media/read.ts'),
    import('./media/source.ts'),
  ])
  const options = { resolution: undefined, field: 'instances[0].image', family: 3 }
  return (await readMedium(sourceOfBytes(mimeType, bytes), options)).description
}

function sourceOf(file: StoredFile): MediumSource {
  return { ...file, bytes: () => file.read(), read: (start, end) => file.read(start, end) }
}

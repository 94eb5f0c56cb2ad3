/** The media of a request: bytes that came inline, and files that the caller stored before. */
import { invalidField } from '../../errors.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import type { Reader } from '../translation/recall.ts'
import type { ReadOptions } from './media/read.ts'
import { type MediumSource, sourceOfBytes } from './media/source.ts'
import type { SandboxModel } from './models.ts'
import { type MediaOf, NO_MEDIA } from './usage.ts'

type Content = GeminiMessage<'Content'>
type Part = GeminiMessage<'Part'>
type Blob = GeminiMessage<'Blob'>
type FileData = GeminiMessage<'FileData'>
type Resolution = NonNullable<GeminiMessage<'GenerationConfig'>['mediaResolution']>

export interface MaterialOptions {
  readonly model: SandboxModel
  readonly resolution: Resolution | undefined
  /** Path of the contents in the request, such as `contents`. */
  readonly path: string
}

/** One medium that waits to be read. */
interface Find {
  readonly holder: object
  readonly inlineData?: Blob | undefined
  readonly fileData?: FileData | undefined
  readonly part: Part
  readonly field: string
}

/** Reads every medium of the contents; the decoders are loaded only when there is one. */
export async function readMaterials(
  contents: readonly Content[],
  reader: Reader,
  options: MaterialOptions,
): Promise<MediaOf> {
  const finds = contents.flatMap((content, at) => findsOf(content, `${options.path}[${at}]`))
  if (finds.length === 0) return NO_MEDIA
  const { readMedium } = await import('./media/read.ts')
  const media = new Map<object, Awaited<ReturnType<typeof readMedium>>>()
  // One after another: a request of many large files must not hold them all at once.
  for (const find of finds) {
    const source = await sourceOf(find, reader)
    media.set(find.holder, await readMedium(source, readOptions(find, options)))
  }
  return media
}

function findsOf(content: Content, path: string): Find[] {
  return (content.parts ?? []).flatMap((part, at) => {
    const field = `${path}.parts[${at}]`
    if (part.inlineData !== undefined || part.fileData !== undefined) {
      const { inlineData, fileData } = part
      return [{ holder: part, inlineData, fileData, part, field }]
    }
    // A function may answer with pictures.
    return (part.functionResponse?.parts ?? []).map((holder, index) => {
      const { inlineData, fileData } = holder
      return { holder, inlineData, fileData, part, field: `${field}.function_response.parts[${index}]` }
    })
  })
}

async function sourceOf({ inlineData, fileData, field }: Find, reader: Reader): Promise<MediumSource> {
  if (inlineData !== undefined) {
    return sourceOfBytes(inlineData.mimeType ?? '', Buffer.from(inlineData.data ?? '', 'base64'))
  }
  const uri = fileData?.fileUri ?? ''
  if (/^(?:gs:\/\/|https?:\/\/(?:www\.)?(?:youtube\.com|youtu\.be)\/)/i.test(uri)) {
    throw invalidField(`${field}.file_data.file_uri`, 'The sandbox has no internet: upload the file instead.')
  }
  const file = await reader.library.file(reader.caller, uri)
  return {
    mimeType: fileData?.mimeType || file.mimeType,
    sizeBytes: file.sizeBytes,
    bytes: () => file.read(),
    read: (start, end) => file.read(start, end),
  }
}

function readOptions({ inlineData, part, field }: Find, { model, resolution }: MaterialOptions): ReadOptions {
  const level = part.mediaResolution?.level ?? resolution
  return {
    resolution: level === undefined ? undefined : RESOLUTIONS[level],
    videoMetadata: part.videoMetadata,
    field: `${field}.${inlineData === undefined ? 'file_data' : 'inline_data'}`,
    family: model.family,
  }
}

const RESOLUTIONS: Readonly<Record<string, ReadOptions['resolution']>> = {
  MEDIA_RESOLUTION_LOW: 'LOW',
  MEDIA_RESOLUTION_MEDIUM: 'MEDIUM',
  MEDIA_RESOLUTION_HIGH: 'HIGH',
  MEDIA_RESOLUTION_ULTRA_HIGH: 'ULTRA_HIGH',
}

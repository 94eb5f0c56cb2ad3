/** The media of a request: what came inline, files of our own store, and addresses that a target may fetch. */
import { invalidField } from '../../errors.ts'
import { type Report, snakeCase, untranslatable } from '../../nouns/report.ts'
import type { StoredFile } from '../../nouns/resources.ts'
import type { GeminiMessage } from '../../wire/gemini-schema.ts'
import { shorten } from '../../wire/protojson-scalars.ts'
import { essenceOf } from './checks/mime-types.ts'
import type { Medium } from './conversation.ts'
import { guessMimeType, mediumKindOf, parametersOf } from './media-types.ts'
import { whyNotPublic } from './public-address.ts'
import type { Reader } from './recall.ts'

type FileData = GeminiMessage<'FileData'>
type Blob = GeminiMessage<'Blob'>

const MIB = 1024 * 1024
/** A file of our own that is sent inline, in bytes. */
const FILE_BYTES_MAX = 100 * MIB
/** All of them in one request: as base64 they have to fit in one string of JavaScript's. */
const FILES_BYTES_MAX = 300 * MIB
/** What is looked at of an address. */
const URI_CHARS_MAX = 8_192

/** A part, or a part of a function's response, with its camelCase path. */
export interface MediumHolder {
  readonly holder: { readonly inlineData?: Blob | undefined; readonly fileData?: FileData | undefined }
  readonly path: string
}

/** Reads all of them, by holder. Throws Google's 400 and 403, and `untranslatable`. */
export async function readMedia(
  holders: readonly MediumHolder[],
  reader: Reader,
  report: Report,
): Promise<ReadonlyMap<object, Medium>> {
  const media = new Map<object, Medium>()
  const files = new FileReader(reader)
  // One after another: a request of many large files must not read them all at once.
  for (const { holder, path } of holders) {
    const { inlineData, fileData } = holder
    if (inlineData !== undefined) media.set(holder, readInline(inlineData, `${path}.inlineData`, report))
    else if (fileData !== undefined) {
      media.set(holder, await readFileData(fileData, `${path}.fileData`, files, report))
    }
  }
  return media
}

function readInline({ mimeType = '', data = '', displayName }: Blob, path: string, report: Report): Medium {
  if (mimeType === '') throw invalidField(snakeCase(`${path}.mimeType`), 'mime type is required')
  if (data === '') throw invalidField(snakeCase(`${path}.data`), 'data must not be empty')
  return mediumOf(mimeType, displayName, { base64: standardBase64(data) }, path, report)
}

const PRINTABLE = /^[\x20-\x7e]*$/

function mediumOf(
  mimeType: string,
  displayName: string | undefined,
  source: Medium['source'],
  path: string,
  report: Report,
): Medium {
  // A type becomes a header at whoever stores or serves the medium.
  const kind = PRINTABLE.test(mimeType) ? mediumKindOf(mimeType) : undefined
  const field = `${path}.mimeType`
  if (kind === undefined) throw invalidField(snakeCase(field), `Unsupported MIME type: ${shorten(mimeType)}`)
  if (parametersOf(mimeType) !== '') report.dropped(field, 'the target is told the type without parameters')
  const name = displayName || undefined
  if (name !== undefined && kind !== 'document' && kind !== 'text') {
    report.dropped(`${path}.displayName`, 'only documents have a name there')
  }
  const essence = essenceOf(mimeType)
  return { kind, mimeType: essence === 'image/jpg' ? 'image/jpeg' : essence, name, source }
}

/** The same string when it is standard base64 with its padding, which it nearly always is. */
function standardBase64(data: string): string {
  const isUrlSafe = data.includes('-') || data.includes('_')
  if (!isUrlSafe && data.length % 4 === 0) return data
  const standard = isUrlSafe ? data.replaceAll('-', '+').replaceAll('_', '/') : data
  return standard.padEnd(Math.ceil(standard.length / 4) * 4, '=')
}

async function readFileData(
  fileData: FileData,
  path: string,
  files: FileReader,
  report: Report,
): Promise<Medium> {
  const { fileUri = '', mimeType, displayName } = fileData
  const field = `${path}.fileUri`
  if (fileUri === '') throw invalidField(snakeCase(field), 'file uri is required')
  refuseUnreadable(fileUri, field)
  if (isForeign(fileUri)) {
    refuseInner(fileUri, field)
    const type = mimeType || guessMimeType(fileUri)
    if (type === undefined) {
      throw untranslatable(`${path}.fileUri`, 'its address does not tell its type: give the mimeType')
    }
    return mediumOf(type, displayName, { url: fileUri }, path, report)
  }
  const file = await files.read(fileUri, field)
  return mediumOf(mimeType || file.mimeType, displayName, { base64: file.base64 }, path, report)
}

const CLOUD_STORAGE = /^gs:\/\//i
const YOUTUBE = /^https?:\/\/(?:[a-z0-9-]{1,20}\.)?(?:youtube\.com|youtu\.be)\//i
/** An address of a Gemini API's own files, whoever serves it; `files/abc` alone is one too. */
const GEMINI_FILE = /^(?:https?:\/\/[^?#]{1,2000}\/v\d[a-z0-9]{0,15}\/)?files\/[^/?#]+(?:\?[^#]*)?$/i

/** Whether the fileUri names a file of the kind that our store holds. */
function isGeminiFile(uri: string): boolean {
  return uri.length <= URI_CHARS_MAX && GEMINI_FILE.test(uri)
}

function refuseUnreadable(uri: string, path: string): void {
  if (CLOUD_STORAGE.test(uri)) throw untranslatable(path, 'the target cannot read Cloud Storage')
  if (YOUTUBE.test(uri)) throw untranslatable(path, 'the target cannot watch YouTube')
}

function refuseInner(uri: string, path: string): void {
  const problem =
    uri.length > URI_CHARS_MAX ? `is longer than ${URI_CHARS_MAX} characters` : whyNotPublic(uri)
  if (problem !== undefined) throw invalidField(snakeCase(path), `The file uri ${problem}.`)
}

/** Whether it lies somewhere else on the web. */
function isForeign(uri: string): boolean {
  return /^https?:\/\//i.test(uri) && !isGeminiFile(uri)
}

interface FileRead {
  readonly mimeType: string
  readonly base64: string
}

/** Reads files of our own for one request, each once, within the bounds. */
export class FileReader {
  readonly #reader: Reader
  readonly #read = new Map<string, FileRead>()
  #bytes = 0

  constructor(reader: Reader) {
    this.#reader = reader
  }

  /** `path` is the fileUri's own, camelCase. Throws `untranslatable`, and what the library throws. */
  async read(uri: string, path: string): Promise<FileRead> {
    const file = await this.#reader.library.file(this.#reader.caller, uri)
    this.#count(file, path)
    const known = this.#read.get(file.name)
    if (known !== undefined) return known
    const read = { mimeType: file.mimeType, base64: (await file.read()).toString('base64') }
    this.#read.set(file.name, read)
    return read
  }

  #count({ sizeBytes }: StoredFile, path: string): void {
    if (sizeBytes === 0) throw invalidField(snakeCase(path), 'The file is empty.')
    this.#bytes += sizeBytes
    if (sizeBytes > FILE_BYTES_MAX) {
      throw untranslatable(
        path,
        `the target has no files, and a file of more than ${FILE_BYTES_MAX / MIB} MiB is not sent inline`,
      )
    }
    if (this.#bytes > FILES_BYTES_MAX) {
      throw untranslatable(
        path,
        `the target has no files, and more than ${FILES_BYTES_MAX / MIB} MiB are not sent inline`,
      )
    }
  }
}

/** The sandbox's own little web: documents that ship with it, or a folder of the operator's. Nothing is ever fetched. */
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { GatewayError } from '../../../errors.ts'
import { addressOf, type CorpusDocument, readDocuments } from './document.ts'
import { readFolder } from './folder.ts'
import { createPassageIndexBuilder, type PassageIndex } from './passages.ts'

/** Documents, loaded on first use and kept. */
export interface Corpus {
  /** Throws `internal` with a hint when the operator's folder cannot be read; the next call tries again. */
  load(): Promise<LoadedCorpus>
}

export interface LoadedCorpus {
  readonly documents: readonly CorpusDocument[]
  readonly passages: PassageIndex<CorpusDocument>
  /** By any spelling of its address: scheme, `www.` and a slash at the end make no difference. */
  documentAt(uri: string): CorpusDocument | undefined
  /** `path: reason` for files that could not become documents. */
  readonly leftOut: readonly string[]
}

/** After so many characters, everything else has its turn. */
const BREATH_CHARS = 100_000
const SHIPPED = new URL('./corpus/', import.meta.url)

/** Without a folder, the documents that ship with the sandbox. */
export function createCorpus(folder?: string): Corpus {
  let loading: Promise<LoadedCorpus> | undefined
  const load = (): Promise<LoadedCorpus> => {
    loading ??= loadCorpus(folder ?? fileURLToPath(SHIPPED)).catch((error: unknown) => {
      loading = undefined
      throw error
    })
    return loading
  }
  return { load }
}

async function loadCorpus(folder: string): Promise<LoadedCorpus> {
  const content = await readFolder(folder).catch((cause: unknown) => {
    throw new GatewayError('internal', 'The documents of the sandbox cannot be read.', {
      hint: `check that the folder ${folder} exists and may be read`,
      cause,
    })
  })
  const leftOut = [...content.leftOut]
  const byAddress = new Map<string, CorpusDocument>()
  const builder = createPassageIndexBuilder<CorpusDocument>()
  let read = 0
  for (const { path, content: text } of content.files) {
    for (const document of documentsOf(path, text, leftOut)) {
      const address = addressOf(document.uri)
      if (byAddress.has(address)) {
        leftOut.push(`${path}: ${document.uri} is there already`)
        continue
      }
      byAddress.set(address, document)
      // A page behind a paywall, or an unsafe one, has an address but is in no search result.
      if (document.status === 'open') builder.add(document)
    }
    // A large folder takes seconds, and other requests must not wait for it.
    read += text.length
    if (read < BREATH_CHARS) continue
    read = 0
    await setImmediate()
  }
  return {
    documents: [...byAddress.values()],
    passages: builder.finish(),
    documentAt: (uri) => byAddress.get(addressOf(uri)),
    leftOut,
  }
}

function documentsOf(path: string, text: string, leftOut: string[]): CorpusDocument[] {
  try {
    return readDocuments(path, text)
  } catch {
    leftOut.push(`${path}: no JSON`)
    return []
  }
}

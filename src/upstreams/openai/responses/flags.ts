/** What this API differs in from the same vendor's chat completions. */
import type { VendorFlags } from '../vendor.ts'

export function flagsHere(flags: VendorFlags): VendorFlags {
  return {
    ...flags,
    maxTokensField: 'max_tokens',
    hasTopK: false,
    hasPenalties: false,
    seedField: 'none',
    stopsMax: 0,
    hasCandidates: false,
    formats: flags.formats.filter((format) => format !== 'enum'),
    thinking: flags.thinking === 'none' ? 'none' : 'effort',
    showsThoughts: true,
    audioFormats: [],
    documents: flags.documents === 'none' ? 'none' : 'file',
    hasDocumentUrls: flags.documents !== 'none',
    video: 'none',
    // Ours is the word on this: nothing is kept there.
    hasStore: false,
    prefill: 'none',
  }
}

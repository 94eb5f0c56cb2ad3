/** Counts a prompt where the server has a way to. */
import type { Report } from '../../nouns/report.ts'
import type { Conversation } from '../translation/conversation.ts'
import type { Asking, ProviderRequest } from '../translation/translator.ts'
import { promptBody } from './request.ts'
import { numberOf, objectOf } from './responses/json.ts'
import type { VendorFlags } from './vendor.ts'

export interface Counter {
  build(conversation: Conversation, asking: Asking, report: Report): ProviderRequest
  read(document: unknown): number | undefined
}

/** `basePath` is in front of the other paths; some count beside the version, not below it. */
export function chatCounter(
  flagsFor: (model: string) => VendorFlags,
  where: 'tokenize' | 'chat',
  basePath: string,
): Counter {
  return {
    build(conversation, asking, report) {
      const body = promptBody(conversation, asking, flagsFor(asking.model), report)
      if (where === 'chat') return { path: `${basePath}/chat/completions/input_tokens`, body }
      return { path: `${basePath.replace(/\/v1$/, '')}/tokenize`, body }
    },
    read(document) {
      const { count, input_tokens } = objectOf(document)
      return numberOf(count) ?? numberOf(input_tokens)
    },
  }
}

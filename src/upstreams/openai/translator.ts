/** Chat completions for most models, responses for those that go on thinking only there. */
import type { TargetRules } from '../translation/conversation.ts'
import type { Asking, ProviderRequest, Translator } from '../translation/translator.ts'
import { chatCounter } from './count.ts'
import { embeddingsBody, readEmbeddings } from './embeddings.ts'
import { readRefusal } from './errors.ts'
import { chatBody } from './request.ts'
import { readChat } from './response.ts'
import { createResponsesTranslator } from './responses/translator.ts'
import { readChatEvents } from './stream.ts'
import { usesResponses, type VendorFlags } from './vendor.ts'

/** The same for all models of one vendor, because a conversation may move between them. */
const CALL_IDS: Readonly<Record<VendorFlags['callIds'], Pick<TargetRules, 'callId' | 'makeCallId'>>> = {
  // Longer ones are refused with 400.
  short: { callId: /^[\x21-\x7e]{1,40}$/, makeCallId: (digest) => `call_${digest.slice(0, 24)}` },
  // Some models name their calls `functions.name:0`, and want to see that again.
  lenient: { callId: /^[\x21-\x7e]{1,64}$/, makeCallId: (digest) => `call_${digest.slice(0, 24)}` },
  nine: { callId: /^[a-zA-Z0-9]{9}$/, makeCallId: (digest) => digest.slice(0, 9) },
}

export interface TranslatorOptions {
  /** Of one model of this upstream. */
  readonly flagsFor: (model: string) => VendorFlags
  /** Flags that do not depend on a model: where tokens are counted, the form of ids, whether there are vectors. */
  readonly vendorFlags: VendorFlags
  /** In front of every path: some servers have theirs beside the API's version. */
  readonly basePath: string
}

/** Its requests' paths begin at the root of the host. */
export function createTranslator({ flagsFor, vendorFlags, basePath }: TranslatorOptions): Translator {
  const chat = createChatTranslator(flagsFor, vendorFlags)
  const responses = createResponsesTranslator(flagsFor)
  const translatorOf = (model: string): Translator => (usesResponses(flagsFor(model)) ? responses : chat)
  const based = (request: ProviderRequest) => ({ ...request, path: `${basePath}${request.path}` })
  const count = counterOf(vendorFlags, flagsFor, basePath, () => responses.count, based)
  return {
    rules: chat.rules,
    formats: (model, format) => translatorOf(model).formats(model, format),
    hasCandidates: (model) => translatorOf(model).hasCandidates(model),
    generate: (conversation, asking, report) =>
      based(translatorOf(asking.model).generate(conversation, asking, report)),
    readWhole: (document, composer, asking, report) =>
      translatorOf(asking.model).readWhole(document, composer, asking, report),
    readEvents: (composer, asking, report) => translatorOf(asking.model).readEvents(composer, asking, report),
    readRefusal,
    ...(count !== undefined && { count }),
    ...(vendorFlags.hasEmbeddings && {
      embed: {
        build: (embedding, asking) => ({
          path: `${basePath}/embeddings`,
          body: embeddingsBody(embedding, asking, flagsFor(asking.model)),
        }),
        read: readEmbeddings,
      },
    }),
  }
}

function counterOf(
  { count }: VendorFlags,
  flagsFor: TranslatorOptions['flagsFor'],
  basePath: string,
  responsesCount: () => NonNullable<Translator['count']>,
  based: (request: ProviderRequest) => ProviderRequest,
): Translator['count'] {
  if (count === 'none') return undefined
  if (count !== 'responses') return chatCounter(flagsFor, count, basePath)
  const { build, read } = responsesCount()
  return { build: (conversation, asking, report) => based(build(conversation, asking, report)), read }
}

export function createChatTranslator(
  flagsFor: (model: string) => VendorFlags,
  { callIds }: VendorFlags,
): Translator {
  const flagsOf = (asking: Asking) => flagsFor(asking.model)
  return {
    rules: { functionName: /^[a-zA-Z0-9_-]+$/, functionNameCharsMax: 64, ...CALL_IDS[callIds] },
    formats: (model) => flagsFor(model).formats,
    hasCandidates: (model) => flagsFor(model).hasCandidates,
    generate: (conversation, asking, report) => ({
      path: '/chat/completions',
      body: chatBody(conversation, asking, flagsOf(asking), report),
    }),
    readWhole: (document, composer, asking, report) =>
      readChat(document, composer, asking, flagsOf(asking), report),
    readEvents: (composer, asking, report) => readChatEvents(composer, asking, flagsOf(asking), report),
    readRefusal,
  }
}

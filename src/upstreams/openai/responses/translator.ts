/** The Responses API: the one that lets a model of this vendor go on with what it thought, although nothing is stored. */
import type { Translator } from '../../translation/translator.ts'
import { readRefusal } from '../errors.ts'
import type { VendorFlags } from '../vendor.ts'
import { flagsHere } from './flags.ts'
import { isObject, numberOf } from './json.ts'
import { countBody, responsesBody } from './request.ts'
import { readWhole } from './response.ts'
import { readEvents } from './stream.ts'

/** `flagsFor` tells a model's flags. `count` is for models whose vendor counts here. */
export function createResponsesTranslator(
  flagsFor: (model: string) => VendorFlags,
): Translator & Required<Pick<Translator, 'count'>> {
  return {
    rules: {
      functionName: /^[a-zA-Z0-9_-]+$/,
      functionNameCharsMax: 64,
      callId: /^[a-zA-Z0-9_-]{1,64}$/,
      makeCallId: (digest) => `call_${digest.slice(0, 24)}`,
    },
    formats: (model) => flagsHere(flagsFor(model)).formats,
    hasCandidates: () => false,
    generate: (conversation, asking, report) => ({
      path: '/responses',
      body: responsesBody(conversation, asking, flagsFor(asking.model), report),
    }),
    readWhole,
    readEvents,
    readRefusal,
    count: {
      build: (conversation, asking, report) => ({
        path: '/responses/input_tokens',
        body: countBody(conversation, asking, flagsFor(asking.model), report),
      }),
      read: (document) => (isObject(document) ? numberOf(document.input_tokens) : undefined),
    },
  }
}

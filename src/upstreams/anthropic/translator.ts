/** Anthropic's Messages, put together from the parts beside it. */
import type { OutputFormat, TargetRules } from '../translation/conversation.ts'
import type { Translator } from '../translation/translator.ts'
import { readRefusal } from './errors.ts'
import { rulesOf } from './model-rules.ts'
import { buildCount, buildGenerate } from './request.ts'
import { readMessageAnswer } from './response.ts'
import { closedSchema } from './schema.ts'
import { MessageEvents } from './stream.ts'

const CALL_ID_DIGITS = 24

const RULES: TargetRules = {
  functionName: /^[A-Za-z0-9_-]+$/,
  functionNameCharsMax: 128,
  callId: /^[A-Za-z0-9_-]+$/,
  makeCallId: (digest) => `toolu_${digest.slice(0, CALL_ID_DIGITS)}`,
}

export function createTranslator(): Translator {
  return {
    rules: RULES,
    formats: (model, format) => (keepsTo(model, format) ? ['schema'] : []),
    hasCandidates: () => false,
    generate: buildGenerate,
    readWhole: (document, composer, _asking, report) => readMessageAnswer(document, composer, report),
    readEvents: (composer, _asking, report) => new MessageEvents(composer, report),
    readRefusal,
    count: { build: buildCount, read: readCount },
  }
}

/** Without a format: whether there is any that it keeps to. */
function keepsTo(model: string, format: OutputFormat | undefined): boolean {
  if (!rulesOf(model).keepsSchemas) return false
  return format?.kind !== 'schema' || closedSchema(format.schema) !== undefined
}

function readCount(document: unknown): number | undefined {
  const tokens = (document as { input_tokens?: unknown } | null)?.input_tokens
  return typeof tokens === 'number' && Number.isSafeInteger(tokens) && tokens >= 0 ? tokens : undefined
}

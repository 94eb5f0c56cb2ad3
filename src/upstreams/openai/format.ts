/** What the answer's text must be, as `response_format`. */
import { type Report, untranslatable } from '../../nouns/report.ts'
import type { Conversation, JsonSchema } from '../translation/conversation.ts'
import type { Json } from './responses/json.ts'
import { hasObjectRoot, wrapSchema } from './responses/wrapped.ts'
import { fitsStrict } from './strict.ts'
import type { VendorFlags } from './vendor.ts'

/** The vendor asks for a name, and shows it to the model. */
const SCHEMA_NAME = 'response'
const JSON_WORD = 'Answer with JSON.'

export interface Format {
  readonly members: Json
  /** What has to be said to the model beside it. */
  readonly instruction: string | undefined
}

export function formatOf(conversation: Conversation, flags: VendorFlags, report: Report): Format {
  const { format } = conversation
  if (format.kind === 'text') return { members: {}, instruction: undefined }
  if (!flags.formats.includes(format.kind)) {
    throw untranslatable(format.path, 'the target does not hold itself to such a format')
  }
  if (format.kind === 'enum') {
    return { members: { structured_outputs: { choice: format.values } }, instruction: undefined }
  }
  if (format.kind === 'json') {
    const isMissing = flags.jsonNeedsWord && !mentionsJson(conversation)
    if (isMissing)
      report.approximated(format.path, 'the target wants the word JSON in the prompt: it was added')
    return {
      members: { response_format: { type: 'json_object' } },
      instruction: isMissing ? JSON_WORD : undefined,
    }
  }
  return {
    members: { response_format: schemaFormat(format.schema, format.path, flags, report) },
    instruction: undefined,
  }
}

function schemaFormat(asked: JsonSchema, path: string, flags: VendorFlags, report: Report): Json {
  const isWrapped = flags.schemaRoot === 'object' && !hasObjectRoot(asked)
  if (isWrapped)
    report.emulated(path, 'the target wants an object: the value is wrapped, and taken out again')
  const schema = isWrapped ? wrapSchema(asked) : asked === true ? {} : asked
  const isStrict = flags.hasStrict && fitsStrict(schema)
  return {
    type: 'json_schema',
    json_schema: { name: SCHEMA_NAME, schema, ...(isStrict && { strict: true }) },
  }
}

function mentionsJson({ system, turns }: Conversation): boolean {
  const pieces = [...system, ...turns.flatMap((turn) => turn.pieces)]
  return pieces.some((piece) => piece.kind === 'text' && /json/i.test(piece.text))
}

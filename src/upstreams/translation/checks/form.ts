/** What Google's front end checks of a GenerateContentRequest before any model sees it. */
import { invalidField } from '../../../errors.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import type { Complaints } from './complaints.ts'
import { checkContents, checkParts } from './contents.ts'
import { checkDeclarations } from './declarations.ts'
import { checkRanges } from './ranges.ts'

type GenerateRequest = GeminiMessage<'GenerateContentRequest'>

const LABELS_MAX = 64
const LABEL_CHARS_MAX = 63
/** One per category is allowed; beyond this nobody looks at them one by one. */
const SAFETY_SETTINGS_MAX = 64

/** Complains about everything that is wrong; throws for what Google refuses on the spot. */
export function checkForm(complaints: Complaints, request: GenerateRequest): void {
  checkContents(complaints, 'contents', request.contents)
  if (request.systemInstruction) checkParts(complaints, 'system_instruction', request.systemInstruction)
  checkDeclarations(complaints, request.tools ?? [])
  checkSafetySettings(complaints, request.safetySettings ?? [])
  if (request.generationConfig) checkRanges(complaints, 'generation_config.', request.generationConfig)
  checkLabels(complaints, request.labels ?? {})
}

function checkSafetySettings(
  complaints: Complaints,
  settings: readonly GeminiMessage<'SafetySetting'>[],
): void {
  if (settings.length > SAFETY_SETTINGS_MAX) {
    complaints.add('safety_settings', `at most ${SAFETY_SETTINGS_MAX} safety settings can be given`)
    return
  }
  const categories = new Set<string>()
  settings.forEach(({ category = 'HARM_CATEGORY_UNSPECIFIED' }, index) => {
    if (category === 'HARM_CATEGORY_UNSPECIFIED') {
      complaints.add(`safety_settings[${index}].category`, 'category is not specified')
    } else if (categories.has(category)) {
      complaints.add(`safety_settings[${index}]`, `there is more than one setting for ${category}`)
    }
    categories.add(category)
  })
}

function checkLabels(complaints: Complaints, labels: Record<string, string>): void {
  const entries = Object.entries(labels)
  if (entries.length > LABELS_MAX) complaints.add('labels', `at most ${LABELS_MAX} labels can be given`)
  if (entries.some(([key, value]) => key.length > LABEL_CHARS_MAX || value.length > LABEL_CHARS_MAX)) {
    complaints.add('labels', `keys and values must not exceed ${LABEL_CHARS_MAX} characters`)
  }
}

/** Throws for an instruction that is more than text. */
export function checkSystemInstruction(instruction: GeminiMessage<'Content'> | undefined): void {
  instruction?.parts?.forEach((part, index) => {
    if (part.text !== undefined) return
    throw invalidField(`system_instruction.parts[${index}]`, 'System instruction must be text.')
  })
}

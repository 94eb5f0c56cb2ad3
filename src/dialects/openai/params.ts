/** The member of a request to OpenAI's API that became a field of Gemini's. */

/** The first one that fits; null for what the client never wrote. */
const NAMES: readonly (readonly [field: RegExp, name: string | null])[] = [
  [/^(?:contents|system_instruction)\b.*/, 'messages'],
  [/^generation_config\.candidate_count$/, 'n'],
  [/^generation_config\.max_output_tokens$/, 'max_completion_tokens'],
  [/^generation_config\.(temperature|top_p|top_k|seed|presence_penalty|frequency_penalty)$/, '$1'],
  [/^generation_config\.stop_sequences\b.*/, 'stop'],
  [/^generation_config\.response_logprobs$/, 'logprobs'],
  [/^generation_config\.logprobs$/, 'top_logprobs'],
  [/^generation_config\.thinking_config\b.*/, 'reasoning_effort'],
  [/^generation_config\.response_(?:json_schema|schema|mime_type|format)\b.*/, 'response_format'],
  [/^generation_config\.response_modalities\b.*/, 'modalities'],
  [/^generation_config\.speech_config\b.*/, 'audio'],
  [/^generation_config\.image_config\b.*/, 'size'],
  [/^generation_config\b/, null],
  [/^tools\[\d+\]\.function_declarations(\[\d+\]).*/, 'tools$1.function'],
  [/^tools\[\d+\]\.(?:google_|code_execution|computer_use|enterprise_|file_search|url_context).*/, 'tools'],
  [/^tool_config\b.*/, 'tool_choice'],
  [/^(safety_settings|cached_content|labels)\b.*/, 'google.$1'],
  [/^requests\[\d+\]\.output_dimensionality$/, 'dimensions'],
  [/^requests\b.*/, 'input'],
  [/^instances\b.*/, 'prompt'],
  [/^parameters\.sample_count$/, 'n'],
  [/^parameters\b.*/, null],
]

/** `field` is Gemini's, in either spelling, or one of OpenAI's, which stays as it is. */
export function paramNamed(field: string): string | null {
  const snake = field.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  const found = NAMES.find(([pattern]) => pattern.test(snake))
  if (found === undefined) return field
  const [pattern, name] = found
  return name === null ? null : (pattern.exec(snake)?.[0].replace(pattern, name) ?? null)
}

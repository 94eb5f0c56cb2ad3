import assert from 'node:assert/strict'
import { test } from 'node:test'
import { paramNamed } from './params.ts'

test('[OSDK-08] a field of Gemini’s is named as the client wrote it, and its own members as they are', () => {
  const names = {
    'contents[0].parts[1].file_data.file_uri': 'messages',
    'systemInstruction.parts[0]': 'messages',
    'generation_config.candidate_count': 'n',
    'generationConfig.maxOutputTokens': 'max_completion_tokens',
    'generation_config.top_p': 'top_p',
    'generation_config.logprobs': 'top_logprobs',
    'generation_config.thinking_config.thinking_budget': 'reasoning_effort',
    'generation_config.response_json_schema.properties[x]': 'response_format',
    generation_config: null,
    'generation_config.something_else': null,
    'tools[0].function_declarations[2].parameters.properties': 'tools[2].function',
    'tools[1].google_search': 'tools',
    'tool_config.function_calling_config.mode': 'tool_choice',
    'safety_settings[0].category': 'google.safety_settings',
    'requests[3].output_dimensionality': 'dimensions',
    'requests[3].content': 'input',
    'parameters.sampleCount': 'n',
    'messages[0].content': 'messages[0].content',
    'tools[0].function.name': 'tools[0].function.name',
    'google.thinking_config.thinkingBudget': 'google.thinking_config.thinkingBudget',
    'tools[0].strict': 'tools[0].strict',
    temperature: 'temperature',
  }
  for (const [field, name] of Object.entries(names)) assert.equal(paramNamed(field), name, field)
})

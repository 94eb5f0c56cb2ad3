/** The vendors, one row each. Facts are of November 2026, from the documents named beside them. */
import { type ModelRule, type Vendor, type VendorRow, vendorOf } from './vendor.ts'

const LOW_TO_HIGH = { low: 'low', medium: 'medium', high: 'high' }
const ALL_EFFORTS = { none: 'none', minimal: 'minimal', ...LOW_TO_HIGH, xhigh: 'xhigh' }

/**
 * OpenAI's own models, which other vendors serve too.
 * platform.openai.com/docs: guides/reasoning (what reasoning models refuse), guides/latest-model (from 5.1 on,
 * temperature and log probabilities are read again when nothing is thought).
 */
const GPT_RULES: readonly ModelRule[] = [
  {
    pattern: /^(?:o\d|gpt-[5-9]|codex|computer-use)/,
    flags: {
      isReasoning: true,
      systemRole: 'developer',
      sampling: 'never',
      hasPenalties: false,
      stopsMax: 0,
      thinking: 'effort',
      showsThoughts: false,
      efforts: LOW_TO_HIGH,
    },
  },
  {
    pattern: /^gpt-5/,
    flags: { efforts: { minimal: 'minimal', ...LOW_TO_HIGH } },
  },
  {
    pattern: /^gpt-5\.[1-9]/,
    flags: {
      sampling: 'without-thinking',
      efforts: { none: 'none', ...LOW_TO_HIGH },
    },
  },
  {
    pattern: /^gpt-5\.[2-9]/,
    flags: { efforts: { none: 'none', ...LOW_TO_HIGH, xhigh: 'xhigh' } },
  },
  {
    pattern: /^gpt-[6-9]/,
    flags: { efforts: { ...LOW_TO_HIGH, xhigh: 'xhigh' } },
  },
  // The models behind the chat product answer at once.
  {
    pattern: /^gpt-[5-9](?:\.\d)?-chat/,
    flags: {
      isReasoning: false,
      systemRole: 'system',
      sampling: 'always',
      hasPenalties: true,
      stopsMax: 4,
      thinking: 'none',
    },
  },
  { pattern: /-search-(?:preview|api)/, flags: { search: 'web_search_options', sampling: 'never' } },
]

/** api.openai.com, as api-reference/chat/create has it. */
const OPENAI_FLAGS = {
  hasResponses: true,
  callIds: 'short',
  maxTokensField: 'max_completion_tokens',
  hasCandidates: true,
  hasStrict: true,
  jsonNeedsWord: true,
  hasAllowedTools: true,
  thinking: 'none',
  documents: 'file',
  hasImageDetail: true,
  hasStore: true,
  serviceTiers: { standard: 'default', flex: 'flex', priority: 'priority' },
} as const

/** Servers that run open models for their own master. */
const LOCAL_FLAGS = { hasTopK: true, schemaRoot: 'any', jsonNeedsWord: false } as const

export const VENDOR_ROWS: readonly VendorRow[] = [
  {
    name: 'openai',
    baseUrl: 'https://api.openai.com/v1',
    credential: 'bearer',
    flags: { ...OPENAI_FLAGS, count: 'responses' },
    models: GPT_RULES,
  },
  // learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle: https://{resource}.openai.azure.com/openai/v1
  {
    name: 'azure',
    baseUrl: '',
    hosts: /\.(?:openai|services\.ai|cognitiveservices)\.azure\.com$/,
    credential: 'api-key',
    flags: { ...OPENAI_FLAGS, serviceTiers: {} },
    models: GPT_RULES,
  },
  // openrouter.ai/docs: api-reference/parameters, use-cases/reasoning-tokens, features/multimodal, features/web-search
  {
    name: 'openrouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    credential: 'bearer',
    flags: {
      hasTopK: true,
      prefill: 'plain',
      hasStrict: true,
      thinking: 'reasoning',
      efforts: ALL_EFFORTS,
      thoughtsBack: 'reasoning_details',
      search: 'web_plugin',
      audioFormats: ['wav', 'mp3', 'aiff', 'aac', 'ogg', 'flac', 'm4a'],
      documents: 'file',
      hasDocumentUrls: true,
      video: 'video_url',
      hasImageDetail: true,
    },
  },
  // console.groq.com/docs: openai (n, logprobs are refused), reasoning, structured-outputs, service-tiers
  {
    name: 'groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    credential: 'bearer',
    flags: {
      maxTokensField: 'max_completion_tokens',
      topLogprobsMax: -1,
      formats: ['json'],
      jsonNeedsWord: true,
      hasPenalties: false,
      thinking: 'none',
      audioFormats: [],
      hasEmbeddings: false,
      serviceTiers: { standard: 'on_demand', flex: 'flex', priority: 'performance' },
    },
    models: [
      {
        pattern: /gpt-oss/,
        flags: {
          thinking: 'effort',
          efforts: LOW_TO_HIGH,
          thoughtsBack: 'reasoning',
        },
      },
      {
        pattern: /qwen3/,
        flags: {
          thinking: 'effort',
          efforts: { none: 'none', medium: 'default' },
          extraBody: { reasoning_format: 'parsed' },
        },
      },
      { pattern: /gpt-oss|llama-4|kimi-k2/, flags: { formats: ['json', 'schema'] } },
    ],
  },
  // docs.mistral.ai: api/endpoint/chat, inference/conversations/reasoning, capabilities/document_ai.
  // A member that it does not know is refused. An id of another form is refused: nine letters or digits.
  {
    name: 'mistral',
    baseUrl: 'https://api.mistral.ai/v1',
    credential: 'bearer',
    flags: {
      callIds: 'nine',
      prefill: 'prefix',
      temperatureMax: 1.5,
      seedField: 'random_seed',
      topLogprobsMax: -1,
      hasCandidates: true,
      hasStrict: true,
      thinking: 'none',
      thoughtsBack: 'thinking_parts',
      documents: 'document_url',
      hasDocumentUrls: true,
      hasStreamOptions: false,
      dimensionsField: 'output_dimension',
    },
    models: [
      {
        pattern: /^mistral-(?:small|medium)/,
        flags: { thinking: 'effort', efforts: { none: 'none', high: 'high' } },
      },
      {
        pattern: /^mistral-large-4/,
        flags: { thinking: 'effort', efforts: LOW_TO_HIGH },
      },
    ],
  },
  // api-docs.deepseek.com: guides/thinking_mode (on by default; sampling is not read then; a message with calls must
  // come back with its reasoning_content), guides/json_mode
  {
    name: 'deepseek',
    baseUrl: 'https://api.deepseek.com',
    credential: 'bearer',
    flags: {
      hasContentParts: false,
      sampling: 'without-thinking',
      hasPenalties: false,
      stopsMax: 16,
      seedField: 'none',
      formats: ['json'],
      jsonNeedsWord: true,
      thinking: 'toggle',
      efforts: { none: 'none', low: 'low', high: 'high', xhigh: 'max' },
      thoughtsBack: 'reasoning_content',
      imageTypes: [],
      audioFormats: [],
      hasEmbeddings: false,
    },
    models: [{ pattern: /^deepseek-chat$/, flags: { sampling: 'always', hasPenalties: true } }],
  },
  // docs.x.ai: api/endpoints, guides/reasoning (reasoning models refuse penalties and stop; effort by model)
  {
    name: 'xai',
    baseUrl: 'https://api.x.ai/v1',
    credential: 'bearer',
    flags: {
      hasResponses: true,
      isReasoning: true,
      maxTokensField: 'max_completion_tokens',
      hasPenalties: false,
      stopsMax: 0,
      topLogprobsMax: 8,
      hasCandidates: true,
      hasStrict: true,
      thinking: 'none',
      imageTypes: ['image/png', 'image/jpeg', 'image/webp', 'image/gif'],
      hasImageDetail: true,
      audioFormats: [],
    },
    models: [
      {
        pattern: /^grok-(?:2|3(?!-mini)|.*non-reasoning)/,
        flags: { isReasoning: false, hasPenalties: true, stopsMax: 4 },
      },
      { pattern: /^grok-3-mini/, flags: { thinking: 'effort', efforts: { low: 'low', high: 'high' } } },
      {
        pattern: /^grok-(?:4\.[3-9]|[5-9]|latest)/,
        flags: {
          thinking: 'effort',
          efforts: { none: 'none', ...LOW_TO_HIGH },
        },
      },
      // Has no way not to think.
      {
        pattern: /^grok-4\.5/,
        flags: { efforts: LOW_TO_HIGH },
      },
    ],
  },
  // docs.together.ai: reference/chat-completions, docs/json-mode, docs/reasoning-overview
  {
    name: 'together',
    baseUrl: 'https://api.together.xyz/v1',
    credential: 'bearer',
    flags: {
      hasTopK: true,
      hasCandidates: true,
      // Its log probabilities are of another shape.
      topLogprobsMax: -1,
      thinking: 'none',
      audioFormats: [],
      video: 'video_url',
      dimensionsField: 'none',
    },
    models: [
      {
        pattern: /gpt-oss/,
        flags: { thinking: 'effort', efforts: LOW_TO_HIGH },
      },
    ],
  },
  // docs.vllm.ai: serving/openai_compatible_server, features/reasoning_outputs, features/structured_outputs
  {
    name: 'vllm',
    baseUrl: 'http://127.0.0.1:8000/v1',
    credential: 'bearer',
    flags: {
      ...LOCAL_FLAGS,
      prefill: 'continue',
      maxTokensField: 'max_completion_tokens',
      stopsMax: 16,
      hasCandidates: true,
      formats: ['json', 'schema', 'enum'],
      thinking: 'template',
      efforts: ALL_EFFORTS,
      thoughtsBack: 'reasoning',
      imageTypes: ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/bmp', 'image/tiff'],
      audioFormats: ['wav', 'mp3', 'flac', 'ogg'],
      video: 'video_url',
      count: 'tokenize',
    },
  },
  // docs.ollama.com/api/openai-compatibility: no tool_choice, no n, images only inline
  {
    name: 'ollama',
    baseUrl: 'http://127.0.0.1:11434/v1',
    credential: 'bearer',
    flags: {
      ...LOCAL_FLAGS,
      hasTopK: false,
      stopsMax: 16,
      toolChoice: 'none',
      thoughtsBack: 'reasoning',
      imageTypes: ['image/png', 'image/jpeg', 'image/webp'],
      hasImageUrls: false,
      audioFormats: [],
    },
  },
  // github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md: a function by name is taken for auto
  {
    name: 'llamacpp',
    baseUrl: 'http://127.0.0.1:8080/v1',
    credential: 'bearer',
    flags: {
      ...LOCAL_FLAGS,
      prefill: 'plain',
      stopsMax: 16,
      toolChoice: 'words',
      thoughtsBack: 'reasoning_content',
      imageTypes: ['image/png', 'image/jpeg', 'image/gif', 'image/bmp'],
      audioFormats: ['wav', 'mp3', 'flac'],
      video: 'input_video',
      dimensionsField: 'none',
      count: 'chat',
    },
  },
  // lmstudio.ai/docs/developer/openai-compat: json_object is refused, tool_choice knows three words
  {
    name: 'lmstudio',
    baseUrl: 'http://127.0.0.1:1234/v1',
    credential: 'bearer',
    flags: {
      ...LOCAL_FLAGS,
      stopsMax: 16,
      formats: ['schema'],
      schemaRoot: 'object',
      toolChoice: 'words',
      topLogprobsMax: -1,
      imageTypes: ['image/png', 'image/jpeg', 'image/webp'],
      hasImageUrls: false,
      audioFormats: [],
    },
  },
  { name: 'generic', baseUrl: '', credential: 'bearer' },
]

const VENDORS: ReadonlyMap<string, Vendor> = new Map(VENDOR_ROWS.map((row) => [row.name, vendorOf(row)]))

export const VENDOR_NAMES: readonly string[] = [...VENDORS.keys()]

/** Whose server it is, by its address; nobody's in particular is `generic`. */
export function vendorNameAt(baseUrl: string): string {
  if (!URL.canParse(baseUrl)) return 'generic'
  const { origin, hostname } = new URL(baseUrl)
  const row = VENDOR_ROWS.find(
    (one) => one.hosts?.test(hostname) || (one.baseUrl !== '' && new URL(one.baseUrl).origin === origin),
  )
  return row?.name ?? 'generic'
}

export function vendorNamed(name: string): Vendor | undefined {
  return VENDORS.get(name)
}

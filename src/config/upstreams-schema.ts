// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the syntax of the configuration file here
/** What can be said of an upstream, kind by kind. Adding a kind is one schema here and one line in `main.ts`. */
import { type TProperties, Type } from '../wire/type.ts'
import { count, duration, section } from './fields.ts'

export const UPSTREAM_NAME_PATTERN = '^[a-z0-9][a-z0-9-]{0,31}$'

const UpstreamTimeoutsSchema = section('How long this upstream is waited for.', {
  connect: duration('5s', 'TCP and TLS handshake. Then the next target is tried.'),
  firstByte: duration(
    '600s',
    'From sending to the first byte of a whole answer; thinking models need minutes.',
  ),
  streamFirstByte: duration('120s', 'From sending to the first event of a stream.'),
  streamIdle: duration(
    '120s',
    'Between two events of a stream, or 64 KiB of a long one; bytes that are no event do not count. Then the stream is broken off with 504.',
  ),
  streamTotal: duration('30m', 'A whole stream. Then it is broken off with 504.'),
})

const path = (description: string) => Type.String({ minLength: 1, maxLength: 4096, description })

/** One kind: a section that says by `kind` which it is. */
function upstream<Kind extends string, Properties extends TProperties>(
  kind: Kind,
  what: string,
  { description, properties }: { description: string; properties: Properties },
) {
  return Type.Object(
    { kind: Type.Literal(kind, { description: what }), ...properties },
    { additionalProperties: false, description },
  )
}

/** Names of an upstream that is asked without being named. */
const serves = Type.Array(
  Type.String({
    pattern: '^[A-Za-z0-9*?][A-Za-z0-9*?._:@/+-]{0,254}$',
    'x-shape': 'a model name or glob',
  }),
  {
    default: [],
    maxItems: 1000,
    'x-shape': 'a list of model names and globs',
    description:
      'Names and globs that this upstream is asked for while `models` is empty, such as `gpt-*`. Empty: every name that no other upstream is known for.',
  },
)

const keyText = Type.String({
  minLength: 1,
  maxLength: 4096,
  pattern: '^[\\x21-\\x7e]+$',
  writeOnly: true,
  'x-shape': 'a key of printable ASCII characters without spaces',
})

const KEYS = 'Secret: write `${NAME}` or `${file:/run/secrets/name}`.'

const keys = Type.Array(keyText, {
  minItems: 1,
  maxItems: 1000,
  description: `API keys of this upstream, used in turn. ${KEYS}`,
})

const optionalKeys = (description: string) =>
  Type.Array(keyText, { default: [], maxItems: 1000, description: `${description} ${KEYS}` })

const address = { maxLength: 2048, 'x-shape': 'an http:// or https:// address' }

/** What every upstream with a network between us and it has. */
const REACHED = {
  serves,
  timeouts: UpstreamTimeoutsSchema,
  connectionsMax: count(
    4096,
    1,
    65_535,
    'Sockets to this upstream. When all are busy, requests wait for one.',
  ),
}

const GeminiUpstreamSchema = upstream('gemini', 'A server that speaks the Gemini API.', {
  description: 'Google AI Studio or any other Gemini-compatible server.',
  properties: {
    baseUrl: Type.String({
      default: 'https://generativelanguage.googleapis.com',
      ...address,
      description:
        'Where requests go; the API version and the route are appended. No user info, query or fragment.',
    }),
    apiVersion: Type.Optional(
      Type.String({
        pattern: '^v[0-9]{1,3}[a-z0-9]{0,16}$',
        'x-shape': 'a version such as v1beta',
        description:
          'API version in the upstream address, for a server that knows only one. Left out: the version that the client used.',
      }),
    ),
    keys,
    credential: Type.Enum(['header', 'bearer'], {
      default: 'header',
      description: '`header` sends the key as `x-goog-api-key`, `bearer` as `Authorization: Bearer`.',
    }),
    ...REACHED,
  },
})

const flag = (description: string) => Type.Optional(Type.Boolean({ 'x-shape': 'true or false', description }))

/** What an operator can know of a server. The vendors' own rows say more. */
const VendorFlagsSchema = section('What this server does otherwise than its vendor usually does.', {
  api: Type.Optional(
    Type.Enum(['auto', 'chat', 'responses'], {
      description:
        '`chat` uses Chat Completions, `responses` the Responses API, `auto` the one that the model needs.',
    }),
  ),
  systemRole: Type.Optional(
    Type.Enum(['system', 'developer'], { description: 'The role of the system instruction.' }),
  ),
  maxTokensField: Type.Optional(
    Type.Enum(['max_completion_tokens', 'max_tokens'], { description: 'How `maxOutputTokens` is called.' }),
  ),
  sampling: Type.Optional(
    Type.Enum(['always', 'without-thinking', 'never'], {
      description: 'When temperature, topP and log probabilities are read.',
    }),
  ),
  thinking: Type.Optional(
    Type.Enum(['effort', 'reasoning', 'toggle', 'template', 'none'], {
      description:
        'How thinking is asked for: `effort` as `reasoning_effort`, `reasoning` as an object with an effort or a budget, `toggle` by a switch beside the effort, `template` by what chat templates of open models read.',
    }),
  ),
  formats: Type.Optional(
    Type.Array(Type.Enum(['json', 'schema', 'enum']), {
      maxItems: 3,
      'x-shape': 'json, schema, enum',
      description:
        'What an answer is held to by the server. Everything else is asked for, checked and repaired.',
    }),
  ),
  toolChoice: Type.Optional(
    Type.Enum(['named', 'words', 'none'], {
      description: 'Whether a function can be forced by its name, by a word only, or not at all.',
    }),
  ),
  hasTopK: flag('Whether `top_k` is read.'),
  hasPenalties: flag('Whether penalties are read.'),
  hasCandidates: flag('Whether `n` gives several candidates.'),
  hasContentParts: flag('Whether the content of a message may be a list.'),
  hasImageUrls: flag('Whether the server fetches images from an address.'),
  hasStreamOptions: flag('Whether a stream tells its usage when `stream_options` asks for it.'),
  hasEmbeddings: flag('Whether there are embeddings.'),
})

const OpenAiUpstreamSchema = upstream('openai', 'A server that speaks the OpenAI API.', {
  description: 'Any OpenAI-compatible server: a vendor in the cloud, or one that runs beside you.',
  properties: {
    vendor: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9-]{1,32}$',
        'x-shape': 'the name of a vendor, such as groq or ollama',
        description:
          'Whose server it is: that decides the address, the credential and what the API can do. Left out: told by `baseUrl`, `generic` for an address that is nobody’s; without an address `openai`.',
      }),
    ),
    baseUrl: Type.Optional(
      Type.String({
        ...address,
        description:
          "Where requests go; `/chat/completions` and the like are appended, so it usually ends in `/v1`. Left out: the vendor's own address.",
      }),
    ),
    keys: optionalKeys('API keys of this upstream, used in turn. Empty for a server that asks for none.'),
    flags: VendorFlagsSchema,
    streamUsage: Type.Enum(['budgeted', 'always', 'never'], {
      default: 'budgeted',
      description:
        'Whose streams are asked for their usage when the client speaks the OpenAI API too and did not ask for it. `budgeted`: those of keys with a budget that is enforced. The client does not see what it did not ask for. For all others usage is estimated.',
    }),
    ...REACHED,
  },
})

const AnthropicUpstreamSchema = upstream('anthropic', 'A server that speaks the Anthropic Messages API.', {
  description: 'Anthropic, or a server that speaks its Messages API.',
  properties: {
    baseUrl: Type.String({
      default: 'https://api.anthropic.com',
      ...address,
      description: 'Where requests go; `/v1/messages` is appended.',
    }),
    keys,
    ...REACHED,
  },
})

const VertexUpstreamSchema = upstream('vertex', 'Gemini on Vertex AI.', {
  description: 'Gemini on Google Cloud, with credentials of the cloud or an express key.',
  properties: {
    project: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9][a-z0-9.:-]{0,99}$',
        'x-shape': 'the id of a Google Cloud project',
        description: 'Google Cloud project. Needed unless `keys` are express keys.',
      }),
    ),
    location: Type.String({
      default: 'global',
      pattern: '^[a-z0-9-]{1,40}$',
      'x-shape': 'a region such as europe-west4, or global',
      description: 'Region that answers; `global` leaves the choice to Google.',
    }),
    baseUrl: Type.Optional(
      Type.String({
        ...address,
        description: "Where requests go, such as a private endpoint. Left out: the location's own address.",
      }),
    ),
    keys: optionalKeys('Express-mode API keys, used in turn. Empty: Google credentials are used.'),
    credentialsFile: Type.Optional(
      path(
        'Service account or workload identity file. A relative path in the file starts at the file. Left out: Application Default Credentials.',
      ),
    ),
    ...REACHED,
  },
})

const SandboxSpeedSchema = Type.Object(
  {
    model: Type.String({
      pattern: '^[A-Za-z0-9*?][A-Za-z0-9*?._:@/+-]{0,254}$',
      'x-shape': 'a model name or glob',
      description: 'Model name or glob that this speed is for.',
    }),
    firstTokenMs: count(0, 0, 600_000, 'Milliseconds until the first token. 0: at once.'),
    tokensPerSecond: count(0, 0, 1_000_000, 'Tokens in each second after that. 0: all at once.'),
  },
  {
    additionalProperties: false,
    'x-shape': 'sections with model, firstTokenMs, tokensPerSecond',
    description: 'How fast a model speaks.',
  },
)

const SandboxUpstreamSchema = Type.Object(
  {
    kind: Type.Literal('sandbox', { description: 'The built-in upstream.' }),
    fixtures: Type.Array(path('A fixture file, or a folder with `.yaml`, `.yml` and `.json` files.'), {
      default: [],
      maxItems: 100,
      'x-shape': 'a list of files and folders',
      description:
        'Files and folders with answers of your own, read at start and reload, asked before everything else in this order. A relative path in the file starts at the file. `wasat sandbox fixtures lint` checks them.',
    }),
    record: Type.Enum(['off', 'replay', 'record', 'miss'], {
      default: 'off',
      description:
        '`off`: fixtures, then the built-in behaviours. `replay`: fixtures, then recordings; what neither answers is an error that names the nearest. `record`: always ask `recordFrom` and store its answer. `miss`: replay, and on a miss ask `recordFrom` and store.',
    }),
    recordings: Type.Optional(
      path(
        'Folder of the recordings: one JSON file for each request, without credentials. A relative path in the file starts at the file. Needed for `record: record` and `record: miss`.',
      ),
    ),
    recordFrom: Type.Optional(
      Type.String({
        pattern: UPSTREAM_NAME_PATTERN,
        'x-shape': 'the name of another upstream',
        description: 'The upstream that is asked when something is to be recorded.',
      }),
    ),
    corpus: Type.Optional(
      path(
        'Folder of your own documents, which the built-in search tools then find. A relative path in the file starts at the file. Left out: the small corpus that is built in.',
      ),
    ),
    billing: Type.Enum(['free', 'list'], {
      default: 'free',
      description:
        '`free`: answers cost nothing. `list`: they are billed as the real model would be, to try budgets and reports with.',
    }),
    speed: Type.Array(SandboxSpeedSchema, {
      default: [],
      maxItems: 1000,
      description:
        'How fast models speak; the first entry whose `model` matches counts. Empty: every answer is there at once.',
    }),
    python: Type.Boolean({
      default: true,
      'x-shape': 'true or false',
      description:
        'Whether the code execution tool may run Python, in a process of its own without files and network. `false`: such a request is refused.',
    }),
  },
  {
    additionalProperties: false,
    description:
      'Answers by itself, the same text for the same request. No account, no network. Fixtures and recordings come first.',
  },
)

/** Every kind that there is. */
export const UpstreamSchema = Type.Union([
  GeminiUpstreamSchema,
  OpenAiUpstreamSchema,
  AnthropicUpstreamSchema,
  VertexUpstreamSchema,
  SandboxUpstreamSchema,
])

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the syntax of the configuration file here
/**
 * The configuration, once: this definition is the TypeScript type, the validation, the JSON Schema that
 * `wasat config schema` prints and the reference page. Each description says what the default is for and what changing it does.
 */
import { type Static, Type } from 'typebox'
import { count, duration, type Shape, section, size } from './fields.ts'
import { ModelsSchema } from './models-schema.ts'
import { PricesSchema } from './prices-schema.ts'
import { HealthSchema, RetriesSchema } from './routing-schema.ts'
import { StoresSchema } from './stores-schema.ts'
import { UPSTREAM_NAME_PATTERN, UpstreamSchema } from './upstreams-schema.ts'

const CorsSchema = section('Which web pages may call the gateway from a browser.', {
  origins: Type.Array(
    Type.String({
      pattern: '^(\\*|[a-z][a-z0-9+.-]*://[^/?#\\s@]+)$',
      'x-shape': 'an origin such as https://app.example.com, or *',
    }),
    {
      default: [],
      maxItems: 1000,
      description:
        'Origins that get CORS headers, such as `https://app.example.com`; `*` is any page. Empty: no CORS headers at all, so browsers refuse cross-origin calls.',
    },
  ),
})

const LimitsSchema = section('What one request, and all of them together, may take.', {
  body: size(
    '100MiB',
    '1KiB',
    '512MiB',
    'Largest request body; Google takes up to 100 MB inline. A larger one is refused with 400.',
  ),
  headers: size('16KiB', '1KiB', '1MiB', 'All request headers together. More is refused with 431.'),
  headerCount: count(100, 8, 2000, 'Number of request headers. More is refused with 431.'),
  url: size('8KiB', '256B', '64KiB', 'Longest path with query. A longer one is refused with 431.'),
  jsonDepth: count(
    100,
    8,
    2000,
    'Nesting of a JSON body. Deeper is refused with 400: it costs stack and seconds.',
  ),
  jsonNodes: count(250_000, 100, 10_000_000, 'Values in a JSON body. More is refused with 400.'),
  jsonKeysPerObject: count(10_000, 10, 1_000_000, 'Members of one JSON object. More is refused with 400.'),
  connections: count(20_000, 1, 1_000_000, 'Open client connections. Beyond it new ones are dropped.'),
  bodiesInFlight: size(
    '512MiB',
    '1KiB',
    '1024GiB',
    'Memory for all request bodies being read or forwarded. When it is used up, requests get 503 until some is free.',
  ),
})

const ServerTimeoutsSchema = section('How long a slow client is waited for.', {
  requestHead: duration(
    '10s',
    'From the first byte of a request to the end of its headers. Later: 408 and the connection is closed.',
  ),
  bodyMinRateBytesPerSecond: count(
    1024,
    1,
    1_000_000_000,
    'Slowest speed at which a body may arrive once `bodyGrace` is over. Slower: 408.',
  ),
  bodyGrace: duration('10s', 'How long a body may be slower than `bodyMinRateBytesPerSecond`.'),
  keepAlive: duration(
    '65s',
    'How long an idle connection stays open. Above the 60 s of common load balancers, so that they close first.',
  ),
  clientWriteStall: duration(
    '30s',
    'How long a client may take nothing of an answer that waits for it. Then its connection is broken.',
  ),
})

const ShutdownSchema = section('What happens between SIGTERM and the exit.', {
  delay: duration(
    '5s',
    'Readiness is already false but requests are still taken, so that load balancers can notice. 0s: stop at once.',
    '0s',
  ),
  grace: duration('30s', 'After the delay: how long ordinary requests may take to finish.', '0s'),
  streamGrace: duration(
    '120s',
    'After the delay: how long streams may take to finish. What is still open then ends with an error event.',
    '0s',
  ),
})

const ServerSchema = section('The listening side.', {
  host: Type.String({
    default: '127.0.0.1',
    minLength: 1,
    maxLength: 255,
    pattern: '^[A-Za-z0-9._:%-]+$',
    'x-shape': 'an address without brackets, or a host name',
    description:
      'Address to listen on. The default is this machine only; anything beyond loopback needs `WASAT_ADMIN_KEY` to be set.',
  }),
  port: count(4080, 0, 65_535, 'TCP port. 0 takes any free one.'),
  cors: CorsSchema,
  trustedProxies: Type.Array(Type.String({ 'x-shape': 'an IP address or CIDR such as 10.0.0.0/8' }), {
    default: [],
    maxItems: 1000,
    description:
      'Addresses or CIDRs whose `X-Forwarded-For` is believed. Empty: the address of the connection is the client.',
  }),
  limits: LimitsSchema,
  timeouts: ServerTimeoutsSchema,
  shutdown: ShutdownSchema,
})

const ResourcesSchema = section(
  'What clients store with the gateway: files, caches and what is made of them.',
  {
    fileBytesMax: size(
      '2GiB',
      '1KiB',
      '1024GiB',
      'Largest file that may be uploaded; Google takes 2 GB. A larger one is refused with 400.',
    ),
    bytesPerKeyMax: size(
      '20GiB',
      '1KiB',
      '1024GiB',
      'What one key may store; Google allows 20 GB for a project. Beyond it uploads get 429 until something is deleted or expires.',
    ),
  },
)

const EgressSchema = section(
  'Where the gateway may connect to. Hosts are named by the operator only, as `baseUrl` of an upstream; each address that a name leads to is judged when it is dialled.',
  {
    allow: Type.Array(
      Type.String({
        minLength: 1,
        maxLength: 255,
        'x-shape': 'a host name, an IP address or a CIDR such as 10.0.0.0/8',
      }),
      {
        default: [],
        maxItems: 1000,
        description:
          'Host names, IP addresses and CIDRs that are meant. A public-looking name that leads to a private address is refused unless the name or the address is listed; link-local, metadata, multicast and reserved addresses are refused unless the address is. Empty: private addresses only behind an address, `localhost`, a name without a dot, or one that ends in `.local`, `.internal`, `.lan` and the like.',
      },
    ),
  },
)

const LogSchema = section('The JSON log on standard output.', {
  level: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'], {
    default: 'info',
    description: 'Least important level that is written. `silent` writes nothing, not even the request log.',
  }),
})

export const ConfigSchema = section('The configuration of Wasat.', {
  server: ServerSchema,
  data: Type.String({
    default: './.wasat',
    minLength: 1,
    maxLength: 4096,
    description:
      'Folder of the database and the admin socket. A relative path in the file starts at the file; elsewhere at the working directory.',
  }),
  stores: StoresSchema,
  log: LogSchema,
  resources: ResourcesSchema,
  upstreams: Type.Record(Type.String({ pattern: UPSTREAM_NAME_PATTERN }), UpstreamSchema, {
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1000,
    'x-names': 'lower-case letters, digits and hyphens, starting with a letter or digit, at most 32',
    'x-detected': true,
    description:
      'Who answers, by a name of your choice. Left out: one for each provider key in the environment, and the sandbox.',
  }),
  models: ModelsSchema,
  egress: EgressSchema,
  retries: RetriesSchema,
  health: HealthSchema,
  prices: PricesSchema,
})

type DeepReadonly<Value> = Value extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
    : Value

/** The configuration as the program sees it: every field there, durations in milliseconds, sizes in bytes, frozen. */
export type Config = DeepReadonly<Static<typeof ConfigSchema>>
export type UpstreamConfig = Config['upstreams'][string]
export type SandboxUpstreamConfig = Extract<UpstreamConfig, { kind: 'sandbox' }>

/** The same for the walkers of this folder. */
export const configShape = ConfigSchema as unknown as Shape

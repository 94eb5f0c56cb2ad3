// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the syntax of the configuration file here
/**
 * The configuration, once: this definition is the TypeScript type, the validation, the JSON Schema that
 * `wasat config schema` prints and the reference page. Each description says what the default is for and what changing it does.
 */
import { type Static, Type } from '../wire/type.ts'
import { type Shape, section, size } from './fields.ts'
import { ModelsSchema } from './models-schema.ts'
import { PricesSchema } from './prices-schema.ts'
import { HealthSchema, RetriesSchema } from './routing-schema.ts'
import { ServerSchema } from './server-schema.ts'
import { StoresSchema } from './stores-schema.ts'
import { UPSTREAM_NAME_PATTERN, UpstreamSchema } from './upstreams-schema.ts'

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

/** Google's own library, and of its clients the one that a credentials file asks for. */
import { readFile } from 'node:fs/promises'
import type { AuthClient, GoogleAuth } from 'google-auth-library'
import type { Egress } from '../http/egress.ts'
import { createEgressFetch } from '../http/egress-fetch.ts'

export interface GoogleAuthOptions {
  /** A JSON file of Google Cloud; undefined: the environment's default credentials. */
  readonly file: string | undefined
  /** How the library asks. */
  readonly fetch: typeof globalThis.fetch
}

/** Google's and AWS's, by name and address: where a workload's own credentials come from. */
const METADATA_SERVERS = ['metadata.google.internal', '169.254.169.254', 'fd20:ce::254', 'fd00:ec2::254']

/** For tokens only, the metadata of the cloud may be asked. */
export function tokenFetch(egress: Egress, waitMs: number): typeof globalThis.fetch {
  return createEgressFetch(egress.allowing(METADATA_SERVERS), waitMs)
}

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

/** Loaded here and not before, because only some gateways have such an upstream. */
export async function openAuth({ file, fetch }: GoogleAuthOptions): Promise<GoogleAuth> {
  const library = await import('google-auth-library')
  const clientOptions: ClientOptions = { transporterOptions: { fetchImplementation: fetch } }
  // The metadata server is asked by way of this one, whatever the client's own options say.
  library.gaxios.instance.defaults.fetchImplementation = fetch
  if (file === undefined) {
    return new library.GoogleAuth({ scopes: SCOPE, clientOptions }) as unknown as GoogleAuth
  }
  const json = JSON.parse(await readFile(file, 'utf8')) as CredentialsFile
  const authClient = clientOf(library, json, clientOptions)
  const projectId = json.project_id ?? json.quota_project_id
  return new library.GoogleAuth({
    authClient,
    ...(projectId !== undefined && { projectId }),
  }) as unknown as GoogleAuth
}

/**
 * The auth's client, and the one behind it whose place it takes: each asks by `fetch`, however the library made it.
 * Throws for the one kind that opens sockets of its own.
 */
export async function boundClient(auth: GoogleAuth, fetch: typeof globalThis.fetch): Promise<AuthClient> {
  const client = (await auth.getClient()) as AuthClient
  for (let one: Bindable | undefined = client as Bindable; one !== undefined; one = one.sourceClient) {
    if (one.credentialSourceType === 'certificate')
      throw new Error('credentials from a client certificate are not supported: use a file or an address')
    // The exchange of a workload's proof has a transporter that takes nothing from its client.
    for (const { transporter } of [one, one.stsCredential ?? one])
      transporter.defaults.fetchImplementation = fetch
  }
  return client
}

interface Asking {
  readonly transporter: { readonly defaults: { fetchImplementation?: unknown } }
}

/** What the library's types keep to themselves. */
interface Bindable extends Asking {
  readonly stsCredential?: Asking
  readonly credentialSourceType?: string
  readonly sourceClient?: Bindable
}

type Library = typeof import('google-auth-library')
type ClientOptions = NonNullable<
  NonNullable<ConstructorParameters<Library['GoogleAuth']>[0]>['clientOptions']
>

interface CredentialsFile {
  readonly type?: string
  readonly project_id?: string
  readonly quota_project_id?: string
  readonly [member: string]: unknown
}

/** One constructor for each type, as the library asks for: its readers of any file take more than these. */
function clientOf(library: Library, json: CredentialsFile, clientOptions: ClientOptions): AuthClient {
  const shared = { ...clientOptions, ...(json.quota_project_id && { quotaProjectId: json.quota_project_id }) }
  switch (json.type) {
    case 'service_account':
      return new library.JWT({
        ...shared,
        email: String(json.client_email),
        key: String(json.private_key),
        keyId: String(json.private_key_id ?? ''),
        scopes: [SCOPE],
      })
    case 'authorized_user':
      return new library.UserRefreshClient({
        ...shared,
        clientId: String(json.client_id),
        clientSecret: String(json.client_secret),
        refreshToken: String(json.refresh_token),
      })
    case 'impersonated_service_account':
      return new library.GoogleAuth({ scopes: [SCOPE], clientOptions }).fromImpersonatedJSON(json as never)
    case 'external_account':
      return externalClientOf(library, { ...json, ...shared, scopes: [SCOPE] } as CredentialsFile)
    case 'external_account_authorized_user':
      return new library.ExternalAccountAuthorizedUserClient({ ...json, ...shared } as never)
    default:
      throw new Error(`credentials of the type ${json.type ?? '(none)'} are not known`)
  }
}

/** By where the workload's own proof comes from: the cloud that it runs in, a program, or a file or address. */
function externalClientOf(library: Library, options: CredentialsFile): AuthClient {
  const source = options.credential_source as { environment_id?: string; executable?: object } | undefined
  if (source?.environment_id !== undefined) return new library.AwsClient(options as never)
  if (source?.executable !== undefined) return new library.PluggableAuthClient(options as never)
  return new library.IdentityPoolClient(options as never)
}

/** The real library against servers of our own: a token's server, and what stands in files. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fails } from '../../nouns.fixture.ts'
import { named } from '../http/egress.fixture.ts'
import { STRICT_EGRESS } from '../http/egress.ts'
import { createEgressFetch } from '../http/egress-fetch.ts'
import { type GoogleCredentialsOptions, googleCredentials } from './credentials.ts'
import { tokenFetch } from './google-auth.ts'
import { type Reply, serve } from './testing.fixture.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const SERVICE_ACCOUNT = {
  type: 'service_account',
  project_id: 'project-of-the-file',
  private_key_id: 'id',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  client_email: 'robot@project-of-the-file.iam.gserviceaccount.com',
}

function fileOf(t: TestContext, content: string | object): string {
  const folder = mkdtempSync(join(tmpdir(), 'wasat-credentials-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'credentials.json')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

/** Google's own token server is at one address, which leads here instead. */
async function tokenServer(t: TestContext, reply: (turn: number) => Reply | Promise<Reply>) {
  let turn = 0
  const { origin, asked } = await serve(t, () => reply(turn++))
  const fetched: typeof fetch = (address, init) => {
    const { pathname } = new URL(String(address))
    return fetch(`${origin}${pathname}`, init)
  }
  const open = (rest: Partial<GoogleCredentialsOptions>) =>
    googleCredentials({
      ...{ name: 'vertex', project: undefined, file: undefined, waitMs: 2_000, fetch: fetched },
      ...rest,
    })
  return { asked, origin, open }
}

const tokenOf = (turn: number, expires_in = 3_600): Reply => ({
  body: JSON.stringify({ access_token: `token-${turn}`, expires_in, token_type: 'Bearer' }),
})

test('[VTX-01] U46 a service account gets one token for all who wait, and keeps it', async (t) => {
  const { asked, open } = await tokenServer(t, (turn) => tokenOf(turn))
  const credentials = open({ file: fileOf(t, SERVICE_ACCOUNT) })
  const all = await Promise.all(Array.from({ length: 20 }, () => credentials.access(0)))
  assert.deepEqual(new Set(all.map(({ headers }) => headers.authorization)), new Set(['Bearer token-0']))
  assert.equal(all[0]?.project, 'project-of-the-file')
  assert.equal((await credentials.access(0)).secret, 'token-0')
  assert.equal(asked.length, 1)
  const grant = new URLSearchParams(asked[0]?.body)
  assert.equal(grant.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer')
  const claims = JSON.parse(Buffer.from(grant.get('assertion')?.split('.')[1] ?? '', 'base64url').toString())
  assert.equal(claims.iss, SERVICE_ACCOUNT.client_email)
  assert.equal(claims.scope, 'https://www.googleapis.com/auth/cloud-platform')
})

test('[VTX-01] a token that was refused is not given out again; one near its end is renewed meanwhile', async (t) => {
  const { asked, open } = await tokenServer(t, (turn) => tokenOf(turn))
  let ms = Date.now()
  const credentials = open({ file: fileOf(t, SERVICE_ACCOUNT), project: 'own', now: () => ms })
  const first = await credentials.access(0)
  assert.equal(first.project, 'own')
  credentials.forget(first)
  credentials.forget(first)
  const second = await credentials.access(0)
  assert.equal(second.secret, 'token-1')
  assert.equal(asked.length, 2)
  ms += 3_599_000
  assert.notEqual((await credentials.access(0)).secret, 'token-0')
})

test('[VTX-01] a workload’s identity is exchanged for a token', async (t) => {
  const { asked, origin, open } = await tokenServer(t, (turn) => ({
    body: JSON.stringify({
      ...JSON.parse(String(tokenOf(turn).body)),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    }),
  }))
  const subject = fileOf(t, 'the-subject-token')
  const file = fileOf(t, {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${origin}/v1/token`,
    credential_source: { file: subject },
    quota_project_id: 'quota',
  })
  const access = await open({ file, project: 'p' }).access(0)
  assert.deepEqual(access.headers, { authorization: 'Bearer token-0', 'x-goog-user-project': 'quota' })
  assert.equal(new URLSearchParams(asked[0]?.body).get('subject_token'), 'the-subject-token')
})

test('[VTX-01] credentials that are refused, unreadable or unknown say what to do; the failure is asked for once', async (t) => {
  const refusal = { status: 400, body: '{"error":"invalid_grant","error_description":"Invalid JWT"}' }
  const { asked, open } = await tokenServer(t, () => refusal)
  const credentials = open({ file: fileOf(t, SERVICE_ACCOUNT) })
  for (let turn = 0; turn < 3; turn++) {
    await assert.rejects(credentials.access(0), (error: Error & { hint?: string }) => {
      assert.match(error.hint ?? '', /^vertex: invalid_grant: Invalid JWT; check credentialsFile/)
      assert.ok(!error.message.includes('invalid_grant'))
      return fails('upstream_refused_credential')(error)
    })
  }
  assert.equal(asked.length, 1)
  for (const file of [
    fileOf(t, '{'),
    fileOf(t, { type: 'something_else' }),
    join(tmpdir(), 'wasat-no-such-file'),
  ]) {
    await assert.rejects(open({ file }).access(0), fails('upstream_refused_credential'))
  }
})

test('[VTX-01] U46 a token that does not come in time is an upstream that cannot be reached', async (t) => {
  let answer: (() => void) | undefined
  const { open } = await tokenServer(t, async (turn) => {
    await new Promise<void>((resolve) => {
      answer = resolve
    })
    return tokenOf(turn)
  })
  const credentials = open({ file: fileOf(t, SERVICE_ACCOUNT), waitMs: 50 })
  await assert.rejects(credentials.access(0), fails('upstream_unreachable'))
  answer?.()
})

test('[NEV-40] the client behind an impersonated account asks by the same way; a client certificate goes no other', async (t) => {
  const { asked, open } = await tokenServer(t, (turn) =>
    turn === 0
      ? tokenOf(0)
      : { body: JSON.stringify({ accessToken: 'of-another', expireTime: '2126-01-01T00:00:00Z' }) },
  )
  const impersonated = fileOf(t, {
    type: 'impersonated_service_account',
    service_account_impersonation_url:
      'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/robot@p.iam.gserviceaccount.com:generateAccessToken',
    source_credentials: { type: 'authorized_user', client_id: 'i', client_secret: 's', refresh_token: 'r' },
  })
  assert.equal((await open({ file: impersonated, project: 'p' }).access(0)).secret, 'of-another')
  assert.deepEqual(
    asked.map(({ url }) => url.split(':').at(-1)),
    ['/token', 'generateAccessToken'],
  )
  const certificate = fileOf(t, {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x',
    subject_token_type: 'urn:ietf:params:oauth:token-type:mtls',
    token_url: 'https://sts.mtls.googleapis.com/v1/token',
    credential_source: { certificate: { use_default_certificate_config: true } },
  })
  await assert.rejects(
    open({ file: certificate, project: 'p' }).access(0),
    (error: Error & { hint?: string }) => {
      assert.match(error.hint ?? '', /client certificate are not supported/)
      return fails('upstream_refused_credential')(error)
    },
  )
  assert.equal(asked.length, 2)
})

test('[NEV-40] [NEV-41] for tokens the metadata of the cloud may be asked, and no redirect is followed', async (t) => {
  const stolen = await serve(t, () => ({ body: '{}' }))
  const { origin, asked } = await serve(t, ({ url }) =>
    url === '/there'
      ? { body: '{"a":1}', headers: { 'metadata-flavor': 'Google', 'set-cookie': 'a' } }
      : { status: 307, headers: { location: stolen.origin }, body: '' },
  )
  const { port } = new URL(origin)
  const { egress } = named({ 'metadata.google.internal': [['127.0.0.1']] })
  const fetchToken = tokenFetch(egress, 1_000)
  const at = `http://metadata.google.internal:${port}`
  const headers = { authorization: 'Bearer secret', 'metadata-flavor': 'Google' }
  const answer = await fetchToken(`${at}/there`, {
    method: 'POST',
    headers,
    body: new URLSearchParams({ b: 'c' }),
  })
  assert.deepEqual(
    [answer.status, answer.headers.get('metadata-flavor'), await answer.json()],
    [200, 'Google', { a: 1 }],
  )
  assert.deepEqual([asked[0]?.body, asked[0]?.headers['metadata-flavor']], ['b=c', 'Google'])
  assert.equal((await fetchToken(`${at}/elsewhere`, { headers })).status, 307)
  assert.equal(stolen.asked.length, 0)
  await assert.rejects(fetchToken('http://169.254.169.253/'), /egress\.allow/)
  const file = fileOf(t, {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `http://0.0.0.0:${port}/v1/token`,
    credential_source: { file: fileOf(t, 'the-subject-token') },
  })
  const credentials = googleCredentials({ name: 'up', project: 'p', file, waitMs: 2_000, fetch: fetchToken })
  await assert.rejects(credentials.access(0), (error: Error & { hint?: string }) => {
    assert.match(error.hint ?? '', /egress\.allow/)
    return fails('upstream_unreachable')(error)
  })
  assert.equal(asked.length, 2)
  await assert.rejects(createEgressFetch(egress, 1_000)(`${at}/there`), /metadata service/)
})

/** Sets variables of the environment until the test is over; undefined takes one away. */
function setEnvironment(t: TestContext, variables: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name]
    const set = (to: string | undefined) => {
      if (to === undefined) delete process.env[name]
      else process.env[name] = to
    }
    set(value)
    t.after(() => set(before))
  }
}

test('[VTX-01] without a file the environment’s own credentials are taken', async (t) => {
  const { open } = await tokenServer(t, (turn) => tokenOf(turn))
  setEnvironment(t, { GOOGLE_APPLICATION_CREDENTIALS: fileOf(t, SERVICE_ACCOUNT) })
  const { secret, project } = await open({}).access(0)
  assert.deepEqual([secret, project], ['token-0', 'project-of-the-file'])
})

test('[VTX-01] on a machine of Google’s the metadata server gives the token and the project', async (t) => {
  const { origin } = await serve(t, ({ url }) => {
    const headers = { 'metadata-flavor': 'Google' }
    if (url.includes('/project/project-id')) return { headers, body: 'project-of-the-machine' }
    return url.includes('/token') ? { ...tokenOf(7), headers } : { headers, body: '{}' }
  })
  const nowhere = mkdtempSync(join(tmpdir(), 'wasat-home-'))
  t.after(() => rmSync(nowhere, { recursive: true }))
  setEnvironment(t, {
    ...{ GOOGLE_APPLICATION_CREDENTIALS: undefined, GOOGLE_CLOUD_PROJECT: undefined },
    ...{ GCLOUD_PROJECT: undefined, CLOUDSDK_CONFIG: nowhere, HOME: nowhere, PATH: nowhere },
    ...{ GCE_METADATA_HOST: new URL(origin).host, METADATA_SERVER_DETECTION: 'assume-present' },
  })
  const access = await googleCredentials({
    name: 'vertex',
    project: undefined,
    file: undefined,
    waitMs: 5_000,
    fetch: tokenFetch(STRICT_EGRESS, 5_000),
  }).access(0)
  assert.deepEqual([access.secret, access.project], ['token-7', 'project-of-the-machine'])
})

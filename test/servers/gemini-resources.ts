/**
 * The stores of a Gemini upstream in a process of its own: each key is an account that does not see another's files,
 * caches, batches and stores. Its shapes are the real ones, its contents are as simple as can be.
 *
 *   node test/servers/gemini-resources.ts --keys a,b
 *
 * prints `{"port":…}` when it is ready and exits when its standard input ends. Paths below `/_control` are for tests.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { resource } from './resources-collections.ts'
import { accounts, type Json, origin, Refusal, send, wishes } from './resources-state.ts'
import { upload } from './resources-uploads.ts'

const log: Json[] = []

async function control({ pathname, searchParams }: URL, response: ServerResponse): Promise<void> {
  const actions: Record<string, () => unknown> = {
    '/_control/log': () => log,
    '/_control/state': () =>
      Object.fromEntries([...accounts].map(([key, { things }]) => [key, [...things.keys()]])),
    '/_control/fail': () => {
      wishes.failing = new Set((searchParams.get('keys') ?? '').split(','))
    },
    '/_control/die': () => {
      wishes.dieAfterBytes = Number(searchParams.get('after'))
    },
    '/_control/forget': () => {
      for (const { things } of accounts.values()) things.delete(searchParams.get('name') ?? '')
    },
  }
  send(response, 200, actions[pathname]?.() ?? null)
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url as string, origin())
  if (url.pathname.startsWith('/_control/')) return control(url, response)
  const key = String(request.headers['x-goog-api-key'] ?? '')
  log.push({ method: request.method, path: url.pathname + url.search, key, headers: request.headers })
  const account = accounts.get(key)
  if (account === undefined) {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }]
    const error = { code: 400, message: `API key not valid: ${key}`, status: 'INVALID_ARGUMENT', details }
    return send(response, 400, { error })
  }
  const isUpload = url.pathname.startsWith('/upload/')
  const path = decodeURIComponent(url.pathname.replace(/^(?:\/upload)?\/v1(?:beta)?\//, ''))
  const asked = { request, response, key, account, url, path, isUpload }
  await (isUpload && request.method !== 'GET' ? upload(asked) : resource(asked))
}

const { values } = parseArgs({ options: { keys: { type: 'string', default: 'upstream-key' } } })
for (const key of values.keys.split(',')) accounts.set(key, { things: new Map(), bytes: new Map() })
const server = createServer((request, response) => {
  serve(request, response).catch((error) => {
    if (!(error instanceof Refusal)) return response.destroy()
    const { code, status, message } = error
    send(response, code, { error: { code, message, status } })
  })
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
wishes.port = (server.address() as AddressInfo).port
console.log(JSON.stringify({ port: wishes.port }))
process.stdin.resume()
process.stdin.once('end', () => process.exit(0))
process.stdin.once('error', () => process.exit(0))

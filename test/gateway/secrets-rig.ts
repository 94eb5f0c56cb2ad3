/** What the search for planted secrets needs: an upstream that tells all it hears, and readers of both databases. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Redis } from 'iovalkey'
import { Client } from 'pg'
import { type FaultWire, WORDS } from '../../src/cli/faults/wires.ts'
import type { Artefact } from '../servers/canaries.ts'

export interface Telltale {
  readonly url: string
  close(): Promise<void>
}

/** Its errors quote the request with every header. Its token server gives out `token`, and quotes as well. */
export async function startTelltale(token: string): Promise<Telltale> {
  const server = createServer((request, response) => void tell(request, response, token))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function tell(request: IncomingMessage, response: ServerResponse, token: string): Promise<void> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  const body = Buffer.concat(pieces).toString()
  const { url = '', headers } = request
  const send = (status: number, text: string, type = 'application/json') =>
    response.writeHead(status, { 'content-type': type, 'x-heard': JSON.stringify(headers) }).end(text)
  if (url.endsWith('/token')) return void send(200, tokenAnswer(token))
  const wire = url.includes('/messages') ? 'anthropic' : url.includes('/chat/') ? 'openai' : 'gemini'
  const words = WORDS[wire]
  const heard = `you said ${url} with ${JSON.stringify(headers)}`
  const wanted = /tell-(\w+)/.exec(`${url} ${body}`)?.[1] ?? '401'
  if (wanted === 'html') return void send(500, `<html>${heard}</html>`, 'text/html')
  if (wanted === 'stream')
    return void send(200, words.pieces(['a']) + quotedError(wire, heard), 'text/event-stream')
  if (wanted === 'well') return void send(200, words.whole(heard, { input: 3, output: 3 }))
  send(Number(wanted), words.error(Number(wanted), heard, [{ '@type': 'heard', heard }]))
}

const quotedError = (wire: FaultWire, heard: string) =>
  `${wire === 'anthropic' ? 'event: error\n' : ''}data: ${WORDS[wire].error(503, heard)}\n\n`

const tokenAnswer = (token: string) =>
  JSON.stringify({
    access_token: token,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 3_600,
  })

/** What a gateway made and keeps in its settings: it belongs there and nowhere else. */
export async function settingsIn(url: string): Promise<ReadonlyMap<string, string>> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string; value: string }>(
      'SELECT name, value FROM wasat.settings',
    )
    return new Map(rows.map(({ name, value }) => [name, value]))
  } finally {
    await client.end()
  }
}

/** Every key and value, whatever its type. */
export async function entriesIn(url: string): Promise<Artefact[]> {
  const redis = new Redis(url)
  try {
    const keys = await redis.keys('*')
    const values = await Promise.all(keys.map((key) => entryText(redis, key)))
    return keys.map((key, index) => ({ name: `entry ${key}`, bytes: Buffer.from(`${key} ${values[index]}`) }))
  } finally {
    redis.disconnect()
  }
}

async function entryText(redis: Redis, key: string): Promise<string> {
  switch (await redis.type(key)) {
    case 'string':
      return (await redis.get(key)) ?? ''
    case 'hash':
      return JSON.stringify(await redis.hgetall(key))
    case 'zset':
      return JSON.stringify(await redis.zrange(key, 0, -1, 'WITHSCORES'))
    case 'set':
      return JSON.stringify(await redis.smembers(key))
    default:
      return JSON.stringify(await redis.lrange(key, 0, -1))
  }
}

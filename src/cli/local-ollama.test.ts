import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { findLocalOllama } from './local-ollama.ts'

async function found(status: number, body: string): Promise<boolean> {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/api/version' ? status : 404).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await findLocalOllama(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.close()
  }
}

test('[CONFIG-06] a local Ollama is found by its own answer, and by no other', async () => {
  assert.equal(await found(200, '{"version":"0.13.5"}'), true)
  assert.equal(await found(200, '<html>'), false)
  assert.equal(await found(404, '{"version":"0.13.5"}'), false)
  assert.equal(await found(200, `{"version":"${'0'.repeat(10_000)}"}`), false)
})

test('nobody there is no local Ollama', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  assert.equal(await findLocalOllama(`http://127.0.0.1:${port}`), false)
})

/** C05, C06: many clients that read nothing, over each wire: what is held for them, who is held up, what the books say. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { after, before, test } from 'node:test'
import { chunk, LAST_CHUNK, STREAM_HEAD } from '../../src/cli/faults/bytes.ts'
import { FAULT_WIRES, type FaultWire, WORDS } from '../../src/cli/faults/wires.ts'
import { type Gateway, startGateway, until } from '../gateway/rig.ts'

const KIB = 1024
const READERS_A_WIRE = 8
/** 64 MiB, far more than all sockets on the way can hold. */
const WRITES = 512
const HELD_BYTES_MAX = 256 * KIB
/** What sockets of the kernel hold on the two ways through this machine. */
const TAKEN_BYTES_MAX = 24 * 1024 * KIB
const STALL_MS = 2_500
const QUIET_MS = 400

interface Flood {
  readonly wire: FaultWire
  readonly server: Server
  readonly takenBytes: number
}

/** Answers in the words of one wire, as fast as they are taken. */
async function startFlood(wire: FaultWire): Promise<Flood> {
  const { pieces, ending } = WORDS[wire]
  const [first = '', next = ''] = pieces(['drop ', `drop ${'x'.repeat(8_000)}`])
  const write = chunk(next.repeat(16))
  let takenBytes = 0
  const server = createServer((socket) => {
    let left = 0
    const pour = () => {
      while (left > 0 && !socket.destroyed) {
        takenBytes += write.length
        if (--left === 0)
          socket.write(
            Buffer.concat([write, chunk(ending({ input: 3, output: 9 })), Buffer.from(LAST_CHUNK)]),
          )
        else if (!socket.write(write)) return
      }
    }
    socket.on('data', (bytes: Buffer) => {
      if (!bytes.includes('POST ')) return
      left = WRITES
      socket.write(STREAM_HEAD)
      socket.write(chunk(first))
      pour()
    })
    socket.on('drain', pour)
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    wire,
    server,
    get takenBytes() {
      return takenBytes
    },
  }
}

let floods: readonly Flood[]
let gateway: Gateway
before(async () => {
  floods = await Promise.all(FAULT_WIRES.map(startFlood))
  const upstreams = floods.map(({ wire, server }) => {
    const { port } = server.address() as AddressInfo
    const vendor = wire === 'openai' ? ', vendor: generic, flags: { api: chat }' : ''
    const path = wire === 'openai' ? '/v1' : ''
    return `  ${wire}: { kind: ${wire}, baseUrl: "http://127.0.0.1:${port}${path}", keys: ["upstream-key"]${vendor} }`
  })
  const models = FAULT_WIRES.map((wire) => `  slow-${wire}: { targets: [${wire}] }`)
  gateway = await startGateway({
    config: `
upstreams:
${upstreams.join('\n')}
  sandbox: { kind: sandbox }
models:
${models.join('\n')}
  quick: { targets: [{ upstream: sandbox, model: gemini-2.5-flash }] }
server: { timeouts: { clientWriteStall: ${STALL_MS}ms }, drains: { bytes: 1MiB } }
`,
  })
})
after(async () => {
  await gateway?.stop('SIGINT')
  for (const { server } of floods ?? []) server.close()
})

async function openUnread(wire: FaultWire): Promise<IncomingMessage> {
  const request = gateway.send(`/v1beta/models/slow-${wire}:streamGenerateContent?alt=sse`)
  request.on('error', () => undefined)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.on('error', () => undefined)
  return response
}

async function heldBack(): Promise<void> {
  let [bytes, sinceMs] = [-1, 0]
  await until('the upstreams are held back', () => {
    const taken = floods.reduce((sum, { takenBytes }) => sum + takenBytes, 0)
    if (taken !== bytes) [bytes, sinceMs] = [taken, performance.now()]
    return performance.now() - sinceMs > QUIET_MS
  })
}

test('[NEV-61] C05 C06 readers that read nothing hold up their own upstream, and nobody else', async () => {
  const wires = FAULT_WIRES.flatMap((wire) => Array.from({ length: READERS_A_WIRE }, () => wire))
  const responses = await Promise.all(wires.map(openUnread))
  await heldBack()
  for (const { wire, takenBytes } of floods)
    assert.ok(takenBytes < READERS_A_WIRE * TAKEN_BYTES_MAX, `${wire}: ${takenBytes} bytes taken`)
  const waiting = await gateway.metric('wasat_answer_bytes')
  assert.ok(waiting > 0 && waiting <= wires.length * HELD_BYTES_MAX, `${waiting} bytes wait`)
  assert.equal((await gateway.ask('/v1beta/models/quick:generateContent')).status, 200)

  await until('they are hung up on', async () => (await gateway.metric('wasat_active_streams')) === 0)
  for (const [index, { headers }] of responses.entries()) {
    const row = await gateway.logged(String(headers['x-request-id']))
    const seen = [row.outcome, ['partial', 'estimated'].includes(String(row.usageSource))]
    assert.deepEqual(seen, ['client_gone', true], `${wires[index]}: ${row.usageSource}`)
  }
  await until('nothing is held', async () => (await gateway.metric('wasat_answer_bytes')) === 0)
  for (const response of responses) response.destroy()
})

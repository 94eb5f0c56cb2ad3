import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Pool } from 'undici'
import { BLOCK_BYTES, inBlocks } from './blocks.ts'

const NOBODY = { body: () => undefined, taker: () => undefined }

/** Pieces whose memory is gone as soon as the next one is asked for, as a client's are. */
async function* fleeting(bytes: Buffer, size: (at: number) => number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const end = at + size(at)
    const piece = Buffer.from(new Uint8Array(bytes.subarray(at, end)).buffer)
    at = end
    yield piece
    piece.fill(0)
  }
}

test('blocks have all the bytes in their order, however they came', async () => {
  for (const [length, size] of [
    [0, 1],
    [1, 1],
    [BLOCK_BYTES, 1_000],
    [BLOCK_BYTES * 3 + 1, 65_536],
    [BLOCK_BYTES * 2 - 1, BLOCK_BYTES * 2],
  ] as const) {
    const bytes = randomBytes(length)
    const hash = createHash('sha256')
    const lengths: number[] = []
    for await (const block of inBlocks(
      fleeting(bytes, () => size),
      NOBODY,
    )) {
      hash.update(block)
      lengths.push(block.length)
    }
    assert.equal(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'))
    assert.ok(lengths.slice(0, -1).every((one) => one === BLOCK_BYTES))
  }
})

test('[RELAY-13] the bytes arrive as they were, through a client that writes as fast as it can', async (t) => {
  const server = createServer(async (message, response) => {
    const hash = createHash('sha256')
    for await (const piece of message) hash.update(piece as Buffer)
    response.end(hash.digest('hex'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.after(async () => {
    await pool.destroy()
    server.close()
  })
  const bytes = randomBytes(24 * 1024 * 1024 + 5)
  const digest = createHash('sha256').update(bytes).digest('hex')
  for (const headers of [{}, { 'content-length': String(bytes.length) }]) {
    const body = inBlocks(
      fleeting(bytes, (at) => 1 + (at % 65_536)),
      NOBODY,
    )
    const answer = await pool.request({ path: '/', method: 'POST', headers, body: body as never })
    assert.equal(await answer.body.text(), digest)
  }
})

test('a taker that leaves ends the body, and a body that breaks off ends the blocks', async () => {
  let isOver = false
  async function* pieces() {
    try {
      for (;;) yield Buffer.alloc(BLOCK_BYTES)
    } finally {
      isOver = true
    }
  }
  for await (const _ of inBlocks(pieces(), NOBODY)) break
  assert.ok(isOver)
  // biome-ignore lint/correctness/useYield: it breaks off before its first piece
  async function* broken(): AsyncGenerator<Buffer> {
    throw new Error('the client left')
  }
  await assert.rejects(Array.fromAsync(inBlocks(broken(), NOBODY)), /the client left/)
})

test('it is told in turns who is waited for', async () => {
  const turns: string[] = []
  const body = inBlocks(
    fleeting(Buffer.alloc(BLOCK_BYTES + 1), () => BLOCK_BYTES),
    {
      body: () => turns.push('body'),
      taker: () => turns.push('taker'),
    },
  )
  for await (const { length } of body) turns.push(String(length))
  assert.deepEqual(turns, [
    ...['body', 'taker', String(BLOCK_BYTES)],
    ...['body', 'taker', 'body', 'taker', '1', 'taker'],
  ])
})

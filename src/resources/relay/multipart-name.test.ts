import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails } from '../../nouns.fixture.ts'
import { renameFirstPart } from './multipart-name.ts'

const TYPE = 'multipart/related; boundary=frontier'
const bodyOf = (json: string) =>
  `--frontier\r\nContent-Type: application/json\r\n\r\n${json}\r\n--frontier\r\n\r\nbytes {"a":1}\r\n--frontier--`

async function* piecesOf(text: string, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size))
}

test('the JSON of the first part changes, and no other byte, however the body is cut', async () => {
  const body = bodyOf('{"a":1}')
  for (let size = 1; size <= body.length; size++) {
    const rename = (json: Buffer) => {
      assert.equal(json.toString(), '{"a":1}')
      return Buffer.from('{"b":12}')
    }
    const { pieces, addedBytes } = await renameFirstPart(piecesOf(body, size), TYPE, rename)
    assert.equal(Buffer.concat(await Array.fromAsync(pieces)).toString(), bodyOf('{"b":12}'))
    assert.equal(addedBytes, 1)
  }
})

test('a first part without an end is refused within its bound', async () => {
  for (const [body, type] of [
    [`--frontier\r\n\r\n${'a'.repeat(1_000_000)}`, TYPE],
    ['--frontier\r\n\r\n{}', TYPE],
    ['', TYPE],
    [bodyOf('{}'), 'multipart/related'],
  ] as const) {
    const reading = renameFirstPart(piecesOf(body, 8_192), type, (json) => json)
    await assert.rejects(reading, fails('invalid_argument', /Malformed multipart/))
  }
})

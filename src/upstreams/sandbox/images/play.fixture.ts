/** What the tests of images and speech share: a scene made of a body, and a PNG taken apart. */
import assert from 'node:assert/strict'
import { crc32, inflateSync } from 'node:zlib'
import { GatewayError } from '../../../errors.ts'
import type { Part } from '../../../wire/gemini.ts'
import { readMessage } from '../../../wire/gemini-schema.ts'
import { createRandom } from '../digest.ts'
import { SANDBOX_MODELS, type SandboxModel } from '../models.ts'
import type { Scene } from '../play.ts'
import type { Generation } from '../request.ts'

export function modelOf(id: string): SandboxModel {
  const model = SANDBOX_MODELS.get(id)
  assert.ok(model, `${id} is not there`)
  return model
}

/** The message of a request's generationConfig. */
export function configOf(config: object): NonNullable<Generation['request']['generationConfig']> {
  return readMessage('GenerateContentRequest', { generationConfig: config }).generationConfig ?? {}
}

export function user(text: string): object {
  return { role: 'user', parts: [{ text }] }
}

/** A model's turn that had a picture in it. */
export const PICTURED = { role: 'model', parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] }

/** A scene of the first candidate. `media` are the descriptions of the last turn's media. */
export function sceneOf(
  modelId: string,
  contents: readonly object[],
  generationConfig: object = {},
  media: readonly string[] = [],
): Scene {
  const request = readMessage('GenerateContentRequest', { contents, generationConfig })
  const users = (request.contents ?? []).filter(({ role }) => role !== 'model')
  const texts = users.map(({ parts = [] }) => parts.map(({ text = '' }) => text).join('\n'))
  return {
    // A player of pictures or speech looks at the model and the request only.
    generation: { model: modelOf(modelId), request } as Generation,
    conversation: {
      modelId,
      prompt: texts.at(-1) ?? '',
      earlier: texts.slice(0, -1),
      systemText: '',
      media,
      readings: [],
    },
    index: 0,
    random: createRandom(7),
    seed: 7,
    signal: new AbortController().signal,
  }
}

export function bytesOf(part: Part | undefined): Buffer {
  assert.ok(part?.inlineData, 'no inlineData')
  return Buffer.from(part.inlineData.data, 'base64')
}

export interface Pixels {
  readonly width: number
  readonly height: number
  /** `0xRRGGBB` at a place given as parts of the width and height. */
  at(x: number, y: number): number
  /** The part of all pixels that has a colour. */
  share(colour: number): number
}

/** Reads a palette PNG as its specification says, checksums and all. */
export function decodePng(png: Buffer): Pixels {
  assert.equal(png.toString('latin1', 1, 4), 'PNG')
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at)
    const type = png.toString('latin1', at + 4, at + 8)
    chunks.set(type, png.subarray(at + 8, at + 8 + length))
    assert.equal(png.readUInt32BE(at + 8 + length), crc32(png.subarray(at + 4, at + 8 + length)), type)
    at += 12 + length
  }
  assert.deepEqual([...chunks.keys()], ['IHDR', 'PLTE', 'IDAT', 'IEND'])
  const header = chunks.get('IHDR')!
  assert.deepEqual([...header.subarray(8)], [8, 3, 0, 0, 0])
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const rows = inflateSync(chunks.get('IDAT')!)
  assert.equal(rows.length, (width + 1) * height)
  const palette = chunks.get('PLTE')!
  const colourAt = (x: number, y: number): number => {
    assert.equal(rows[y * (width + 1)], 0, 'an unfiltered row')
    return palette.readUIntBE(rows[y * (width + 1) + 1 + x]! * 3, 3)
  }
  return {
    width,
    height,
    at: (x, y) => colourAt(Math.floor(x * width), Math.floor(y * height)),
    share: (colour) => {
      let count = 0
      for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (colourAt(x, y) === colour) count++
      return count / (width * height)
    },
  }
}

/** The message of the 400 that `act` throws. */
export function refusalOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error))
    assert.equal(error.http, 400)
    return error.message
  }
  assert.fail('it was not refused')
}

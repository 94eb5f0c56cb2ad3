import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../../errors.ts'
import { decodePng, refusalOf } from './play.fixture.ts'
import { predictImages } from './predict.ts'
import { readVideoRequest } from './video.ts'

interface Prediction {
  readonly mimeType: string
  readonly bytesBase64Encoded: string
}

const MODEL = 'imagen-4.0-generate-001'
const PROMPT = 'a red circle on a blue background'

function predict(parameters: object = {}, instance: object = { prompt: PROMPT }): readonly Prediction[] {
  return predictImages({ instances: [instance], parameters }, MODEL).predictions as Prediction[]
}

describe('Imagen', () => {
  it('[MAKE-IMAGE-05] gives as many different pictures as were asked for', () => {
    const predictions = predict({ sampleCount: 3 })
    assert.equal(new Set(predictions.map(({ bytesBase64Encoded }) => bytesBase64Encoded)).size, 3)
    for (const { mimeType, bytesBase64Encoded } of predictions) {
      assert.equal(mimeType, 'image/png')
      const pixels = decodePng(Buffer.from(bytesBase64Encoded, 'base64'))
      assert.deepEqual([pixels.width, pixels.height], [1024, 1024])
      assert.equal(pixels.at(0.5, 0.5), 0xff0000)
    }
  })

  it('obeys ratio, size, type, seed and what must not be there', () => {
    const [wide] = predict({ sampleCount: 1, aspectRatio: '16:9', sampleImageSize: '2K' })
    const pixels = decodePng(Buffer.from(wide!.bytesBase64Encoded, 'base64'))
    assert.deepEqual([pixels.width, pixels.height], [2816, 1536])
    const [jpeg] = predict({
      sampleCount: 1,
      outputOptions: { mimeType: 'image/jpeg', compressionQuality: 60 },
    })
    assert.equal(jpeg!.mimeType, 'image/jpeg')
    assert.deepEqual(predict({ sampleCount: 1, seed: 4 }), predict({ sampleCount: 1, seed: 4 }))
    assert.notDeepEqual(predict({ sampleCount: 1, seed: 4 }), predict({ sampleCount: 1, seed: 5 }))
    const [without] = predict({ sampleCount: 1, negativePrompt: 'circles, trees' })
    assert.equal(decodePng(Buffer.from(without!.bytesBase64Encoded, 'base64')).at(0.5, 0.5), 0x0000ff)
  })

  it('the fast grade has one size', () => {
    const body = { instances: [{ prompt: 'a' }], parameters: { sampleCount: 1, imageSize: '2K' } }
    assert.equal(predictImages(body, MODEL).predictions.length, 1)
    assert.match(
      refusalOf(() => predictImages(body, 'imagen-4.0-fast-generate-001')),
      /Allowed values are: '1K'\.$/,
    )
  })

  const REFUSED: readonly (readonly [unknown, RegExp])[] = [
    [null, /invalid argument/],
    [[], /invalid argument/],
    [{}, /instances is not specified/],
    [{ instances: {} }, /instances is not specified/],
    [{ instances: ['a cat'] }, /must be an object/],
    [{ instances: [{ prompt: 'a' }, { prompt: 'b' }] }, /Only one instance/],
    [{ instances: [{ prompt: 'a' }], extra: 1 }, /Unknown name "extra": Cannot find field/],
    [{ instances: [{ prompt: ' ' }] }, /must not be empty/],
    [{ instances: [{ prompt: 5 }] }, /`prompt` must be a string/],
    [{ instances: [{ prompt: 'a', image: {} }] }, /not supported/],
    [{ instances: [{ prompt: 'a' }], parameters: [] }, /must be an object/],
    [
      { instances: [{ prompt: 'a' }], parameters: { sampleCount: 5 } },
      /`sampleCount` is out of bound.*between 1 and 4/,
    ],
    [{ instances: [{ prompt: 'a' }], parameters: { sampleCount: 0 } }, /out of bound/],
    [{ instances: [{ prompt: 'a' }], parameters: { sampleCount: 1.5 } }, /out of bound/],
    [{ instances: [{ prompt: 'a' }], parameters: { sampleCount: '2' } }, /must be a number/],
    [{ instances: [{ prompt: 'a' }], parameters: { aspectRatio: '2:1' } }, /Allowed values are: '1:1'/],
    [{ instances: [{ prompt: 'a' }], parameters: { sampleImageSize: '4K' } }, /'1K', '2K'/],
    [{ instances: [{ prompt: 'a' }], parameters: { outputOptions: { mimeType: 'image/bmp' } } }, /MIME/],
    [{ instances: [{ prompt: 'a' }], parameters: { personGeneration: 'maybe' } }, /personGeneration/],
    [{ instances: [{ prompt: 'a' }], parameters: { storageUri: 'gs://bucket' } }, /not supported/],
  ]
  for (const [body, expected] of REFUSED) {
    it(`refuses ${JSON.stringify(body)}`, () => {
      assert.match(
        refusalOf(() => predictImages(body, MODEL)),
        expected,
      )
    })
  }

  it('whatever JSON comes, it is answered or refused', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('1:1', '2K', 4, 1, {}, [], '__proto__'))
    const body = fc.record(
      {
        instances: fc.oneof(
          fc.tuple(fc.dictionary(fc.constantFrom('prompt', 'image', '__proto__', 'x'), value)),
          value,
        ),
        parameters: fc.dictionary(
          fc.constantFrom(
            'sampleCount',
            'aspectRatio',
            'seed',
            'outputOptions',
            'resolution',
            'durationSeconds',
            'x',
          ),
          value,
        ),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(body, (request) => {
        for (const act of [() => readVideoRequest(request), () => predictImages(request, MODEL)]) {
          try {
            act()
          } catch (error) {
            assert.ok(error instanceof GatewayError && error.http === 400, String(error))
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

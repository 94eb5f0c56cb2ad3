import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkImageConfig, imageWishOf } from './check.ts'
import { configOf, modelOf, refusalOf } from './play.fixture.ts'
import { imageTokens, pixelsOf, sizeTable } from './size.ts'

const FLASH_IMAGE = 'gemini-2.5-flash-image'
const PRO_IMAGE = 'gemini-3-pro-image-preview'
const NEW_IMAGE = 'gemini-3.1-flash-image-preview'
const CHAT = 'gemini-2.5-flash'

function check(modelId: string, config: object): void {
  checkImageConfig(modelOf(modelId), configOf(config))
}

describe('modalities', () => {
  it('[MAKE-IMAGE-03] a model of text refuses images in words that name what it takes', () => {
    assert.equal(
      refusalOf(() => check(CHAT, { responseModalities: ['IMAGE'] })),
      'The requested combination of response modalities (IMAGE) is not supported by the model. ' +
        'models/gemini-2.5-flash accepts the following combination of response modalities:\n* TEXT\n',
    )
    assert.match(
      refusalOf(() => check(CHAT, { responseModalities: ['Text', 'Image'] })),
      /\(TEXT, IMAGE\)/,
    )
  })

  it('an image model gives text, images or both, and nothing else', () => {
    check(FLASH_IMAGE, { responseModalities: ['IMAGE'] })
    check(FLASH_IMAGE, { responseModalities: ['TEXT', 'IMAGE'] })
    check(FLASH_IMAGE, { responseModalities: ['TEXT'] })
    for (const other of ['AUDIO', 'VIDEO']) {
      const text = refusalOf(() => check(FLASH_IMAGE, { responseModalities: ['TEXT', other] }))
      assert.match(text, /\* TEXT\n\* IMAGE\n\* TEXT, IMAGE\n$/)
    }
  })
})

describe('imageConfig', () => {
  it('takes each ratio of the model and names them when another is asked for', () => {
    for (const ratio of sizeTable(2.5).ratios) check(FLASH_IMAGE, { imageConfig: { aspectRatio: ratio } })
    const text = refusalOf(() => check(FLASH_IMAGE, { imageConfig: { aspectRatio: '7:3' } }))
    assert.match(text, /^\* GenerateContentRequest\.generation_config\.image_config\.aspect_ratio: /)
    for (const ratio of sizeTable(2.5).ratios) assert.ok(text.includes(`'${ratio}'`), ratio)
    assert.match(
      refusalOf(() => check(PRO_IMAGE, { imageConfig: { aspectRatio: '1:8' } })),
      /aspect_ratio/,
    )
    check(NEW_IMAGE, { imageConfig: { aspectRatio: '1:8' } })
  })

  it('takes the sizes of the family, in upper case', () => {
    for (const imageSize of ['1K', '2K', '4K']) check(PRO_IMAGE, { imageConfig: { imageSize } })
    check(NEW_IMAGE, { imageConfig: { imageSize: '512' } })
    for (const imageSize of ['2k', '8K', '512px']) {
      assert.match(
        refusalOf(() => check(NEW_IMAGE, { imageConfig: { imageSize } })),
        /'512', '1K', '2K', '4K'/,
      )
    }
    assert.match(
      refusalOf(() => check(PRO_IMAGE, { imageConfig: { imageSize: '512' } })),
      /image_size/,
    )
    assert.match(
      refusalOf(() => check(FLASH_IMAGE, { imageConfig: { imageSize: '4K' } })),
      /image_size/,
    )
  })

  it('is refused by a model that makes no images, unless it says nothing', () => {
    check(CHAT, { imageConfig: {} })
    assert.match(
      refusalOf(() => check(CHAT, { imageConfig: { aspectRatio: '1:1' } })),
      /not enabled for models/,
    )
    const image = { aspectRatio: 'ASPECT_RATIO_ONE_BY_ONE' }
    assert.match(
      refusalOf(() => check(CHAT, { responseFormat: { image } })),
      /not enabled for models/,
    )
  })

  it('reads the options of Vertex', () => {
    const wish = imageWishOf(
      modelOf(FLASH_IMAGE),
      configOf({ imageConfig: { imageOutputOptions: { mimeType: 'image/jpeg', compressionQuality: 40 } } }),
    )
    assert.deepEqual([wish.mimeType, wish.quality], ['image/jpeg', 40])
    for (const imageOutputOptions of [
      { mimeType: 'image/gif' },
      { compressionQuality: 101 },
      { mimeType: 3 },
    ]) {
      refusalOf(() => check(FLASH_IMAGE, { imageConfig: { imageOutputOptions } }))
    }
    check(FLASH_IMAGE, { imageConfig: { personGeneration: 'ALLOW_ADULT' } })
    assert.match(
      refusalOf(() => check(FLASH_IMAGE, { imageConfig: { personGeneration: 'EVERYBODY' } })),
      /'ALLOW_ADULT'/,
    )
  })

  it('more than one candidate is refused with images only', () => {
    assert.match(
      refusalOf(() => check(FLASH_IMAGE, { candidateCount: 2 })),
      /Multiple candidates/,
    )
    check(FLASH_IMAGE, { candidateCount: 2, responseModalities: ['TEXT'] })
  })
})

describe('responseFormat', () => {
  it('names the same ratios and sizes by enums', () => {
    const image = {
      mimeType: 'IMAGE_JPEG',
      aspectRatio: 'ASPECT_RATIO_TWENTY_ONE_BY_NINE',
      imageSize: 'IMAGE_SIZE_TWO_K',
    }
    const wish = imageWishOf(modelOf(PRO_IMAGE), configOf({ responseFormat: { image } }))
    assert.deepEqual(wish, { aspectRatio: '21:9', imageSize: '2K', mimeType: 'image/jpeg', quality: 75 })
  })

  it('knows every ratio and size of the newest family', () => {
    const ratios =
      'ONE_BY_ONE TWO_BY_THREE THREE_BY_TWO THREE_BY_FOUR FOUR_BY_THREE FOUR_BY_FIVE FIVE_BY_FOUR NINE_BY_SIXTEEN SIXTEEN_BY_NINE TWENTY_ONE_BY_NINE ONE_BY_FOUR FOUR_BY_ONE ONE_BY_EIGHT EIGHT_BY_ONE'
    const found = ratios
      .split(' ')
      .map(
        (name) =>
          imageWishOf(
            modelOf(NEW_IMAGE),
            configOf({ responseFormat: { image: { aspectRatio: `ASPECT_RATIO_${name}` } } }),
          ).aspectRatio,
      )
    assert.deepEqual(found, sizeTable(3.1).ratios)
    const sizes = 'FIVE_TWELVE ONE_K TWO_K FOUR_K'
      .split(' ')
      .map(
        (name) =>
          imageWishOf(
            modelOf(NEW_IMAGE),
            configOf({ responseFormat: { image: { imageSize: `IMAGE_SIZE_${name}` } } }),
          ).imageSize,
      )
    assert.deepEqual(sizes, sizeTable(3.1).sizes)
  })

  it('refuses delivery by URI, and a second opinion', () => {
    refusalOf(() => check(PRO_IMAGE, { responseFormat: { image: { delivery: 'URI' } } }))
    refusalOf(() =>
      check(PRO_IMAGE, {
        imageConfig: { imageSize: '1K' },
        responseFormat: { image: { imageSize: 'IMAGE_SIZE_ONE_K' } },
      }),
    )
  })
})

describe('sizes', () => {
  it('are those of the tables', () => {
    assert.deepEqual(pixelsOf(sizeTable(2.5), '16:9', '1K'), { width: 1344, height: 768 })
    assert.deepEqual(pixelsOf(sizeTable(3), '16:9', '4K'), { width: 5504, height: 3072 })
    assert.deepEqual(pixelsOf(sizeTable(3.1), '1:8', '512'), { width: 192, height: 1536 })
  })

  it('are whole numbers, near their ratio, of about a million pixels', () => {
    for (const table of [sizeTable(2.5), sizeTable(3.1)]) {
      for (const ratio of table.ratios) {
        const { width, height } = pixelsOf(table, ratio, table.sizes[0]!)
        const scale = table.sizes[0] === '512' ? 4 : 1
        const [x = 0, y = 0] = ratio.split(':').map(Number)
        assert.ok(Number.isInteger(width) && Number.isInteger(height))
        assert.ok(Math.abs(width / height / (x / y) - 1) < 0.04, `${ratio}: ${width}×${height}`)
        assert.ok(Math.abs((width * height * scale) / 2 ** 20 - 1) < 0.2, `${ratio}: ${width}×${height}`)
      }
    }
  })

  it('have their price in tokens', () => {
    assert.deepEqual([imageTokens(2.5, '1K'), imageTokens(3, '1K'), imageTokens(3, '4K')], [1290, 1120, 2000])
    assert.deepEqual([imageTokens(3.1, '512'), imageTokens(3.1, '2K')], [747, 1120])
  })
})

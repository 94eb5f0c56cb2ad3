/** How many pixels a picture has, and what it costs, by aspect ratio and size: Google's tables. */

/** Ratios that every image model knows. */
const USUAL = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'] as const
/** Strips, which came with 3.1. */
const STRIPS = ['1:4', '4:1', '1:8', '8:1'] as const

export interface PixelSize {
  readonly width: number
  readonly height: number
}

/** At 1K, of the 2.5 family. */
const PIXELS_2_5: Readonly<Record<string, readonly [number, number]>> = {
  '1:1': [1024, 1024],
  '2:3': [832, 1248],
  '3:2': [1248, 832],
  '3:4': [864, 1184],
  '4:3': [1184, 864],
  '4:5': [896, 1152],
  '5:4': [1152, 896],
  '9:16': [768, 1344],
  '16:9': [1344, 768],
  '21:9': [1536, 672],
}

/** At 1K, since the 3 family. */
const PIXELS_3: Readonly<Record<string, readonly [number, number]>> = {
  '1:1': [1024, 1024],
  '2:3': [848, 1264],
  '3:2': [1264, 848],
  '3:4': [896, 1200],
  '4:3': [1200, 896],
  '4:5': [928, 1152],
  '5:4': [1152, 928],
  '9:16': [768, 1376],
  '16:9': [1376, 768],
  '21:9': [1584, 672],
  '1:4': [512, 2048],
  '4:1': [2048, 512],
  '1:8': [384, 3072],
  '8:1': [3072, 384],
}

/** At 1K, of Imagen. */
const PIXELS_IMAGEN: Readonly<Record<string, readonly [number, number]>> = {
  '1:1': [1024, 1024],
  '3:4': [896, 1280],
  '4:3': [1280, 896],
  '9:16': [768, 1408],
  '16:9': [1408, 768],
}

const SCALES: ReadonlyMap<string, number> = new Map([
  ['512', 0.5],
  ['1K', 1],
  ['2K', 2],
  ['4K', 4],
])

/** What a line of models lets a request choose from. */
export interface SizeTable {
  readonly ratios: readonly string[]
  readonly sizes: readonly string[]
  readonly pixels: Readonly<Record<string, readonly [number, number]>>
}

const TABLE_2_5: SizeTable = { ratios: USUAL, sizes: ['1K'], pixels: PIXELS_2_5 }
const TABLE_3: SizeTable = { ratios: USUAL, sizes: ['1K', '2K', '4K'], pixels: PIXELS_3 }
const TABLE_3_1: SizeTable = {
  ratios: [...USUAL, ...STRIPS],
  sizes: ['512', '1K', '2K', '4K'],
  pixels: PIXELS_3,
}
export const TABLE_IMAGEN: SizeTable = {
  ratios: Object.keys(PIXELS_IMAGEN),
  sizes: ['1K', '2K'],
  pixels: PIXELS_IMAGEN,
}

export function sizeTable(family: number): SizeTable {
  if (family >= 3.1) return TABLE_3_1
  return family >= 3 ? TABLE_3 : TABLE_2_5
}

/** Both are in the table. */
export function pixelsOf(table: SizeTable, aspectRatio: string, imageSize: string): PixelSize {
  const [width, height] = table.pixels[aspectRatio]!
  const scale = SCALES.get(imageSize)!
  return { width: width * scale, height: height * scale }
}

/** Tokens of one picture: 2.5 has one price, later families go by size. */
export function imageTokens(family: number, imageSize: string): number {
  if (family < 3) return 1_290
  if (imageSize === '512') return 747
  return imageSize === '4K' ? 2_000 : 1_120
}

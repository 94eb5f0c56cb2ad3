/**
 * What media cost, by Google's token counting rules (its pages on tokens and on media resolution):
 *
 * | | Gemini 2.x | Gemini 3 and later |
 * |---|---|---|
 * | image | 258 when both sides are at most 384 pixels, else 258 a tile; 64 at LOW, 256 at MEDIUM, 256 a tile at HIGH | 1120; 280, 560, 1120, 2240 at LOW, MEDIUM, HIGH, ULTRA_HIGH |
 * | video, a frame | 258; 66 at LOW | 70; 280 at HIGH |
 * | sound, a second | 32 | 32 |
 * | PDF, a page | 258; 66 at LOW | 560; 280 at LOW, 1120 at HIGH |
 *
 * Where the rules say nothing: a picture beyond 3072 pixels is made smaller first, ULTRA_HIGH is HIGH for what knows no
 * ULTRA_HIGH, a video has as many frames as its length times the frames a second, rounded, and at least one.
 */

export type MediaResolution = 'LOW' | 'MEDIUM' | 'HIGH' | 'ULTRA_HIGH'

type Costs = Readonly<Record<MediaResolution | 'STANDARD', number>>

const TILE = 258
const ZOOMED_TILE = 256
const SMALL_IMAGE = { LOW: 64, MEDIUM: 256 } as const
const IMAGE_3: Costs = { STANDARD: 1120, LOW: 280, MEDIUM: 560, HIGH: 1120, ULTRA_HIGH: 2240 }
const FRAME_2: Costs = { STANDARD: 258, LOW: 66, MEDIUM: 258, HIGH: 258, ULTRA_HIGH: 258 }
const FRAME_3: Costs = { STANDARD: 70, LOW: 70, MEDIUM: 70, HIGH: 280, ULTRA_HIGH: 280 }
const PAGE_2: Costs = { STANDARD: 258, LOW: 66, MEDIUM: 258, HIGH: 258, ULTRA_HIGH: 258 }
const PAGE_3: Costs = { STANDARD: 560, LOW: 280, MEDIUM: 560, HIGH: 1120, ULTRA_HIGH: 1120 }
const SOUND_PER_SECOND = 32

/** Sides up to this are one tile. */
const SMALL_SIDE_PIXELS = 384
const TILE_PIXELS_MIN = 256
const TILE_PIXELS_MAX = 768
const SIDE_PIXELS_MAX = 3_072

/** `family` is the model's generation: 2, 2.5, 3 and so on. */
export interface Pricing {
  readonly family: number
  readonly resolution: MediaResolution | undefined
}

export function imageTokens(width: number, height: number, { family, resolution }: Pricing): number {
  if (family >= 3) return IMAGE_3[resolution ?? 'STANDARD']
  if (resolution === 'LOW' || resolution === 'MEDIUM') return SMALL_IMAGE[resolution]
  return tilesOf(width, height) * (resolution === undefined ? TILE : ZOOMED_TILE)
}

/** A tile is as wide as the shorter side divided by 1.5, within bounds. */
function tilesOf(width: number, height: number): number {
  if (width <= SMALL_SIDE_PIXELS && height <= SMALL_SIDE_PIXELS) return 1
  const scale = Math.min(1, SIDE_PIXELS_MAX / Math.max(width, height))
  // The product may lie a rounding error above the largest side, and would want one tile more.
  const scaled = (side: number) => Math.min(SIDE_PIXELS_MAX, Math.max(1, side * scale))
  const [across, down] = [scaled(width), scaled(height)]
  const unit = Math.floor(Math.min(across, down) / 1.5)
  const tile = Math.min(TILE_PIXELS_MAX, Math.max(TILE_PIXELS_MIN, unit))
  return Math.ceil(across / tile) * Math.ceil(down / tile)
}

export function soundTokens(seconds: number): number {
  return Math.ceil(seconds * SOUND_PER_SECOND)
}

/** Frames are taken `fps` times a second; the sound of a film is heard beside them. */
export function videoTokens(
  seconds: number,
  fps: number,
  hasSound: boolean,
  { family, resolution }: Pricing,
): number {
  const costs = family >= 3 ? FRAME_3 : FRAME_2
  const frames = Math.max(1, Math.round(seconds * fps))
  return frames * costs[resolution ?? 'STANDARD'] + (hasSound ? soundTokens(seconds) : 0)
}

export function pageTokens(pages: number, { family, resolution }: Pricing): number {
  return pages * (family >= 3 ? PAGE_3 : PAGE_2)[resolution ?? 'STANDARD']
}

/** Names of colours, and how much of a picture each of them covers. */

export interface ColourShare {
  readonly name: string
  /** From 0 to 1. */
  readonly share: number
}

/** What people call a colour, by what sRGB it stands for. */
const PALETTE: readonly (readonly [name: string, red: number, green: number, blue: number])[] = [
  ['black', 0, 0, 0],
  ['dark grey', 64, 64, 64],
  ['grey', 128, 128, 128],
  ['light grey', 208, 208, 208],
  ['white', 255, 255, 255],
  ['red', 230, 20, 20],
  ['dark red', 128, 0, 0],
  ['orange', 255, 150, 0],
  ['brown', 130, 80, 35],
  ['beige', 235, 220, 185],
  ['yellow', 255, 235, 0],
  ['green', 20, 165, 35],
  ['dark green', 0, 80, 15],
  ['turquoise', 30, 215, 205],
  ['light blue', 135, 195, 245],
  ['blue', 25, 65, 235],
  ['dark blue', 0, 0, 115],
  ['purple', 140, 30, 190],
  ['pink', 255, 120, 190],
  ['pink', 255, 190, 205],
]

/** Colours are counted at 4 bits a channel: as fine as the names need, and few enough to count in one small array. */
const BITS = 4
const LEVELS = 1 << BITS
const TRANSPARENT = LEVELS ** 3
/** Below this a pixel shows nothing. */
const ALPHA_MIN = 16

export interface Histogram {
  /** Channels from 0 to 255. */
  add(red: number, green: number, blue: number, alpha: number, count: number): void
  /** The largest share first. */
  shares(): ColourShare[]
}

export function createHistogram(): Histogram {
  const counts = new Float64Array(TRANSPARENT + 1)
  return {
    add(red, green, blue, alpha, count) {
      const key =
        alpha < ALPHA_MIN
          ? TRANSPARENT
          : ((red >> (8 - BITS)) << (2 * BITS)) | ((green >> (8 - BITS)) << BITS) | (blue >> (8 - BITS))
      counts[key] = (counts[key] ?? 0) + count
    },
    shares: () => sharesOf(counts),
  }
}

function sharesOf(counts: Float64Array): ColourShare[] {
  const byName = new Map<string, number>()
  let total = 0
  counts.forEach((count, key) => {
    if (count === 0) return
    const name = key === TRANSPARENT ? 'transparent' : nameOfKey(key)
    byName.set(name, (byName.get(name) ?? 0) + count)
    total += count
  })
  // A tie goes by the name, so that the same picture always reads the same.
  return [...byName]
    .map(([name, count]) => ({ name, share: count / total }))
    .sort((left, right) => right.share - left.share || (left.name < right.name ? -1 : 1))
}

function nameOfKey(key: number): string {
  const level = (shift: number): number => (((key >> shift) & (LEVELS - 1)) * 255) / (LEVELS - 1)
  return colourName(level(2 * BITS), level(BITS), level(0))
}

let palette: readonly (readonly [name: string, colour: readonly number[]])[] | undefined

/** The nearest name, by distance in the Oklab colour space. */
export function colourName(red: number, green: number, blue: number): string {
  palette ??= PALETTE.map(([name, ...colour]) => [name, oklab(...colour)] as const)
  const [lightness = 0, greenRed = 0, blueYellow = 0] = oklab(red, green, blue)
  let best = ''
  let nearest = Number.POSITIVE_INFINITY
  for (const [name, [l = 0, a = 0, b = 0]] of palette) {
    const distance = (lightness - l) ** 2 + HUE_WEIGHT * ((greenRed - a) ** 2 + (blueYellow - b) ** 2)
    if (distance < nearest) {
      nearest = distance
      best = name
    }
  }
  return best
}

/** A name is about the hue more than about the lightness. */
const HUE_WEIGHT = 2.5

/** Björn Ottosson's Oklab of an sRGB colour. */
function oklab(red: number, green: number, blue: number): readonly number[] {
  const [r, g, b] = [linear(red), linear(green), linear(blue)]
  const long = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const medium = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const short = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short,
    1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short,
    0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short,
  ]
}

function linear(channel: number): number {
  const value = channel / 255
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}

/** Colours by the names that prompts give them. */

/** `0xRRGGBB` */
export type Colour = number

const NAMES: ReadonlyMap<string, Colour> = new Map(
  Object.entries({
    red: 0xff0000,
    green: 0x008000,
    blue: 0x0000ff,
    yellow: 0xffff00,
    orange: 0xffa500,
    purple: 0x800080,
    pink: 0xffc0cb,
    brown: 0x8b4513,
    black: 0x000000,
    white: 0xffffff,
    grey: 0x808080,
    cyan: 0x00ffff,
    turquoise: 0x40e0d0,
    teal: 0x008080,
    magenta: 0xff00ff,
    gold: 0xffd700,
    silver: 0xc0c0c0,
    beige: 0xf5f5dc,
    navy: 0x000080,
    maroon: 0x800000,
    lime: 0x00ff00,
    indigo: 0x4b0082,
    violet: 0xee82ee,
    crimson: 0xdc143c,
    lavender: 0xe6e6fa,
    olive: 0x808000,
    ivory: 0xfffff0,
    tan: 0xd2b48c,
    coral: 0xff7f50,
    salmon: 0xfa8072,
    bronze: 0xcd7f32,
    khaki: 0xf0e68c,
  }),
)

const ALSO: Readonly<Record<string, string>> = {
  gray: 'grey',
  golden: 'gold',
  scarlet: 'crimson',
  cream: 'ivory',
  fuchsia: 'magenta',
  aqua: 'cyan',
  violets: 'violet',
  greyish: 'grey',
  reddish: 'red',
  bluish: 'blue',
}

/** Words before a colour that make it lighter (above 0) or darker. */
const SHADES: ReadonlyMap<string, number> = new Map([
  ['light', 0.55],
  ['pale', 0.65],
  ['pastel', 0.55],
  ['dark', -0.5],
  ['deep', -0.35],
])

/** The colour of a lower-case word, or undefined. */
export function colourOf(word: string): Colour | undefined {
  return NAMES.get(word) ?? NAMES.get(Object.hasOwn(ALSO, word) ? ALSO[word]! : '')
}

export function shadeOf(word: string): number | undefined {
  return SHADES.get(word)
}

/** `amount` from -1 (black) over 0 (unchanged) to 1 (white). */
export function shade(colour: Colour, amount: number): Colour {
  return mix(colour, amount < 0 ? 0x000000 : 0xffffff, Math.abs(amount))
}

/** `share` of `to`, from 0 to 1. */
export function mix(from: Colour, to: Colour, share: number): Colour {
  const channel = (shift: number): number => {
    const [a, b] = [(from >> shift) & 0xff, (to >> shift) & 0xff]
    return Math.round(a + (b - a) * share) << shift
  }
  return channel(16) | channel(8) | channel(0)
}

/** From 0 to 255, as the eye weighs the channels. */
export function luminance(colour: Colour): number {
  return 0.2126 * (colour >> 16) + 0.7152 * ((colour >> 8) & 0xff) + 0.0722 * (colour & 0xff)
}

/** The name of the nearest colour that has one. */
export function nameOf(colour: Colour): string {
  let best = 'grey'
  let least = Number.POSITIVE_INFINITY
  for (const [name, candidate] of NAMES) {
    const distance = distanceOf(colour, candidate)
    if (distance < least) [best, least] = [name, distance]
  }
  return best
}

/** Squared distance of two colours. */
export function distanceOf(first: Colour, second: Colour): number {
  const channel = (shift: number): number => (((first >> shift) & 0xff) - ((second >> shift) & 0xff)) ** 2
  return channel(16) + channel(8) + channel(0)
}

/** The main colour that the description of an image tells of: `…, mostly light blue (72 %) and red` is a light blue. */
export function colourIn(description: string): Colour | undefined {
  const words = /\b(?:mostly|all|in) ([a-z ]{1,40})/.exec(description)?.[1]?.split(' ') ?? []
  const [shading, ...others] = words
  const amount = shading === undefined ? undefined : shadeOf(shading)
  const colour = (amount === undefined ? words : others).map(colourOf).find((found) => found !== undefined)
  return colour === undefined ? undefined : shade(colour, amount ?? 0)
}

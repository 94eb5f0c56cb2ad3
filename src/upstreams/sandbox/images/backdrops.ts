/** What stands behind a picture's motifs. */
import type { Colour } from './colours.ts'

export interface Backdrop {
  /** Colours of the sky from its top to the horizon; the same one twice is a plain background. */
  readonly sky: readonly [Colour, Colour]
  /** Undefined: there is no ground, the sky is everything. */
  readonly ground: Colour | undefined
  readonly stars: boolean
  readonly isDark: boolean
}

function place(top: Colour, low: Colour, ground: Colour | undefined, dark = false): Backdrop {
  return { sky: [top, low], ground, stars: dark, isDark: dark }
}

export const BACKDROPS = {
  day: place(0x4a9fe0, 0xcdeafb, 0x6ab04c),
  night: place(0x0b1033, 0x2a3166, 0x1e3a2a, true),
  sunset: place(0x5b3a8c, 0xffa45c, 0x4a5a3a),
  space: place(0x05060f, 0x14122e, undefined, true),
  beach: place(0x4a9fe0, 0xd8f1ff, 0xf2d9a0),
  desert: place(0x6fb7e9, 0xfbe8c8, 0xdfb46a),
  snow: place(0xa9c6de, 0xeef5fa, 0xf8fbff),
} as const satisfies Readonly<Record<string, Backdrop>>

export function plain(colour: Colour): Backdrop {
  return { sky: [colour, colour], ground: undefined, stars: false, isDark: false }
}

/** What motifs are drawn with: two kinds of shape, and the forms that come up again and again. */
import type { Colour } from './colours.ts'

/** The motif's own colour, a darker or lighter one, or a fixed one. */
export type Ink = 'main' | 'dark' | 'light' | Colour

export type Shape =
  | readonly ['ellipse', x: number, y: number, halfWidth: number, halfHeight: number, ink: Ink]
  | readonly ['polygon', points: readonly number[], ink: Ink]

export const BLACK = 0x202020
export const WHITE = 0xffffff
export const WOOD = 0x7a4a21
export const SKIN = 0xf1c27d

export function star(points: number, inner: number): readonly number[] {
  return Array.from({ length: points * 2 }, (_, index) => {
    const angle = (index * Math.PI) / points - Math.PI / 2
    const reach = index % 2 === 0 ? 1 : inner
    return [round(Math.cos(angle) * reach), round(Math.sin(angle) * reach)]
  }).flat()
}

const HEART_POINTS = 48

export function heart(): readonly number[] {
  return Array.from({ length: HEART_POINTS }, (_, index) => {
    const angle = (index * 2 * Math.PI) / HEART_POINTS
    const x = 16 * Math.sin(angle) ** 3
    const y = 13 * Math.cos(angle) - 5 * Math.cos(2 * angle) - 2 * Math.cos(3 * angle) - Math.cos(4 * angle)
    return [round(x / 17), round(-y / 17)]
  }).flat()
}

/** The same drawing on every machine, whatever its last bits of a cosine are. */
function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}

export function box(left: number, top: number, right: number, bottom: number, ink: Ink): Shape {
  return ['polygon', [left, top, right, top, right, bottom, left, bottom], ink]
}

export function eyes(x: number, y: number, size: number): readonly Shape[] {
  return [
    ['ellipse', -x, y, size, size, BLACK],
    ['ellipse', x, y, size, size, BLACK],
  ]
}

export const WAVES: readonly Shape[] = [-0.6, 0, 0.6].flatMap((y, row) =>
  [-0.75, -0.25, 0.25, 0.75].map((x): Shape => ['ellipse', x + (row % 2) * 0.2, y, 0.12, 0.05, 'light']),
)

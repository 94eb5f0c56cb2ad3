/** Where on a picture each of its motifs goes. */
import type { Backdrop } from './backdrops.ts'
import type { Box } from './canvas.ts'
import { type Habitat, motifOf } from './motifs.ts'
import type { Motif } from './sketch.ts'

/** Where the sky ends, from the top of the picture. */
export const HORIZON = 0.62

export interface Placed {
  readonly motif: Motif
  readonly box: Box
}

interface Area {
  readonly width: number
  readonly height: number
}

const FORM_SIZE = 0.36
const THING_SIZE = 0.3
const SKY_SIZE = 0.11
/** Of a motif whose place was named, beside others. */
const PLACED_SIZE = 0.2

/** From the back to the front. */
export function placeMotifs(
  picture: { readonly motifs: readonly Motif[]; readonly variant: number },
  backdrop: Backdrop,
  area: Area,
): readonly Placed[] {
  const groups: Record<'wide' | 'sky' | 'front', Motif[]> = { wide: [], sky: [], front: [] }
  for (const motif of picture.motifs) groups[groupOf(motifOf(motif.kind).habitat, backdrop)].push(motif)
  const shift = shiftOf(picture.variant)
  return [
    ...groups.wide.map((motif, at) => placeWide(motif, at, groups.wide.length, area)),
    ...groups.sky.map((motif, at) => placeInSky(motif, at, groups.sky.length, area, shift)),
    ...groups.front.map((motif, at) => placeInFront(motif, at, groups.front.length, backdrop, area, shift)),
  ]
}

/** On a plain background nothing is far away: what flies and what stands is beside each other. */
function groupOf(habitat: Habitat, { ground }: Backdrop): 'wide' | 'sky' | 'front' {
  if (habitat === 'wide') return 'wide'
  return habitat === 'sky' && ground !== undefined ? 'sky' : 'front'
}

/** A part of the width, from -0.06 to 0.06. */
function shiftOf(variant: number): number {
  return (((variant * 7) % 13) - (variant === 0 ? 0 : 6)) / 100
}

function placeWide(motif: Motif, at: number, count: number, { width, height }: Area): Placed {
  const horizon = height * HORIZON
  if (motif.kind === 'sea') {
    const halfHeight = (height - horizon) * 0.3
    return { motif, box: { x: width / 2, y: horizon + halfHeight, halfWidth: width / 2, halfHeight } }
  }
  const halfHeight = Math.min(height * 0.3, width * 0.3) * motif.size
  const x = (width * (at + 0.5)) / count
  return { motif, box: { x, y: horizon - halfHeight, halfWidth: halfHeight * 1.3, halfHeight } }
}

function placeInSky(motif: Motif, at: number, count: number, area: Area, shift: number): Placed {
  const radius = Math.min(area.width, area.height) * SKY_SIZE * motif.size
  const alone = motif.kind === 'sun' || motif.kind === 'moon' ? 0.8 : 0.3
  const x = count === 1 ? alone : (at + 0.5) / count
  const y = 0.18 + (at % 2) * 0.06
  if (motif.place !== undefined) return placeWhereSaid(motif, area, radius)
  return { motif, box: boxOf(area.width * (x + shift), area.height * y, radius) }
}

function placeInFront(
  motif: Motif,
  at: number,
  count: number,
  backdrop: Backdrop,
  area: Area,
  shift: number,
): Placed {
  const { habitat } = motifOf(motif.kind)
  const unit = Math.min(area.width, area.height)
  const usual = habitat === 'form' || backdrop.ground === undefined ? FORM_SIZE : THING_SIZE
  const room = (area.width * 0.44) / count
  const radius = Math.min(unit * usual, room) * motif.size
  if (motif.place !== undefined)
    return placeWhereSaid(motif, area, Math.min(radius, unit * PLACED_SIZE * motif.size))
  const x = area.width * ((at + 0.5) / count + (count === 1 ? shift : shift / count))
  if (habitat === 'form' || backdrop.ground === undefined)
    return { motif, box: boxOf(x, area.height / 2, radius) }
  const horizon = area.height * HORIZON
  const depth = area.height - horizon
  if (motif.kind === 'fish')
    return { motif, box: boxOf(x, horizon + depth * 0.3, Math.min(radius, depth * 0.5)) }
  const foot = horizon + depth * (habitat === 'water' ? 0.3 : 0.55 + (at % 2) * 0.15)
  return { motif, box: boxOf(x, foot - radius, radius) }
}

function placeWhereSaid(motif: Motif, { width, height }: Area, radius: number): Placed {
  const { x, y } = motif.place ?? { x: 0, y: 0 }
  return { motif, box: boxOf(width * (0.5 + x * 0.28), height * (0.5 + y * 0.28), radius) }
}

function boxOf(x: number, y: number, radius: number): Box {
  return { x, y, halfWidth: radius, halfHeight: radius }
}

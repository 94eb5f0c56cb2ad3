/** From a picture as data to a picture as pixels. */
import type { Backdrop } from './backdrops.ts'
import { type Canvas, createCanvas, fillEllipse, fillPolygon, fillRect } from './canvas.ts'
import { type Caption, drawCaption, layCaption } from './caption.ts'
import { mix, shade } from './colours.ts'
import { encodeJpeg } from './jpeg.ts'
import { HORIZON, type Placed, placeMotifs } from './layout.ts'
import { type MotifRow, motifOf } from './motifs.ts'
import { encodePng } from './png.ts'
import type { Ink, Shape } from './shapes.ts'
import { backdropOf, type Sketch } from './sketch.ts'

/** A picture as data: the same one gives the same bytes. */
export interface Picture extends Sketch {
  readonly width: number
  readonly height: number
  /** Different numbers arrange the same things differently; 0 is the plain arrangement. */
  readonly variant: number
}

const SKY_BANDS = 24
const STARS = 60

/** A PNG. */
export function paint(picture: Picture): Buffer {
  return encodePng(paintCanvas(picture))
}

/** A baseline JPEG; `quality` from 0 to 100. */
export function paintJpeg(picture: Picture, quality: number): Buffer {
  return encodeJpeg(paintCanvas(picture), quality)
}

export function paintCanvas(picture: Picture): Canvas {
  const canvas = createCanvas(picture.width, picture.height)
  const backdrop = backdropOf(picture)
  const caption = layCaption(picture.caption, canvas)
  const height = canvas.height - caption.height
  drawBackdrop(canvas, backdrop, height)
  for (const placed of placeMotifs(picture, backdrop, { width: canvas.width, height }))
    drawMotif(canvas, placed)
  drawBottom(canvas, caption, backdrop)
  return canvas
}

function drawBackdrop(canvas: Canvas, { sky, ground, stars }: Backdrop, height: number): void {
  const horizon = ground === undefined ? canvas.height : Math.round(height * HORIZON)
  const bands = sky[0] === sky[1] ? 1 : SKY_BANDS
  for (let band = 0; band < bands; band++) {
    const colour = mix(sky[0], sky[1], bands === 1 ? 0 : band / (bands - 1))
    fillRect(
      canvas,
      0,
      (band * horizon) / bands,
      canvas.width,
      ((band + 1) * horizon) / bands,
      canvas.ink(colour),
    )
  }
  if (stars) drawStars(canvas, horizon)
  if (ground !== undefined) fillRect(canvas, 0, horizon, canvas.width, canvas.height, canvas.ink(ground))
}

/** Steps of the golden section and of a second irrational number spread points evenly without a pattern. */
function drawStars(canvas: Canvas, horizon: number): void {
  const size = Math.max(1, Math.min(canvas.width, canvas.height) / 400)
  const ink = canvas.ink(0xfffbe0)
  for (let index = 1; index <= STARS; index++) {
    const x = ((index * 0.618034) % 1) * canvas.width
    const y = ((index * 0.754878) % 1) * horizon * 0.95
    fillEllipse(canvas, { x, y, halfWidth: size, halfHeight: size }, ink)
  }
}

const DARK = -0.28
const LIGHT = 0.35

function drawMotif(canvas: Canvas, { motif, box }: Placed): void {
  const row: MotifRow = motifOf(motif.kind)
  const main = motif.colour ?? row.colour
  const inkOf = (ink: Ink): number => {
    if (typeof ink === 'number') return canvas.ink(ink)
    if (ink === 'main') return canvas.ink(main)
    return canvas.ink(shade(main, ink === 'dark' ? DARK : LIGHT))
  }
  for (const shape of row.shapes) drawShape(canvas, shape, box, inkOf)
}

function drawShape(canvas: Canvas, shape: Shape, box: Placed['box'], inkOf: (ink: Ink) => number): void {
  if (shape[0] === 'polygon') {
    const [, points, ink] = shape
    const moved = points.map((value, index) =>
      index % 2 === 0 ? box.x + value * box.halfWidth : box.y + value * box.halfHeight,
    )
    fillPolygon(canvas, moved, inkOf(ink))
    return
  }
  const [, x, y, halfWidth, halfHeight, ink] = shape
  const moved = {
    x: box.x + x * box.halfWidth,
    y: box.y + y * box.halfHeight,
    halfWidth: halfWidth * box.halfWidth,
    halfHeight: halfHeight * box.halfHeight,
  }
  fillEllipse(canvas, moved, inkOf(ink))
}

function drawBottom(canvas: Canvas, caption: Caption, { sky, ground }: Backdrop): void {
  if (caption.lines.length > 0) drawCaption(canvas, caption, ground ?? sky[1])
}

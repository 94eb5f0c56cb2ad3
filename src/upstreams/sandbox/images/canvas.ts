/** Where a picture is drawn: a byte for each pixel that names a colour of a palette, filled run by run. */
import { type Colour, distanceOf } from './colours.ts'

/** What a byte can name. */
const COLOURS_MAX = 256

export interface Canvas {
  readonly width: number
  readonly height: number
  /** Rows of `width` + 1 bytes, the first of which is 0: PNG's mark of an unfiltered row. */
  readonly rows: Uint8Array
  readonly palette: readonly Colour[]
  /** The byte of a colour; once the palette is full, the byte of the nearest one. */
  ink(colour: Colour): number
}

export function createCanvas(width: number, height: number): Canvas {
  const palette: Colour[] = []
  const inks = new Map<Colour, number>()
  const ink = (colour: Colour): number => {
    const known = inks.get(colour)
    if (known !== undefined) return known
    const index = palette.length < COLOURS_MAX ? palette.push(colour) - 1 : nearest(palette, colour)
    inks.set(colour, index)
    return index
  }
  return { width, height, rows: new Uint8Array((width + 1) * height), palette, ink }
}

function nearest(palette: readonly Colour[], colour: Colour): number {
  let best = 0
  palette.forEach((candidate, index) => {
    if (distanceOf(candidate, colour) < distanceOf(palette[best]!, colour)) best = index
  })
  return best
}

/** The palette's index at a pixel that is on the canvas. */
export function pixelAt(canvas: Canvas, x: number, y: number): number {
  return canvas.rows[y * (canvas.width + 1) + 1 + x]!
}

/** Fills from `left` to before `right`; what is outside of the canvas is left out. */
export function fillRect(
  canvas: Canvas,
  left: number,
  top: number,
  right: number,
  bottom: number,
  ink: number,
): void {
  const end = Math.min(canvas.height, Math.round(bottom))
  for (let y = Math.max(0, Math.round(top)); y < end; y++) fillRun(canvas, y, left, right, ink)
}

/** `y` is on the canvas. */
function fillRun(canvas: Canvas, y: number, left: number, right: number, ink: number): void {
  const start = Math.max(0, Math.round(left))
  const end = Math.min(canvas.width, Math.round(right))
  if (start >= end) return
  const row = y * (canvas.width + 1) + 1
  canvas.rows.fill(ink, row + start, row + end)
}

export interface Box {
  readonly x: number
  readonly y: number
  /** Half of the width and of the height. */
  readonly halfWidth: number
  readonly halfHeight: number
}

export function fillEllipse(canvas: Canvas, box: Box, ink: number): void {
  const top = Math.max(0, Math.floor(box.y - box.halfHeight))
  const bottom = Math.min(canvas.height, Math.ceil(box.y + box.halfHeight))
  for (let y = top; y < bottom; y++) {
    const inside = 1 - ((y + 0.5 - box.y) / box.halfHeight) ** 2
    if (inside <= 0) continue
    const reach = box.halfWidth * Math.sqrt(inside)
    fillRun(canvas, y, box.x - reach, box.x + reach, ink)
  }
}

/** Fills a polygon given as x, y, x, y, … */
export function fillPolygon(canvas: Canvas, points: readonly number[], ink: number): void {
  const heights = points.filter((_, index) => index % 2 === 1)
  const top = Math.max(0, Math.floor(Math.min(...heights)))
  const bottom = Math.min(canvas.height, Math.ceil(Math.max(...heights)))
  for (let y = top; y < bottom; y++) {
    const crossings = crossingsOf(points, y + 0.5)
    for (let index = 0; index + 1 < crossings.length; index += 2) {
      fillRun(canvas, y, crossings[index]!, crossings[index + 1]!, ink)
    }
  }
}

function crossingsOf(points: readonly number[], y: number): number[] {
  const crossings: number[] = []
  let [fromX, fromY] = [points.at(-2)!, points.at(-1)!]
  for (let index = 0; index < points.length; index += 2) {
    const [toX, toY] = [points[index]!, points[index + 1]!]
    if (fromY <= y !== toY <= y) crossings.push(fromX + ((y - fromY) / (toY - fromY)) * (toX - fromX))
    ;[fromX, fromY] = [toX, toY]
  }
  return crossings.sort((a, b) => a - b)
}

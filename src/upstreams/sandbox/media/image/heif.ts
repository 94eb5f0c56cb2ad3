/** HEIC, HEIF and AVIF: the size of the largest picture in the file; the pixels are not decoded. Source: ISO/IEC 23008-12. */
import { boxesIn, findBox, readBox, topBoxes } from '../boxes.ts'
import type { MediaFile } from '../file.ts'
import type { Picture } from '../found.ts'
import type { View } from '../view.ts'

/** A full box has its version and flags before its content. */
const VERSION_BYTES = 4

export async function readHeif(file: MediaFile): Promise<Picture> {
  let meta: View | undefined
  for await (const place of topBoxes(file)) {
    if (place.type === 'meta') meta ??= await readBox(file, place)
  }
  const properties = meta && findBox(meta.rest(VERSION_BYTES), 'iprp', 'ipco')
  if (properties === undefined) throw file.broken()
  // A large picture is made of tiles with a size each, and has its own size beside them.
  const sizes = boxesIn(properties)
    .filter(({ type }) => type === 'ispe')
    .map(({ content }) => ({ width: content.u32(VERSION_BYTES), height: content.u32(VERSION_BYTES + 4) }))
    .sort((left, right) => right.width * right.height - left.width * left.height)
  const [size] = sizes
  if (size === undefined || size.width === 0 || size.height === 0) throw file.broken()
  return { format: formatOf(file.head), ...size, frames: 1, colours: [] }
}

function formatOf(head: View): string {
  const brand = head.latin1(8, 4)
  if (brand.startsWith('avi')) return 'AVIF'
  return /^he(?:ic|ix|vc|im|is)$/.test(brand) ? 'HEIC' : 'HEIF'
}

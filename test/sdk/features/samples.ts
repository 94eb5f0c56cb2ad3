/** Media small enough to be written down: a picture, a document, a sound. */
import { randomBytes } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'

const PNG_START = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

type Colour = readonly [red: number, green: number, blue: number]

/** A PNG of one colour, 8 bits for each of the three. */
export function pngOf(width: number, height: number, colour: Colour): Buffer {
  return png(width, height, () => Buffer.from(Array.from({ length: width }, () => colour).flat()))
}

/** A PNG that cannot be made smaller: about 3 bytes a pixel. */
export function noisyPngOf(width: number, height: number): Buffer {
  return png(width, height, () => randomBytes(3 * width))
}

function png(width: number, height: number, rowOf: () => Buffer): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const rows = Array.from({ length: height }, () => [Buffer.of(0), rowOf()]).flat()
  const data = deflateSync(Buffer.concat(rows), { level: 1 })
  return Buffer.concat([
    PNG_START,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

export interface Opened {
  readonly type: 'png' | 'jpeg'
  readonly width: number
  readonly height: number
}

/** Width and height as the file itself tells them; throws for anything but a whole PNG or JPEG. */
export function openPicture(bytes: Buffer): Opened {
  if (bytes.subarray(0, 8).equals(PNG_START)) {
    checkChunks(bytes)
    return { type: 'png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
  }
  if (bytes.readUInt16BE(0) === 0xffd8) return openJpeg(bytes)
  throw new Error('neither a PNG nor a JPEG')
}

function checkChunks(bytes: Buffer): void {
  for (let at = PNG_START.length; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    const body = bytes.subarray(at + 4, at + 8 + length)
    if (crc32(body) !== bytes.readUInt32BE(at + 8 + length)) throw new Error(`a broken chunk at ${at}`)
    at += 12 + length
  }
}

function openJpeg(bytes: Buffer): Opened {
  for (let at = 2; at < bytes.length - 8; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes[at + 1] ?? 0
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame)
      return { type: 'jpeg', height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) }
  }
  throw new Error('a JPEG without a frame')
}

/** A PDF with one page for each text. */
export function pdfOf(...pages: readonly string[]): Buffer {
  const kids = pages.map((_, index) => `${4 + 2 * index} 0 R`).join(' ')
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...pages.flatMap((text, index) => {
      const drawn = `BT /F1 12 Tf 72 720 Td (${text}) Tj ET`
      const contents = `${5 + 2 * index} 0 R`
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${contents} >>`,
        `<< /Length ${drawn.length} >>\nstream\n${drawn}\nendstream`,
      ]
    }),
  ]
  let text = '%PDF-1.4\n'
  const places = objects.map((object, index) => {
    const place = text.length
    text += `${index + 1} 0 obj\n${object}\nendobj\n`
    return `${String(place).padStart(10, '0')} 00000 n \n`
  })
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join('')}`
  return Buffer.from(
    `${text}${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`,
    'latin1',
  )
}

/** Silence as WAV: mono, 16 bits, 8,000 samples a second. */
export function wavOf(seconds: number): Buffer {
  const header = Buffer.alloc(44)
  const dataBytes = seconds * 16_000
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(36 + dataBytes, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(8_000, 24)
  header.writeUInt32LE(16_000, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(dataBytes, 40)
  return Buffer.concat([header, Buffer.alloc(dataBytes)])
}

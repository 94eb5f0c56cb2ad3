/**
 * The objects of a PDF. They are found by reading the file from its beginning to its end, not by its table of
 * contents: that works for damaged files too, and costs the same for every file of a size.
 */
import { letOthersRun } from '../file.ts'
import { type Allowance, unpack } from './pdf-filters.ts'
import { createParser } from './pdf-parser.ts'
import { dictionaryOf, isKind, nameOf, numberOf, type PdfDictionary, type PdfValue } from './pdf-values.ts'

const OBJECTS_MAX = 100_000
/** Places where an object may begin: more than objects, for streams may look like them. */
const PLACES_MAX = 200_000
/** Characters before `obj` that hold the object's number. */
const NUMBER_CHARS_MAX = 24
/** A reference to a reference and so on. */
const HOPS_MAX = 8
/** Everything that is unpacked of one document. */
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024
/** Values (all but the streams) that are read of one document: each of their bytes becomes many in memory. */
const VALUE_BYTES_MAX = 12 * 1024 * 1024
const OBJECTS_PER_TURN = 2_000

export interface PdfObject {
  readonly value: PdfValue
  /** What is packed behind the value, for a stream. */
  readonly packed?: Buffer
}

export interface PdfFile {
  readonly objects: ReadonlyMap<number, PdfObject>
  /** What the trailers say, the last one first to be believed. */
  readonly trailer: PdfDictionary
  /** Follows references. */
  resolve(value: PdfValue | undefined): PdfValue | undefined
  dictionary(value: PdfValue | undefined): PdfDictionary | undefined
  /** The unpacked content of the stream that a reference leads to. */
  content(value: PdfValue | undefined): Promise<Buffer | undefined>
}

interface Scan {
  readonly bytes: Buffer
  readonly objects: Map<number, PdfObject>
  readonly trailer: Map<string, PdfValue>
  /** Where a stream ends is looked for no further once there is no such word any more. */
  hasStreamEnds: boolean
  /** Bytes that may still be read. */
  work: number
}

export async function readPdfFile(bytes: Buffer): Promise<PdfFile> {
  const scan: Scan = {
    bytes,
    objects: new Map(),
    trailer: new Map(),
    hasStreamEnds: true,
    work: VALUE_BYTES_MAX,
  }
  await findObjects(scan)
  findTrailers(scan)
  const allowance: Allowance = { bytes: UNPACKED_BYTES_MAX }
  const file = openFile(scan, allowance)
  await unpackObjects(scan, file)
  return file
}

function openFile({ objects, trailer }: Scan, allowance: Allowance): PdfFile {
  const resolve = (value: PdfValue | undefined): PdfValue | undefined => {
    let found = value
    for (let hop = 0; isKind(found, 'reference') && hop < HOPS_MAX; hop++) {
      found = objects.get(found.number)?.value
    }
    return isKind(found, 'reference') ? undefined : found
  }
  return {
    objects,
    trailer,
    resolve,
    dictionary: (value) => dictionaryOf(resolve(value)),
    async content(value) {
      const object = isKind(value, 'reference') ? objects.get(value.number) : undefined
      const dictionary = dictionaryOf(object?.value)
      if (object?.packed === undefined || dictionary === undefined) return undefined
      return unpack(object.packed, dictionary, resolve, allowance)
    },
  }
}

async function findObjects(scan: Scan): Promise<void> {
  const { bytes, objects } = scan
  for (let at = bytes.indexOf('obj'), count = 0; at !== -1; count++) {
    const number = numberBefore(bytes, at)
    const end = number === undefined ? at + 3 : readObject(scan, number, at + 3)
    if (objects.size >= OBJECTS_MAX || count >= PLACES_MAX || scan.work <= 0) return
    if (count % OBJECTS_PER_TURN === OBJECTS_PER_TURN - 1) await letOthersRun()
    at = bytes.indexOf('obj', end)
  }
}

/** The 12 of `12 0 obj`. */
function numberBefore(bytes: Buffer, at: number): number | undefined {
  const before = bytes.toString('latin1', Math.max(0, at - NUMBER_CHARS_MAX), at)
  const match = /(\d{1,10})\s{1,3}\d{1,5}\s{0,3}$/.exec(before)
  return match === null ? undefined : Number(match[1])
}

/** Reads the object whose value begins at `start`, and gives the place to go on from. */
function readObject(scan: Scan, number: number, start: number): number {
  const { bytes, objects } = scan
  const parser = createParser(bytes, start, Math.min(bytes.length, start + scan.work))
  const value = parser.next()
  scan.work -= parser.at - start
  if (value === undefined) return start
  const afterValue = parser.at
  const stream = dictionaryOf(value) && streamAfter(scan, value, afterValue)
  // What is defined again later replaces what was there before.
  objects.set(number, stream ? { value, packed: stream.packed } : { value })
  return stream?.end ?? afterValue
}

function streamAfter(
  scan: Scan,
  value: PdfValue,
  at: number,
): { readonly packed: Buffer; readonly end: number } | undefined {
  const { bytes } = scan
  const between = /^\s{0,16}stream(?:\r\n|\n|\r)?/.exec(bytes.toString('latin1', at, at + 32))
  if (between === null) return undefined
  const start = at + between[0].length
  const told = numberOf(dictionaryOf(value)?.get('Length'))
  const isTold = told !== undefined && told >= 0 && Number.isInteger(told)
  if (isTold && /^\s{0,4}endstream/.test(bytes.toString('latin1', start + told, start + told + 16))) {
    return { packed: bytes.subarray(start, start + told), end: start + told }
  }
  const end = scan.hasStreamEnds ? bytes.indexOf('endstream', start) : -1
  if (end === -1) scan.hasStreamEnds = false
  return end === -1
    ? { packed: bytes.subarray(start), end: start }
    : { packed: bytes.subarray(start, end), end }
}

function findTrailers(scan: Scan): void {
  const { bytes, trailer, objects } = scan
  for (const { value } of objects.values()) {
    const dictionary = dictionaryOf(value)
    if (nameOf(dictionary?.get('Type')) === 'XRef') addTrailer(trailer, dictionary)
  }
  for (let at = bytes.indexOf('trailer'); at !== -1 && scan.work > 0; at = bytes.indexOf('trailer', at + 7)) {
    const parser = createParser(bytes, at + 7, Math.min(bytes.length, at + 7 + scan.work))
    addTrailer(trailer, dictionaryOf(parser.next()))
    scan.work -= parser.at - at
  }
}

function addTrailer(trailer: Map<string, PdfValue>, found: PdfDictionary | undefined): void {
  for (const key of ['Root', 'Info', 'Encrypt']) {
    const value = found?.get(key)
    if (value !== undefined) trailer.set(key, value)
  }
}

/** Objects that are packed together in streams. */
async function unpackObjects(scan: Scan, file: PdfFile): Promise<void> {
  const packs = [...scan.objects].filter(
    ([, { value, packed }]) => packed && nameOf(dictionaryOf(value)?.get('Type')) === 'ObjStm',
  )
  // What was packed last is what holds.
  for (const [number, { value }] of packs.reverse()) {
    const content = await file.content({ kind: 'reference', number })
    const dictionary = dictionaryOf(value)
    if (content === undefined || dictionary === undefined) continue
    const count = numberOf(file.resolve(dictionary.get('N'))) ?? 0
    const first = numberOf(file.resolve(dictionary.get('First'))) ?? 0
    unpackOne(scan, content, count, first)
  }
}

/** First come pairs of an object's number and place, then the objects, in the same order. */
function unpackOne(scan: Scan, content: Buffer, count: number, first: number): void {
  const { objects } = scan
  const index = createParser(content, 0, Math.min(content.length, Math.max(0, first)))
  const values = createParser(content, 0, content.length)
  let readTo = 0
  for (let step = 0; step < count && objects.size < OBJECTS_MAX && scan.work > 0; step++) {
    const number = index.next()
    const place = index.next()
    if (typeof number !== 'number' || typeof place !== 'number') return
    // Places that go back would make the same bytes be read again and again.
    const at = Math.floor(first + place)
    if (at < readTo || at >= content.length) continue
    values.seek(at)
    const value = values.next()
    readTo = values.at
    scan.work -= readTo - at
    if (value !== undefined && !objects.has(number)) objects.set(number, { value })
  }
}

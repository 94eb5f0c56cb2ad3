/** What a JPEG says of its picture before the picture comes. */
import type { Huffman } from './jpeg-huffman.ts'

export interface Component {
  readonly id: number
  /** Blocks of this component in one unit of an interleaved scan. */
  readonly across: number
  readonly down: number
  /** Blocks in a row and a column, filled up to whole units. */
  readonly columns: number
  readonly rows: number
  /** Blocks that hold a part of the picture, as a scan of this component alone has them. */
  readonly ownColumns: number
  readonly ownRows: number
  readonly quantization: number
  /** Quantized averages, block by block. */
  readonly averages: Int16Array
}

export interface FrameHeader {
  readonly width: number
  readonly height: number
  readonly isProgressive: boolean
  readonly unitColumns: number
  readonly unitRows: number
  readonly components: readonly Component[]
}

export interface Tables {
  /** By table number. */
  readonly dc: (Huffman | undefined)[]
  readonly ac: (Huffman | undefined)[]
  /** Units between two restart markers; 0 for none. */
  restartInterval: number
}

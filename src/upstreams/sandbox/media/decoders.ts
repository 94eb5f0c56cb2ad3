/** One decoder a format, each loaded when the first medium of its format comes. */
import type { MediaFile } from './file.ts'
import type { Document, Picture, Recording } from './found.ts'
import type { Format } from './sniff.ts'

type Decoders<T> = Readonly<Partial<Record<Format, (file: MediaFile) => Promise<T>>>>

export const PICTURE_DECODERS: Decoders<Picture> = {
  png: async (file) => (await import('./image/png.ts')).readPng(file),
  jpeg: async (file) => (await import('./image/jpeg.ts')).readJpeg(file),
  gif: async (file) => (await import('./image/gif.ts')).readGif(file),
  webp: async (file) => (await import('./image/webp.ts')).readWebp(file),
  heif: async (file) => (await import('./image/heif.ts')).readHeif(file),
}

export const RECORDING_DECODERS: Decoders<Recording> = {
  wav: async (file) => (await import('./audio/wav.ts')).readWav(file),
  aiff: async (file) => (await import('./audio/aiff.ts')).readAiff(file),
  flac: async (file) => (await import('./audio/flac.ts')).readFlac(file, 0),
  mp3: async (file) => (await import('./audio/mp3.ts')).readMp3(file),
  adts: async (file) => (await import('./audio/adts.ts')).readAdts(file),
  ogg: async (file) => (await import('./audio/ogg.ts')).readOgg(file),
  mp4: async (file) => (await import('./video/mp4.ts')).readMp4(file),
  matroska: async (file) => (await import('./video/matroska.ts')).readMatroska(file),
  avi: async (file) => (await import('./video/avi.ts')).readAvi(file),
  transport: async (file) => (await import('./video/transport.ts')).readTransport(file),
  program: async (file) => (await import('./video/program.ts')).readProgram(file),
  flv: async (file) => (await import('./video/flv.ts')).readFlv(file),
  asf: async (file) => (await import('./video/asf.ts')).readAsf(file),
}

export const DOCUMENT_DECODERS: Decoders<Document> = {
  pdf: async (file) => (await import('./document/pdf.ts')).readPdf(file),
}

/** Films in fragments, as browsers record them: their length is that of all their samples. Source: ISO/IEC 14496-12, 8.8. */
import { boxesIn, findBox } from '../boxes.ts'
import type { View } from '../view.ts'

/** Samples that are added up one by one, over all fragments. */
const SAMPLES_MAX = 5_000_000
const TRACKS_MAX = 64

export interface Fragments {
  add(moof: View): void
  /** Of the longest track. */
  seconds(): number
}

interface Track {
  timescale: number
  /** Length of a sample that does not say one. */
  sampleDuration: number
  duration: number
}

export function createFragments(moov: View): Fragments {
  const tracks = readTracks(moov)
  const budget = { samples: SAMPLES_MAX }
  return {
    add(moof) {
      for (const { type, content } of boxesIn(moof)) if (type === 'traf') addRuns(content, tracks, budget)
    },
    seconds: () =>
      Math.max(0, ...[...tracks.values()].map(({ duration, timescale }) => duration / (timescale || 1))),
  }
}

function readTracks(moov: View): Map<number, Track> {
  const tracks = new Map<number, Track>()
  for (const { type, content } of boxesIn(moov)) {
    const header = type === 'trak' ? findBox(content, 'tkhd') : undefined
    const times = type === 'trak' ? findBox(content, 'mdia', 'mdhd') : undefined
    if (header === undefined || times === undefined || tracks.size >= TRACKS_MAX) continue
    const id = header.u32(header.u8(0) === 1 ? 20 : 12)
    tracks.set(id, { timescale: times.u32(times.u8(0) === 1 ? 20 : 12), sampleDuration: 0, duration: 0 })
  }
  for (const { type, content } of boxesIn(findBox(moov, 'mvex') ?? moov.part(0, 0))) {
    const track = type === 'trex' ? tracks.get(content.u32(4)) : undefined
    if (track !== undefined) track.sampleDuration = content.u32(12)
  }
  return tracks
}

function addRuns(fragment: View, tracks: Map<number, Track>, budget: { samples: number }): void {
  const header = findBox(fragment, 'tfhd')
  const track = header && tracks.get(header.u32(4))
  if (header === undefined || track === undefined) return
  const flags = header.u24(1)
  // Members before this one are there or not, as the flags say.
  const at = 8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0)
  const sampleDuration = flags & 8 ? header.u32(at) : track.sampleDuration
  for (const { type, content } of boxesIn(fragment)) {
    if (type === 'trun') track.duration += runDuration(content, sampleDuration, budget)
  }
}

function runDuration(run: View, sampleDuration: number, budget: { samples: number }): number {
  const flags = run.u24(1)
  const count = run.u32(4)
  if ((flags & 0x100) === 0) return count * sampleDuration
  const start = 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0)
  const sampleBytes = [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length * 4
  let duration = 0
  for (let index = 0; index < count && budget.samples > 0; index++, budget.samples--) {
    duration += run.u32(start + index * sampleBytes)
  }
  return duration
}

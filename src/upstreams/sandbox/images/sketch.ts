/** A picture before it has pixels: what is on it, in words that a drawing and a sentence can be made of. */
import { createRandom, digestOf } from '../digest.ts'
import { BACKDROPS, type Backdrop, plain } from './backdrops.ts'
import { type Colour, nameOf } from './colours.ts'
import { type MotifKind, motifOf } from './motifs.ts'

/** From -1 (left, top) over 0 to 1 (right, bottom). */
export interface Place {
  readonly x: number
  readonly y: number
}

export interface Motif {
  readonly kind: MotifKind
  /** Undefined: the colour that such a thing has. */
  readonly colour: Colour | undefined
  /** 1 is the usual size. */
  readonly size: number
  readonly place: Place | undefined
}

export interface Sketch {
  /** Undefined: whatever suits the motifs. */
  readonly backdrop: Backdrop | undefined
  readonly motifs: readonly Motif[]
  readonly caption: string
}

export const EMPTY_SKETCH: Sketch = { backdrop: undefined, motifs: [], caption: '' }

const WHITE = 0xffffff

/** The backdrop that is drawn. */
export function backdropOf({ backdrop, motifs }: Sketch): Backdrop {
  if (backdrop !== undefined) return backdrop
  if (motifs.every(({ kind }) => motifOf(kind).habitat === 'form')) return plain(WHITE)
  return motifs.some(({ kind }) => kind === 'moon') ? BACKDROPS.night : BACKDROPS.day
}

const FORMS: readonly MotifKind[] = ['circle', 'square', 'triangle', 'diamond', 'star', 'heart']
const BRIGHT: readonly Colour[] = [0xdc143c, 0x008080, 0xffd700, 0x4b0082, 0x808000, 0xff7f50]
const PLACES: readonly Place[] = [
  { x: -0.8, y: -0.2 },
  { x: 0, y: 0.1 },
  { x: 0.8, y: -0.1 },
]

/** What is drawn for words that name nothing: some forms that are the same for the same words. */
export function abstractSketch(words: string): Sketch {
  const random = createRandom(digestOf(words).readUInt32LE(0))
  const motifs = PLACES.map((place) => ({
    kind: random.pick(FORMS),
    colour: random.pick(BRIGHT),
    size: 0.8 + random.below(5) / 10,
    place,
  }))
  return { backdrop: undefined, motifs, caption: words }
}

const COUNTS = ['no', 'a', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
const PLURALS: Readonly<Partial<Record<MotifKind, string>>> = { person: 'people', fish: 'fish', sea: 'seas' }

/** The sketch as a phrase: `a red circle and two trees on a blue background`. */
export function describeSketch(sketch: Sketch): string {
  const counts = new Map<string, number>()
  for (const { kind, colour } of sketch.motifs) {
    const key = `${colour === undefined ? '' : `${nameOf(colour)} `}|${kind}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const things = [...counts].map(([key, count]) => phraseOf(key, count))
  const last = things.pop()
  const list = things.length === 0 ? (last ?? 'an empty picture') : `${things.join(', ')} and ${last}`
  return `${list} ${settingOf(backdropOf(sketch))}`
}

function phraseOf(key: string, count: number): string {
  const [colour = '', kind = ''] = key.split('|')
  if (count === 1) return `${/^[aeiou]/.test(colour || kind) ? 'an' : 'a'} ${colour}${kind}`
  const plural = PLURALS[kind as MotifKind] ?? `${kind}s`
  return `${COUNTS[count] ?? count} ${colour}${plural}`
}

function settingOf(backdrop: Backdrop): string {
  const name = Object.entries(BACKDROPS).find(([, candidate]) => candidate === backdrop)?.[0]
  if (name === 'night') return 'at night'
  if (name === 'day') return 'in daylight'
  if (name === 'sunset') return 'at sunset'
  if (name === 'space' || name === 'snow') return `in ${name}`
  if (name !== undefined) return `in a ${name} scene`
  if (backdrop.ground !== undefined) return backdrop.isDark ? 'at night' : 'outdoors'
  const colour = nameOf(backdrop.sky[0])
  return `on ${/^[aeiou]/.test(colour) ? 'an' : 'a'} ${colour} background`
}

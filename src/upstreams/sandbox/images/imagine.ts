/** From what was said over the turns of a conversation to one sketch: the first drawing turn, then its edits. */
import { BACKDROPS, plain } from './backdrops.ts'
import { type Mention, readMentions, wordsOf } from './mentions.ts'
import type { MotifKind } from './motifs.ts'
import type { Noun } from './nouns.ts'
import { abstractSketch, EMPTY_SKETCH, type Motif, type Sketch } from './sketch.ts'

/** Motifs on one picture. */
const MOTIFS_MAX = 24
/** Latest turns that are looked at. */
const TURNS_MAX = 64
const SIZE_MIN = 0.2
const SIZE_MAX = 2.5
const WHITE = 0xffffff

/** What a user said. */
export interface Turn {
  readonly text: string
  /** Whether the model answered it with a picture. */
  readonly pictured: boolean
}

const DRAWING =
  /\b(?:draw|paint|sketch|illustrate|render|depict|generate|create|design|imagine|picture|pictures|image|images|photo|photos|photograph|drawing|illustration|illustrations|painting|portrait|logo|icon|poster|wallpaper)\b/
const REFERENCE = /\b(?:it|its|them|this|that|same|again|instead|previous|earlier|above)\b/
const EDITING =
  /\b(?:add|remove|delete|erase|make|turn|change|recolou?r|replace|swap|without|bigger|smaller|larger|move|put|give|now|also|more|set|keep|edit)\b/

/** Whether words ask for a picture, or at least name something that can be drawn. */
export function asksForPicture(text: string): boolean {
  const words = wordsOf(text).join(' ')
  return DRAWING.test(words) || readMentions(text).some(({ noun }) => noun.is !== 'it')
}

/** The sketch after the last turn, which always draws; earlier turns count when they led to a picture. */
export function imagine(turns: readonly Turn[]): Sketch {
  const latest = turns.slice(-TURNS_MAX)
  let sketch: Sketch | undefined
  latest.forEach(({ text, pictured }, at) => {
    if (at < latest.length - 1 && !pictured && !DRAWING.test(wordsOf(text).join(' '))) return
    sketch = sketch === undefined || startsAnew(text, sketch) ? begin(text) : edit(sketch, text)
  })
  return sketch ?? abstractSketch('')
}

/** Whether a turn wants another picture rather than a change of the one that is there. */
function startsAnew(text: string, sketch: Sketch): boolean {
  const words = wordsOf(text).join(' ')
  if (REFERENCE.test(words)) return false
  const mentions = readMentions(text)
  const knows = mentions.some(
    ({ noun, definite }) =>
      definite && noun.is === 'motif' && sketch.motifs.some(({ kind }) => kind === noun.kind),
  )
  if (knows) return false
  if (DRAWING.test(words))
    return !/\b(?:to|in|of|from) the (?:image|picture|photo|drawing|illustration|painting)\b/.test(words)
  return !EDITING.test(words) && mentions.some(({ noun }) => noun.is === 'motif')
}

function begin(text: string): Sketch {
  const sketch = edit(EMPTY_SKETCH, text)
  if (sketch.motifs.length > 0) return sketch
  if (sketch.backdrop === undefined) return abstractSketch(text)
  // `a bicycle against a blue wall`: there is more to it than the colour, even if we cannot draw it.
  const isScene = Object.values(BACKDROPS).includes(sketch.backdrop)
  if (isScene || /\b(?:background|blank|empty|plain|solid)\b/.test(wordsOf(text).join(' '))) return sketch
  return { ...abstractSketch(text), backdrop: sketch.backdrop }
}

function edit(sketch: Sketch, text: string): Sketch {
  const captioned = { ...sketch, caption: text }
  return readMentions(text).reduce(apply, captioned)
}

function apply(sketch: Sketch, mention: Mention): Sketch {
  const { noun, colour, action } = mention
  switch (noun.is) {
    case 'motif':
      return applyToMotif(sketch, mention, noun)
    case 'it':
      return applyToAll(sketch, mention)
    case 'place':
      return action === 'remove' ? { ...sketch, backdrop: undefined } : moveTo(sketch, noun)
    case 'background':
      if (colour === undefined && action !== 'remove') return sketch
      return { ...sketch, backdrop: plain(colour ?? WHITE) }
    case 'sky':
      if (colour === undefined) return sketch
      return { ...sketch, backdrop: { ...(sketch.backdrop ?? BACKDROPS.day), sky: [colour, colour] } }
    case 'ground':
      if (colour === undefined) return sketch
      return { ...sketch, backdrop: { ...(sketch.backdrop ?? BACKDROPS.day), ground: colour } }
    case 'caption':
      return action === 'remove' ? { ...sketch, caption: '' } : sketch
    case 'everything':
      return action === 'remove' ? { ...sketch, motifs: [] } : sketch
  }
}

type MotifNoun = Extract<Noun, { is: 'motif' }>

function applyToMotif(sketch: Sketch, mention: Mention, noun: MotifNoun): Sketch {
  const { action, definite, becomes } = mention
  const isThere = sketch.motifs.some(({ kind }) => kind === noun.kind)
  if (action === 'remove') {
    const backdrop =
      noun.kind === 'star' && sketch.backdrop ? { ...sketch.backdrop, stars: false } : sketch.backdrop
    return { ...sketch, backdrop, motifs: sketch.motifs.filter(({ kind }) => kind !== noun.kind) }
  }
  if (isThere && (definite || action === 'change'))
    return restyle(sketch, mention, (kind) => kind === noun.kind)
  const kind = becomes?.is === 'motif' ? becomes.kind : noun.kind
  return add(sketch, kind, mention, mention.count ?? noun.count)
}

/** `it`: everything that is on the picture, or the background of a picture without motifs. */
function applyToAll(sketch: Sketch, mention: Mention): Sketch {
  if (sketch.motifs.length > 0) return restyle(sketch, mention, () => true)
  if (mention.colour === undefined) return sketch
  return { ...sketch, backdrop: plain(mention.colour) }
}

function restyle(sketch: Sketch, mention: Mention, isMeant: (kind: MotifKind) => boolean): Sketch {
  const { colour, size = 1, place, becomes } = mention
  const change = (motif: Motif): Motif => ({
    kind: becomes?.is === 'motif' ? becomes.kind : motif.kind,
    colour: colour ?? motif.colour,
    size: Math.min(SIZE_MAX, Math.max(SIZE_MIN, motif.size * size)),
    place: place ?? motif.place,
  })
  return { ...sketch, motifs: sketch.motifs.map((motif) => (isMeant(motif.kind) ? change(motif) : motif)) }
}

function add(
  sketch: Sketch,
  kind: MotifKind,
  { colour, size = 1, place }: Partial<Mention>,
  count = 1,
): Sketch {
  const room = Math.max(0, MOTIFS_MAX - sketch.motifs.length)
  const added = Array.from({ length: Math.min(count, room) }, (): Motif => ({ kind, colour, size, place }))
  return { ...sketch, motifs: [...sketch.motifs, ...added] }
}

/** Another place or hour brings its own things with it; at night the sun is the moon. */
function moveTo(sketch: Sketch, { backdrop, motifs }: Extract<Noun, { is: 'place' }>): Sketch {
  const here = new Set(sketch.motifs.map(({ kind }) => kind))
  const moved = backdrop.isDark
    ? sketch.motifs.map(
        (motif): Motif => (motif.kind === 'sun' ? { ...motif, kind: 'moon', colour: undefined } : motif),
      )
    : sketch.motifs
  return motifs
    .filter((kind) => !here.has(kind))
    .reduce<Sketch>((sum, kind) => add(sum, kind, {}), { ...sketch, motifs: moved, backdrop })
}

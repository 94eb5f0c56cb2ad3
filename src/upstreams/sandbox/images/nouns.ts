/** Which words of a prompt name something that can be drawn. */
import { BACKDROPS, type Backdrop } from './backdrops.ts'
import { MOTIFS, type MotifKind } from './motifs.ts'

export type Noun =
  | { readonly is: 'motif'; readonly kind: MotifKind; readonly count: number }
  | { readonly is: 'place'; readonly backdrop: Backdrop; readonly motifs: readonly MotifKind[] }
  | { readonly is: 'background' | 'sky' | 'ground' | 'caption' | 'everything' }

const SYNONYMS: Readonly<Record<string, MotifKind>> = {
  ball: 'circle',
  disc: 'circle',
  disk: 'circle',
  dot: 'circle',
  box: 'square',
  cube: 'square',
  pyramid: 'triangle',
  hearts: 'heart',
  sunshine: 'sun',
  ocean: 'sea',
  lake: 'sea',
  water: 'sea',
  river: 'sea',
  waves: 'sea',
  hill: 'mountain',
  volcano: 'mountain',
  home: 'house',
  cottage: 'house',
  cabin: 'house',
  building: 'house',
  castle: 'house',
  rose: 'flower',
  tulip: 'flower',
  kitten: 'cat',
  kitty: 'cat',
  puppy: 'dog',
  shark: 'fish',
  whale: 'fish',
  ship: 'boat',
  sailboat: 'boat',
  truck: 'car',
  spaceship: 'rocket',
  man: 'person',
  woman: 'person',
  boy: 'person',
  girl: 'person',
  child: 'person',
  people: 'person',
  men: 'person',
  women: 'person',
  children: 'person',
  android: 'robot',
  gem: 'diamond',
  fruit: 'apple',
}

const PLACES: Readonly<Record<string, readonly [keyof typeof BACKDROPS, ...MotifKind[]]>> = {
  night: ['night'],
  midnight: ['night'],
  starry: ['night'],
  day: ['day'],
  daytime: ['day'],
  daylight: ['day'],
  sunset: ['sunset'],
  sunrise: ['sunset'],
  dusk: ['sunset'],
  dawn: ['sunset'],
  evening: ['sunset'],
  space: ['space'],
  galaxy: ['space'],
  universe: ['space'],
  beach: ['beach', 'sea', 'sun'],
  desert: ['desert', 'sun'],
  snow: ['snow'],
  snowy: ['snow'],
  winter: ['snow'],
  forest: ['day', 'tree', 'tree', 'tree', 'tree'],
  meadow: ['day', 'flower'],
  garden: ['day', 'flower', 'flower', 'flower'],
  landscape: ['day', 'mountain', 'tree', 'sun'],
  village: ['day', 'house', 'house', 'house'],
  city: ['day', 'house', 'house', 'house', 'house'],
}

const ELSEWHERE: Readonly<Record<string, 'background' | 'sky' | 'ground' | 'caption' | 'everything'>> = {
  background: 'background',
  backdrop: 'background',
  canvas: 'background',
  page: 'background',
  paper: 'background',
  wall: 'background',
  sky: 'sky',
  ground: 'ground',
  grass: 'ground',
  field: 'ground',
  floor: 'ground',
  sand: 'ground',
  caption: 'caption',
  text: 'caption',
  everything: 'everything',
}

/** How many a plural without a number is. */
const SOME = 3

/** What a lower-case word names, or undefined. */
export function nounOf(word: string): Noun | undefined {
  if (Object.hasOwn(ELSEWHERE, word)) return { is: ELSEWHERE[word]! }
  if (Object.hasOwn(PLACES, word)) {
    const [backdrop, ...motifs] = PLACES[word]!
    return { is: 'place', backdrop: BACKDROPS[backdrop], motifs }
  }
  const kind = kindOf(word)
  if (kind !== undefined) return { is: 'motif', kind, count: word === 'people' ? SOME : 1 }
  const single = singularsOf(word)
    .map(kindOf)
    .find((found) => found !== undefined)
  return single && { is: 'motif', kind: single, count: single === 'sea' ? 1 : SOME }
}

function kindOf(word: string): MotifKind | undefined {
  if (Object.hasOwn(SYNONYMS, word)) return SYNONYMS[word]
  return Object.hasOwn(MOTIFS, word) ? (word as MotifKind) : undefined
}

function singularsOf(word: string): readonly string[] {
  if (!word.endsWith('s')) return []
  return [word.slice(0, -1), word.replace(/es$/, ''), word.replace(/ies$/, 'y')]
}

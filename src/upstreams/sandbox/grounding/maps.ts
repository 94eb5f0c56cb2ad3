/** `googleMaps`: places near a point or in a city, by what a prompt asks for. */
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { digestOf } from '../digest.ts'
import type { Finding, GroundingChunk, Statement } from './finding.ts'
import { type Category, type City, distanceMetres, loadCities, type Place, type Point } from './places.ts'
import { termsOf } from './words.ts'

type GoogleMaps = GeminiMessage<'GoogleMaps'>

const PLACES_MAX = 5
const PLACES_PER_KIND_MAX = 3
const RADIUS_METRES = 3_000
const RADIUS_METRES_MAX = 50_000
const WALK_METRES_PER_MINUTE = 80
const TERMS_MAX = 200
const CONFIDENCE = 0.95

/** Terms that name a kind of place, as a search compares them. */
const KINDS: ReadonlyMap<string, Category> = kinds({
  restaurant: 'restaurants eat eating dinner lunch food pizza pasta sushi ramen cuisine brunch diner tacos',
  cafe: 'cafes café coffee espresso tea flat-white',
  bakery: 'bakeries bread croissant pastries pastry',
  bar: 'bars pub pubs beer cocktail cocktails wine drink drinks nightlife',
  museum: 'museums gallery galleries art exhibition',
  park: 'parks garden gardens playground picnic',
  hotel: 'hotels hostel sleep stay accommodation',
  landmark: 'landmarks sights sightseeing attraction attractions monument monuments visit tourist see',
  pharmacy: 'pharmacies chemist drugstore medicine',
  bookshop: 'bookshops bookstore bookstores books',
  station: 'stations train trains subway metro railway',
})

function kinds(words: Readonly<Record<Category, string>>): ReadonlyMap<string, Category> {
  const entries = Object.entries(words) as [Category, string][]
  return new Map(
    entries.flatMap(([category, others]) =>
      termsOf(`${category} ${others}`, TERMS_MAX, 'with').map((term) => [term, category] as const),
    ),
  )
}

/** What makes a prompt one about places although it names no kind of them. */
const WHEREABOUTS =
  /\b(?:near(?:by|est)?|around here|close to|close by|walking distance|minutes? walk|things to do|places|where|directions?|itinerary|plan (?:a|my) (?:day|trip|weekend)|map)\b/i

interface Found {
  readonly place: Place
  /** From the point that was asked about; `undefined` without one. */
  readonly metres: number | undefined
}

/** Places that fit the question, and its terms that are spoken for; `undefined` when it is not about places. */
export async function findOnMap(
  tool: GoogleMaps,
  here: Point | undefined,
  question: string,
): Promise<Finding | undefined> {
  const cities = await loadCities()
  const city = cityIn(question, cities)
  const within = placesWithin(cities, city, here, question)
  const found = choose(within, question)
  if (found.length === 0) return undefined
  const chunks = found.map(({ place }) => chunkOf(place))
  const queries = [question]
  return {
    toolType: 'GOOGLE_MAPS',
    args: { queries },
    response: {
      places: found.map(({ place }) => ({ title: place.name, placeId: `places/${place.placeId}` })),
    },
    read: found.map(({ place }) => [place.name, place.text, ...place.reviews].join(' ')),
    statements: [introduction(found, city), ...found.map(statementOf)],
    chunks,
    spokenFor: spokenFor(question, found, city),
    metadata: tool.enableWidget ? { googleMapsWidgetContextToken: widgetToken(found) } : {},
  }
}

/** What the map needs no web search for any more: kinds, places, tags, the city, and how far it may be. */
function spokenFor(question: string, found: readonly Found[], city: City | undefined): string[] {
  const told = found.flatMap(({ place }) => [place.name, place.city, ...place.tags])
  const whereabouts = question.match(new RegExp(WHEREABOUTS, 'gi')) ?? []
  const distance = RADIUS.exec(question)?.[0] ?? ''
  const words = [...told, ...(city?.names ?? []), ...whereabouts, distance, ...SUPERLATIVES].join(' ')
  return [...KINDS.keys(), ...termsOf(words, TERMS_MAX * PLACES_MAX, 'with')]
}

const SUPERLATIVES = [
  'best',
  'good',
  'great',
  'nice',
  'top',
  'recommend',
  'around',
  'here',
  'near',
  'within',
  'walk',
]

/** The city that the question names, with a word boundary on both sides. */
function cityIn(question: string, cities: readonly City[]): City | undefined {
  const words = ` ${question.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ')} `
  return cities.find(({ names }) => names.some((name) => words.includes(` ${name} `)))
}

/** A city that is named wins over the point where the caller is. */
function placesWithin(
  cities: readonly City[],
  city: City | undefined,
  here: Point | undefined,
  question: string,
): Found[] {
  if (city !== undefined) return city.places.map((place) => ({ place, metres: undefined }))
  if (here === undefined) return []
  const radius = radiusOf(question)
  return cities
    .flatMap(({ places }) => places)
    .map((place) => ({ place, metres: distanceMetres(here, place) }))
    .filter(({ metres }) => metres <= radius)
}

const RADIUS = /\b(\d{1,4})(?:\.\d+)?[- ]?(minutes?|mins?|km|kilomet(?:er|re)s?|miles?|m|met(?:er|re)s?)\b/i

function radiusOf(question: string): number {
  const [, amount = '', unit = ''] = RADIUS.exec(question) ?? []
  const metres = Number(amount) * metresPer(unit.toLowerCase())
  return metres > 0 ? Math.min(metres, RADIUS_METRES_MAX) : RADIUS_METRES
}

function metresPer(unit: string): number {
  if (unit.startsWith('min')) return WALK_METRES_PER_MINUTE
  if (unit.startsWith('mil')) return 1_609
  return unit.startsWith('k') ? 1_000 : 1
}

/** Named places first, then the best of each kind that is asked for; what is special about them decides the order. */
function choose(within: readonly Found[], question: string): Found[] {
  const terms = new Set(termsOf(question, TERMS_MAX, 'with'))
  const asked = [...new Set([...terms].flatMap((term) => KINDS.get(term) ?? []))]
  const named = within.filter(({ place }) => isNamed(place, question))
  if (asked.length === 0 && named.length === 0 && !WHEREABOUTS.test(question)) return []
  if (asked.length === 0 && named.length > 0) return named.slice(0, PLACES_MAX)
  const wanted = asked.length === 0 ? (['landmark', 'museum', 'park'] as const) : asked
  const perKind = Math.max(1, Math.min(PLACES_PER_KIND_MAX, Math.floor(PLACES_MAX / wanted.length)))
  const ofKinds = wanted.flatMap((category) => {
    const ofKind = within.filter(({ place }) => place.category === category)
    return ranked(ofKind, terms).slice(0, perKind)
  })
  return [...new Set([...named, ...ofKinds])].slice(0, PLACES_MAX)
}

function isNamed({ name }: Place, question: string): boolean {
  return question.toLowerCase().includes(name.toLowerCase())
}

function ranked(found: readonly Found[], terms: ReadonlySet<string>): Found[] {
  const fits = ({ place }: Found) =>
    termsOf(place.tags.join(' '), TERMS_MAX, 'with').filter((term) => terms.has(term)).length
  const best = Math.max(0, ...found.map(fits))
  return found
    .filter((one) => fits(one) === best)
    .sort(
      (a, b) =>
        b.place.rating - a.place.rating ||
        (a.metres ?? 0) - (b.metres ?? 0) ||
        (a.place.name < b.place.name ? -1 : 1),
    )
}

function introduction(found: readonly Found[], city: City | undefined): Statement {
  const where = city === undefined ? 'nearby' : `in ${city.name}`
  const text =
    found.length === 1 ? `There is one place ${where}:` : `Here are ${found.length} places ${where}:`
  return { lead: '', text, grades: [] }
}

function statementOf({ place, metres }: Found, chunk: number): Statement {
  const distance = metres === undefined ? '' : `, about ${rounded(metres)} away`
  const text = `**${place.name}** (${place.category}, rated ${place.rating.toFixed(1)}${distance}): ${place.text}`
  return { lead: '\n\n* ', text, grades: [{ chunk, confidence: CONFIDENCE }] }
}

function rounded(metres: number): string {
  if (metres >= 1_000) return `${(metres / 1_000).toFixed(1)} km`
  return `${Math.max(50, Math.round(metres / 50) * 50)} m`
}

function chunkOf(place: Place): GroundingChunk {
  const uri = `https://maps.google.com/?cid=${digestOf(place.placeId).readBigUInt64BE()}`
  const reviewSnippets = place.reviews.map((title, index) => {
    const reviewId = digestOf([place.placeId, index]).toString('base64url', 0, 24)
    return { reviewId, googleMapsUri: `${uri}&review=${reviewId}`, title }
  })
  return {
    maps: {
      uri,
      title: place.name,
      text: place.text,
      placeId: `places/${place.placeId}`,
      ...(reviewSnippets.length > 0 && { placeAnswerSources: { reviewSnippets } }),
    },
  }
}

function widgetToken(found: readonly Found[]): string {
  return `widgetcontent/${digestOf(found.map(({ place }) => place.placeId)).toString('base64url')}`
}

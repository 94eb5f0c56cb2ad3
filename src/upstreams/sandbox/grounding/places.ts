/** The sandbox's little map: sights that exist, and cafes, restaurants and shops that do not. Loaded on first use. */
import { readFile } from 'node:fs/promises'

export interface Place {
  readonly name: string
  /** `ChIJ…`, made up but always the same. */
  readonly placeId: string
  readonly city: string
  /** Degrees. */
  readonly latitude: number
  readonly longitude: number
  readonly category: Category
  /** What it is known for, in words that people ask with. */
  readonly tags: readonly string[]
  readonly text: string
  /** 1 to 5. */
  readonly rating: number
  readonly reviews: readonly string[]
}

export type Category =
  | 'bakery'
  | 'bar'
  | 'bookshop'
  | 'cafe'
  | 'hotel'
  | 'landmark'
  | 'museum'
  | 'park'
  | 'pharmacy'
  | 'restaurant'
  | 'station'

export interface City {
  readonly name: string
  /** Other names that people use, in lower case. */
  readonly names: readonly string[]
  readonly places: readonly Place[]
}

type PlaceRow = Omit<Place, 'city'>

const FILES = ['berlin', 'london', 'los-angeles', 'new-york', 'paris', 'rome', 'san-francisco', 'tokyo']

let loading: Promise<readonly City[]> | undefined

/** The cities of the map, by name. */
export function loadCities(): Promise<readonly City[]> {
  loading ??= Promise.all(FILES.map(readCity))
  return loading
}

async function readCity(file: string): Promise<City> {
  const text = await readFile(new URL(`./places/${file}.json`, import.meta.url), 'utf8')
  const { name, names, places } = JSON.parse(text) as City & { places: readonly PlaceRow[] }
  return Object.freeze({
    name,
    names,
    places: places.map((place) => Object.freeze({ ...place, city: name })),
  })
}

export interface Point {
  readonly latitude: number
  readonly longitude: number
}

const METRES_PER_DEGREE = 111_195

/** Metres between two points that are not far apart, good to about one percent in a city. */
export function distanceMetres(from: Point, to: Point): number {
  const between = ((from.latitude + to.latitude) / 2) * (Math.PI / 180)
  const turn = Math.abs(from.longitude - to.longitude)
  const east = Math.min(turn, 360 - turn) * Math.cos(between)
  const north = from.latitude - to.latitude
  return Math.round(METRES_PER_DEGREE * Math.hypot(east, north))
}

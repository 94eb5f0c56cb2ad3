/** Words as they are compared when a function is chosen: without endings, and with their near synonyms as one. */
import { stemOf as stemOfPlain, stopWords } from '../text/words.ts'

/** Words of one text that are looked at. */
const WORDS_MAX = 400

const STOP_WORDS = stopWords(
  'those up current currently now today given based using user using return returns provide provides ' +
    'specified optional used e.g etc',
)

/** What is done to a thing. A function that makes does not fit a prompt that removes. */
const ACTIONS: Readonly<Record<string, string>> = {
  read: 'get find fetch list show read check search lookup look query retrieve see view load describe',
  make: 'create add make new insert build generate write append',
  remove: 'delete remove cancel clear drop erase unsubscribe',
  change: 'set update change edit modify adjust turn dim switch rename configure replace',
  send: 'send post mail submit notify publish reply forward',
  book: 'book reserve schedule arrange plan order buy purchase',
  run: 'run call execute invoke start launch open play',
  stop: 'stop end close pause quit',
}

const SYNONYMS: Readonly<Record<string, string>> = {
  weather:
    'forecast temperature rain raining sunny snow snowing umbrella humid humidity wind windy warmer colder hotter cooler',
  email: 'mail message inbox',
  price: 'cost worth quote share stock',
  time: 'clock hour timezone',
  calendar: 'meeting event appointment agenda',
  light: 'lamp lighting bright brightness dark',
  music: 'song track playlist',
  flight: 'fly plane airline airfare',
  place: 'location city town',
  restaurant: 'dinner lunch eat food dining',
  currency: 'exchange dollar euro yen',
}

/** The stem of a word as it stands in a text: in any case, perhaps with `'s`. */
export function stemOf(word: string): string {
  return stemOfPlain(word.toLowerCase().replace(/['’]s?$/, ''))
}

function table(groups: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(groups).flatMap(([name, words]) =>
      [name, ...words.split(' ')].map((word) => [stemOf(word), name] as const),
    ),
  )
}

const ACTION_OF = table(ACTIONS)
const SYNONYM_OF = table(SYNONYMS)

export interface Words {
  /** Things, by their stem or by the name of their synonyms. */
  readonly things: ReadonlySet<string>
  /** Kinds of action, such as `read`. */
  readonly actions: ReadonlySet<string>
  /** Stems of the actions as they were said. */
  readonly verbs: ReadonlySet<string>
}

/** Also takes names apart: `getCurrentWeather`, `get_current_weather` and `weather.get`. */
export function wordsOf(text: string): Words {
  const things = new Set<string>()
  const actions = new Set<string>()
  const verbs = new Set<string>()
  const spaced = text.replace(/(\p{Ll})(?=\p{Lu})/gu, '$1 ').replaceAll('_', ' ')
  let count = 0
  for (const [word] of spaced.matchAll(/[\p{L}\p{N}][\p{L}\p{M}\p{N}'’]{0,40}/gu)) {
    if (++count > WORDS_MAX) break
    if (STOP_WORDS.has(word.toLowerCase())) continue
    const stem = stemOf(word)
    const action = ACTION_OF.get(stem)
    if (action === undefined) things.add(SYNONYM_OF.get(stem) ?? stem)
    else {
      actions.add(action)
      verbs.add(stem)
    }
  }
  return { things, actions, verbs }
}

/** Google's thirty prebuilt voices, and how each of them sounds here. */
import { invalidField } from '../../../errors.ts'
import { shorten } from '../../../wire/protojson-scalars.ts'

export interface Voice {
  /** As Google writes it, such as `Kore`. */
  readonly name: string
  /** Of the voice at rest. */
  readonly pitchHz: number
  /** Above 1 is a shorter throat: brighter vowels. */
  readonly brightness: number
}

/** Name and pitch; a voice above the middle is bright. */
const PITCHES: Readonly<Record<string, number>> = {
  Zephyr: 212,
  Puck: 128,
  Charon: 98,
  Kore: 196,
  Fenrir: 118,
  Leda: 232,
  Orus: 106,
  Aoede: 204,
  Callirrhoe: 188,
  Autonoe: 208,
  Enceladus: 94,
  Iapetus: 112,
  Umbriel: 122,
  Algieba: 102,
  Despina: 218,
  Erinome: 192,
  Algenib: 90,
  Rasalgethi: 116,
  Laomedeia: 224,
  Achernar: 236,
  Alnilam: 108,
  Schedar: 120,
  Gacrux: 176,
  Pulcherrima: 200,
  Achird: 132,
  Zubenelgenubi: 100,
  Vindemiatrix: 184,
  Sadachbia: 138,
  Sadaltager: 124,
  Sulafat: 180,
}
const MIDDLE_HZ = 155

const VOICES: ReadonlyMap<string, Voice> = new Map(
  Object.entries(PITCHES).map(([name, pitchHz]) => [
    name.toLowerCase(),
    { name, pitchHz, brightness: (pitchHz > MIDDLE_HZ ? 1.14 : 0.98) + (pitchHz % 7) / 100 },
  ]),
)

export const VOICE_STANDARD: Voice = VOICES.get('zephyr')!

/** The voice of a name in any case. Throws Google's 400, which lists the names there are. */
export function voiceOf(name: string, field: string): Voice {
  const voice = VOICES.get(name.toLowerCase())
  if (voice !== undefined) return voice
  const names = [...VOICES.keys()].sort().join(', ')
  throw invalidField(field, `Voice name ${shorten(name)} is not supported. Allowed voice names are: ${names}`)
}

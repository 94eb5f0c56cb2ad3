/** What of a prompt is to be spoken, by whom, and how. */
import { SPEECH_CHARS_MAX } from './sounds.ts'
import { type Delivery, PLAINLY } from './speak.ts'

const INSTRUCTION_CHARS_MAX = 400

export interface Line {
  /** A name of the request's speakers, as the request writes it; undefined: nobody was named. */
  readonly speaker: string | undefined
  readonly text: string
}

export interface Script {
  readonly lines: readonly Line[]
  readonly delivery: Delivery
  /** Whether the prompt had more than can be spoken. */
  readonly isCut: boolean
}

/** `Say cheerfully: Hello!` speaks `Hello!`; so does a line of instruction before a conversation. */
const INSTRUCTION =
  /^\s*(?:please\s+|now\s+)?(?:say|speak|read|tell|narrate|recite|whisper|shout|announce|tts|make|use|generate|in an?|with an?)\b[^:\n]*:/i

/** Reads a prompt for the speakers that the request names. */
export function readScript(prompt: string, speakers: readonly string[]): Script {
  const text = prompt.slice(0, SPEECH_CHARS_MAX).toWellFormed()
  const instruction = instructionOf(text, speakers)
  const spoken = text.slice(instruction.length)
  const lines = speakers.length === 0 ? [{ speaker: undefined, text: spoken }] : linesOf(spoken, speakers)
  return {
    lines: lines.filter((line) => line.text.trim() !== ''),
    delivery: deliveryOf(instruction),
    isCut: prompt.length > SPEECH_CHARS_MAX,
  }
}

function instructionOf(text: string, speakers: readonly string[]): string {
  const head = text.slice(0, INSTRUCTION_CHARS_MAX)
  const [instruction = ''] = INSTRUCTION.exec(head) ?? []
  // `Tell: hello` is an instruction unless Tell is somebody.
  const isSpeaker = speakerOf(instruction, speakers) !== undefined
  // With nothing after it, the words are all that there is to say.
  return isSpeaker || text.slice(instruction.length).trim() === '' ? '' : instruction
}

/** The speaker that a line such as `Joe: …` begins with. */
function speakerOf(line: string, speakers: readonly string[]): string | undefined {
  const colon = line.indexOf(':')
  if (colon === -1) return undefined
  const name = line.slice(0, colon).replace(/[*_]/g, '').trim().toLowerCase()
  return speakers.find((speaker) => speaker.trim().toLowerCase() === name)
}

/** A line of nobody's belongs to whoever spoke before it; a name that is not a speaker's is left out too. */
function linesOf(text: string, speakers: readonly string[]): Line[] {
  const lines: Line[] = []
  let current: string | undefined
  for (const line of text.split('\n')) {
    const speaker = speakerOf(line, speakers)
    const stranger = speaker === undefined && /^\s*\*{0,2}[\p{L}\p{N} ._-]{1,40}\*{0,2}:(?=\s)/u.test(line)
    if (speaker !== undefined || stranger) current = speaker
    const words = speaker !== undefined || stranger ? line.slice(line.indexOf(':') + 1) : line
    lines.push({ speaker: current, text: `${words}\n` })
  }
  return lines
}

const MANNERS: readonly (readonly [RegExp, Partial<Delivery>])[] = [
  [/\bwhisper/i, { isWhispered: true, rate: 0.9 }],
  [/\b(?:cheer|happ|excite|enthus|joy)/i, { pitch: 1.12, rate: 1.1 }],
  [/\b(?:sad|tired|bored|calm|sooth|serious|spooky)/i, { pitch: 0.93, rate: 0.88 }],
  [/\b(?:slow)/i, { rate: 0.75 }],
  [/\b(?:fast|quick|rapid|hurr)/i, { rate: 1.3 }],
]

function deliveryOf(instruction: string): Delivery {
  let delivery = PLAINLY
  for (const [words, manner] of MANNERS) if (words.test(instruction)) delivery = { ...delivery, ...manner }
  return delivery
}

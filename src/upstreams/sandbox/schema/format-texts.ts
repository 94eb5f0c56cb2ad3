/** Texts that have a format: about what the prompt says, then plain ones, then the shortest and longer ones. */
import { dateOf, emailOf, type Subject, timeOf, urlOf } from './content.ts'
import { digits, uuidOf } from './identifiers.ts'

/** What a format's texts are made of. */
interface Material {
  readonly subject: Subject
  readonly minLength: number
  /** A text of at least `minLength` characters, within bounds. */
  readonly fill: string
  /** From 1 to 250. */
  readonly number: number
}

const FILL_CHARS_MAX = 10_000

/** Candidates for a format, the best first; `minLength` asks for at least so many characters. */
export function textsOfFormat(format: string, subject: Subject, minLength: number): readonly string[] {
  const fill = 'a'.repeat(Math.min(minLength, FILL_CHARS_MAX))
  const number = 1 + ((subject.record + subject.index) % 250)
  return TEXTS.get(format)?.({ subject, minLength, fill, number }) ?? []
}

type Writer = (material: Material) => readonly string[]

const dateTimes: Writer = ({ subject, minLength }) => {
  const { random } = subject
  const fraction = digits(Math.max(1, Math.min(20, minLength - 21)), random)
  return [
    `${dateOf(subject)}T${timeOf(subject)}:00Z`,
    `2026-0${1 + random.below(9)}-1${random.below(10)}T1${random.below(10)}:${minuteOf(subject)}:00Z`,
    `2026-01-02T03:04:05.${fraction}Z`,
  ]
}
const emails: Writer = ({ subject, fill, number }) => [
  emailOf(subject),
  `user${number}@example.com`,
  `a${number}@b.co`,
  'a@b.co',
  `${fill}@example.com`,
]
const hostnames: Writer = ({ subject, minLength, number }) => [
  `host${number}.example.com`,
  `h${number}.io`,
  'a',
  String.fromCharCode(97 + subject.random.below(26)),
  hostOf(minLength),
]
const uris: Writer = ({ subject, fill, number }) => [
  urlOf(subject),
  `https://example.com/${number}`,
  `a:${number}`,
  'a:',
  `https://example.com/${fill}`,
]
const references: Writer = ({ subject, fill, number }) => [urlOf(subject), `/items/${number}`, `/${fill}`]

const TEXTS: ReadonlyMap<string, Writer> = new Map<string, Writer>([
  [
    'date',
    ({ subject }) => [
      dateOf(subject),
      `2026-0${1 + subject.random.below(9)}-${10 + subject.random.below(18)}`,
    ],
  ],
  [
    'time',
    ({ subject }) => [`${timeOf(subject)}:00Z`, `1${subject.random.below(10)}:${minuteOf(subject)}:00Z`],
  ],
  ['date-time', dateTimes],
  [
    'duration',
    ({ subject: { random }, fill }) => [
      `PT${5 + 5 * random.below(11)}M`,
      `P${1 + random.below(9)}D`,
      `P${'1'.repeat(fill.length)}D`,
    ],
  ],
  ['email', emails],
  ['idn-email', emails],
  ['hostname', hostnames],
  ['idn-hostname', hostnames],
  ['ipv4', ({ number }) => [`192.0.2.${number}`, `198.51.100.${number}`, '1.2.3.4']],
  [
    'ipv6',
    ({ number }) => [
      `2001:db8::${number.toString(16)}`,
      '::1',
      `2001:0db8:0000:0000:0000:0000:0000:${String(number).padStart(4, '0')}`,
    ],
  ],
  ['uuid', ({ subject }) => [uuidOf(subject.random)]],
  ['uri', uris],
  ['url', uris],
  ['iri', uris],
  ['uri-reference', references],
  ['iri-reference', references],
  [
    'byte',
    ({ fill, number }) => [
      Buffer.from(`bytes ${number}`).toString('base64'),
      'AAAA',
      '',
      'QUJD'.repeat(Math.ceil(fill.length / 4)),
    ],
  ],
  ['json-pointer', ({ fill, number }) => [`/items/${number}`, '', `/${fill}`]],
])

function minuteOf({ random }: Subject): string {
  return String(10 + random.below(49))
}

/** Labels of at most 60 characters. */
function hostOf(length: number): string {
  const labels = Math.ceil(Math.min(length, 250) / 61)
  return Array.from({ length: labels }, () => 'a'.repeat(60)).join('.')
}

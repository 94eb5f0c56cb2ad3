/** The reference page of what each target keeps of a request, made of the golden cases. */
import { type GoldenCase, goldenCases, type Step, stepsOf } from './case.ts'
import { covers } from './leaves.ts'

const TARGETS = [
  ['openai-chat', 'OpenAI chat'],
  ['openai-responses', 'OpenAI responses'],
  ['anthropic', 'Anthropic'],
  ['vertex', 'Vertex'],
] as const

const INTRODUCTION = `# What a translation keeps

What becomes of each feature of the Gemini API at a target that does not speak it, or speaks it otherwise. Every cell is
taken from cases that the tests play against the target's own wire, whole and streamed.

- **exact**: the target receives it as it was meant, and its answer comes back in Gemini's words.
- **emulated**: the target cannot do it, and Wasat does it in another way, such as asking several times.
- **approximated**: something near it arrives.
- **reported**: it does not arrive, and the answer says so.
- **refused**: the request is answered with a 400 that names the field, because leaving it out would be a lie.
- Several words: it hangs on the model or on the value. A dash: no case of its own.

Whatever is not exact stands in the header \`x-wasat-translation\` of the answer and, with its reason, in the log. A request
with \`x-wasat-translation: strict\` is refused instead.
`

type Standing = 'exact' | 'emulated' | 'approximated' | 'reported' | 'refused'
const STANDINGS: readonly Standing[] = ['exact', 'emulated', 'approximated', 'reported', 'refused']

/** Markdown: a row for each feature that a case names. */
export function renderTranslationReference(): string {
  const cases = goldenCases()
  const features = [...new Set(cases.flatMap(({ features }) => Object.keys(features)))].sort((a, b) =>
    a.localeCompare(b, 'en'),
  )
  const rows = features.map((feature) => {
    const cells = TARGETS.map(([folder]) => standings(cases, folder, feature))
    return `| ${[feature, ...cells].join(' | ')} |`
  })
  const head = ['Feature', ...TARGETS.map(([, title]) => title)]
  return [INTRODUCTION, `| ${head.join(' | ')} |`, `|${head.map(() => '---|').join('')}`, ...rows, ''].join(
    '\n',
  )
}

/** All that the cases show of one feature at one target, the best first: it may hang on the model or the value. */
function standings(cases: readonly GoldenCase[], folder: string, feature: string): string {
  const found = cases
    .filter(({ name, features }) => feature in features && name.startsWith(`${folder}/`))
    .map((golden) => worst(stepsOf(golden).map((step) => standingOf(step, golden.features[feature] ?? ''))))
  return found.length === 0 ? '–' : STANDINGS.filter((standing) => found.includes(standing)).join(', ')
}

function standingOf({ sent, answer, translation = [] }: Step, at: string): Standing {
  if (sent.length === 0 && typeof answer === 'object' && answer !== null && 'error' in answer)
    return 'refused'
  const concerned = translation.filter(({ path }) => at === '' || covers(path, at) || covers(at, path))
  const kinds = new Set(concerned.map(({ kind }) => kind))
  if (kinds.has('dropped')) return 'reported'
  if (kinds.has('approximated')) return 'approximated'
  return kinds.has('emulated') ? 'emulated' : 'exact'
}

function worst(found: readonly Standing[]): Standing {
  return found.reduce((a, b) => (STANDINGS.indexOf(a) > STANDINGS.indexOf(b) ? a : b), 'exact')
}

/** Answers to the questions that documents and first tries ask, so that those get a true one. */

interface Fact {
  readonly asked: RegExp
  readonly answer: string
  /** For `in a few words`, and for instructions to be brief. */
  readonly brief: string
}

const FACTS: readonly Fact[] = [
  {
    asked:
      /\bhow (?:does |do )?(?:ai|artificial intelligence)(?: models?)? works?\b|\bhow (?:does|do) (?:ai|llms?) /i,
    answer:
      'AI learns patterns from many examples. During training, a model adjusts millions of numbers until its guesses come ' +
      'close to the right answers. Afterwards it applies those patterns to things that it has never seen: it predicts ' +
      'the next word, names what is in a picture, or proposes a decision. It does not know rules as people write ' +
      'them down; it has found regularities in its data.',
    brief: 'AI learns patterns from data and uses them to make predictions.',
  },
  {
    asked: /\bquantum (?:physics|mechanics|theory)\b/i,
    answer:
      'Quantum physics describes nature at its smallest. There, energy comes in small packets called quanta, and a particle ' +
      'such as an electron also behaves like a wave. Before it is measured, it has no single position but a range ' +
      'of possibilities; a measurement picks one. Two particles can share one state even when they are far apart. ' +
      'Lasers, computer chips and medical scanners all depend on it.',
    brief: 'Quantum physics: the smallest things come in packets and behave like waves of possibility.',
  },
  {
    asked: /\bwhy (?:is|does) the sky (?:look )?blue\b/i,
    answer:
      'The sky is blue because air scatters short wavelengths of sunlight more than long ones. Blue light is sent in all ' +
      'directions and reaches us from everywhere, while red light mostly goes straight on. At sunset the light ' +
      'travels through more air, the blue is scattered away, and the sky turns red.',
    brief: 'Air scatters blue light more than red.',
  },
  {
    asked: /\bwho won (?:the )?(?:uefa )?euros? 2024\b|\beuro 2024 winner\b/i,
    answer: 'Spain won Euro 2024, beating England 2-1 in the final in Berlin on 14 July 2024.',
    brief: 'Spain.',
  },
  {
    asked: /\bplanets\b.{0,60}\bdistances?\b|\bdistances?\b.{0,60}\bplanets\b/i,
    answer:
      'Three planets and their mean distances from the sun:\n\n1. Mercury: 57.9 million km\n2. Venus: 108.2 million km\n' +
      '3. Earth: 149.6 million km',
    brief: 'Mercury 57.9, Venus 108.2, Earth 149.6 million km.',
  },
  {
    asked: /\b(?:machine learning|neural networks?)\b/i,
    answer:
      'Machine learning lets a program improve from examples instead of from written rules. A neural network passes its ' +
      'input through layers of weighted sums, compares the result with the right answer, and shifts the weights a ' +
      'little to do better next time. Repeated often enough, that finds patterns which also hold for new data.',
    brief: 'Programs that improve from examples instead of rules.',
  },
  {
    asked: /\bphotosynthesis\b/i,
    answer:
      'Photosynthesis turns light into food. In their leaves, plants take carbon dioxide from the air and water from the ' +
      'soil, and with the energy of sunlight they make sugar. Oxygen is left over and goes into the air.',
    brief: 'Plants make sugar and oxygen from light, water and carbon dioxide.',
  },
]

const CAPITALS: ReadonlyMap<string, string> = new Map(
  (
    'France:Paris Germany:Berlin Italy:Rome Spain:Madrid Portugal:Lisbon Japan:Tokyo China:Beijing India:Delhi ' +
    'Canada:Ottawa Australia:Canberra Brazil:Brasília Norway:Oslo Sweden:Stockholm Denmark:Copenhagen Egypt:Cairo ' +
    'Kenya:Nairobi Poland:Warsaw Austria:Vienna Greece:Athens Mexico:Mexico_City England:London Switzerland:Bern'
  )
    .split(' ')
    .map((pair) => pair.split(':'))
    .map(([country = '', capital = '']) => [country.toLowerCase(), capital.replace('_', ' ')]),
)

/** The answer to a question that is on the list; `undefined` for every other. */
export function knownAnswer(prompt: string, briefly: boolean): string | undefined {
  const country = /\bcapital (?:city )?of (\p{L}{3,20})/iu.exec(prompt)?.[1]
  const capital = CAPITALS.get(country?.toLowerCase() ?? '')
  if (capital !== undefined) return briefly ? `${capital}.` : `The capital of ${country} is ${capital}.`
  const fact = FACTS.find(({ asked }) => asked.test(prompt))
  return briefly ? fact?.brief : fact?.answer
}

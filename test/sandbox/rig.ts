/** The sandbox as an upstream in this process: without Python, which has tests of its own. */
import { CALLER, callOf, drain, EMPTY_LIBRARY, NOW } from '../../src/upstreams/sandbox/testing.fixture.ts'
import { createSandboxUpstream } from '../../src/upstreams/sandbox/upstream.ts'
import type { GenerateContentResponse } from '../../src/wire/gemini.ts'
import type { Sample } from './requests.ts'

type Verb = 'generateContent' | 'streamGenerateContent' | 'countTokens'

const upstream = createSandboxUpstream({
  name: 'sandbox',
  now: () => NOW,
  library: EMPTY_LIBRARY,
  python: false,
})

/** Every response of the answer, in order. Throws what the upstream throws. */
export async function ask(verb: Verb, { model, body }: Sample): Promise<GenerateContentResponse[]> {
  return drain(
    await upstream.send(
      callOf(verb, model, body),
      { upstream, model, credential: 0, price: undefined, thinking: 'pass' },
      CALLER,
    ),
  )
}

export async function askOnce(sample: Sample): Promise<GenerateContentResponse> {
  const [response] = await ask('generateContent', sample)
  return response!
}

/** The same over HTTP: what the gateway around the sandbox adds changes no answer, and refuses in Google's shape. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { GenerateContentResponse } from '../../src/wire/gemini.ts'
import { startWasat, type WasatProcess } from '../servers/wasat-process.ts'
import { saysTheSame } from './laws.ts'
import { brokenRequests } from './mutations.ts'
import { requests, type Sample } from './requests.ts'
import { askOnce } from './rig.ts'

const RUNS = 150
const REFUSALS = [400, 403, 404]

let wasat: WasatProcess
before(async () => {
  wasat = await startWasat({ config: 'upstreams: { sandbox: { kind: sandbox, python: false } }\n' })
})
after(() => wasat.stop())

async function post(model: string, verb: string, text: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${wasat.url}/v1beta/models/${model}:${verb}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': wasat.key },
    body: text,
  })
  return { status: response.status, text: await response.text() }
}

async function postGood({ model, body }: Sample, verb: string): Promise<string> {
  const { status, text } = await post(model, verb, JSON.stringify(body))
  assert.equal(status, 200, text)
  return text
}

/** Whether it was refused; anything but an answer or a refusal in Google's shape is an error. */
async function isRefused(model: string, verb: string, sent: string): Promise<boolean> {
  const { status, text } = await post(model, verb, sent)
  if (status === 200) return false
  assert.ok(REFUSALS.includes(status), `${status} ${text}`)
  // A stream that is a list has its error in a list.
  const [body] = [JSON.parse(text)].flat() as { error?: Record<string, unknown> }[]
  const { error = {} } = body ?? {}
  assert.equal(error.code, status, text)
  assert.match(String(error.status), /^(?:INVALID_ARGUMENT|FAILED_PRECONDITION|PERMISSION_DENIED|NOT_FOUND)$/)
  assert.ok(typeof error.message === 'string' && error.message !== '')
  return true
}

/** Stores are the gateway's own, and these are not there. */
const answerable = requests().filter(({ body }) => !JSON.stringify(body).includes('"fileSearch"'))

const withoutTime = ({ createTime, ...rest }: GenerateContentResponse): GenerateContentResponse => rest

test('[LAW-05] over HTTP a request has the answer that the sandbox gives, in all three forms', async () => {
  await fc.assert(
    fc.asyncProperty(answerable, async (sample) => {
      const expected = withoutTime(JSON.parse(JSON.stringify(await askOnce(sample))))
      const whole = JSON.parse(await postGood(sample, 'generateContent')) as GenerateContentResponse
      assert.deepEqual(withoutTime(whole), expected)
      const list = JSON.parse(await postGood(sample, 'streamGenerateContent')) as GenerateContentResponse[]
      saysTheSame(list, whole)
      const events = (await postGood(sample, 'streamGenerateContent?alt=sse')).split('\r\n\r\n')
      assert.equal(events.pop(), '')
      const told = events.map((event) => JSON.parse(event.replace(/^data: /, '')))
      assert.deepEqual(told.map(withoutTime), list.map(withoutTime))
    }),
    { numRuns: RUNS },
  )
})

const verbs = fc.constantFrom('generateContent', 'streamGenerateContent', 'streamGenerateContent?alt=sse')

test('[LAW-04] over HTTP a broken request is answered or refused in Google’s shape', async () => {
  await fc.assert(
    fc.asyncProperty(brokenRequests(), verbs, async ({ model, body }, verb) => {
      await isRefused(model, verb, JSON.stringify(body))
    }),
    { numRuns: RUNS },
  )
})

test('[LAW-04] over HTTP a broken text is answered or refused in Google’s shape', async () => {
  let refused = 0
  const damage = fc.tuple(fc.nat(), fc.nat(8), fc.string({ unit: 'binary', maxLength: 4 }))
  await fc.assert(
    fc.asyncProperty(requests(), damage, async ({ model, body }, [where, gone, put]) => {
      const text = JSON.stringify(body)
      const at = where % text.length
      const broken = text.slice(0, at) + put + text.slice(at + gone)
      if (await isRefused(model, 'generateContent', broken)) refused++
    }),
    { numRuns: RUNS },
  )
  assert.ok(refused > RUNS / 4, `${refused} of ${RUNS} were refused`)
})

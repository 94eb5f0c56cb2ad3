/** What goes wrong, in the client's own classes of errors; what comes again; what is broken off. */
import assert from 'node:assert/strict'
import {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai'
import { collect, type OpenAiCase, type Rig, refusedWith, user } from './rig.ts'
import type { Targets } from './targets.ts'

const ONCE = ['sandbox'] as const

export const FAILURES: readonly OpenAiCase[] = [
  { name: '[OSDK-08] wrong and missing keys, unknown models and addresses', only: ONCE, run: strangers },
  { name: '[OSDK-08] bad parameters are named', run: badParameters },
  { name: '[OSDK-08] failures of the upstream', run: upstreamFailures },
  { name: '[OSDK-08] limits and budgets of a key', only: ONCE, run: limits },
  { name: '[OSDK-09] the client comes again when it is told to', only: ['sandbox', 'gemini'], run: retries },
  {
    name: '[OSDK-09] an upstream that fails once is asked again by the gateway',
    only: ['gemini'],
    run: retried,
  },
  { name: '[OSDK-12] a stream that the client leaves', only: ['sandbox', 'gemini'], run: aborted },
  { name: '[OSDK-12] a stream that breaks is an error, and no short answer', run: broken },
]

async function strangers({ client, clientWith, target: { model } }: Rig): Promise<void> {
  const messages = [user('Hello')]
  const wrong = clientWith({ apiKey: 'sk-proj-of-nobody-at-all' })
  const unknown = refusedWith(AuthenticationError, {
    status: 401,
    code: 'invalid_api_key',
    message: /API key/,
  })
  await assert.rejects(wrong.chat.completions.create({ model, messages }), unknown)
  await assert.rejects(
    wrong.models.list().then((page) => page.data),
    unknown,
  )
  await assert.rejects(wrong.embeddings.create({ model, input: 'x' }), unknown)
  const type = 'invalid_request_error'
  const missing = refusedWith(NotFoundError, {
    status: 404,
    code: 'model_not_found',
    type,
    message: /gpt-99/,
  })
  await assert.rejects(client.chat.completions.create({ model: 'gpt-99', messages }), missing)
  await assert.rejects(client.chat.completions.create({ model: 'gpt-99', messages, stream: true }), missing)
  await assert.rejects(client.models.retrieve('gpt-99'), missing)
  // OpenAI's own word for it, of an upstream that embeds nothing with this model.
  const nothing = refusedWith(NotFoundError, {
    status: 404,
    code: 'model_not_found',
    message: /does not exist/,
  })
  await assert.rejects(client.embeddings.create({ model: 'by-chat', input: 'fail:now' }), nothing)
  const nowhere = refusedWith(NotFoundError, { status: 404, code: 'unknown_url' })
  await assert.rejects(
    client.models.delete('in-sandbox'),
    refusedWith(APIError, { status: 405, type, code: null, param: null }),
  )
  await assert.rejects(client.moderations.create({ input: 'x' }), nowhere)
}

const TOOLS = [{ type: 'function', function: { name: 'ring_bell' } }]

async function badParameters({ client, target: { name, model } }: Rig): Promise<void> {
  const bad = (param: string, others: object) => {
    const asked = client.chat.completions.create({
      model,
      messages: [user('Wrong')],
      user: 'fail:now',
      ...others,
    })
    const type = 'invalid_request_error'
    return assert.rejects(asked, refusedWith(BadRequestError, { status: 400, type, param }))
  }
  await bad('temperature', { temperature: 9 })
  await bad('messages', { messages: undefined })
  await bad('messages[0].role', { messages: [{ role: 'nobody', content: 'fail:now' }] })
  await bad('tool_choice', { tools: TOOLS, tool_choice: 'sometimes' })
  await bad('top_logprobs', { top_logprobs: 2 })
  // Found wrong by who speaks another language.
  if (name === 'sandbox' || name === 'gemini') await bad('reasoning_effort', { reasoning_effort: 'none' })
}

async function upstreamFailures({ client, target: { model } }: Rig): Promise<void> {
  const ask = (content: string, others = {}) =>
    client.chat.completions.create({ model, messages: [user(content)], ...others }, { maxRetries: 0 })
  const limited = refusedWith(RateLimitError, { status: 429, code: 'rate_limit_exceeded' })
  await assert.rejects(ask('Please fail:429'), limited)
  await assert.rejects(ask('Please fail:429', { stream: true }), limited)
  await assert.rejects(
    ask('Please fail:500'),
    refusedWith(InternalServerError, { status: 500, type: 'server_error' }),
  )
}

export function createLimitedKey(targets: Targets): Promise<string> {
  return targets.createKey({ limits: { requestsPerMinute: 1 } })
}

/** A budget that no request fits into. */
export function createPoorKey(targets: Targets): Promise<string> {
  return targets.createKey({ budget: { limitUsd: '0.000001', period: 'day' } })
}

async function limits({ clientWith, targets, target: { model } }: Rig): Promise<void> {
  const asked = { model, messages: [user('Hello')], max_tokens: 200 }
  const one = clientWith({ apiKey: await createLimitedKey(targets) })
  const { response } = await one.chat.completions.create(asked).withResponse()
  assert.equal(response.headers.get('x-ratelimit-limit-requests'), '1')
  const again = one.chat.completions.create(asked, { maxRetries: 0 })
  await assert.rejects(again, (error) => {
    const told = refusedWith(RateLimitError, {
      status: 429,
      code: 'rate_limit_exceeded',
      type: 'rate_limit_error',
    })
    assert.match(String((error as APIError).headers?.get('retry-after')), /^\d+$/)
    return told(error)
  })
  const poor = clientWith({ apiKey: await createPoorKey(targets) })
  let requests = 0
  const counted = poor.withOptions({
    fetch: (...words) => {
      requests++
      return fetch(...words)
    },
  })
  const spent = refusedWith(RateLimitError, {
    status: 429,
    code: 'insufficient_quota',
    type: 'insufficient_quota',
  })
  // The client comes again after each 429, unless it is told that there is no use in it.
  await assert.rejects(counted.chat.completions.create(asked), spent)
  assert.equal(requests, 1, 'it came again')
}

async function retries({ client, target: { model } }: Rig): Promise<void> {
  const ask = async (content: string) => {
    const startedAt = performance.now()
    const { choices } = await client.chat.completions.create({ model, messages: [user(content)] })
    assert.equal(choices[0]?.message.content, 'Here I am.')
    const waited = performance.now() - startedAt
    assert.ok(waited > 900, `it was told to wait a second, and waited ${waited} ms`)
  }
  await Promise.all([ask('Limited once, says JavaScript'), ask('Overloaded once, says JavaScript')])
}

async function retried({ client, target: { model } }: Rig): Promise<void> {
  const messages = [user('Broken once, says JavaScript')]
  const { choices } = await client.chat.completions.create({ model, messages }, { maxRetries: 0 })
  assert.equal(choices[0]?.message.content, 'Here I am.')
}

async function aborted({ client, targets, target: { model } }: Rig): Promise<void> {
  const asked = { model, messages: [user('Count slowly.')], stream: true as const }
  const stream = await client.chat.completions.create(asked)
  let chunks = 0
  for await (const _ of stream) {
    chunks++
    stream.controller.abort()
  }
  assert.ok(chunks <= 2, `${chunks} chunks after the end`)
  for await (const _ of await client.chat.completions.create(asked)) break
  await targets.settled()
}

async function broken({ client, target: { model } }: Rig): Promise<void> {
  const asked = { model, messages: [user('Now break:stream, please.')], stream: true as const }
  const ask = async () => collect(await client.chat.completions.create(asked, { maxRetries: 0 }))
  // An event that says so, or the end of the connection.
  await assert.rejects(ask(), (error) => error instanceof APIError || /terminated/.test(String(error)))
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { GatewayError } from '../errors.ts'
import { targetOf, upstreamOf } from '../nouns.fixture.ts'
import { watchUpstreams } from './upstream-health.ts'

function configOf(keyOfFirst: string): Config {
  const { config } = loadConfig({
    flags: {},
    environment: { GEMINI_API_KEY: 'a-key-for-detection' },
    cwd: '/',
  })
  const gemini = Object.values(config.upstreams).find(({ kind }) => kind === 'gemini')
  assert.ok(gemini?.kind === 'gemini')
  return { ...config, upstreams: { first: { ...gemini, keys: [keyOfFirst] }, second: gemini } }
}

test('[NEV-11] a reload forgets how an upstream fared that it changes, and no other', () => {
  const watched = watchUpstreams(configOf('a'), () => {})
  const [first, second] = ['first', 'second'].map((name) => targetOf(upstreamOf(name)))
  assert.ok(first && second)
  const states = () => [first, second].map((target) => watched.health.stateOf(target).kind)
  for (const target of [first, second]) watched.health.begin(target, false)?.ended({ kind: 'credential' })
  watched.replace(configOf('a'))
  assert.deepEqual(states(), ['parked', 'parked'])
  watched.replace(configOf('b'))
  assert.deepEqual(states(), ['ok', 'parked'])
})

test('[NEV-12] operators are shown hosts and nothing else of an address, and hints without secrets', () => {
  const watched = watchUpstreams(configOf('a'), () => {})
  const describe = (error: unknown) => ({ error: (error as Error).message, hint: 'what the log would say' })
  const shown = watched.shown(() => [upstreamOf('first'), upstreamOf('unknown')], { describe })
  assert.deepEqual(
    shown.list().map(({ name, host }) => [name, host]),
    [
      ['first', 'generativelanguage.googleapis.com'],
      ['unknown', undefined],
    ],
  )
  assert.equal(shown.textOf(new GatewayError('internal', 'x', { hint: 'raw' })), 'what the log would say')
})

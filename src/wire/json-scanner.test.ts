import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { JsonScanError, JsonScanner, type Watch } from './json-scanner.ts'

const LIMITS = { depth: 100, nodes: 250_000, keysPerObject: 10_000 }

function scan(
  text: string | Buffer,
  options: { watch?: Watch; split?: number; limits?: typeof LIMITS } = {},
) {
  const scanner = new JsonScanner(options.limits ?? LIMITS, options.watch)
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  const step = options.split ?? (bytes.length || 1)
  for (let at = 0; at < bytes.length; at += step) scanner.write(bytes.subarray(at, at + step))
  scanner.end()
  return scanner
}

function verdict(text: string, split?: number): 'ok' | string {
  try {
    scan(text, split === undefined ? {} : { split })
    return 'ok'
  } catch (error) {
    assert.ok(error instanceof JsonScanError)
    return error.problem
  }
}

test('accepts every JSON value, whole and in pieces of one to seven bytes', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.integer({ min: 1, max: 7 }), (text, split) => {
      assert.equal(verdict(text), 'ok')
      assert.equal(verdict(text, split), 'ok')
    }),
    { numRuns: 500 },
  )
})

/** The oracle: `JSON.parse` takes it, and no number of it became Infinity (a reviver sees every value). */
function parsesFinite(text: string): boolean {
  let finite = true
  try {
    JSON.parse(text, (_, value) => {
      if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) finite = false
      return value
    })
    return finite
  } catch {
    return false
  }
}

test('agrees with JSON.parse on texts that are nearly JSON', () => {
  const mutation = fc.tuple(
    fc.json({ maxDepth: 3 }),
    fc.nat(),
    fc.constantFrom(...'{}[]",:0123456789.eE+-\\u \ntfnx\u0001'),
  )
  fc.assert(
    fc.property(
      mutation,
      fc.boolean(),
      fc.integer({ min: 1, max: 5 }),
      ([text, at, character], insert, split) => {
        const index = at % (text.length + 1)
        const changed = text.slice(0, index) + character + text.slice(insert ? index : index + 1)
        assert.equal(verdict(changed) === 'ok', parsesFinite(changed), changed)
        assert.equal(verdict(changed, split) === 'ok', parsesFinite(changed), changed)
      },
    ),
    { numRuns: 5_000 },
  )
})

test('refuses the syntax that lenient parsers take', () => {
  const bad = [
    '',
    ' ',
    '{',
    '{}x',
    '{"a":1,}',
    "{'a':1}",
    '{a:1}',
    'NaN',
    '-Infinity',
    '//\n{}',
    '"\n"',
    '"\\x41"',
  ]
  bad.push(
    '"\\u12"',
    '01',
    '.5',
    '1.',
    '+1',
    '0x1',
    '-',
    '[1,2',
    '{"a"}',
    '{}{}',
    '{}\0',
    '1e',
    '1e+',
    '--1',
    '1.2.3',
  )
  for (const text of bad) assert.equal(verdict(text), 'syntax', JSON.stringify(text))
})

test('bounds depth, values, keys, key length and numbers', () => {
  const limits = { depth: 5, nodes: 20, keysPerObject: 3 }
  const over = [
    '['.repeat(6) + ']'.repeat(6),
    `[${'1,'.repeat(20)}1]`,
    '{"a":1,"b":2,"c":3,"d":4}',
    `{"${'k'.repeat(9000)}":1}`,
    '1'.repeat(401),
    '1e400',
    '[1e999]',
  ]
  for (const text of over) {
    assert.throws(
      () => scan(text, { limits, split: 3 }),
      (error) => error instanceof JsonScanError && error.problem === 'limit',
      text.slice(0, 40),
    )
  }
  scan('['.repeat(5) + ']'.repeat(5), { limits })
  scan('[1e308, -0, 1e-400]', { limits })
})

const WATCH: Watch = {
  keys: {
    contents: {},
    generationConfig: {
      keys: {
        maxOutputTokens: { capture: true },
        thinkingConfig: { keys: { thinkingBudget: { capture: true } } },
      },
    },
    tools: { elementsMax: 3 },
    requests: { elementsMax: 5 },
    candidates: { each: { keys: { finishReason: { capture: true } } } },
    usageMetadata: { capture: true },
  },
}

test('reads watched members at any split, under both names', () => {
  const text =
    '{"contents":[{"generationConfig":{"maxOutputTokens":1}}],"generation_config":{"x":{"maxOutputTokens":2},' +
    '"max_output_tokens": 8192 ,"thinkingConfig":{"thinking_budget":-1}},"requests":[{},{},[]],"tools":[],' +
    '"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"a":[1,{"b":"é"}]}}'
  for (let split = 1; split < 40; split++) {
    const { captured, counted } = scan(text, { watch: WATCH, split })
    assert.deepEqual(Object.fromEntries(captured), {
      'generationConfig.maxOutputTokens': '8192',
      'generationConfig.thinkingConfig.thinkingBudget': '-1',
      'candidates.finishReason': '"STOP"',
      usageMetadata: '{"a":[1,{"b":"é"}]}',
    })
    assert.deepEqual(Object.fromEntries(counted), { requests: 3, tools: 0 })
  }
})

test('refuses a watched field that stands twice, by name, by alias, by escape', () => {
  const twice = [
    '{"contents":1,"contents":2}',
    '{"contents":1,"\\u0063ontents":2}',
    '{"generationConfig":{},"generation_config":{}}',
    '{"generationConfig":{"maxOutputTokens":1,"max_output_tokens":65536}}',
    '{"generationConfig":{"thinkingConfig":{"thinkingBudget":1,"thinkingBudget":1}}}',
  ]
  for (const text of twice) {
    for (const split of [1, 7, 1000]) {
      assert.throws(
        () => scan(text, { watch: WATCH, split }),
        (error) => error instanceof JsonScanError && error.problem === 'duplicate',
        text,
      )
    }
  }
  scan('{"contents":[{"args":{"a":1,"a":2}}]}', { watch: WATCH })
})

test('refuses a watched array that is too long', () => {
  assert.throws(() => scan('{"tools":[1,2,3,4]}', { watch: WATCH }), /tools: at most 3 elements/)
})

test('a prototype name is a name like any other', () => {
  const { captured } = scan('{"__proto__":{"maxOutputTokens":1},"constructor":2,"toString":3}', {
    watch: WATCH,
  })
  assert.equal(captured.size, 0)
})

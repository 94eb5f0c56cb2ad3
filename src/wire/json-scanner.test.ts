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
  return scanner.found
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

const MEASURE: Watch = {
  keys: {
    parts: {
      each: {
        keys: {
          inlineData: {
            measure: { bytes: 'data', label: 'mimeType', sumAs: (label) => label?.toLowerCase() ?? 'nobody' },
          },
        },
      },
    },
    tools: { each: { keys: { googleSearch: { note: 'search' }, urlContext: { note: 'url' } } } },
    queries: { each: { collectMax: 3 } },
  },
}

test('[FCT-01] sums the bytes of strings by what they say that they are, at any split', () => {
  const text =
    '{"parts":[{"text":"inlineData","inlineData":{"mimeType":"A","data":"12345"}},' +
    '{"inline_data":{"data":"a\\/\\u0041","mime_type":"a"}},{"inlineData":{"data":"","mimeType":"B"}},' +
    '{"\\u0069nlineData":{"d\\u0061ta":"1","mimeType":7}},{"inlineData":{"mimeType":"A"}},' +
    '{"inlineData":{"mimeType":"A","data":[{"data":"123"}]}},{"inlineData":"12"},{"other":{"data":"1"}}]}'
  for (let split = 1; split < 60; split++) {
    const found = scan(text, { watch: MEASURE, split })
    assert.deepEqual(found.measured('a'), { count: 2, bytes: 5 + 9 }, `${split}`)
    assert.deepEqual(found.measured('b'), { count: 1, bytes: 0 })
    assert.deepEqual(found.measured('nobody'), { count: 1, bytes: 1 })
    assert.deepEqual(found.measured('c'), { count: 0, bytes: 0 })
  }
  for (const twice of ['"data":"1","data":"2"', '"mimeType":"a","mime_type":"b"'])
    assert.throws(() => scan(`{"parts":[{"inlineData":{${twice}}}]}`, { watch: MEASURE }), /inlineData/)
})

test('[FCT-01] notes what stands there and is not null, and collects each text once', () => {
  for (const split of [1, 3, 1000]) {
    const found = scan(
      '{"tools":[{"google_search":{}},{"urlContext":null}],"queries":["a","b","a","\\u0061",1,"x"]}',
      { watch: MEASURE, split },
    )
    assert.deepEqual(
      [found.hasNote('search'), found.hasNote('url'), found.hasNote('x')],
      [true, false, false],
    )
    assert.deepEqual([...found.collected('queries')], ['"a"', '"b"', '"\\u0061"'])
    assert.equal(found.collected('tools').size, 0)
  }
  assert.ok(scan('{"tools":{"urlContext":{}}}', { watch: MEASURE }).hasNote('url'))
})

test('[FCT-01] a name is found among all that look like it', () => {
  const name = fc.constantFrom('a', 'A', 'aB', 'a_b', 'ab', 'b', 'aBc', 'a_b_c', 'ba', '', 'é', '__proto__')
  const watch: Watch = { keys: { a: { capture: true }, aB: { capture: true }, aBc: { capture: true } } }
  const camel = (text: string) =>
    text.replaceAll(/(?!^)_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  fc.assert(
    fc.property(fc.uniqueArray(name, { selector: camel }), fc.integer({ min: 1, max: 9 }), (names, split) => {
      const text = `{${names.map((one, at) => `${JSON.stringify(one)}:${at}`).join()}}`
      const wanted = names.flatMap((one, at) => (camel(one) in watch.keys! ? [[camel(one), `${at}`]] : []))
      assert.deepEqual([...scan(text, { watch, split }).captured], wanted)
    }),
    { numRuns: 300 },
  )
})

test('more names than an object can be watched for are refused when the watch is made', () => {
  const keys = Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`k${at}`, {}]))
  assert.throws(() => new JsonScanner(LIMITS, { keys }), RangeError)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRedact } from './redact.ts'

const redact = createRedact(['upstream-secret-1', 'short', 'a.b*c(d)+secret'])

const HIDDEN: readonly [string, string, string][] = [
  ['a key that is known', 'at upstream-secret-1, twice upstream-secret-1', 'at ••••, twice ••••'],
  ['a known key full of marks', 'x a.b*c(d)+secret y', 'x •••• y'],
  ['a client key', 'key wst_ab12_0123456789abcdef0123', 'key ••••'],
  ['an admin key', '"wsa_0123456789abcdef"', '"••••"'],
  ['a Google key', 'https://x/?a=1&key=AIzaSyA0123456789012345678901&b=2', 'https://x/?a=1&key=••••&b=2'],
  ['any key in a query', '/v1?key=plain&access_token=t0k&x=y', '/v1?key=••••&access_token=••••&x=y'],
  ['a bearer token', 'authorization: Bearer abc.def-ghi', 'authorization: Bearer ••••'],
  ['an OpenAI key', 'sk-proj-0123456789abcdef', '••••'],
  ['a token of Google’s', 'ya29.a0AfH6SMBx-0123456789', '••••'],
]
for (const [name, text, clean] of HIDDEN)
  test(`[REDACT-01] K12 hides ${name}`, () => assert.equal(redact(text), clean))

test('[REDACT-01] innocent text stays as it is', () => {
  const innocent = 'a short word, models/gemini-2.5-flash, monkey=1, wst_no, sk-1, keys?k=2, the Bearer'
  assert.equal(redact(innocent), innocent)
})

test('[REDACT-01] a long text costs no more than its length', () => {
  const beganAtMs = performance.now()
  for (const text of ['wst_'.repeat(200_000), 'Bearer '.repeat(100_000), '&key='.repeat(200_000)])
    redact(text)
  assert.ok(performance.now() - beganAtMs < 2_000)
})

test('[REDACT-01] a secret that is learned later is taken out from then on', () => {
  const later = createRedact([])
  assert.equal(later('the key is new-upstream-key'), 'the key is new-upstream-key')
  later.learn(['new-upstream-key'])
  assert.equal(later('the key is new-upstream-key'), 'the key is ••••')
})

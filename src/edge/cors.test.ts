import assert from 'node:assert/strict'
import { test } from 'node:test'
import { corsHeaders } from './cors.ts'

const APP = 'https://app.example.com'
const allowed = (origins: string[], origin: string | undefined) =>
  corsHeaders({ origins }, origin)['access-control-allow-origin']

test('[CORS-01] nothing at all without configured origins, or for who is no browser', () => {
  assert.deepEqual(corsHeaders({ origins: [] }, APP), {})
  assert.deepEqual(corsHeaders({ origins: [APP] }, undefined), {})
})

test('[CORS-01] exactly the named origins, each told its own name', () => {
  assert.equal(allowed([APP, 'http://localhost:5173'], 'http://localhost:5173'), 'http://localhost:5173')
  for (const origin of [
    'null',
    '',
    `${APP}/`,
    `${APP}.evil.com`,
    'https://APP.example.com',
    'http://app.example.com',
  ])
    assert.deepEqual(corsHeaders({ origins: [APP] }, origin), { vary: 'Origin' }, origin)
})

test('[CORS-01] any origin with *, and never with credentials', () => {
  assert.equal(allowed(['*'], 'null'), '*')
  assert.equal(allowed([APP, '*'], 'https://other.example'), '*')
  for (const origins of [[APP], ['*']])
    assert.equal(corsHeaders({ origins }, APP)['access-control-allow-credentials'], undefined)
})

test('[CORS-01] the headers of Google’s browser SDK may be sent, ours may be read', () => {
  const headers = corsHeaders({ origins: [APP] }, APP)
  for (const name of ['content-type', 'x-goog-api-key', 'x-goog-api-client', 'x-server-timeout'])
    assert.ok(String(headers['access-control-allow-headers']).split(', ').includes(name), name)
  for (const name of ['x-request-id', 'x-wasat-upstream', 'x-wasat-attempts', 'server-timing', 'retry-after'])
    assert.ok(String(headers['access-control-expose-headers']).split(', ').includes(name), name)
})

test('[FILES-12] a browser may upload: the upload headers may be sent, their answers may be read', () => {
  const headers = corsHeaders({ origins: [APP] }, APP)
  for (const name of ['protocol', 'command', 'offset', 'header-content-length', 'header-content-type'])
    assert.ok(
      String(headers['access-control-allow-headers']).split(', ').includes(`x-goog-upload-${name}`),
      name,
    )
  for (const name of ['url', 'status', 'size-received'])
    assert.ok(
      String(headers['access-control-expose-headers']).split(', ').includes(`x-goog-upload-${name}`),
      name,
    )
  assert.match(String(headers['access-control-allow-methods']), /\bPUT\b/)
})

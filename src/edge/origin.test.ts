import assert from 'node:assert/strict'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { originOf } from './origin.ts'
import { blockList } from './trusted-proxies.ts'

const PROXIES = blockList(['10.0.0.0/8'])

function origin(headers: IncomingHttpHeaders, remoteAddress = '203.0.113.7', localAddress = '127.0.0.1') {
  const socket = { remoteAddress, localAddress, localPort: 4080 }
  return originOf({ headers, socket } as unknown as IncomingMessage, PROXIES)
}

test('[FILES-11] our address is the one that the client used', () => {
  assert.equal(origin({ host: 'gateway.example:8080' }), 'http://gateway.example:8080')
  assert.equal(origin({ host: '[::1]:4080' }), 'http://[::1]:4080')
})

test('[FILES-11] only a trusted proxy speaks of the outside, and only in form', () => {
  const forwarded = { host: 'inner:4080', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'api.example' }
  assert.equal(origin(forwarded), 'http://inner:4080')
  assert.equal(origin(forwarded, '10.1.2.3'), 'https://api.example')
  assert.equal(origin(forwarded, '::ffff:10.1.2.3'), 'https://api.example')
  const chain = {
    ...forwarded,
    'x-forwarded-host': 'api.example, middle',
    'x-forwarded-proto': 'https, http',
  }
  assert.equal(origin(chain, '10.1.2.3'), 'https://api.example')
  for (const evil of ['evil.example/path', 'user@evil.example', 'a\tb', ''])
    assert.equal(origin({ ...forwarded, 'x-forwarded-host': evil }, '10.1.2.3'), 'https://inner:4080')
  assert.equal(origin({ ...forwarded, 'x-forwarded-proto': 'gopher' }, '10.1.2.3'), 'http://api.example')
})

test('[FILES-11] without a Host, as in HTTP/1.0, it is the address of the connection', () => {
  assert.equal(origin({}), 'http://127.0.0.1:4080')
  assert.equal(origin({}, '::1', '::1'), 'http://[::1]:4080')
})

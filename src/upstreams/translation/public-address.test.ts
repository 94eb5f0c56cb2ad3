import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whyNotPublic } from './public-address.ts'

const PUBLIC = [
  ...[
    'https://example.com/x.png',
    'http://example.com',
    'https://EXAMPLE.com:443/x?y=1#z',
    'https://a.b-c.example/ü.png',
  ],
  ...[
    'http://8.8.8.8/x',
    'https://[2606:4700:4700::1111]/x',
    'https://example.com:8443/x',
    'https://example.com./x',
  ],
  ...['https://example.com/a..b/...c', 'https://xn--exmple-cua.com/', 'https://my_bucket.example.com/x'],
]
for (const address of PUBLIC) {
  test(`${address} is public`, () => assert.equal(whyNotPublic(address), undefined))
}

const INNER = {
  'does not lead to a public host': [
    ...[
      'http://localhost/',
      'http://LOCALHOST./',
      'http://redis/',
      'http://a.internal/',
      'http://printer.local./',
    ],
    ...[
      'http://127.0.0.1/',
      'http://127.1/',
      'http://0x7f000001/',
      'http://2130706433/',
      'http://0177.0.0.1/',
      'http://0/',
    ],
    ...[
      'http://10.1.2.3/',
      'http://172.31.0.1/',
      'http://192.168.0.1/',
      'http://169.254.169.254/',
      'http://100.64.0.1/',
    ],
    ...[
      'http://198.19.0.1/',
      'http://224.0.0.1/',
      'http://255.255.255.255/',
      'http://[::1]/',
      'http://[::]/',
    ],
    ...[
      'http://[::ffff:8.8.8.8]/',
      'http://[64:ff9b::808:808]/',
      'http://[2002:a00:1::]/',
      'http://[fe80::1]/',
    ],
    ...[
      'http://[fd00::1]/',
      'http://[ff02::1]/',
      'http://[2001:db8::1]/',
      'http://metadata.google.internal/',
    ],
  ],
  'is not a plain http or https address': [
    ...[
      'http://user:pw@example.com/',
      'http://a@127.0.0.1/',
      'http://example.com\\@127.0.0.1/',
      'http:///127.0.0.1/',
    ],
    ...[
      'http:127.0.0.1/',
      'http://①②⑦.0.0.1/',
      'http://e\u00advil.com/',
      'http://exa\tmple.com/',
      'ftp://example.com/',
    ],
    ...[
      'http://127.0.0.1%00.example.com/',
      'http://example.com/../x',
      'http://example.com/%2E%2e/x',
      'http://[::1',
      '',
    ],
    ...['http://example.com:80:80/', 'http://example.com:65536/', 'http://a.256.256.256.256/'],
  ],
  'has a port other than': ['http://example.com:22/', 'http://example.com:6379/', 'https://example.com:0/'],
}
for (const [reason, addresses] of Object.entries(INNER)) {
  for (const address of addresses) {
    test(`${JSON.stringify(address)} ${reason}`, () => {
      assert.match(whyNotPublic(address) ?? '', new RegExp(`^${reason}`))
    })
  }
}

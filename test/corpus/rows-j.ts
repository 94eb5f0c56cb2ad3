/**
 * Table J: addresses that a client would like us to call. Nothing is ever fetched for a client: the canary listens on
 * every address of this machine and counts. An address goes to Google as it is, which fetches it itself; the sandbox
 * knows files only; a target of another wire is told public addresses only. J11, J19, J20 are in `meaning-dynamic.ts`.
 */
import { type Case, type Context, FORWARDED, request, row, SANDBOX, TRANSLATED } from './case.ts'

/** By row; `PORT` is the canary's, backslashes are JSON's. */
export const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  J01: [
    'http://127.0.0.1:PORT/',
    'http://localhost:PORT/',
    'http://localhost.:PORT/',
    'http://LOCALHOST/',
    'https://127.0.0.1/',
  ],
  J02: ['http://0.0.0.0:PORT/', 'http://0:PORT/', 'http://0/'],
  J03: [
    ...['http://127.1/', 'http://0177.0.0.1/', 'http://0x7f.1/', 'http://2130706433/', 'http://0x7f000001/'],
    ...['http://017700000001/', 'http://127.1:PORT/'],
  ],
  J04: ['http://①②⑦.⓪.⓪.①/', 'http://127。0。0。1/', 'http://①②⑦.⓪.⓪.①:PORT/'],
  J05: [
    'http://[::1]:PORT/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[::1]/',
  ],
  J06: [
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[2002:a9fe:a9fe::]/',
    'http://[fec0::1]/',
    'http://100.64.0.1/',
  ],
  J07: [
    ...['http://169.254.169.254/', 'http://169.254.169.254./', 'http://metadata.google.internal./'],
    ...['http://[fd00:ec2::254]/', 'http://100.100.100.200/', 'http://192.0.0.192/'],
  ],
  J08: [
    ...[
      'http://10.0.0.1/',
      'http://172.16.0.1/',
      'http://192.168.1.1/',
      'http://198.18.0.1/',
      'http://192.0.2.1/',
    ],
    ...[
      'http://240.0.0.1/',
      'http://255.255.255.255/',
      'http://224.0.0.1/',
      'http://[ff02::1]/',
      'http://[fe80::1]/',
    ],
    ...['http://[fc00::1]/'],
  ],
  J09: ['http://127.0.0.1.nip.io:PORT/'],
  J10: ['http://rebind.test:PORT/', 'http://host.docker.internal/', 'http://redis/'],
  J12: [
    ...[
      'file:///etc/passwd',
      'gopher://127.0.0.1:PORT/_x',
      'ftp://127.0.0.1:PORT/',
      'data:text/plain,x',
      'blob:http://a/b',
    ],
    ...[
      'jar:http://127.0.0.1:PORT!/',
      'dict://127.0.0.1:PORT/',
      'unix:/var/run/docker.sock',
      'javascript:alert(1)',
    ],
  ],
  J13: [
    ...['http://user:pw@example.com/', 'http://ok.com@127.0.0.1:PORT/', 'http://127.0.0.1:80@evil.test/'],
    ...['http://ok.com\\\\@127.0.0.1:PORT/', 'http:////127.0.0.1:PORT/', 'http:127.0.0.1:PORT/'],
  ],
  J14: ['22', '25', '6379', '5432', '0', '65536', '80:80'].map((port) => `http://example.com:${port}/`),
  J15: [
    ...[
      'http://127.0.0.1%00.ok.com/',
      'http://%2531%2532%2537.0.0.1/',
      'http://e\u00advil.com/',
      'http://exa\\tmple.com/',
    ],
    ...['http://example.com\\n/', 'http://%31%32%37.0.0.1:PORT/'],
  ],
  J17: [
    'https://generativelanguage.googleapis.com@evil.test/v1beta/files/x',
    'https://a.test/v1beta/files/../../x',
    'files/../x',
  ],
}

const inContents = (parts: readonly string[]) => `{"contents":[{"role":"user","parts":[${parts.join(',')}]}]}`
const part = (uri: string) => `{"fileData":{"mimeType":"image/png","fileUri":"${uri}"}}`
export const asking = (target: string, uris: readonly string[]) => (context: Context) =>
  request({ target, body: inContents(uris.map(part)).replaceAll('PORT', String(context.canaryPort)) })

const REFUSED_FILE = { status: [400, 403] }
/** The first of each row; all of them are asked for in `meaning-dynamic.ts`, which is quicker there. */
const refused: Case[] = Object.entries(ADDRESSES).flatMap(([id, uris]) => [
  ...row(id, FORWARDED, {
    'all of them, natively': asking('/v1beta/models/gemini-2.5-flash:generateContent', uris),
  }),
  ...row(id, REFUSED_FILE, {
    [uris[0] as string]: asking(SANDBOX, uris.slice(0, 1)),
    [`${uris[0]}, translated`]: asking(TRANSLATED, uris.slice(0, 1)),
  }),
])

const LONG = `https://example.com/${'x'.repeat(8_192)}.png`
const NAMED_AS_FILE = 'https://generativelanguage.googleapis.com.evil.test/v1beta/files/x'
const others: Case[] = [
  ...row(
    'J09',
    { ...FORWARDED, arrivesBody: { is: /example\.com/ } },
    {
      'a public name goes to who fetches it': asking(TRANSLATED, ['https://example.com/x.png']),
    },
  ),
  ...row('J16', { status: 400 }, { 'an address of 8 KB': asking(TRANSLATED, [LONG]) }),
  ...row('J16', REFUSED_FILE, {
    '1 000 files, translated': asking(TRANSLATED, Array(1_000).fill('http://127.0.0.1:PORT/')),
    '1 000 files': asking(SANDBOX, Array(1_000).fill('http://127.0.0.1:PORT/')),
  }),
  // Whoever's host it says: a file is looked up among the caller's own, by its name alone.
  ...row(
    'J17',
    { status: 403, message: /permission to access the File/ },
    {
      'a host that is named like Google’s': asking(SANDBOX, [NAMED_AS_FILE]),
      'a host that is named like Google’s, translated': asking(TRANSLATED, [NAMED_AS_FILE]),
      'a file of somebody else': asking(SANDBOX, [
        'https://generativelanguage.googleapis.com/v1beta/files/another',
      ]),
    },
  ),
  ...row(
    'J18',
    { ...REFUSED_FILE, withinMs: 1_000 },
    {
      'a server that would never answer': asking(TRANSLATED, ['http://127.0.0.1:PORT/endless.png']),
    },
  ),
]

const OWN = { ...FORWARDED, arrivesHead: { is: /^Host: 127\.0\.0\.1:\d+$/im } }
const sent = (headers: readonly string[], target?: string) => (context: Context) =>
  request({
    ...(target !== undefined && { target: target.replaceAll('PORT', String(context.canaryPort)) }),
    headers: headers.map((line) => line.replaceAll('PORT', String(context.canaryPort))),
  })
const hosts: Case[] = row('J19', OWN, {
  'by a header of another gateway': sent([
    'X-Portkey-Custom-Host: http://127.0.0.1:PORT',
    'X-Base-Url: http://127.0.0.1:PORT',
  ]),
  'by forwarding headers': sent([
    'X-Forwarded-Host: 127.0.0.1:PORT',
    'X-Original-URL: http://127.0.0.1:PORT/',
  ]),
  'by the query': sent(
    [],
    '/v1beta/models/gemini-2.5-flash:generateContent?base_url=http://127.0.0.1:PORT&api_base=x',
  ),
})

export const rowsJ: readonly Case[] = [...refused, ...others, ...hosts]

/**
 * Table C: authentication. The rows that need keys to change while the gateway runs (C-12, C-18) are in `corpus.test.ts`;
 * C-15 comes with files.
 */
import { createHash } from 'node:crypto'
import { ADMIN_KEY, CLIENT_KEY } from '../servers/wasat-process.ts'
import {
  ADMIN_LINE,
  type Case,
  type Context,
  type Expectation,
  FORWARDED,
  GENERATE,
  KEY_LINE,
  MODEL_NOT_FOUND,
  NO_KEY,
  REFUSED,
  request,
  row,
  WRONG_KEY,
} from './case.ts'

const keyless = (...headers: string[]) => request({ headers, without: ['key'] })
const headerKey = (key: string) => keyless(`X-Goog-Api-Key: ${key}`)
const bearer = (value: string) => keyless(`Authorization: ${value}`)
/** `key` is written as it is: the caller encodes. */
const queryKey = (key: string) => request({ target: `${GENERATE}?key=${key}`, without: ['key'] })
const utf8 = (text: string) => Buffer.from(text).toString('latin1')

const LAST_CHARACTER_DIFFERS = `${CLIENT_KEY.slice(0, -1)}${CLIENT_KEY.endsWith('x') ? 'y' : 'x'}`
const SAME_START = `${CLIENT_KEY.slice(0, 20)}-and-another-secret-0003`

const shapes: Case[] = [
  ...row('C-01', NO_KEY, { 'no key': keyless() }),
  ...row('C-02', NO_KEY, {
    'an empty key': headerKey(''),
    'a key of spaces': headerKey('   '),
  }),
  ...row('C-03', WRONG_KEY, {
    'the last character differs': headerKey(LAST_CHARACTER_DIFFERS),
    'the last character differs, as Bearer': bearer(`Bearer ${LAST_CHARACTER_DIFFERS}`),
    'the last character differs, in the query': queryKey(LAST_CHARACTER_DIFFERS),
  }),
  ...row('C-04', WRONG_KEY, {
    'one character': headerKey('a'),
    '4 096 characters': headerKey('k'.repeat(4096)),
    'the right key and more': headerKey(CLIENT_KEY + 'x'.repeat(4000)),
  }),
  ...row('C-04', { status: 431, close: true }, { 'a megabyte': headerKey('k'.repeat(1_048_576)) }),
]

const INJECTIONS = [
  "' OR '1'='1",
  "x' UNION SELECT api_key FROM keys--",
  '%',
  '_',
  '*',
  'wst_*',
  '{"$ne":null}',
  '["a"]',
  '__proto__',
]

const injections: Case[] = [
  ...INJECTIONS.flatMap((key, index) =>
    row(index < 2 ? 'C-05' : index < 6 ? 'C-06' : 'C-07', WRONG_KEY, {
      [`${key} in the header`]: headerKey(key),
      [`${key} in the query`]: queryKey(encodeURIComponent(key)),
    }),
  ),
  ...INJECTIONS.flatMap((key, index) =>
    row(index < 2 ? 'C-05' : index < 6 ? 'C-06' : 'C-07', REFUSED, {
      [`${key} as Bearer`]: bearer(`Bearer ${key}`),
    }),
  ),
  ...row('C-06', REFUSED, {
    'NUL in the header': headerKey('a\x00b'),
    'NUL in the query': queryKey('a%00b'),
    'the right key and NUL': queryKey(`${CLIENT_KEY}%00`),
    'a line end in the query': queryKey('a%0d%0aX-Evil:%201'),
    'UTF-8': headerKey(utf8('schlüssel')),
    'an emoji': headerKey(utf8('😀')),
    'the right key and an emoji': headerKey(CLIENT_KEY + utf8('😀')),
    'an emoji in the query': queryKey(encodeURIComponent('😀')),
  }),
]

const two = (context: Context, second: (key: string) => string) =>
  keyless(KEY_LINE, second(context.secondKey))

const carriers: Case[] = [
  ...row('C-08', REFUSED, {
    'header and query, both valid': (context) => request({ target: `${GENERATE}?key=${context.secondKey}` }),
    'header and Bearer, both valid': (context) => two(context, (key) => `Authorization: Bearer ${key}`),
    'query and Bearer, both valid': (context) =>
      request({
        target: `${GENERATE}?key=${context.secondKey}`,
        headers: [`Authorization: Bearer ${CLIENT_KEY}`],
        without: ['key'],
      }),
  }),
  ...row('C-09', FORWARDED, {
    'header and Bearer, the same': keyless(KEY_LINE, `Authorization: Bearer ${CLIENT_KEY}`),
    'header and query, the same': request({ target: `${GENERATE}?key=${CLIENT_KEY}` }),
  }),
  ...row('C-10', REFUSED, {
    'two key headers': (context) => two(context, (key) => `X-Goog-Api-Key: ${key}`),
    'two key headers, the same': keyless(KEY_LINE, KEY_LINE),
  }),
  ...row('C-11', NO_KEY, {
    'bearer alone': bearer('bearer'),
    'Bearer alone': bearer('Bearer'),
    'Bearer and spaces': bearer('Bearer   '),
    Basic: bearer(`Basic ${CLIENT_KEY}`),
    Token: bearer(`Token ${CLIENT_KEY}`),
    'the key without a scheme': bearer(CLIENT_KEY),
  }),
  ...row('C-11', REFUSED, {
    'two spaces and a wrong key': bearer('Bearer  a'),
    'two words': bearer('Bearer a b'),
    'the key and another word': bearer(`Bearer ${CLIENT_KEY} b`),
  }),
]

const PROBLEM_403: Expectation = { status: 403, errorBody: 'problem' }

const rights: Case[] = [
  ...row('C-13', MODEL_NOT_FOUND, {
    'a model that the key may not use': (context) => headerKey(context.limitedKey),
  }),
  ...row('C-13', FORWARDED, {
    'a model that the key may use': (context) =>
      request({
        target: '/v1beta/models/gemini-3.1-pro-preview:generateContent',
        headers: [`X-Goog-Api-Key: ${context.limitedKey}`],
        without: ['key'],
      }),
  }),
  ...row('C-14', WRONG_KEY, {
    'the admin key on a model route': headerKey(ADMIN_KEY),
    'the admin key on a model route, as Bearer': bearer(`Bearer ${ADMIN_KEY}`),
  }),
  ...row('C-14', PROBLEM_403, {
    'a client key on an admin route': request({
      method: 'GET',
      target: '/admin/v1/keys',
      headers: [`Authorization: Bearer ${CLIENT_KEY}`],
      without: ['key'],
    }),
  }),
  ...row(
    'C-14',
    { status: 200, body: { not: new RegExp(CLIENT_KEY) } },
    {
      'the admin key on an admin route': request({
        method: 'GET',
        target: '/admin/v1/keys',
        headers: [ADMIN_LINE],
        without: ['key'],
      }),
    },
  ),
  ...row('C-16', WRONG_KEY, {
    'the same first 20 characters': headerKey(SAME_START),
    'the same id of a made key': (context) => headerKey(`${context.secondKey.slice(0, -4)}AAAA`),
  }),
  ...row('C-17', WRONG_KEY, {
    'the SHA-256 of a key, hexadecimal': headerKey(createHash('sha256').update(CLIENT_KEY).digest('hex')),
    'the SHA-256 of a key, base64url': headerKey(createHash('sha256').update(CLIENT_KEY).digest('base64url')),
  }),
  ...row('C-19', WRONG_KEY, {
    'a key that looks like a provider key': headerKey('AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY'),
    "the gateway's own key for the upstream": headerKey('upstream-key'),
  }),
]

export const rowsC: readonly Case[] = [...shapes, ...injections, ...carriers, ...rights]

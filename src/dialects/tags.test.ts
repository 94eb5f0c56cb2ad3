import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails } from '../nouns.fixture.ts'
import { tagsOf } from './tags.ts'

const NAME = `a${'b'.repeat(63)}`
const VALUE = '~'.repeat(128)
const pairs = (count: number) => Array.from({ length: count }, (_, at) => `n${at}=v`).join()

test('[FCT-02] tags are read, names in small letters, blanks around them left out', () => {
  assert.equal(tagsOf(undefined), undefined)
  assert.deepEqual(tagsOf('team=search,env=prod'), { team: 'search', env: 'prod' })
  assert.deepEqual(tagsOf(' Team = Search Team , e.n_v-1=a=b '), { team: 'Search Team', 'e.n_v-1': 'a=b' })
  assert.deepEqual(tagsOf(['a=1', 'b=2']), { a: '1', b: '2' })
  assert.deepEqual(tagsOf('constructor=1'), { constructor: '1' })
  assert.deepEqual(tagsOf(`${NAME}=${VALUE}`), { [NAME]: VALUE })
  assert.equal(Object.keys(tagsOf(pairs(10)) ?? {}).length, 10)
  assert.ok(Object.isFrozen(tagsOf('a=1')))
})

const BAD: Readonly<Record<string, string>> = {
  nothing: '',
  'a blank': ' ',
  'a name without a value': 'team',
  'an empty value': 'team=',
  'an empty name': '=search',
  'an empty pair': 'a=1,,b=2',
  'a comma at the end': 'a=1,',
  'a name twice': 'a=1,b=2,A=3',
  'a name that begins with a dot': '.a=1',
  'a prototype': '__proto__=1',
  'a blank in a name': 'a b=1',
  'a slash in a name': 'a/b=1',
  'a name that is too long': `${NAME}b=1`,
  'a value that is too long': `a=${VALUE}~`,
  'a letter that is not ASCII': 'a=\u00e9',
  'a tab inside a value': 'a=1\t2',
  'one pair too many': pairs(11),
  'very many': pairs(5_000),
}
for (const [name, header] of Object.entries(BAD)) {
  test(`[FCT-02] ${name} is refused with the header's name and the rule`, () => {
    assert.throws(() => tagsOf(header), fails('invalid_argument', /x-wasat-tags must be at most 10 pairs/))
  })
}

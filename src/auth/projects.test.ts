import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReferenceDirectory } from '../../test/contracts/reference/directory.ts'
import { createState } from '../../test/contracts/reference/state.ts'
import { createKeys } from './keys.ts'
import { fails } from './memory-directory.fixture.ts'
import { createProjects } from './projects.ts'

function open() {
  const directory = createReferenceDirectory(createState(Date.now))
  return { directory, projects: createProjects(directory) }
}

test('a project is made, changed and removed, and who listens hears it', async () => {
  const { directory, projects } = open()
  const heard: string[] = []
  const leave = projects.onChange((id) => heard.push(id))
  const { id, disabled, limits } = await projects.create({ name: 'team' })
  assert.match(id, /^[a-z0-9]{10}$/)
  assert.deepEqual([disabled, limits], [false, {}])
  assert.equal((await projects.update(id, { limits: { requestsPerDay: 5 } })).name, 'team')
  assert.equal((await projects.setDisabled(id, true)).disabled, true)
  const kept = await directory.getProject(id)
  assert.deepEqual([kept?.limits, kept?.disabled], [{ requestsPerDay: 5 }, true])
  await projects.remove(id)
  assert.deepEqual(heard, [id, id, id])
  leave()
  assert.deepEqual(await projects.list(), [])
})

test('bad input is refused with its field, and writes nothing', async () => {
  const { projects } = open()
  const bad: [object, RegExp][] = [
    [{ name: '' }, /name/],
    [{ name: 'x'.repeat(101) }, /name/],
    [{ name: 'a\nb' }, /control/],
    [{ name: 'n', limits: { requestsPerMinute: 0 } }, /limit/],
    [{ name: 'n', limits: { requestsPerHour: 5 } }, /no such limit/],
    [{ name: 'n', limits: [] }, /limits/],
  ]
  for (const [input, text] of bad)
    await assert.rejects(projects.create(input as never), fails('invalid_argument', text))
  const { id } = await projects.create({ name: 'team' })
  for (const [input, text] of bad)
    await assert.rejects(projects.update(id, input as never), fails('invalid_argument', text))
  assert.deepEqual(
    (await projects.list()).map(({ name, limits }) => [name, limits]),
    [['team', {}]],
  )
})

test('an unknown id is not found, and a project with a key stays', async () => {
  const { directory, projects } = open()
  for (const work of [
    () => projects.get('x'),
    () => projects.update('x', { name: 'n' }),
    () => projects.setDisabled('x', true),
    () => projects.remove('x'),
  ])
    await assert.rejects(work(), fails('not_found', /"x"/))
  const { id } = await projects.create({ name: 'team' })
  const keys = await createKeys(directory)
  const { record } = await keys.create({ name: 'ci', models: [], projectId: id })
  await assert.rejects(projects.remove(id), fails('failed_precondition'))
  await keys.remove(record.id)
  await projects.remove(id)
})

/** Keys and projects, as far as money asks for them; their own contract is that of the store. */
import assert from 'node:assert/strict'
import { allRows, settledOf } from './settle.ts'
import {
  budgetOf,
  hasCode,
  keyOf,
  people,
  projectOf,
  type Register,
  reservationOf,
  spend,
  standing,
} from './subject.ts'

export function registerDirectory(register: Register): void {
  registerProjects(register)
  registerOwners(register)
}

function registerProjects(register: Register): void {
  register('a project is made, found, changed, listed and deleted', async (doors) => {
    const project = projectOf("it's", {
      limits: { requestsPerMinute: 5, tokensPerDay: 1_000_000_000 },
      routes: { 'gemini-*': ['google/a', 'vertex/a'] },
    })
    await doors.directory.createProject(project)
    await assert.rejects(doors.directory.createProject(project), hasCode('already_exists'))
    assert.deepEqual(await doors.directory.getProject(project.id), project)
    const changes = {
      name: 'other',
      limits: {},
      routes: { a: 'b' },
      disabled: true,
      updatedAt: 1_900_000_000_000,
    }
    assert.equal(await doors.directory.updateProject({ ...project, ...changes, createdAt: 5 }), true)
    const { directory } = await doors.reopen()
    assert.deepEqual(await directory.getProject(project.id), { ...project, ...changes })
    await directory.createProject(projectOf('second', { createdAt: project.createdAt + 1 }))
    const ids = (await directory.listProjects()).map(({ id }) => id)
    assert.deepEqual(ids, [project.id, 'second'])
    assert.equal(await directory.deleteProject(project.id), true)
    assert.equal(await directory.deleteProject(project.id), false)
    assert.equal(await directory.getProject(project.id), undefined)
    assert.equal(await directory.updateProject(project), false)
  })

  register('every member of a key comes back', async (doors) => {
    await doors.directory.createProject(projectOf('p1'))
    const key = keyOf('k1', {
      ...{ projectId: 'p1', addresses: ['10.0.0.0/8', '::1'], expiresAt: 1_900_000_000_000 },
      limits: { requestsPerMinute: 1, concurrentRequests: 2, tokensPerMinute: 3 },
      routes: { fast: 'fast-eu', 'gemini-*': ['google/a', 'vertex/a'] },
    })
    await doors.directory.createKey(key)
    await doors.directory.createKey(keyOf('k2'))
    const { directory } = await doors.reopen()
    assert.deepEqual(await directory.getKey('k1'), key)
    assert.deepEqual(await directory.getKey('k2'), keyOf('k2'))
    const grant = await directory.findKeyByDigest(key.digest)
    assert.deepEqual(grant, { key, project: projectOf('p1'), isBudgeted: false })
    const bare = await directory.findKeyByDigest(keyOf('k2').digest)
    assert.deepEqual(bare, { key: keyOf('k2'), project: undefined, isBudgeted: false })
    const changes = { projectId: undefined, expiresAt: undefined, routes: { slow: 'x/y' } }
    assert.equal(await directory.updateKey({ ...key, ...changes }), true)
    assert.deepEqual((await directory.getKey('k1'))?.routes, changes.routes)
    assert.equal((await directory.getKey('k1'))?.projectId, undefined)
    assert.equal((await directory.getKey('k1'))?.expiresAt, undefined)
  })
}

function registerOwners(register: Register): void {
  register('a key is budgeted while a hard budget stands over it, whoever has it', async (doors) => {
    const { directory } = doors
    await people(doors)
    const isBudgeted = async (id: string) => (await directory.findKeyByDigest(`digest ${id}`))?.isBudgeted
    const scopes = [
      { scope: 'key', scopeId: 'k1' },
      { scope: 'project', scopeId: 'p1' },
      { scope: 'gateway', scopeId: '' },
    ] as const
    for (const scope of scopes) {
      assert.equal(await isBudgeted('k1'), false)
      const budget = budgetOf('b', { ...scope, hardStop: false })
      await directory.createBudget(budget)
      assert.equal(await isBudgeted('k1'), false)
      await directory.updateBudget({ ...budget, hardStop: true })
      assert.equal(await isBudgeted('k1'), true)
      assert.equal(await isBudgeted('k2'), scope.scope === 'gateway')
      await directory.deleteBudget('b')
    }
  })

  register('with a key go its budgets; what it used stays', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('k'))
    await directory.createBudget(budgetOf('day', { period: 'day' }))
    await directory.createBudget(budgetOf('other', { scopeId: 'k2' }))
    await directory.createBudget(budgetOf('p', { scope: 'project', scopeId: 'p1' }))
    const row = await spend(ledger, 'r1', 30)
    assert.equal(await directory.deleteKey('k1'), true)
    const ids = (await directory.listBudgets()).map(({ id }) => id)
    assert.deepEqual(ids.sort(), ['other', 'p'])
    assert.deepEqual(await allRows(doors), [settledOf(row)])
    assert.deepEqual(await standing(doors, 'p'), [30, 0])
    // A request of the key may still be on its way.
    await spend(ledger, 'r2', 5)
    assert.deepEqual(await standing(doors, 'p'), [35, 0])
  })

  register('a project goes when no key belongs to it, and its budgets go with it', async (doors) => {
    const { directory, ledger } = doors
    await people(doors)
    await directory.createBudget(budgetOf('p', { scope: 'project', scopeId: 'p1' }))
    await spend(ledger, 'r1', 30)
    await assert.rejects(directory.deleteProject('p1'), hasCode('failed_precondition'))
    assert.deepEqual(await standing(doors, 'p'), [30, 0])
    await directory.deleteKey('k1')
    assert.equal(await directory.deleteProject('p1'), true)
    assert.deepEqual(await directory.listBudgets(), [])
    await ledger.reserve(reservationOf('r2'))
  })
}

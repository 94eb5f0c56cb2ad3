/** The checks of `npm run check` that need nothing but Node, on this very project. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REQUIREMENTS } from '../test/requirements.ts'
import { checkGenerated, GENERATED } from './check-generated.ts'
import { checkImports } from './check-imports.ts'
import { checkMachinePaths } from './check-machine-paths.ts'
import { checkRequirements, readSources } from './check-requirements.ts'
import { type Problem, problemText } from './problem.ts'
import { PROJECT, projectFiles } from './project.ts'

const none = (problems: readonly Problem[]) => assert.deepEqual(problems.map(problemText), [])

test('[CODE-01] imports point one way, and names stay where they belong', () => none(checkImports(PROJECT)))

test('[CODE-02] what is generated is in step with the code', () => none(checkGenerated(PROJECT, GENERATED)))

test('[CODE-03] nothing of one machine is in the project', () =>
  none(checkMachinePaths(PROJECT, projectFiles())))

test('[CODE-04] every promise has a test, and every id that a test cites is a promise', () =>
  none(checkRequirements(REQUIREMENTS, readSources(PROJECT))))

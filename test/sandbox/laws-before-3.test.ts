/** Laws of the whole sandbox, over random requests to models before the third generation. */
import { test } from 'node:test'
import { checkCounts, checkLaws } from './properties.ts'

test('[LAW-01] [LAW-02] any request before 3 is answered by the laws, streamed as unary, the same each time', () =>
  checkLaws('before 3', 900))

test('[LAW-03] countTokens before 3 counts what an answer charges for its prompt', () =>
  checkCounts('before 3'))

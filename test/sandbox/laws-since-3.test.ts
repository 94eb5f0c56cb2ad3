/** Laws of the whole sandbox, over random requests to models since the third generation. */
import { test } from 'node:test'
import { checkCounts, checkLaws } from './properties.ts'

test('[LAW-01] [LAW-02] any request since 3 is answered by the laws, streamed as unary, the same each time', () =>
  checkLaws('since 3', 900))

test('[LAW-03] countTokens since 3 counts what an answer charges for its prompt', () =>
  checkCounts('since 3'))

/** Any request that the tables allow: what Vertex is sent holds each thing of it, or the report names it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { libraryOf } from '../../../test/translation/ask.ts'
import { covers, leavesOf } from '../../../test/translation/leaves.ts'
import { STORED } from '../../../test/translation/request-fields.ts'
import { samples } from '../../../test/translation/requests.ts'
import { GatewayError } from '../../errors.ts'
import { Report } from '../../nouns/report.ts'
import { CALLER, callOf, targetOf, upstreamOf } from '../../nouns.fixture.ts'
import { prepare } from './request.ts'

const TARGET = targetOf(upstreamOf('v'))

async function sent(request: object, report: Report): Promise<object | undefined> {
  const context = {
    caller: CALLER,
    library: libraryOf({ files: STORED.files }),
    report,
    isVertexShaped: false,
  }
  try {
    const call = callOf({ body: Buffer.from(JSON.stringify(request)) })
    return JSON.parse((await prepare(call, TARGET, context)).body.toString())
  } catch (error) {
    assert.ok(error instanceof GatewayError && error.http < 500, String(error))
    return undefined
  }
}

test('[RPT-03] [RPT-04] whatever a request holds arrives, or is on the report', async () => {
  let answered = 0
  await fc.assert(
    fc.asyncProperty(samples, async ({ request }) => {
      const { cachedContent: _, model: __, serviceTier: ___, ...given } = request
      const report = new Report('v')
      const arrived = await sent(given, report)
      if (arrived === undefined) return
      answered++
      const values = new Map(leavesOf(arrived).map(({ path, value }) => [path, JSON.stringify(value)]))
      const losses = report.losses().map(({ path }) => path)
      for (const { path, value } of leavesOf(given)) {
        // A file of ours is there by its bytes, and an old name under its new one.
        if (path.includes('.fileData.') && values.has(`${path.replace(/fileData\..*/, 'inlineData.data')}`))
          continue
        const isThere =
          values.get(path.replace('._responseJsonSchema', '.responseJsonSchema')) === JSON.stringify(value)
        const isNothing = value === false || value === null || /(?:^|_)UNSPECIFIED$/.test(String(value))
        if (isThere || isNothing || losses.some((loss) => covers(loss, path))) continue
        if (typeof value === 'object' && Object.keys(value as object).length === 0) continue
        assert.fail(`${path} got lost: ${JSON.stringify(value)}`)
      }
    }),
    { numRuns: 150 },
  )
  assert.ok(answered > 20, `${answered} requests went out`)
})

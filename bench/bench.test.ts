/** The harness itself: a benchmark that miscounts is worse than none. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type CpuProfile, selfTimes, timesByPlace } from './cpu-profile.ts'
import { openFolders } from './folders.ts'
import { ResponseReader } from './load/response-reader.ts'
import { findAnswer } from './mock/answers.ts'
import { frameRequest } from './mock/framing.ts'
import { measureArithmetic } from './parts/arithmetic.ts'
import { timeCommits } from './parts/commits.ts'
import { openTestBooks, runRequests } from './parts/ledger.ts'
import { readOptions } from './plan.ts'
import { moneyTable, partsTable } from './report/money.ts'
import { addedMs, durabilityMs, ratio, verdicts } from './results.ts'
import { quantile } from './statistics.ts'
import { BURST_EVENTS, geminiRequest, sseBody, UNARY_ANSWER } from './wire.ts'

function burstAnswer(): Buffer {
  const answer = findAnswer('/v1beta/models/bench-burst:streamGenerateContent?alt=sse')
  assert.ok(answer.whole)
  return answer.whole
}

describe('the load generator reads answers', () => {
  it('finds the end and every event, wherever the bytes are split', () => {
    const bytes = burstAnswer()
    for (let size = 1; size <= 40; size += 1) {
      const statuses: number[] = []
      const reader = new ResponseReader({ onEnd: (status) => statuses.push(status) }, true)
      for (let start = 0; start < bytes.length; start += size) {
        assert.deepEqual(statuses, [], 'it ended before the last byte')
        reader.feed(bytes.subarray(start, start + size))
      }
      assert.deepEqual(statuses, [200])
      assert.equal(reader.events, BURST_EVENTS)
    }
  })

  it('reads one answer after another, of known length and chunked', () => {
    const unary = findAnswer('/v1beta/models/bench-unary:generateContent').whole
    assert.ok(unary)
    const statuses: number[] = []
    const reader = new ResponseReader({ onEnd: (status) => statuses.push(status) }, false)
    for (const bytes of [unary, burstAnswer(), unary]) reader.feed(bytes)
    assert.deepEqual(statuses, [200, 200, 200])
  })

  it('does not take a broken connection for an end, unless that is the framing', () => {
    const ends: number[] = []
    const reader = new ResponseReader({ onEnd: (status) => ends.push(status) }, false)
    reader.feed(burstAnswer().subarray(0, 500))
    assert.equal(reader.close(), false)
    const closing = new ResponseReader({ onEnd: (status) => ends.push(status) }, false)
    closing.feed(Buffer.from('HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\nno'))
    assert.equal(closing.close(), true)
    assert.deepEqual(ends, [502])
  })
})

describe('the mock upstream frames requests', () => {
  it('by content-length and by chunks, and waits for the rest', () => {
    const counted = geminiRequest(1, 'bench-unary')
    const chunked = Buffer.from(
      'POST /v1beta/models/bench-unary:generateContent HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n' +
        '3\r\nabc\r\n0\r\n\r\n',
    )
    for (const request of [counted, chunked]) {
      const two = Buffer.concat([request, request])
      assert.equal(frameRequest(two)?.bytes, request.length)
      for (let size = 0; size < request.length; size += 1) {
        assert.equal(frameRequest(request.subarray(0, size)), undefined)
      }
    }
    assert.equal(frameRequest(counted)?.target, '/v1beta/models/bench-unary:generateContent')
  })

  it('answers as Google does: 0.8 kB unary, 19 kB of 50 events, an array without alt=sse', () => {
    assert.ok(Math.abs(UNARY_ANSWER.length - 800) < 50, `${UNARY_ANSWER.length} bytes`)
    assert.ok(
      Math.abs(sseBody(BURST_EVENTS).length - 19_000) < 1_000,
      `${sseBody(BURST_EVENTS).length} bytes`,
    )
    assert.equal(JSON.parse(UNARY_ANSWER).candidates[0].finishReason, 'STOP')
    const array =
      findAnswer('/v1beta/models/bench-burst:streamGenerateContent?key=x').whole?.toString('latin1') ?? ''
    const body = array
      .slice(array.indexOf('\r\n\r\n') + 4)
      .replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n(?=[[\n]|\r\n)/g, '')
    assert.equal(JSON.parse(body).length, BURST_EVENTS)
    assert.match(
      findAnswer('/v1beta/models/other:generateContent').whole?.toString('latin1') ?? '',
      /^HTTP\/1.1 404 /,
    )
  })
})

describe('the figures', () => {
  it('quantiles interpolate', () => {
    assert.equal(quantile([3, 1, 2], 0.5), 2)
    assert.equal(quantile([1, 2, 3, 4], 0.5), 2.5)
    assert.ok(Number.isNaN(quantile([], 0.5)))
  })

  it('a ratio pairs the rounds, and a verdict follows from it', () => {
    const samples = {
      nginx: { unaryCpuMicros: [10, 20, 10], latencyP50Ms: [2] },
      wasat: { unaryCpuMicros: [40, 80, 60], streamKib: [91], latencyP50Ms: [3] },
      direct: { latencyP50Ms: [1] },
    }
    assert.deepEqual(ratio(samples, 'wasat', 'unaryCpuMicros'), { median: 4, lowest: 4, highest: 6 })
    assert.equal(addedMs(samples, 'wasat', 'latencyP50Ms')?.median, 2)
    const results = verdicts(samples).map(({ result }) => result)
    assert.deepEqual(results.slice(0, 5), ['pass', 'not measured', 'not measured', 'miss', 'not measured'])
    assert.deepEqual(
      verdicts({ wasat: { sandboxUnaryCpuMicros: [390, 401], sandboxCodeMs: [12] } })
        .filter(({ target }) => target.startsWith('sandbox'))
        .map(({ result }) => result),
      ['pass', 'not measured', 'not measured', 'pass'],
    )
  })

  it('what durability adds is told round by round, and unary falls back to the rounds of money', () => {
    const samples = {
      nginx: { moneyCpuMicros: [10, 10] },
      'wasat-plain': { moneyCpuMicros: [40, 44] },
      'wasat-all': { moneyCpuMicros: [45, 51], moneyP99Ms: [3, 9, 4] },
      'wasat-memory': { moneyP99Ms: [2, 7, 3.5] },
      parts: { reserveBudgetsMicrosAt8: [12.5] },
    }
    assert.deepEqual(durabilityMs(samples, 'moneyP99Ms'), { median: 1, lowest: 0.5, highest: 2 })
    const found = new Map(verdicts(samples).map((verdict) => [verdict.target, verdict]))
    assert.equal(found.get('durability, p99 at 1,000/s')?.result, 'pass')
    assert.equal(found.get('CPU, unary, everything on')?.found, 4.8)
    const busy = { 'wasat-all': { moneyP99Ms: [30] }, 'wasat-memory': { moneyP99Ms: [90] } }
    const noise = verdicts(busy).find(({ target }) => target.startsWith('durability'))
    assert.equal(noise?.result, 'not measured', 'a machine that is busy proves nothing')
    const rows = moneyTable(samples).rows.map((row) => [row[0], row[2], row[3]])
    assert.deepEqual(rows, [
      ['nginx', '–', '–'],
      ['wasat, plain: a price, no limits, no budgets', '–', '4.20 (4.00–4.40)'],
      ['wasat, all of it', '6.00 (5.00–7.00)', '4.80 (4.50–5.10)'],
      ['wasat, all of it, data in memory', '–', '–'],
      ['what durability adds', '–', '–'],
    ])
    assert.deepEqual(partsTable(samples).rows, [['reserve under two budgets, likewise', '–', '12.5', '–']])
    assert.deepEqual(partsTable({}).rows, [])
  })

  it('options name what they do not know', () => {
    assert.deepEqual(readOptions(['--only', 'burst,unary', '--rounds', '3'])?.plan.workloads, [
      'unary',
      'burst',
    ])
    assert.throws(() => readOptions(['--subjects', 'nginx,caddy']), /not caddy/)
    assert.throws(() => readOptions(['--rounds', '0']), /whole number/)
    assert.equal(readOptions(['--help']), undefined)
  })

  it('a profile counts self time within the window only', () => {
    const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 6 })
    const profile: CpuProfile = {
      nodes: [
        { id: 1, callFrame: frame('decode', 'file:///any/where/src/dialects/decode.ts') },
        { id: 2, callFrame: frame('(idle)', '') },
        { id: 3, callFrame: frame('', 'file:///any/where/node_modules/undici/lib/core.js') },
        { id: 4, callFrame: frame('decode', 'file:///any/where/src/dialects/decode.ts') },
      ],
      startTime: 1_000,
      samples: [1, 1, 4, 2, 3],
      timeDeltas: [10, 100, 50, 40, 30],
    }
    const times = selfTimes(profile, 1_050, 2_000)
    assert.deepEqual(
      times.map(({ name, micros }) => [name, micros]),
      [
        ['decode src/dialects/decode.ts:7', 150],
        ['(idle)', 40],
        ['(anonymous) undici/lib/core.js:7', 30],
      ],
    )
    assert.deepEqual(
      timesByPlace(times).map(({ place }) => place),
      ['src/dialects', '(idle)', 'undici'],
    )
  })
})

describe('folders', () => {
  it('are made empty, one for each start, and go together', () => {
    const { newFolder, newMemoryFolder, remove } = openFolders()
    const folders = [newFolder('a'), newFolder('a'), newMemoryFolder?.('a')].filter(
      (path) => path !== undefined,
    )
    assert.equal(new Set(folders).size, folders.length)
    for (const path of folders) assert.deepEqual(readdirSync(path), [])
    remove()
    for (const path of folders) assert.equal(existsSync(path), false)
  })
})

describe('the parts of the money path', () => {
  it('every turn is one commit, and what is settled is charged to both budgets', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wasat-bench-test-'))
    try {
      const books = await openTestBooks(join(folder, 'books'), ['key', 'gateway'])
      const commits = await timeCommits(() => runRequests(books, 8, 16))
      assert.equal(commits.length, 4, 'two turns reserve, two settle')
      assert.ok(commits.every(({ wallMicros }) => wallMicros > 0))
      const budgets = await books.directory.listBudgets()
      await books.close()
      assert.equal(budgets.length, 2)
      for (const { spentNanoUsd, reservedNanoUsd } of budgets) {
        // 24 tokens in and 118 out, at 0.30 and 2.50 USD for a million.
        assert.equal(spentNanoUsd, 16 * (24 * 300 + 118 * 2_500))
        assert.equal(reservedNanoUsd, 0)
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('a store that commits in another way is not taken for one that is free', async () => {
    await assert.rejects(
      timeCommits(async () => undefined),
      /No commit was seen/,
    )
  })

  it('the arithmetic answers for every size of a turn', () => {
    const figures = Object.values(measureArithmetic(1, 2_048))
    assert.equal(figures.length, 6)
    assert.ok(figures.every((micros) => micros > 0))
  })
})

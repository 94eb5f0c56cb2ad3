import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawsFrom } from '../servers/billing-plan.ts'
import { judgeFlatness, lowest } from './flatness.ts'
import { drawPlot } from './plot.ts'

const draw = drawsFrom('flatness')
const noisy = (at: (index: number) => number) =>
  Array.from({ length: 720 }, (_, index) => at(index) + draw(100) / 20)
const isFlat = (at: (index: number) => number) => judgeFlatness(noisy(at), { floor: 4 }).isFlat

test('[NEV-73] P15 noise, a warm-up, a peak and what shrinks are flat; a leak and a step are not', () => {
  assert.deepEqual(
    [
      isFlat(() => 100),
      isFlat((index) => Math.min(100, 50 + index)),
      isFlat((index) => (index > 500 && index < 560 ? 300 : 100)),
      isFlat((index) => 200 - index / 10),
    ],
    [true, true, true, true],
  )
  assert.deepEqual(
    [isFlat((index) => 100 + index / 20), isFlat((index) => (index < 400 ? 100 : 120))],
    [false, false],
  )
})

test('[NEV-73] P15 what is small may grow by a little', () => {
  const counts = Array.from({ length: 100 }, (_, index) => (index < 50 ? 3 : 5))
  assert.equal(judgeFlatness(counts, { floor: 4 }).isFlat, true)
  assert.equal(judgeFlatness(counts, { floor: 1 }).isFlat, false)
})

test('[NEV-73] P15 bursts are no growth, and a leak below them is', () => {
  const bursts = (leak: number) =>
    Array.from({ length: 720 }, (_, at) => 20 + at * leak + (at % 5) * (at / 10))
  const judge = (leak: number) => judgeFlatness(lowest(bursts(leak), 6), { floor: 4 }).isFlat
  assert.deepEqual([judge(0), judge(0.05)], [true, false])
})

test('[NEV-73] P15 the plot shows every value with its unit, in light and in dark', () => {
  const series = [1, 2].map((one) => ({ name: `replica ${one}`, values: [10 * one, 20, 15] }))
  const svg = drawPlot([{ title: 'Resident memory', unit: 'MiB', series }], { stepSeconds: 60 })
  assert.match(svg, /^<svg [^>]*viewBox="0 0 \d+ \d+"/)
  assert.equal(svg.match(/<polyline /g)?.length, 2)
  for (const text of ['Resident memory', 'MiB', 'minutes', 'replica 1', 'prefers-color-scheme: dark']) {
    assert.ok(svg.includes(text), text)
  }
  assert.ok(!svg.includes('NaN'))
})

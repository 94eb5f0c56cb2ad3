/**
 * Counters and histograms that add up in plain arrays, and hand OpenTelemetry finished data points when somebody
 * scrapes. The SDK's own synchronous instruments sort and hash their labels at each call: nine calls a request cost
 * 1 to 2 µs each, which was a tenth of the request.
 */
import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api'
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics'

/** Adds to the cell with this key; `labels` is asked for once, when the cell is new. */
export type Tally = (value: number, key: string, labels: () => Attributes) => void

export interface Tallies {
  /** Monotonic; values are whole numbers to add, shown divided by `divisor`, so that no sum is ever rounded. */
  counter(name: string, description: string, divisor?: number): Tally
  /** `bounds` are upper limits, ascending. */
  histogram(name: string, description: string, bounds: readonly number[]): Tally
  readonly producer: Pick<MetricProducer, 'collect'>
}

interface Cell {
  readonly labels: Attributes
  sum: number
  count: number
  readonly buckets: number[]
}

export function createTallies(scope: { readonly name: string; readonly version: string }): Tallies {
  const startTime = now()
  const readers: ((endTime: HrTime) => MetricData)[] = []

  function cells(bounds: readonly number[]): { all: Map<string, Cell>; add: Tally } {
    const all = new Map<string, Cell>()
    const add: Tally = (value, key, labels) => {
      let cell = all.get(key)
      if (cell === undefined) {
        cell = { labels: labels(), sum: 0, count: 0, buckets: new Array(bounds.length + 1).fill(0) }
        all.set(key, cell)
      }
      cell.sum += value
      cell.count++
      let bucket = 0
      while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++
      ;(cell.buckets as number[])[bucket]!++
    }
    return { all, add }
  }

  function shared(name: string, description: string) {
    return {
      descriptor: { name, description, unit: '', valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
    }
  }

  return {
    counter: (name, description, divisor = 1) => {
      const { all, add } = cells([])
      readers.push((endTime) => ({
        ...shared(name, description),
        dataPointType: DataPointType.SUM,
        isMonotonic: true,
        dataPoints: [...all.values()].map(({ labels, sum }) => ({
          startTime,
          endTime,
          attributes: labels,
          value: sum / divisor,
        })),
      }))
      return (value, key, labels) => {
        if (value > 0) add(value, key, labels)
      }
    },
    histogram: (name, description, bounds) => {
      const { all, add } = cells(bounds)
      readers.push((endTime) => ({
        ...shared(name, description),
        dataPointType: DataPointType.HISTOGRAM,
        dataPoints: [...all.values()].map(({ labels, sum, count, buckets }) => ({
          startTime,
          endTime,
          attributes: labels,
          value: { sum, count, buckets: { boundaries: [...bounds], counts: [...buckets] } },
        })),
      }))
      return add
    },
    producer: {
      collect: async () => {
        const endTime = now()
        // A metric that nothing was added to yet has nothing to show.
        const metrics = readers.map((read) => read(endTime)).filter(({ dataPoints }) => dataPoints.length > 0)
        return { resourceMetrics: { resource: EMPTY, scopeMetrics: [{ scope, metrics }] }, errors: [] }
      },
    },
  }
}

type Collected = Awaited<ReturnType<MetricProducer['collect']>>
/** The reader takes the resource of its own provider. */
const EMPTY = { attributes: {} } as unknown as Collected['resourceMetrics']['resource']

function now(): HrTime {
  const ms = Date.now()
  return [Math.floor(ms / 1000), (ms % 1000) * 1e6]
}

/** Wrong keys that one address may present at once, and how fast it may go on. */
const BURST = 50
const REFILL_PER_SECOND = 10
/** Addresses remembered; beyond it the one that was quiet for longest is forgotten. */
const ADDRESSES_MAX = 10_000

interface Bucket {
  tokens: number
  filledAtMs: number
}

/** Counts the wrong keys of each address. Returns 0 when this one is within bounds, else the seconds to wait. */
export type Throttle = (remoteAddress: string) => number

export function createThrottle(nowMs: () => number): Throttle {
  const buckets = new Map<string, Bucket>()

  return (remoteAddress) => {
    const network = networkOf(remoteAddress)
    const bucket = buckets.get(network) ?? { tokens: BURST, filledAtMs: nowMs() }
    refill(bucket, nowMs())
    // Set anew, so that the map's order is the order of the last wrong key.
    buckets.delete(network)
    buckets.set(network, bucket)
    if (buckets.size > ADDRESSES_MAX) buckets.delete(buckets.keys().next().value as string)
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / REFILL_PER_SECOND))
    bucket.tokens--
    return 0
  }
}

function refill(bucket: Bucket, nowMs: number): void {
  const elapsedSeconds = Math.max(0, nowMs - bucket.filledAtMs) / 1_000
  bucket.tokens = Math.min(BURST, bucket.tokens + elapsedSeconds * REFILL_PER_SECOND)
  bucket.filledAtMs = nowMs
}

/** An IPv6 address counts by its /64, because whoever has one has all of it. */
export function networkOf(address: string): string {
  const text = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
  if (!text.includes(':')) return text
  const [head = '', tail] = text.split('%', 1)[0]!.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after]
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}

/** The share of the disk that one key may fill, also while many of its uploads run at once. */
import { GatewayError } from '../errors.ts'
import type { ResourceTable } from '../nouns/resource-table.ts'

/** An upload of unknown length gets its next bytes in steps of this, while there is room. */
const STEP_BYTES = 8 * 1024 * 1024

export interface Quota {
  /** Sets bytes aside that no row counts yet. Throws `resource_exhausted` when the key's share is used up. */
  hold(keyId: string, bytes: number): Promise<Allowance>
}

export interface Allowance {
  readonly bytes: number
  /** At least so many bytes more. Throws `resource_exhausted`. */
  extend(bytes: number): Promise<void>
  /** Once the bytes stand in a row, or are gone. */
  release(): void
}

export function createQuota(table: ResourceTable, bytesPerKeyMax: number): Quota {
  const held = new Map<string, number>()

  function add(keyId: string, bytes: number): void {
    const sum = (held.get(keyId) ?? 0) + bytes
    if (sum > 0) held.set(keyId, sum)
    else held.delete(keyId)
  }

  /** Between `least` and `wanted` bytes. */
  async function take(keyId: string, least: number, wanted: number): Promise<number> {
    const { sizeBytes } = await table.totals(keyId)
    // Nothing may be awaited from here on: two that ask at once must see each other.
    const room = bytesPerKeyMax - sizeBytes - (held.get(keyId) ?? 0)
    if (least > room) throw exhausted(bytesPerKeyMax)
    const bytes = Math.min(wanted, room)
    add(keyId, bytes)
    return bytes
  }

  return {
    hold: async (keyId, bytes) => {
      let mine = await take(keyId, bytes, bytes)
      return {
        get bytes() {
          return mine
        },
        extend: async (more) => {
          mine += await take(keyId, more, Math.max(more, STEP_BYTES))
        },
        release: () => {
          add(keyId, -mine)
          mine = 0
        },
      }
    },
  }
}

function exhausted(bytesMax: number): GatewayError {
  return new GatewayError(
    'resource_exhausted',
    `You have reached your file storage limit of ${bytesMax} bytes. Please delete files that you no longer need.`,
    { hint: 'resources.bytesPerKeyMax is reached' },
  )
}

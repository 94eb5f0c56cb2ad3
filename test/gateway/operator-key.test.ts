/** WASAT_KEY counts while it is set, and not a start longer. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startWasat } from '../servers/wasat-process.ts'

async function statusWith(url: string, key: string): Promise<number> {
  return (await fetch(`${url}/v1beta/models`, { headers: { 'x-goog-api-key': key } })).status
}

test('[KEYS-07] an operator key that is no longer set opens nothing, a new one takes its place', async () => {
  const home = await mkdtemp(join(tmpdir(), 'wasat-operator-key-'))
  const dataFolder = join(home, 'data')
  const keys = ['operator-key-number-one-0001', 'operator-key-number-two-0002', '']
  const opened: number[][] = []
  for (const key of keys) {
    const wasat = await startWasat({ dataFolder, env: { WASAT_KEY: key } })
    opened.push(await Promise.all(keys.slice(0, 2).map((one) => statusWith(wasat.url, one))))
    await wasat.stop('SIGINT')
  }
  await rm(home, { recursive: true, force: true })
  assert.deepEqual(opened, [
    [200, 400],
    [400, 200],
    [400, 400],
  ])
})

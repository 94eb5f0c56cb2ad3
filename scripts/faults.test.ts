import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type ByHand, startByHand } from './faults.ts'

const open: ByHand[] = []
after(() => Promise.all(open.map((one) => one.close())))

async function start(...words: string[]): Promise<ByHand> {
  const started = await startByHand(words)
  assert.ok(started)
  open.push(started)
  return started
}

/** 0: the connection broke. */
async function ask(port: number): Promise<number> {
  const url = `http://127.0.0.1:${port}/v1beta/models/any:generateContent`
  const response = await fetch(url, { method: 'POST', body: '{}' }).catch(() => undefined)
  await response?.text()
  return response?.status ?? 0
}

test('[NEV-63] an upstream fails as it is told by hand, and a proxy gets in the way of anything', async () => {
  const upstream = await start('upstream', '--fault', '500')
  const proxy = await start('proxy', '--to', `127.0.0.1:${upstream.port}`)
  assert.equal(await ask(proxy.port), 500)
  assert.match(upstream.obey('well'), /it answers/)
  assert.equal(await ask(proxy.port), 200)
  assert.match(proxy.obey('cut'), /done/)
  assert.equal(await ask(proxy.port), 0)
  proxy.obey('restore')
  assert.equal(await ask(proxy.port), 200)
  assert.match(proxy.obey('dance'), /npm run -s faults/)
  assert.match(upstream.obey('dance'), /npm run -s faults/)
})

test('[NEV-63] words that mean nothing start nothing', async () => {
  for (const words of [[], ['proxy'], ['upstream', '--wire', 'morse'], ['upstream', '--fault', 'fire']])
    assert.equal(await startByHand(words), undefined)
})

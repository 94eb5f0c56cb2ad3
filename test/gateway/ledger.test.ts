/** Every answered request is one row, with the counts that the upstream told; nothing else is a row. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Replay, startReplay } from '../servers/replay-client.ts'
import { modelOf, SCENES, type Scene } from './ledger-scenes.ts'
import { dataFolder, type Gateway, ledgerRows, type Row, startGateway, until } from './rig.ts'

let replay: Replay
let rows: Row[]

before(async () => {
  replay = await startReplay()
  const folder = await dataFolder()
  const gateway = await startGateway({
    dataFolder: folder.path,
    config: `
upstreams:
  replay: { kind: gemini, baseUrl: "${replay.url}", keys: ["upstream-key"] }
  down: { kind: gemini, baseUrl: "http://127.0.0.1:1", keys: ["upstream-key"] }
models:
  "gemini-*": { targets: [replay] }
  fast: { targets: [{ upstream: replay, model: gemini-2.5-flash }] }
  nobody: { targets: [down] }
`,
  })
  for (const scene of SCENES) await play(gateway, scene)
  await gateway.ask('/v1beta/models', { method: 'GET' })
  await until('every drain ended', async () => (await gateway.metric('wasat_drains')) === 0)
  assert.equal(await gateway.stop('SIGINT'), 0)
  rows = [...ledgerRows(folder.path).values()]
  await folder.remove()
})
after(() => replay.close())

async function play(gateway: Gateway, scene: Scene): Promise<void> {
  const model = modelOf(scene)
  const path = `/v1beta/models/${model}:${scene.verb ?? 'generateContent'}`
  if (scene.script !== undefined) await replay.script(model, { framing: 'content-length', ...scene.script })
  if (scene.play !== undefined) return void (await scene.play(gateway, path, replay))
  await gateway.ask(path, {
    ...(scene.body && { body: scene.body }),
    ...(scene.headers && { headers: scene.headers }),
  })
}

for (const scene of SCENES) {
  test(`[${scene.id}] ${scene.row === undefined ? 'no row' : 'one row'} for ${scene.name}`, () => {
    const found = rows.filter((row) => row.model === modelOf(scene))
    assert.equal(found.length, scene.row === undefined ? 0 : 1, JSON.stringify(found))
    for (const [name, wanted] of Object.entries(scene.row ?? {})) {
      const value = found[0]?.[name]
      const isRight = typeof wanted === 'function' ? wanted(value) : wanted === value
      assert.ok(
        isRight,
        `${name} is ${value}${typeof wanted === 'function' ? '' : `, not ${wanted}`}: ${JSON.stringify(found[0])}`,
      )
    }
  })
}

test('[LEDGER-01] there is no other row', () => {
  assert.equal(rows.length, SCENES.filter((scene) => scene.row !== undefined).length)
})

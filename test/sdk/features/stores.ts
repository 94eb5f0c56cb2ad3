/** File search: documents put into a store, and a question answered from them. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { collect, type FeatureCase, type FeatureRig, FLASH } from './rig.ts'

export const STORES: readonly FeatureCase[] = [
  { name: '[SDKF-STORE-01] a store filled, asked, and deleted', run: store },
]

const POLL_MS = 100
const POLLS_MAX = 100

/** Waits until the store has nothing left to read. */
async function filled({ ai }: FeatureRig, name: string, documents: number): Promise<void> {
  for (let poll = 0; poll < POLLS_MAX; poll++) {
    const { activeDocumentsCount, pendingDocumentsCount = '0' } = await ai.fileSearchStores.get({ name })
    if (Number(activeDocumentsCount) === documents && Number(pendingDocumentsCount) === 0) return
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  assert.fail(`the store never had ${documents} documents`)
}

async function store(rig: FeatureRig): Promise<void> {
  const { ai, sdk, folder } = rig
  const made = await ai.fileSearchStores.create({ config: { displayName: 'handbooks' } })
  const name = made.name as string
  assert.match(name, /^fileSearchStores\//)
  assert.equal(made.displayName, 'handbooks')
  const path = join(folder, 'crew.txt')
  await writeFile(path, 'The ferry Meridian has a crew of nine. Its captain is called Ines Falk.')
  const uploaded = await ai.fileSearchStores.uploadToFileSearchStore({
    fileSearchStoreName: name,
    file: path,
    config: { mimeType: 'text/plain', displayName: 'crew' },
  })
  assert.match(uploaded.name ?? '', /^fileSearchStores\/.+\/operations\//)
  const file = await ai.files.upload({
    file: new Blob(['The Meridian leaves Holm at 06:40 each day.'], { type: 'text/plain' }),
    config: { displayName: 'timetable' },
  })
  const imported = await ai.fileSearchStores.importFile({
    fileSearchStoreName: name,
    fileName: file.name as string,
  })
  assert.ok(imported.name)
  await filled(rig, name, 2)
  const documents = await collect(await ai.fileSearchStores.documents.list({ parent: name }))
  assert.ok(documents.some(({ displayName }) => displayName === 'crew'))
  assert.ok(documents.every(({ state }) => state === sdk.DocumentState.STATE_ACTIVE))
  await ask(rig, name)
  await ai.fileSearchStores.documents.delete({ name: documents[0]?.name as string, config: { force: true } })
  await ai.fileSearchStores.delete({ name, config: { force: true } })
  await assert.rejects(ai.fileSearchStores.get({ name }), sdk.ApiError)
}

async function ask({ ai }: FeatureRig, name: string): Promise<void> {
  const config = { tools: [{ fileSearch: { fileSearchStoreNames: [name] } }] }
  const answer = await ai.models.generateContent({
    model: FLASH,
    contents: 'Who is the captain of the Meridian?',
    config,
  })
  assert.match(answer.text ?? '', /Ines Falk/)
  const grounding = answer.candidates?.[0]?.groundingMetadata
  const [first] = grounding?.groundingChunks ?? []
  assert.match(first?.retrievedContext?.text ?? '', /Ines Falk/)
  assert.equal(first?.retrievedContext?.title, 'crew')
  assert.ok((grounding?.groundingSupports ?? []).length > 0)
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Medium } from './conversation.ts'
import { readBody, refusalOf, user } from './reading.fixture.ts'

async function mediumOf(part: object, losses: readonly string[] = []): Promise<Medium> {
  const { conversation, lost } = await readBody({ contents: [user(part)] })
  const [piece] = conversation.turns[0]?.pieces ?? []
  assert.ok(piece?.kind === 'medium')
  assert.deepEqual(lost, losses)
  return piece.medium
}

function inline(mimeType: string, data = 'AAAA'): object {
  return { inlineData: { mimeType, data } }
}

function file(fileUri: string, mimeType?: string): object {
  return { fileData: { fileUri, ...(mimeType !== undefined && { mimeType }) } }
}

function refusal(part: object): Promise<string> {
  return refusalOf({ contents: [user(part)] })
}

test('[TRN-02] each type is a kind that targets know', async () => {
  const kinds = {
    'image/png': 'image',
    'audio/mp3': 'audio',
    'video/mp4': 'video',
    'application/pdf': 'document',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'document',
    'application/msword': 'document',
    'text/x-rust': 'text',
    'application/json': 'text',
    'application/yaml': 'text',
  }
  for (const [mimeType, kind] of Object.entries(kinds)) {
    assert.equal((await mediumOf(inline(mimeType))).kind, kind, mimeType)
  }
  for (const mimeType of ['application/octet-stream', 'image/tiff', 'nonsense', 'text/']) {
    assert.equal(
      await refusal(inline(mimeType)),
      `400 contents[0].parts[0].inline_data.mime_type: Unsupported MIME type: ${mimeType}`,
    )
  }
})

test('[TRN-02] types lose their parameters, on the report where they say more than UTF-8', async () => {
  assert.equal((await mediumOf(inline('TEXT/Plain; charset=UTF-8'))).mimeType, 'text/plain')
  assert.equal((await mediumOf(inline('image/jpg'))).mimeType, 'image/jpeg')
  const sound = await mediumOf(inline('audio/L16;rate=24000'), ['contents[0].parts[0].inlineData.mimeType'])
  assert.equal(sound.mimeType, 'audio/l16')
})

test('[TRN-02] base64 is standard base64, whichever alphabet it came in', async () => {
  const base64Of = async (data: string): Promise<unknown> =>
    (await mediumOf(inline('image/png', data))).source
  assert.deepEqual(await base64Of('+/+/'), { base64: '+/+/' })
  assert.deepEqual(await base64Of('-_-_'), { base64: '+/+/' })
  assert.deepEqual(await base64Of('-_8'), { base64: '+/8=' })
  assert.deepEqual(await base64Of('AA'), { base64: 'AA==' })
})

test('[FIL-02] a file of our own is read and goes inline, by its name or any address of a Gemini API', async () => {
  const base64 = Buffer.from('pixel').toString('base64')
  for (const uri of [
    'files/pixel',
    'http://127.0.0.1:4080/v1beta/files/pixel',
    'https://generativelanguage.googleapis.com/v1beta/files/pixel',
  ]) {
    const medium = await mediumOf(file(uri))
    assert.deepEqual([medium.kind, medium.mimeType, medium.source], ['image', 'image/png', { base64 }], uri)
  }
  assert.equal((await mediumOf(file('files/pixel', 'image/webp'))).mimeType, 'image/webp')
})

test("[FIL-02] another's file, one too large and one of no known type are refused", async () => {
  assert.match(await refusal(file('files/nobody')), /^403 : You do not have permission/)
  assert.match(await refusal(file('https://x.test/v1beta/files/nobody')), /^403 : /)
  assert.match(await refusal(file('foo')), /^403 : /)
  assert.match(
    await refusal(file('files/huge')),
    /^400 contents\[0\]\.parts\[0\]\.file_data\.file_uri: .* 100 MiB is not sent inline/,
  )
  assert.match(
    await refusal(file('files/odd')),
    /mime_type: Unsupported MIME type: application\/octet-stream$/,
  )
})

test('[TRN-02] an address on the web is the target’s to fetch, with a type that is given or plain to see', async () => {
  const url = 'https://x.test/files/report.PDF?y=1'
  assert.deepEqual(await mediumOf(file(url)), {
    ...{ kind: 'document', mimeType: 'application/pdf', name: undefined },
    source: { url },
  })
  assert.equal((await mediumOf(file('https://x.test/cat', 'image/png'))).kind, 'image')
  assert.match(
    await refusal(file('https://x.test/cat')),
    /^400 contents\[0\]\.parts\[0\]\.file_data\.file_uri: /,
  )
})

test('[TRN-02] what only Google can read is refused by its path', async () => {
  for (const uri of ['gs://bucket/a.png', 'https://www.youtube.com/watch?v=1', 'https://youtu.be/1']) {
    assert.match(
      await refusal(file(uri, 'image/png')),
      /^400 contents\[0\]\.parts\[0\]\.file_data\.file_uri: contents/,
      uri,
    )
  }
})

test('[RPT-03] the name of a medium goes along where there is a place for it', async () => {
  const named = (mimeType: string): object => ({
    inlineData: { mimeType, data: 'AAAA', displayName: 'mine' },
  })
  assert.equal((await mediumOf(named('application/pdf'))).name, 'mine')
  await mediumOf(named('image/png'), ['contents[0].parts[0].inlineData.displayName'])
})

test('[RPT-03] an image of a thought is not shown to others', async () => {
  const thought = { ...inline('image/png'), thought: true }
  const { conversation, lost } = await readBody({ contents: [user({ text: 'a' }, thought)] })
  assert.equal(conversation.turns[0]?.pieces.length, 1)
  assert.deepEqual(lost, ['contents[0].parts[1]'])
})

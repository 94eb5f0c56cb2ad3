/** What came of a batch, as clients get it: in the operation itself, or in a file of its owner. */
import type { ResourceRow } from '../../nouns/resource-table.ts'
import type { Blobs } from '../blobs/blobs.ts'
import type { Reply } from '../collection.ts'
import { createGeneratedFile } from '../files/generated.ts'
import { forget, type ResourceParts } from '../parts.ts'
import { pour } from '../pour.ts'
import { BATCHES, type BatchDocument, type BatchOperation, batchDocumentOf, outputNameOf } from './batch.ts'
import { readResults, scanJournal } from './journal.ts'

const NEWLINE = Buffer.from('\n')

/** Counts the results; for a batch from a file, writes them into one, in the order of the requests. */
export async function storeResults(
  parts: ResourceParts,
  row: ResourceRow,
): Promise<Partial<Pick<BatchDocument, 'successful' | 'failed' | 'responsesFile'>>> {
  const { table, blobs } = parts
  const output = await table.get(row.keyId, outputNameOf(row.name))
  const { blob } = output ?? {}
  // A batch whose input was not good has never begun.
  if (output === undefined || blob === undefined || (await blobs.sizeOf(blob)) === undefined) return {}
  const { entries, end } = await scanJournal(blobs, blob)
  const failed = entries.filter(({ isFailed }) => isFailed).length
  const counts = { successful: entries.length - failed, failed }
  if (batchDocumentOf(row).fileName === undefined) {
    await table.update({ ...output, sizeBytes: end })
    return counts
  }
  if (entries.length === 0) return counts
  const responsesFile = `files/batch-${row.name.slice(BATCHES.length + 1)}` as const
  // It is there already when the process died between this and the end of the batch.
  if ((await table.get(row.keyId, responsesFile)) === undefined) {
    await createGeneratedFile(parts, row, {
      mimeType: 'application/jsonl',
      name: responsesFile,
      write: async (append) => {
        for await (const json of readResults(blobs, blob)) await append(Buffer.concat([json, NEWLINE]))
      },
    })
  }
  return { ...counts, responsesFile }
}

export async function forgetResults(parts: ResourceParts, { keyId, name }: ResourceRow): Promise<void> {
  const output = await parts.table.get(keyId, outputNameOf(name))
  if (output !== undefined) await forget(parts, output)
}

/** The operation with its results inside, which may be more than should be in memory at one time. */
export async function replyWithResults(
  { table, blobs }: ResourceParts,
  row: ResourceRow,
  operation: BatchOperation,
): Promise<Reply> {
  const { blob } = (await table.get(row.keyId, outputNameOf(row.name))) ?? {}
  if (blob === undefined || (await blobs.sizeOf(blob)) === undefined) return { json: operation }
  return {
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    stream: (response) => pour(jsonOf(operation, blobs, blob), response),
  }
}

async function* jsonOf(
  { name, metadata, error, response }: BatchOperation,
  blobs: Blobs,
  blob: string,
): AsyncGenerator<Buffer | string, void> {
  yield `{"name":${JSON.stringify(name)},"metadata":${unclosed(metadata)},"output":{`
  yield* listOf(blobs, blob)
  yield '}},"done":true,'
  if (error !== undefined) return yield `"error":${JSON.stringify(error)}}\n`
  yield `"response":${unclosed(response ?? {})},`
  yield* listOf(blobs, blob)
  yield '}}\n'
}

function unclosed(object: object): string {
  return JSON.stringify(object).slice(0, -1)
}

/** The list lies in a message of the same name. */
async function* listOf(blobs: Blobs, blob: string): AsyncGenerator<Buffer | string, void> {
  yield '"inlinedResponses":{"inlinedResponses":['
  let isFirst = true
  for await (const json of readResults(blobs, blob)) {
    if (!isFirst) yield ','
    isFirst = false
    yield json
  }
  yield ']}'
}

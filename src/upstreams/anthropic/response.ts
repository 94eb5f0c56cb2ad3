/** A whole answer of `POST /v1/messages`. */
import type { Report } from '../../nouns/report.ts'
import { answerError } from '../http/errors.ts'
import type { Composer } from '../translation/composer.ts'
import { Answering, type MessageHead } from './answering.ts'
import type { Block } from './blocks.ts'
import type { StopDetails } from './finish.ts'

interface MessageAnswer extends MessageHead {
  readonly content: readonly Block[]
  readonly stop_reason?: unknown
  readonly stop_details?: StopDetails | null
}

/** Throws for what is no message. */
export function readMessageAnswer(document: unknown, composer: Composer, report: Report): void {
  if (!isMessage(document))
    throw answerError(report.target, 'answered with something that is no message', false)
  const answering = new Answering(composer, report)
  answering.begin(document)
  for (const block of document.content) readBlock(block, answering)
  answering.end(document.stop_reason, document.stop_details)
}

function isMessage(document: unknown): document is MessageAnswer {
  return Array.isArray((document as Partial<MessageAnswer> | null)?.content)
}

function readBlock(block: Block, answering: Answering): void {
  switch (block?.type) {
    case 'text':
      return readText(block, answering)
    case 'thinking':
      answering.thought(textOf(block.thinking))
      return answering.thoughts(block)
    case 'redacted_thinking':
      return answering.thoughts(block)
    case 'tool_use':
      return answering.call(String(block.id), String(block.name), JSON.stringify(block.input ?? {}))
    case 'server_tool_use':
    case 'web_search_tool_result':
    case 'web_fetch_tool_result':
      return answering.serverTool(block)
  }
}

function readText({ text, citations }: Block, answering: Answering): void {
  const startByte = answering.textBytes
  answering.text(textOf(text))
  if (!Array.isArray(citations)) return
  for (const citation of citations) answering.citation(citation ?? {}, startByte)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

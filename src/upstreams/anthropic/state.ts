/** What goes back to the model exactly where it was: its thoughts, and what its own tools found. Sealed in between. */
import type { Block } from './blocks.ts'

interface State {
  /** As they came, in order: they stood before the piece that carries the state. */
  readonly blocks: readonly Block[]
}

const KEPT: ReadonlySet<string> = new Set([
  'thinking',
  'redacted_thinking',
  'server_tool_use',
  'web_search_tool_result',
  'web_fetch_tool_result',
])

export function stateOf(blocks: readonly Block[]): State {
  return { blocks }
}

/** Empty for anything else than what `stateOf` made. */
export function blocksOf(state: unknown): readonly Block[] {
  const blocks = (state as Partial<State> | null | undefined)?.blocks
  return Array.isArray(blocks) ? blocks.filter((block) => KEPT.has(block?.type)) : []
}

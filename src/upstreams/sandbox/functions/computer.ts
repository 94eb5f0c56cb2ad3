/** The computer tool: actions that Google declares by itself, and a client carries out on a screen. */
import { GatewayError } from '../../../errors.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { notYet } from '../errors.ts'
import type { SandboxModel } from '../models.ts'

type Tool = GeminiMessage<'Tool'>

const SINCE_FAMILY = 3
/** Coordinates are thousandths of the screen. */
const SCREEN_MAX = 1_000

/** An action on the computer, ready to be called. */
export interface Action {
  readonly name: string
  readonly args: Record<string, unknown>
}

/** Throws Google's 400 for a computer that this model cannot use or that the sandbox does not play. */
export function checkComputer(tools: readonly Tool[], model: SandboxModel): void {
  tools.forEach(({ computerUse }, index) => {
    if (computerUse === undefined) return
    const path = `tools[${index}].computer_use`
    if (model.family < SINCE_FAMILY) {
      throw new GatewayError('invalid_argument', `Computer Use is not enabled for models/${model.id}`)
    }
    const { environment = 'ENVIRONMENT_UNSPECIFIED' } = computerUse
    if (environment === 'ENVIRONMENT_UNSPECIFIED') {
      throw new GatewayError('invalid_argument', 'computer_use.environment must be specified.')
    }
    if (environment !== 'ENVIRONMENT_BROWSER')
      throw notYet(`${path}.environment`, `The environment ${environment}`)
  })
}

/**
 * What to do on the computer for this prompt, in order: open a browser, go to the address in it, type what is quoted,
 * click or scroll when it says so. Empty when there is no computer.
 */
export function actionsFor(prompt: string, tools: readonly Tool[], place: number): readonly Action[] {
  const computer = tools.find(({ computerUse }) => computerUse !== undefined)?.computerUse
  if (computer === undefined) return []
  const excluded = new Set(computer.excludedPredefinedFunctions ?? [])
  return scriptFor(prompt, place).filter(({ name }) => !excluded.has(name))
}

const ADDRESS =
  /\b(?:https?:\/\/[^\s"'<>]{1,500}|(?:[a-z0-9-]{1,63}\.){1,4}(?:com|org|net|io|dev|edu|gov|test|example)\b(?:\/[^\s"'<>]{0,300})?)/i
const TYPED = /\b(?:type|enter|search(?: for)?|fill in|write)\b.{0,40}?["“]([^"”]{1,300})["”]/i
const CLICKED = /\b(?:click|press|tap|select|choose)\b/i
const SCROLLED = /\bscroll(?: (up|down|left|right))?\b/i

/** `place` is any number; it says where on the screen things are. */
function scriptFor(prompt: string, place: number): readonly Action[] {
  const x = place % SCREEN_MAX
  const y = Math.floor(place / SCREEN_MAX) % SCREEN_MAX
  const script: Action[] = [{ name: 'open_web_browser', args: {} }]
  const address = ADDRESS.exec(prompt)?.[0].replace(/[.,;:!?)]+$/, '')
  if (address !== undefined) {
    const url = address.includes('://') ? address : `https://${address}`
    script.push({ name: 'navigate', args: { url } })
  }
  const typed = TYPED.exec(prompt)?.[1]
  if (typed !== undefined) {
    const args = { x, y, text: typed, press_enter: true, clear_before_typing: true }
    script.push({ name: 'type_text_at', args })
  }
  if (CLICKED.test(prompt)) script.push({ name: 'click_at', args: { x, y } })
  const scrolled = SCROLLED.exec(prompt)
  if (scrolled !== null) {
    script.push({ name: 'scroll_document', args: { direction: scrolled[1]?.toLowerCase() ?? 'down' } })
  }
  return script
}

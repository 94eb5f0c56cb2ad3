/** Asks the tools of a request one after another, and makes one answer of what they found. */
import type { Candidate, Part } from '../../../wire/gemini.ts'
import type { GeminiMessage } from '../../../wire/gemini-schema.ts'
import { countTokens } from '../../tokenizer.ts'
import { digestOf } from '../digest.ts'
import type { Play, Scene } from '../play.ts'
import { type Manner, mannerOf } from '../text/manner.ts'
import { CANDIDATE_LEADS } from '../text/phrases.ts'
import { writeAnswer } from '../text/write.ts'
import { questionOf, sentencesWanted, urlsOf } from './ask.ts'
import type { Corpus } from './corpus.ts'
import type { CorpusDocument } from './document.ts'
import { findInFiles } from './file-search.ts'
import type { Finding } from './finding.ts'
import { findOnMap } from './maps.ts'
import { queryTerms } from './retrieve.ts'
import { dynamicRetrievalScore, findImages, findOnWeb } from './search.ts'
import { compose, type Grounded, supportsOf } from './supports.ts'
import { readUrls } from './url-context.ts'

type Tool = GeminiMessage<'Tool'>

/** Scores are for families before this one; newer models leave them out. */
const FAMILY_WITHOUT_SCORES = 3
const FAMILY_WITH_INVOCATIONS = 3

/** `undefined` when no tool has anything to say. */
export async function playGrounded(corpus: Corpus, scene: Scene): Promise<Play | undefined> {
  const manner = mannerOf(scene.conversation.systemText)
  const question = questionOf(scene.conversation.prompt)
  const decision = decideRetrieval(scene, question)
  if (decision?.searches === false) return playUngrounded(scene, decision.score)
  const findings = await find(corpus, scene, question, sentencesWanted(question, manner.brief))
  if (findings.length === 0) return undefined
  const lead = (CANDIDATE_LEADS[scene.index] ?? '') + manner.lead
  const grounded = compose(findings, lead, writerOf(manner))
  const score = decision && { retrievalMetadata: { googleSearchDynamicRetrievalScore: decision.score } }
  return playOf(scene, findings, grounded, score)
}

function writerOf({ letters }: Manner): (text: string) => string {
  if (letters === 'upper') return (text) => text.toUpperCase()
  return letters === 'lower' ? (text) => text.toLowerCase() : (text) => text
}

/** What each tool found, in the order in which they stand in the answer. */
async function find(
  corpus: Corpus,
  scene: Scene,
  question: string,
  sentencesMax: number,
): Promise<Finding[]> {
  const { tools = [], toolConfig } = scene.generation.request
  const findings: (Finding | undefined)[] = []
  const urls = pick(tools, 'urlContext') ? urlsOf(scene.conversation.prompt) : []
  if (urls.length > 0) findings.push(readUrls(await corpus.load(), urls, question, sentencesMax))
  const fileSearch = pick(tools, 'fileSearch')
  if (fileSearch) {
    const { library, caller } = scene.generation.reader
    const documentsOf = (name: string) => library.documents(caller, name)
    findings.push(await findInFiles(fileSearch, documentsOf, question, sentencesMax))
  }
  const maps = pick(tools, 'googleMaps')
  if (maps) findings.push(await findOnMap(maps, pointOf(toolConfig), question))
  const found = findings.filter((finding) => finding !== undefined)
  return [...found, ...(await searchWeb(corpus, tools, questionLeft(question, found), found, sentencesMax))]
}

/** The question without what a map has answered: a kind of place, a city, how far. */
function questionLeft(question: string, found: readonly Finding[]): string {
  const spoken = new Set(found.flatMap((finding) => finding.spokenFor ?? []))
  if (spoken.size === 0) return question
  const isLeft = (word: string) => queryTerms(word).some((term) => !spoken.has(term))
  return question.split(' ').filter(isLeft).join(' ')
}

/** Documents that were opened by their addresses are not found once more. */
async function searchWeb(
  corpus: Corpus,
  tools: readonly Tool[],
  question: string,
  found: readonly Finding[],
  sentencesMax: number,
): Promise<Finding[]> {
  const tool: GeminiMessage<'Tool.GoogleSearch'> | undefined =
    pick(tools, 'googleSearch') ??
    pick(tools, 'enterpriseWebSearch') ??
    (pick(tools, 'googleSearchRetrieval') && {})
  if (tool === undefined) return []
  const loaded = await corpus.load()
  const urls = found.flatMap(({ urlMetadata = [] }) => urlMetadata.map(({ retrievedUrl }) => retrievedUrl))
  const opened = new Set(urls.map((url) => loaded.documentAt(url)))
  const inquiry = { question, tool, isFresh: (document: CorpusDocument) => !opened.has(document) }
  const { webSearch, imageSearch } = tool.searchTypes ?? {}
  const findings = [
    webSearch || !imageSearch ? findOnWeb(loaded, inquiry, sentencesMax) : undefined,
    imageSearch && findImages(loaded, inquiry),
  ]
  return findings.filter((finding) => finding !== undefined)
}

function pick<N extends keyof Tool>(tools: readonly Tool[], name: N): Tool[N] | undefined {
  return tools.find((tool) => tool[name] !== undefined)?.[name]
}

function pointOf(toolConfig: GeminiMessage<'ToolConfig'> | undefined) {
  const point = toolConfig?.retrievalConfig?.latLng
  return point && { latitude: point.latitude ?? 0, longitude: point.longitude ?? 0 }
}

/** Only the legacy tool decides by a threshold whether it searches. */
function decideRetrieval(scene: Scene, question: string): { score: number; searches: boolean } | undefined {
  const legacy = pick(scene.generation.request.tools ?? [], 'googleSearchRetrieval')
  const { mode, dynamicThreshold } = legacy?.dynamicRetrievalConfig ?? {}
  if (mode !== 'MODE_DYNAMIC') return undefined
  const score = dynamicRetrievalScore(question)
  return { score, searches: score >= (dynamicThreshold ?? DYNAMIC_THRESHOLD_STANDARD) }
}

const DYNAMIC_THRESHOLD_STANDARD = 0.3

/** The threshold was not reached: the model answers from memory, and says how near it was. */
function playUngrounded({ conversation, index, random }: Scene, score: number): Play {
  const groundingMetadata = { retrievalMetadata: { googleSearchDynamicRetrievalScore: score } }
  return {
    parts: [{ text: writeAnswer(conversation, index, random) }],
    closing: () => ({ groundingMetadata }),
  }
}

function playOf(
  { generation: { model, request } }: Scene,
  findings: readonly Finding[],
  grounded: Grounded,
  retrieval: object | undefined,
): Play {
  const showsTools =
    request.toolConfig?.includeServerSideToolInvocations === true && model.family >= FAMILY_WITH_INVOCATIONS
  const parts = [...(showsTools ? invocations(findings) : []), { text: grounded.text }]
  const toolUseTokens = findings.flatMap(({ read }) => read).reduce((sum, text) => sum + countTokens(text), 0)
  const urlMetadata = findings.flatMap((finding) => finding.urlMetadata ?? [])
  const metadata = Object.assign({}, ...findings.map((finding) => finding.metadata), retrieval)
  const withScores = model.family < FAMILY_WITHOUT_SCORES
  return {
    parts,
    toolUsePrompt: new Map([['TEXT', toolUseTokens]]),
    ...(urlMetadata.length > 0 && { opening: { urlContextMetadata: { urlMetadata } } }),
    closing: (left) => groundingOf(grounded, supportsOf(grounded, left, withScores), metadata),
  }
}

function groundingOf(
  { chunks }: Grounded,
  groundingSupports: readonly object[],
  metadata: object,
): Partial<Candidate> {
  const groundingMetadata = {
    ...metadata,
    ...(chunks.length > 0 && { groundingChunks: chunks }),
    ...(groundingSupports.length > 0 && { groundingSupports }),
  }
  return { groundingMetadata }
}

const INVOCATION_ID_CHARS = 8

/** Each tool's call and what came back, as the client is to send them again with its next turn. */
function invocations(findings: readonly Finding[]): Part[] {
  return findings.flatMap(({ toolType, args, response }, index) => {
    const id = digestOf([toolType, args, index]).toString('hex').slice(0, INVOCATION_ID_CHARS)
    return [{ toolCall: { id, toolType, args } }, { toolResponse: { id, toolType, response } }]
  })
}

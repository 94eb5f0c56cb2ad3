/** Everything that can be measured; the first one is what the others are compared with. */
import { bare } from './bare.ts'
import { nginx } from './nginx.ts'
import { openai, openaiToGemini } from './openai.ts'
import { portkey } from './portkey.ts'
import type { Subject } from './subject.ts'
import { translated } from './translated.ts'
import { wasat } from './wasat.ts'

export const SUBJECTS: readonly Subject[] = [nginx, wasat, translated, openai, openaiToGemini, bare, portkey]

/** Wasat with everything on, asked in OpenAI's format: before a server that speaks it, and before one that speaks Gemini. */
import { CLIENT_KEY, type Model, openaiRequest } from '../wire.ts'
import type { Subject } from './subject.ts'
import { translatedConfiguration } from './translated.ts'
import { startWasat, wasat } from './wasat.ts'

const requestTo = (port: number, model: Model) =>
  openaiRequest(port, model, { authorization: `Bearer ${CLIENT_KEY}` })

export const openai: Subject = {
  name: 'openai',
  note: 'the same Wasat asked in OpenAI’s format before a server that speaks it: request and answer pass as they come',
  shareOfRequests: 2,
  native: false,
  missing: wasat.missing,
  version: wasat.version,
  start: (place) => startWasat(place, { config: translatedConfiguration(place.mockPort), requestTo }),
}

export const openaiToGemini: Subject = {
  name: 'openai-to-gemini',
  note: 'the same Wasat asked in OpenAI’s format before a Gemini upstream: every request and every event is translated both ways',
  shareOfRequests: 4,
  native: false,
  missing: wasat.missing,
  version: wasat.version,
  start: (place) => startWasat(place, { requestTo }),
}

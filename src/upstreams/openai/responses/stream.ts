/** Reads the events of a streamed answer. */
import type { Report } from '../../../nouns/report.ts'
import type { Composer } from '../../translation/composer.ts'
import type { Asking, EventReading } from '../../translation/translator.ts'
import { nameAnswer } from '../response.ts'
import { isObject, type Json, objectOf } from './json.ts'
import { ITEM_EVENTS, OutputStream, readOutput } from './output.ts'
import { Pieces } from './pieces.ts'
import { endAnswer, failure, isCut } from './response.ts'

const ENDS: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete'])

export function readEvents(composer: Composer, asking: Asking, report: Report): EventReading {
  const pieces = new Pieces(composer, asking)
  const output = new OutputStream(pieces, report.target)
  let isComplete = false

  function end(response: Json): void {
    nameAnswer(response, composer)
    output.end(isCut(response))
    // A server that streams nothing but the end.
    if (!output.hasItems) readOutput(response.output, pieces)
    endAnswer(response, composer, pieces)
    isComplete = true
  }

  return {
    get isComplete() {
      return isComplete
    },
    event(name, data) {
      if (!isObject(data) || isComplete) return
      const type = typeof data.type === 'string' ? data.type : name
      if (ITEM_EVENTS.has(type)) output.event(type, data)
      else if (type === 'response.created') nameAnswer(objectOf(data.response), composer)
      else if (ENDS.has(type)) end({ status: type.slice('response.'.length), ...objectOf(data.response) })
      else if (type === 'response.failed') throw failure(objectOf(data.response).error, composer, report)
      else if (type === 'error' || isObject(data.error)) throw failure(data.error ?? data, composer, report)
    },
  }
}

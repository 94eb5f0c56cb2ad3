/** Whether an Ollama runs beside us: then it is an upstream without a word in the configuration. */
import { get } from 'node:http'
import { LOCAL_OLLAMA_URL } from '../config/detect.ts'

/** Nobody waits longer for a server that may not be there. On this machine it answers in a few milliseconds. */
const WAIT_MS = 300
const ANSWER_BYTES_MAX = 4 * 1024

export function findLocalOllama(url: string = LOCAL_OLLAMA_URL): Promise<boolean> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(WAIT_MS)
    const request = get(`${url}/api/version`, { agent: false, signal }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
        if (text.length > ANSWER_BYTES_MAX) answer.destroy()
      })
      answer.on('close', () =>
        resolve(
          answer.statusCode === 200 &&
            answer.complete &&
            text.length <= ANSWER_BYTES_MAX &&
            namesVersion(text),
        ),
      )
    })
    request.on('error', () => resolve(false))
  })
}

function namesVersion(text: string): boolean {
  try {
    return typeof JSON.parse(text)?.version === 'string'
  } catch {
    return false
  }
}

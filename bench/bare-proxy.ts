/** A reverse proxy of `node:http` and undici with one key check: a stand-in peer, and no product. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Dispatcher, Pool } from 'undici'

const { BARE_PORT = '', BARE_UPSTREAM = '', BARE_KEY = '', BARE_UPSTREAM_KEY = '' } = process.env
const FORWARDED = ['content-type', 'content-length', 'content-disposition', 'vary'] as const

const pool = new Pool(BARE_UPSTREAM, { connections: null, bodyTimeout: 0, headersTimeout: 30_000 })

function refuse(response: ServerResponse, status: number): void {
  if (response.headersSent) response.destroy()
  else response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
}

function answerTo(response: ServerResponse): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller) {
      response.on('close', () => {
        if (!response.writableFinished) controller.abort(new Error('The client left'))
      })
      response.on('drain', () => controller.resume())
    },
    onResponseStart(_controller, status, headers) {
      const chosen: Record<string, string | string[]> = {}
      for (const name of FORWARDED) if (headers[name] !== undefined) chosen[name] = headers[name]
      response.writeHead(status, chosen)
    },
    onResponseData(controller, bytes) {
      if (!response.write(bytes)) controller.pause()
    },
    onResponseEnd: () => void response.end(),
    onResponseError: () => refuse(response, 502),
  }
}

function forward(request: IncomingMessage, response: ServerResponse): void {
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => {
    const headers = { 'content-type': 'application/json', 'x-goog-api-key': BARE_UPSTREAM_KEY }
    const body = Buffer.concat(pieces)
    pool.dispatch({ path: request.url ?? '/', method: 'POST', headers, body }, answerTo(response))
  })
}

createServer((request, response) => {
  if (request.headers['x-goog-api-key'] === BARE_KEY) forward(request, response)
  else refuse(response, 401)
}).listen({ port: Number(BARE_PORT), host: '127.0.0.1', backlog: 4_096 })

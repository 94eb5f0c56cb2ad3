/** Uploads to a gateway by plain HTTP, request by request. */

import { readdirSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import type { WasatProcess } from '../servers/wasat-process.ts'

export interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | number>>
  readonly body?: string | Buffer
  /** The client's key when left out; none with `''`. */
  readonly key?: string
}

export interface Heard {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any
}

export interface Uploading {
  send(path: string, sent?: Sent): Promise<Heard>
  /** Begins a resumable upload; resolves to the path of its address. */
  begin(file: object, headers?: Sent['headers'], key?: string): Promise<string>
  /** Sends a few bytes of a longer body, and hangs up once they are on their way. */
  breakOff(path: string, sent: Sent, length: number): Promise<void>
  /** Names in the folder of stored files. */
  stored(): readonly string[]
}

export const START = { 'X-Goog-Upload-Protocol': 'resumable', 'X-Goog-Upload-Command': 'start' }

export function command(words: string, offset?: number): Record<string, string | number> {
  return {
    'X-Goog-Upload-Command': words,
    ...(offset !== undefined && { 'X-Goog-Upload-Offset': offset }),
    'content-type': 'application/json',
  }
}

export function uploading(wasat: WasatProcess): Uploading {
  const open = (path: string, { method = 'POST', headers, key = wasat.key }: Sent, length?: number) =>
    httpRequest({
      agent: false,
      host: '127.0.0.1',
      port: wasat.port,
      method,
      path,
      headers: {
        ...(key !== '' && { 'x-goog-api-key': key }),
        ...(length !== undefined && { 'content-length': length }),
        ...headers,
      },
    })

  function send(path: string, sent: Sent = {}): Promise<Heard> {
    const length = sent.body === undefined ? undefined : Buffer.byteLength(sent.body as string)
    const request = open(path, sent, length)
    return new Promise((resolve, reject) => {
      request.on('error', reject)
      request.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece
        })
        response.on('end', () => {
          const { statusCode: status = 0, headers } = response
          const isJson = headers['content-type']?.startsWith('application/json;')
          resolve({ status, headers, text, json: isJson ? JSON.parse(text) : undefined })
        })
      })
      request.end(sent.body)
    })
  }

  return {
    send,
    begin: async (file, headers = {}, key = wasat.key) => {
      const heard = await send('/upload/v1beta/files', {
        key,
        headers: { ...START, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ file }),
      })
      const url = heard.headers['x-goog-upload-url']
      if (typeof url !== 'string') throw new Error(`${heard.status} ${heard.text}`)
      if (!url.startsWith(`${wasat.url}/`)) throw new Error(`an address of somebody else: ${url}`)
      return url.slice(wasat.url.length)
    },
    breakOff: (path, sent, length) =>
      new Promise((resolve) => {
        const request = open(path, sent, length)
        request.on('error', () => undefined)
        request.on('close', () => resolve())
        request.write(sent.body, () => setTimeout(() => request.destroy(), 50))
      }),
    stored: () => readdirSync(join(wasat.dataFolder, 'resources', 'files')),
  }
}

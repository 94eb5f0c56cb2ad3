import { get } from 'node:http'
import { createServer } from 'node:net'
import type { Config } from '../config/schema.ts'
import { type Connector, createEgress } from '../upstreams/http/egress.ts'
import { EgressRefused } from '../upstreams/http/egress-policy.ts'
import type { DoctorCheck } from './doctor-check.ts'

const CONNECT_TIMEOUT_MS = 5_000
const LIVEZ_TIMEOUT_MS = 2_000

/** Free, or taken by a gateway that says it lives. */
export async function checkPort(host: string, port: number): Promise<DoctorCheck> {
  const name = 'port'
  const place = port === 0 ? `${host}, any free port` : `${host}:${port}`
  const code = await tryToListen(host, port)
  if (code === undefined) return { name, state: 'ok', detail: port === 0 ? place : `${place} is free` }
  if (code === 'EADDRINUSE' && (await answersLivez(host, port)))
    return { name, state: 'ok', detail: `a gateway answers on ${place}` }
  const next =
    code === 'EADDRINUSE'
      ? 'stop the program that listens there, or choose another --port'
      : 'choose another --host or --port'
  return { name, state: 'fail', detail: `cannot listen on ${place} (${code})`, next }
}

function tryToListen(host: string, port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const server = createServer()
  server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  return promise
}

function answersLivez(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  // A gateway on every address answers on this machine's own.
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  const signal = AbortSignal.timeout(LIVEZ_TIMEOUT_MS)
  const request = get({ host: reachable, port, path: '/livez', agent: false, signal }, (answer) => {
    resolve(answer.statusCode === 200)
    answer.destroy()
  })
  request.on('error', () => resolve(false))
  return promise
}

/** A TCP or TLS handshake with each upstream's host, as the gateway itself would make it; nothing is sent. */
export function checkUpstreams({
  upstreams,
  egress,
}: Pick<Config, 'upstreams' | 'egress'>): Promise<DoctorCheck[]> {
  const connect = createEgress(egress).connector(CONNECT_TIMEOUT_MS)
  return Promise.all(
    Object.entries(upstreams).map(([name, upstream]) =>
      'baseUrl' in upstream && upstream.baseUrl !== undefined
        ? checkUpstream(`upstream ${name}`, new URL(upstream.baseUrl), connect)
        : Promise.resolve<DoctorCheck>({
            name: `upstream ${name}`,
            state: 'ok',
            detail: unchecked(upstream),
          }),
    ),
  )
}

function unchecked({ kind }: Config['upstreams'][string]): string {
  return kind === 'sandbox' ? 'built in' : 'not asked: its address is the vendor’s own'
}

async function checkUpstream(name: string, url: URL, connect: Connector): Promise<DoctorCheck> {
  const { host } = url
  const failure = await connected(url, connect)
  if (failure === undefined) return { name, state: 'ok', detail: `${host} answers` }
  if (failure instanceof EgressRefused)
    return { name, state: 'fail', detail: `${host} is not connected to`, next: failure.message }
  const next = 'check the name, the network, a proxy or firewall, and the certificate'
  const what = failure.code ?? failure.message
  return { name, state: 'fail', detail: `${host} does not answer (${what})`, next }
}

function connected(
  { protocol, hostname, host, port }: URL,
  connect: Connector,
): Promise<NodeJS.ErrnoException | undefined> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.ErrnoException | undefined>()
  connect({ hostname: hostname.replace(/^\[|\]$/g, ''), host, protocol, port }, (error, socket) => {
    socket?.destroy()
    resolve(error ?? undefined)
  })
  return promise
}

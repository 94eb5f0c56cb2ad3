import { get } from 'node:http'
import { connect as connectTcp, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Config } from '../config/schema.ts'
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

/** A TCP or TLS handshake with each upstream's host; nothing is sent. */
export function checkUpstreams(upstreams: Config['upstreams']): Promise<DoctorCheck[]> {
  return Promise.all(
    Object.entries(upstreams).map(([name, upstream]) =>
      'baseUrl' in upstream && upstream.baseUrl !== undefined
        ? checkUpstream(`upstream ${name}`, new URL(upstream.baseUrl))
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

async function checkUpstream(name: string, { protocol, hostname, host, port }: URL): Promise<DoctorCheck> {
  const isTls = protocol === 'https:'
  const bareHost = hostname.replace(/^\[|\]$/g, '')
  const options = { host: bareHost, port: Number(port) || (isTls ? 443 : 80) }
  // An address is no server name in TLS.
  const socket = isTls
    ? connectTls({
        ...options,
        ...(/[a-z]/i.test(bareHost) && !bareHost.includes(':') && { servername: bareHost }),
      })
    : connectTcp(options)
  const failure = await connected(socket, isTls ? 'secureConnect' : 'connect')
  socket.destroy()
  if (failure === undefined) return { name, state: 'ok', detail: `${host} answers` }
  const next = 'check the name, the network, a proxy or firewall, and the certificate'
  return { name, state: 'fail', detail: `${host} does not answer (${failure})`, next }
}

function connected(socket: Socket, event: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const timer = setTimeout(() => resolve(`nothing within ${CONNECT_TIMEOUT_MS / 1000} s`), CONNECT_TIMEOUT_MS)
  socket.once(event, () => resolve(undefined))
  socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  return promise.finally(() => clearTimeout(timer))
}

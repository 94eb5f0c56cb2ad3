/**
 * A plain TCP balancer, as stands before replicas: it takes turns, knows nothing of HTTP, asks each place for `/readyz`
 * now and then, and takes a connection that cannot be opened to the next place.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { until } from '../gateway/rig.ts'
import { statusOf } from '../money/rig.ts'

export interface Balancer {
  readonly port: number
  /** Who stands in a place; undefined: nobody. Asked for its readiness before anybody is sent there. */
  put(place: number, port: number | undefined): void
  untilUp(place: number, withinMs?: number): Promise<void>
  /** Connections for which no place was found. */
  readonly turnedAway: number
  close(): Promise<void>
}

export interface BalancerOptions {
  readonly places: number
  /** A place that is not ready any more is noticed after this time at the latest. */
  readonly healthLagMs: number
}

interface Place {
  port: number | undefined
  isUp: boolean
}

const CONNECT_MS_MAX = 1_000
const UP_MS_MAX = 30_000

export async function startBalancer({ places: count, healthLagMs }: BalancerOptions): Promise<Balancer> {
  const places: Place[] = Array.from({ length: count }, () => ({ port: undefined, isUp: false }))
  const sockets = new Set<Socket>()
  let turn = 0
  let turnedAway = 0

  async function look(place: Place): Promise<void> {
    const { port } = place
    if (port === undefined) return
    const isUp = (await statusOf({ url: `http://127.0.0.1:${port}` }, '/readyz')) === 200
    if (place.port === port) place.isUp = isUp
  }
  const timer = setInterval(() => void Promise.all(places.map(look)), healthLagMs)

  /** Those that are up, beginning with whose turn it is; when none is, whoever there is. */
  function inTurn(): number[] {
    turn = (turn + 1) % count
    const turned = [...places.slice(turn), ...places.slice(0, turn)].filter(({ port }) => port !== undefined)
    const up = turned.filter(({ isUp }) => isUp)
    return (up.length > 0 ? up : turned).map(({ port }) => port as number)
  }

  function keep(socket: Socket): void {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('close', () => sockets.delete(socket))
  }

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, async (client) => {
    keep(client)
    client.on('error', () => client.destroy())
    const replica = await openFirst(inTurn())
    if (replica === undefined) {
      turnedAway++
      return void client.resetAndDestroy()
    }
    keep(replica)
    join(client, replica)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    put(index, port) {
      const place = places[index] as Place
      place.port = port
      place.isUp = false
      void look(place)
    },
    untilUp: (index, withinMs = UP_MS_MAX) =>
      until(`place ${index} is up`, () => (places[index] as Place).isUp, withinMs),
    get turnedAway() {
      return turnedAway
    },
    close: async () => {
      clearInterval(timer)
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

async function openFirst(ports: readonly number[]): Promise<Socket | undefined> {
  for (const port of ports) {
    const socket = await open(port)
    if (socket !== undefined) return socket
  }
  return undefined
}

function open(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const timer = setTimeout(() => socket.destroy(), CONNECT_MS_MAX)
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
    socket.once('error', () => socket.destroy())
    socket.once('close', () => {
      clearTimeout(timer)
      resolve(undefined)
    })
  })
}

/** What ends on one side ends on the other, and what breaks on one side breaks on the other. */
function join(client: Socket, replica: Socket): void {
  const sides: readonly [Socket, Socket][] = [
    [client, replica],
    [replica, client],
  ]
  for (const [from, to] of sides) {
    if (from.destroyed) to.resetAndDestroy()
    from.on('error', () => to.resetAndDestroy())
    from.on('close', () => {
      if (!from.readableEnded) to.resetAndDestroy()
      else if (!to.destroyed) to.end()
    })
    from.pipe(to)
  }
}

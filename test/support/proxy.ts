/** A TCP proxy in front of a server, that can be cut, or made to say nothing more. */
import net, { type AddressInfo } from 'node:net'

export async function startProxy(target: { host: string; port: number }) {
  let state: 'open' | 'silent' = 'open'
  const sockets = new Set<net.Socket>()
  const server = net.createServer((near) => {
    const far = net.connect(target)
    for (const [from, to] of [
      [near, far],
      [far, near]
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => {
        if (state === 'open') to.write(chunk)
      })
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const cut = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return {
    port,
    /** Refuses new connections and ends the open ones. */
    cut,
    /** Keeps the connections and passes nothing on, as a broken network does. */
    silence: () => {
      state = 'silent'
    },
    /** As it was at first; what a silent one held back is lost with its connection. */
    async restore() {
      if (server.listening) for (const socket of sockets) socket.destroy()
      else await listen(port)
      state = 'open'
    },
    async close() {
      if (server.listening) await cut()
    }
  }
}

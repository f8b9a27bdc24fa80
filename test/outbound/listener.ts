import type { AddressInfo } from 'node:net'
import net from 'node:net'
import { onTestFinished } from 'vitest'

/** A raw TCP listener that counts what reaches it. Closed when the test ends. */
export async function listen(
  onSocket: (socket: net.Socket) => void = () => {},
  host = '127.0.0.1'
): Promise<{ port: number; connections: () => number; bytes: () => number }> {
  let connections = 0
  let bytes = 0
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('data', (chunk) => {
      bytes += chunk.length
    })
    socket.on('error', () => {})
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { port, connections: () => connections, bytes: () => bytes }
}

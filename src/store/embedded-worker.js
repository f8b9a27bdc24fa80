/**
 * Runs the embedded database in a thread of its own (it computes synchronously) and serves it on a Unix
 * socket, so that the one driver and the one SQL dialect serve it and a PostgreSQL server alike.
 *
 * Plain JavaScript, because Node starts it itself, from `src` as from `dist`.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

/** @type {{ folder: string, socket: string }} */
const { folder, socket } = workerData
const port = parentPort
if (port === null) throw new Error('embedded-worker runs as a worker thread only')

const db = await PGlite.create(folder)
const server = new PGLiteSocketServer({ db, path: socket, maxConnections: 8 })
await server.start()

port.on('message', (message) => {
  if (message === 'ping') port.postMessage('pong')
  else void close()
})
port.postMessage('ready')

async function close() {
  await server.stop()
  await db.close()
  port?.postMessage('closed')
  port?.close()
}

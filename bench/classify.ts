import { readFileSync } from 'node:fs'
import { classify } from '../src/smtp/classify.ts'
import { parseReply } from '../src/smtp/reply.ts'

/**
 * How many replies a second one core reads and classifies: texts never seen before (addresses and ids changed
 * each time), and the same texts again. Then hostile texts, as ratios: 16 times the text must not cost much more
 * than 16 times the work.
 *
 * Times are CPU time of this process, so that a busy machine does not show.
 *
 *   node --import tsx bench/classify.ts
 */

const replies: string[] = readFileSync(
  new URL('../test/fixtures/smtp/replies.jsonl', import.meta.url),
  'utf8'
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line).reply)

function read(raw: string): void {
  classify({ reply: parseReply(raw), outcome: 'failed' })
}

function cpuSeconds(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1e6
}

function perSecond(name: string, rounds: number, textOf: (reply: string, n: number) => string) {
  const texts: string[] = []
  for (let round = 0; round < rounds; round++) {
    for (const reply of replies) texts.push(textOf(reply, round))
  }
  const start = process.cpuUsage()
  for (const text of texts) read(text)
  const seconds = cpuSeconds(start)
  console.log(`${name}: ${Math.round(texts.length / seconds)} a second`)
}

const varied = (reply: string, n: number) =>
  `${reply.replace(/\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}/g, `192.0.${n % 256}.7`)} id-${n}`

perSecond('warm-up', 30, varied)
perSecond('texts never seen (ids and IPs changed)', 100, (reply, n) => varied(reply, n + 1000))
perSecond('the same texts again', 100, (reply) => reply)

const hostile = {
  'one letter': 'a',
  addresses: 'a@a',
  'words of many rules': 'user mailbox not unknown blocked spam ',
  brackets: '<(',
  digits: '550-5.1.1 ',
  dots: '1.1.',
  entities: '&amp;',
  escapes: '\\u0041'
}
for (const [name, piece] of Object.entries(hostile)) {
  const time = (length: number) => {
    const text = `550 ${piece.repeat(Math.ceil(length / piece.length))}`.slice(0, length)
    read(text)
    const start = process.cpuUsage()
    for (let i = 0; i < 20; i++) read(`${text}${i}`)
    return (cpuSeconds(start) / 20) * 1e3
  }
  const short = time(4096)
  const long = time(65_536)
  console.log(
    `hostile, ${name}: 64 KiB in ${long.toFixed(2)} ms, ${(long / short).toFixed(1)} times 4 KiB`
  )
}

/**
 * The time to wait that a reply names: `try again in 300 seconds`, `Greylisted for 5 minutes`,
 * `retry after 00:02:00`. Only where words before the number ask for waiting: `100 messages in 60 minutes` is a
 * limit, not a time to wait.
 */

const asks =
  /(?:again|retry|re-?try(?:ing)?|wait|later|come back|grey-? ?list(?:ed|ing)?|gray-? ?list(?:ed|ing)?|defer(?:red)?|postponed?|resend|delayed|blocked for|suspended for|essayer|versuchen|intente|tente)\b/gi
const duration =
  /(?<![\d.:])(?:(\d{1,2}):(\d\d):(\d\d)|(\d{1,6})\s?(s|secs?|seconds?|sekunden|secondes?|segundos|m|mins?|minutes?|minuten|minutos|h|hrs?|hours?|stunden|heures?|horas|d|days?))\b/i

const perUnit: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }
const unitNames: Record<string, string> = { stunden: 'h', heure: 'h', heures: 'h', horas: 'h' }

/** A week: whoever asks for more does not mean a retry. */
const longest = 7 * 86_400

export function waitSecondsIn(text: string): number | null {
  if (!duration.test(text)) return null
  for (const match of text.matchAll(asks)) {
    const found = duration.exec(text.slice(match.index, match.index + match[0].length + 60))
    if (!found) continue
    const seconds = secondsOf(found)
    if (seconds > 0 && seconds <= longest) return seconds
  }
  return null
}

function secondsOf(found: RegExpExecArray): number {
  if (found[1] !== undefined) {
    return Number(found[1]) * 3600 + Number(found[2]) * 60 + Number(found[3])
  }
  const unit = (found[5] ?? '').toLowerCase()
  return Number(found[4]) * (perUnit[unitNames[unit] ?? unit.charAt(0)] ?? 0)
}

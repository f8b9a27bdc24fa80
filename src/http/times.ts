/** Times as requests may give them: RFC 3339, and within what the database can hold. */

const rfc3339 =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/i

/**
 * Narrower than the format `date-time` of JSON Schema, which lets pass what PostgreSQL refuses: the year 0,
 * offsets of 16 hours and more (in use are up to 14), and what is beyond the year 9999 in UTC.
 */
export function isTime(text: string): boolean {
  const parts = rfc3339.exec(text)
  if (parts === null) return false
  const [year, month, day] = parts.slice(1, 4).map(Number)
  // The day must exist: JavaScript takes 31 February for 3 March.
  const date = new Date(Date.UTC(2000, (month ?? 0) - 1, day))
  date.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day)
  if (date.getUTCMonth() !== (month ?? 0) - 1 || date.getUTCDate() !== day) return false
  const inUtc = new Date(text.toUpperCase()).getUTCFullYear()
  return inUtc >= 1 && inUtc <= 9_999
}

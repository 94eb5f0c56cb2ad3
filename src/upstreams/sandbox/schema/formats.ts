/** Formats of strings: whether a text has one. A format that is not listed says nothing, as in JSON Schema. */

/** Longer texts have no format; it bounds what the patterns below may cost. */
const FORMAT_CHARS_MAX = 20_000

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.\d{1,20})?(?:[zZ]|[+-](\d\d):(\d\d))$/
const DURATION =
  /^P(?:\d+W|(?=[\dT])(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?)$/
const EMAIL = /^[\w!#$%&'*+/=?^`{|}~.-]+@[A-Za-z\d.-]+$/
const LABEL = /^[A-Za-z\d](?:[A-Za-z\d-]{0,61}[A-Za-z\d])?$/
const OCTET = /^(?:0|[1-9]\d{0,2})$/
const HEXTET = /^[\da-fA-F]{1,4}$/
const UUID = /^[\da-fA-F]{8}-(?:[\da-fA-F]{4}-){3}[\da-fA-F]{12}$/
const URI = /^[A-Za-z][A-Za-z\d+.-]*:[\w.~!$&'()*+,;=:@/?#[\]%-]*$/
const URI_REFERENCE = /^[\w.~!$&'()*+,;=:@/?#[\]%-]*$/
const BASE64 = /^[A-Za-z\d+/]*={0,2}$/

const DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const HOSTNAME_CHARS_MAX = 253

const CHECKS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['date', isDate],
  ['time', isTime],
  ['date-time', isDateTime],
  ['duration', (text: string) => DURATION.test(text)],
  ['email', isEmail],
  ['idn-email', isEmail],
  ['hostname', isHostname],
  ['idn-hostname', isHostname],
  ['ipv4', isIpv4],
  ['ipv6', isIpv6],
  ['uuid', (text: string) => UUID.test(text)],
  ['uri', isUri],
  ['url', isUri],
  ['iri', isUri],
  ['uri-reference', isUriReference],
  ['iri-reference', isUriReference],
  ['byte', (text: string) => text.length % 4 === 0 && BASE64.test(text)],
  ['json-pointer', (text: string) => /^(?:\/(?:[^~/]|~[01])*)*$/u.test(text)],
])

/** Whether a text is of the format, or the format is unknown. */
export function hasFormat(format: string, text: string): boolean {
  const check = CHECKS.get(format)
  return check === undefined || (text.length <= FORMAT_CHARS_MAX && check(text))
}

function isDate(text: string): boolean {
  const [, year, month, day] = DATE.exec(text)?.map(Number) ?? []
  if (year === undefined || month === undefined || day === undefined) return false
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (month === 2 && day === 29 && !isLeap) return false
  return day >= 1 && day <= (DAYS_OF_MONTH[month - 1] ?? 0)
}

function isTime(text: string): boolean {
  const match = TIME.exec(text)
  if (match === null) return false
  const [, hour, minute, second, zoneHour = '0', zoneMinute = '0'] = match
  return (
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60 &&
    Number(zoneHour) < 24 &&
    Number(zoneMinute) < 60
  )
}

function isDateTime(text: string): boolean {
  return /[tT]/.test(text[10] ?? '') && isDate(text.slice(0, 10)) && isTime(text.slice(11))
}

function isEmail(text: string): boolean {
  if (!EMAIL.test(text)) return false
  const at = text.indexOf('@')
  const local = text.slice(0, at)
  return (
    !local.startsWith('.') && !local.endsWith('.') && !local.includes('..') && isHostname(text.slice(at + 1))
  )
}

function isHostname(text: string): boolean {
  return text.length <= HOSTNAME_CHARS_MAX && text.split('.').every((label) => LABEL.test(label))
}

function isIpv4(text: string): boolean {
  const octets = text.split('.', 5)
  return octets.length === 4 && octets.every((octet) => OCTET.test(octet) && Number(octet) < 256)
}

function isIpv6(text: string): boolean {
  const halves = text.split('::', 3)
  if (halves.length > 2 || text.length > 45) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const isShortened = halves.length === 2
  return (
    groups.every((group) => HEXTET.test(group)) && (isShortened ? groups.length < 8 : groups.length === 8)
  )
}

function isUri(text: string): boolean {
  return URI.test(text) && isReference(text)
}

/** Without a scheme, a colon must not look like the end of one. */
function isUriReference(text: string): boolean {
  return isReference(text) && (URI.test(text) || !/^[^/?#]*:/.test(text))
}

/** Percent signs lead two hexadecimal digits; one fragment; no brackets, which only some addresses have. */
function isReference(text: string): boolean {
  if (!URI_REFERENCE.test(text) || /%(?![\da-fA-F]{2})/.test(text)) return false
  return text.split('#', 3).length <= 2 && !/[[\]]/.test(text)
}

/** protojson's scalars and well-known types: what Google accepts for each, and what it says to everything else. */

/** Characters of a wrong value that an error repeats. */
const SHOWN_CHARS_MAX = 128

const INT32_MIN = -(2 ** 31)
const INT32_MAX = 2 ** 31 - 1
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n
/** The largest number that a 32-bit float holds. */
const FLOAT_MAX = 3.4028234663852886e38
/** Longer than any number that means something; `Number()` of a megabyte of digits would cost time. */
const NUMBER_CHARS_MAX = 400

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const INTEGER = /^-?\d{1,20}$/
const DURATION = /^-?\d{1,12}(?:\.\d{1,9})?s$/
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/

export interface ScalarTypes {
  string: string
  bool: boolean
  int32: number
  /** As a string, because JavaScript's numbers end at 2^53. */
  int64: string
  float: number
  double: number
  /** Valid base64 or base64url, as it came. */
  bytes: string
  /** `3.5s` */
  Duration: string
  /** RFC 3339, as it came. */
  Timestamp: string
  Struct: Record<string, unknown>
  Value: unknown
}

export type ScalarName = keyof ScalarTypes

export interface Scalar {
  /** What the type is called in `Invalid value at … (label)`. */
  readonly label: string
  /** `undefined` when the value is not one of the type. */
  parse(value: unknown): unknown
  /** Replaces the repeated value where Google says more. */
  explain?(value: unknown, path: string): string | undefined
}

export const SCALARS: Readonly<Record<Exclude<ScalarName, 'Struct' | 'Value'>, Scalar>> = {
  string: { label: 'TYPE_STRING', parse: (value) => (typeof value === 'string' ? value : undefined) },
  bool: { label: 'TYPE_BOOL', parse: parseBool },
  int32: { label: 'TYPE_INT32', parse: parseInt32 },
  int64: { label: 'TYPE_INT64', parse: parseInt64 },
  float: { label: 'TYPE_FLOAT', parse: (value) => parseNumber(value, FLOAT_MAX) },
  double: { label: 'TYPE_DOUBLE', parse: (value) => parseNumber(value, Number.MAX_VALUE) },
  bytes: { label: 'TYPE_BYTES', parse: parseBytes, explain: explainBytes },
  Duration: {
    label: 'type.googleapis.com/google.protobuf.Duration',
    parse: parseDuration,
    explain: explainDuration,
  },
  Timestamp: { label: 'type.googleapis.com/google.protobuf.Timestamp', parse: parseTimestamp },
}

/** The beginning of a text that is repeated to its sender; no surrogate pair is cut in two. */
export function shorten(text: string): string {
  if (text.length <= SHOWN_CHARS_MAX) return text
  const last = text.charCodeAt(SHOWN_CHARS_MAX - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? SHOWN_CHARS_MAX - 1 : SHOWN_CHARS_MAX)
}

function parseBool(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (value === 'true') return true
  return value === 'false' ? false : undefined
}

function parseNumber(value: unknown, max: number): number | undefined {
  const text = typeof value === 'string' && value.length <= NUMBER_CHARS_MAX && JSON_NUMBER.test(value)
  const number = text ? Number(value) : value
  return typeof number === 'number' && Math.abs(number) <= max ? number : undefined
}

function parseInt32(value: unknown): number | undefined {
  const number = parseNumber(value, INT32_MAX + 1)
  if (number === undefined || !Number.isInteger(number)) return undefined
  return number >= INT32_MIN && number <= INT32_MAX ? number : undefined
}

function parseInt64(value: unknown): string | undefined {
  const whole = typeof value === 'string' ? INTEGER.test(value) : Number.isInteger(value)
  if (!whole) return undefined
  const integer = BigInt(value as string | number)
  return integer >= INT64_MIN && integer <= INT64_MAX ? String(integer) : undefined
}

/** Checked by searching for what must not be there: a pattern over the whole of 20 MiB would need a stack as long. */
function parseBytes(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  let end = value.length
  while (end > 0 && value.length - end < 2 && value.charCodeAt(end - 1) === 61 /* = */) end--
  if (end % 4 === 1 || (end < value.length && value.length % 4 !== 0)) return undefined
  const alien = value.search(/[^A-Za-z0-9+/]/)
  if (alien === -1 || alien === end) return value
  const alienToUrl = value.search(/[^A-Za-z0-9_-]/)
  return alienToUrl === -1 || alienToUrl === end ? value : undefined
}

function explainBytes(value: unknown): string | undefined {
  return typeof value === 'string' ? `Base64 decoding failed for "${shorten(value)}"` : undefined
}

/** `3.5s`, or the object that the SDKs of 2023 sent. */
function parseDuration(value: unknown): string | undefined {
  if (typeof value === 'string') return DURATION.test(value) ? value : undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { seconds = 0, nanos = 0, ...others } = value as { seconds?: unknown; nanos?: unknown }
  const wholeSeconds = parseInt64(seconds)
  const wholeNanos = parseInt32(nanos)
  if (wholeSeconds === undefined || wholeNanos === undefined || Object.keys(others).length > 0)
    return undefined
  if (wholeNanos < 0 || wholeNanos > 999_999_999) return undefined
  const fraction = String(wholeNanos).padStart(9, '0').replace(/0+$/, '')
  return `${wholeSeconds}${fraction && `.${fraction}`}s`
}

function explainDuration(value: unknown, path: string): string | undefined {
  if (typeof value !== 'string' || value.endsWith('s')) return undefined
  const name = path.slice(path.lastIndexOf('.') + 1)
  return `Field '${name}', Illegal duration format; duration must end with 's'`
}

function parseTimestamp(value: unknown): string | undefined {
  if (typeof value !== 'string' || !TIMESTAMP.test(value)) return undefined
  return Number.isNaN(Date.parse(value)) ? undefined : value
}

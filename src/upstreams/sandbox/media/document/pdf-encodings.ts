/** From the bytes of a PDF's texts to characters. Source: ISO 32000-1, 7.9.2 and annex D. */

/** Windows-1252 from 0x80 to 0x9f, where it is not Latin-1. */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

/** Names of glyphs that documents with their own encodings use beyond the single letters and digits. */
const GLYPHS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    space: ' ',
    exclam: '!',
    quotedbl: '"',
    numbersign: '#',
    dollar: '$',
    percent: '%',
    ampersand: '&',
    quotesingle: "'",
    parenleft: '(',
    parenright: ')',
    asterisk: '*',
    plus: '+',
    comma: ',',
    hyphen: '-',
    period: '.',
    slash: '/',
    colon: ':',
    semicolon: ';',
    less: '<',
    equal: '=',
    greater: '>',
    question: '?',
    at: '@',
    bracketleft: '[',
    backslash: '\\',
    bracketright: ']',
    underscore: '_',
    braceleft: '{',
    bar: '|',
    braceright: '}',
    zero: '0',
    one: '1',
    two: '2',
    three: '3',
    four: '4',
    five: '5',
    six: '6',
    seven: '7',
    eight: '8',
    nine: '9',
    quoteleft: '‘',
    quoteright: '’',
    quotedblleft: '“',
    quotedblright: '”',
    endash: '–',
    emdash: '—',
    bullet: '•',
    ellipsis: '…',
    fi: 'fi',
    fl: 'fl',
    ff: 'ff',
    ffi: 'ffi',
    ffl: 'ffl',
    germandbls: 'ß',
    ae: 'æ',
    oe: 'œ',
    oslash: 'ø',
    Euro: '€',
    degree: '°',
    minus: '−',
  }),
)

const ACCENTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    grave: '\u0300',
    acute: '\u0301',
    circumflex: '\u0302',
    tilde: '\u0303',
    dieresis: '\u0308',
    ring: '\u030a',
    cedilla: '\u0327',
    caron: '\u030c',
  }),
)

/** Windows-1252, which is what nearly every simple font is written with. */
export function windows1252(byte: number): string {
  return byte >= 0x80 && byte <= 0x9f ? WINDOWS_1252[byte - 0x80]! : String.fromCharCode(byte)
}

/** The character that a glyph's name stands for, or `undefined`. */
export function glyph(name: string): string | undefined {
  if (name.length === 1) return name
  const known = GLYPHS.get(name)
  if (known !== undefined) return known
  const unicode = /^u(?:ni)?([0-9A-F]{4,6})$/.exec(name)?.[1]
  if (unicode !== undefined) return codePoint(Number.parseInt(unicode, 16))
  const accent = ACCENTS.get(name.slice(1))
  return accent === undefined ? undefined : `${name[0]}${accent}`.normalize('NFC')
}

/** A character by its number; nothing for a number that is none. */
export function codePoint(code: number): string {
  const isOne = code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
  return isOne ? String.fromCodePoint(code) : ''
}

/** Text in UTF-16, big-endian. Odd bytes at the end are left out. */
export function utf16(bytes: Buffer): string {
  const even = Buffer.from(bytes.subarray(0, bytes.length & ~1))
  return even.swap16().toString('utf16le')
}

/** A text of the document itself, such as its title: UTF-16 or UTF-8 with a mark, else one byte a character. */
export function decodePdfText(bytes: Buffer): string {
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return utf16(bytes.subarray(2))
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return bytes.toString('utf8', 3)
  return Array.from(bytes, windows1252).join('')
}

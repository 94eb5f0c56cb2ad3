/** A strict reader of Prometheus' text format 0.0.4: every line is one of its kinds, or it throws. */

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly type: string
  readonly samples: readonly Sample[]
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const HELP = new RegExp(`^# HELP (${NAME}) (.*)$`)
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`)
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)(?: (-?\\d+))?$`)
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y
/** What a histogram's samples end in beside the name of the family. */
const SUFFIXES = ['_bucket', '_sum', '_count']

export function parsePrometheus(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const families = new Map<string, { type: string; samples: Sample[] }>()
  const described = new Set<string>()
  for (const line of text.slice(0, -1).split('\n')) {
    const help = HELP.exec(line)
    const type = TYPE.exec(line)
    if (help !== null) once(described, `HELP ${help[1]}`)
    else if (type !== null) {
      once(described, `TYPE ${type[1]}`)
      families.set(type[1] as string, { type: type[2] as string, samples: [] })
    } else if (/^# (?:HELP|TYPE)/.test(line)) throw new Error(`no line of this format: ${line}`)
    // Any other line with # is a comment.
    else if (!line.startsWith('#')) addSample(families, line)
  }
  for (const [name, { type, samples }] of families) if (type === 'histogram') checkHistogram(name, samples)
  return families
}

function once(seen: Set<string>, what: string): void {
  if (seen.has(what)) throw new Error(`${what} is there twice`)
  seen.add(what)
}

function addSample(families: ReadonlyMap<string, { type: string; samples: Sample[] }>, line: string): void {
  const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? []
  if (name === '') throw new Error(`no line of this format: ${line}`)
  const suffix = SUFFIXES.find(
    (one) => name.endsWith(one) && families.get(name.slice(0, -one.length))?.type === 'histogram',
  )
  const family = families.get(suffix === undefined ? name : name.slice(0, -suffix.length))
  if (family === undefined) throw new Error(`${name} has no type`)
  const number = Number(value.replace(/^\+?Inf$/, 'Infinity'))
  if (Number.isNaN(number) && value !== 'NaN') throw new Error(`no number: ${line}`)
  if (family.type === 'counter' && !(number >= 0)) throw new Error(`a counter below zero: ${line}`)
  const sample = { name, labels: labelsOf(labels, line), value: number }
  const twin = (other: Sample) =>
    other.name === name && JSON.stringify(other.labels) === JSON.stringify(sample.labels)
  if (family.samples.some(twin)) throw new Error(`one series twice: ${line}`)
  family.samples.push(sample)
}

function labelsOf(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < text.length) {
    const found = LABEL.exec(text)
    if (found === null) throw new Error(`labels cannot be read: ${line}`)
    labels[found[1] as string] = found[2] as string
  }
  return labels
}

/** In each series buckets are cumulative, and the last one is the count. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  for (const [series, own] of Map.groupBy(samples, seriesOf)) {
    const buckets = own.filter((sample) => sample.name === `${name}_bucket`)
    const count = own.find((sample) => sample.name === `${name}_count`)
    let before = 0
    for (const { value } of buckets) {
      if (value < before) throw new Error(`${name}${series}: a bucket holds less than the one before it`)
      before = value
    }
    if (buckets.at(-1)?.labels.le !== '+Inf' || before !== count?.value)
      throw new Error(`${name}${series}: buckets and count differ`)
  }
}

/** The labels of a sample without the bucket's bound. */
function seriesOf({ labels }: Sample): string {
  const { le: _, ...rest } = labels
  return JSON.stringify(Object.entries(rest).sort())
}

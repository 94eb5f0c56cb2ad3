/** A plot as plain SVG: one panel below the other over the same time, readable in light and in dark. */

export interface Panel {
  readonly title: string
  readonly unit: string
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[]
}

export interface PlotOptions {
  /** From one value to the next. */
  readonly stepSeconds: number
}

const WIDTH = 760
const PANEL_HEIGHT = 150
const LEFT = 56
const RIGHT = 12
const TOP = 26
const BOTTOM = 22
const LEGEND_HEIGHT = 26
const TICKS = 4
/** More points than pixels show nothing more. */
const POINTS_MAX = 700

const STYLE = `
  text { font: 11px system-ui, sans-serif; fill: #444 }
  .title { font-weight: 600; fill: #111 }
  .grid { stroke: #ddd; stroke-width: 1 }
  polyline { fill: none; stroke-width: 1.4 }
  .s0 { stroke: #0b6bcb; fill: #0b6bcb } .s1 { stroke: #c2410c; fill: #c2410c } .s2 { stroke: #15803d; fill: #15803d }
  polyline.s0, polyline.s1, polyline.s2 { fill: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #bbb } .title { fill: #eee } .grid { stroke: #3a3a3a }
    .s0 { stroke: #6cb2ff; fill: #6cb2ff } .s1 { stroke: #ff9d66; fill: #ff9d66 } .s2 { stroke: #5fd38a; fill: #5fd38a }
  }`

export function drawPlot(panels: readonly Panel[], { stepSeconds }: PlotOptions): string {
  const height = LEGEND_HEIGHT + panels.length * PANEL_HEIGHT
  const names = panels[0]?.series.map(({ name }) => name) ?? []
  const body = [
    ...names.map(legendEntry),
    ...panels.map((panel, index) => drawPanel(panel, LEGEND_HEIGHT + index * PANEL_HEIGHT, stepSeconds)),
  ]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>What each replica holds, over the time of the run</title>`,
    `<style>${STYLE}</style>`,
    ...body,
    '</svg>\n',
  ].join('\n')
}

function legendEntry(name: string, index: number): string {
  const x = LEFT + index * 110
  return `<circle class="s${index}" cx="${x}" cy="12" r="4"/><text x="${x + 9}" y="16">${name}</text>`
}

function drawPanel({ title, unit, series }: Panel, top: number, stepSeconds: number): string {
  const bottom = top + PANEL_HEIGHT - BOTTOM
  const length = Math.max(2, ...series.map(({ values }) => values.length))
  const most = niceAbove(
    series.flatMap(({ values }) => values).reduce((one, other) => Math.max(one, other), 0),
  )
  const x = (index: number) => LEFT + ((WIDTH - LEFT - RIGHT) * index) / (length - 1)
  const y = (value: number) => bottom - ((bottom - top - TOP) * value) / most
  const minutes = ((length - 1) * stepSeconds) / 60
  const rows = Array.from({ length: TICKS + 1 }, (_, tick) => (most * tick) / TICKS)
  const columns = Array.from({ length: 7 }, (_, tick) => (minutes * tick) / 6)
  return [
    `<text class="title" x="${LEFT}" y="${top + 14}">${title} (${unit})</text>`,
    ...rows.map(
      (value) =>
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${shown(y(value))}" y2="${shown(y(value))}"/>` +
        `<text x="${LEFT - 6}" y="${shown(y(value) + 4)}" text-anchor="end">${shown(value)}</text>`,
    ),
    ...columns.map((value, tick) => {
      const label = `${shown(value)}${tick === 6 ? ' minutes' : ''}`
      const anchor = tick === 6 ? 'end' : 'middle'
      const at = LEFT + ((WIDTH - LEFT - RIGHT) * tick) / 6
      return `<text x="${shown(at)}" y="${bottom + 15}" text-anchor="${anchor}">${label}</text>`
    }),
    ...series.map(({ values }, index) => {
      const step = Math.max(1, Math.ceil(values.length / POINTS_MAX))
      const points = values.flatMap((value, at) =>
        at % step === 0 ? [`${shown(x(at))},${shown(y(value))}`] : [],
      )
      return `<polyline class="s${index}" points="${points.join(' ')}"/>`
    }),
  ].join('\n')
}

const shown = (value: number): string => String(Math.round(value * 10) / 10)

/** 1, 2, 4 or 8 times a power of ten: their quarters are short numbers. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)))
  return ([1, 2, 4, 8].find((one) => one * power >= value) ?? 10) * power
}

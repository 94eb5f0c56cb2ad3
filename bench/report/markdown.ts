/** The page for the docs. */
import { REQUESTS_PER_SECOND } from '../measures/latency.ts'
import { MONEY_REQUESTS_PER_SECOND } from '../measures/money.ts'
import { LIMITS } from '../money.ts'
import { TELLING_P99_MS } from '../results.ts'
import {
  BURST_EVENTS,
  DRIP_INTERVAL_MS,
  geminiRequest,
  HOLD_INTERVAL_MS,
  sseBody,
  UNARY_ANSWER,
} from '../wire.ts'
import { moneyTable, partsTable } from './money.ts'
import { figuresTable, harnessLine, type Report, ratiosTable, targetsTable } from './report.ts'
import type { Table } from './table.ts'

function markdownTable({ head, rows }: Table): string {
  if (rows.length === 0) return 'Not measured in this run.'
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function machineText({ machine, date, seconds, roundsDone, plan }: Report): string {
  const short = roundsDone < plan.rounds ? ` (of ${plan.rounds} planned: the time limit came first)` : ''
  return `Measured on ${date.slice(0, 10)} on one machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB of
memory, ${machine.kernel}, Node ${machine.node}, load average before the run ${machine.loadBefore}. The run took ${seconds} s and
did ${roundsDone} rounds${short}. Absolute times say much about the machine; the ratios, taken within one run, say more about the programs.`
}

function methodText({ plan }: Report): string {
  const kilobytes = (text: string) => (Buffer.byteLength(text) / 1000).toFixed(1)
  const limits = Object.keys(LIMITS).length
  const requestBytes = geminiRequest(8080, 'bench-unary').length
  return `- All subjects stand before the same mock upstream: a socket server with finished answers. The client is a second process of the
  same kind. Both run on the same cores as the subject.
- CPU time is user and system time of the subject's processes from \`/proc/<pid>/stat\` (of nginx: the worker), before and after a
  fixed number of requests over 64 kept-alive connections (${plan.unaryRequests} unary and ${plan.burstRequests} burst requests for nginx, a fixed share
  of that for slower subjects).
- Rounds are interleaved: every subject in turn, workload by workload. A figure is the median of the rounds, with the lowest and the
  highest beside it. A ratio compares with nginx in the same round.
- Unary: a request of ${requestBytes} bytes, an answer of ${kilobytes(UNARY_ANSWER)} kB. Burst: ${BURST_EVENTS} events, ${kilobytes(sseBody(BURST_EVENTS))} kB, sent at once, each
  event a chunk of its own. Dripped: one event each ${DRIP_INTERVAL_MS} ms on ${plan.dripStreams} streams for ${plan.dripWindowMs / 1000} s.
- Memory: a fresh process that has answered a few hundred requests; then ${plan.heldStreams} streams are opened, each with an event each ${HOLD_INTERVAL_MS / 1000} s. Resident
  memory when it has settled, less that before, by streams. No garbage collection is forced.
- Latency: ${REQUESTS_PER_SECOND} requests a second, open loop; less the latency of the mock upstream asked directly in the same round.
- Start to ready: from spawn until \`/readyz\` answers 200, with an empty data folder, median of ${plan.readyStarts}.
- Sandbox: a fresh Wasat that answers by itself, over 64 connections: ${plan.sandboxRequests} unary answers and ${plan.sandboxStreams} streams, CPU time of the
  whole line. Memory is what it holds after a few hundred answers, before the first program. A program is one request with code execution while an
  interpreter is ready, from request to answer.
- Money: Wasat five times, alike but for what stands over the client key: nothing, ${limits} limits with a model list, addresses and an
  expiry, two hard budgets with an alert (key and gateway), all of it, and all of it with its data folder in memory. CPU time as above, ${plan.moneyRequests} requests for
  nginx, and above that of Wasat with nothing over the key in the same round. Latency: ${MONEY_REQUESTS_PER_SECOND} requests a second, open loop, for ${plan.moneyLatencySeconds} s; what a data
  folder on the disk takes longer than one in memory, where an fsync costs nothing, is what durability adds. It is no verdict
  where the one in memory itself takes more than ${TELLING_P99_MS} ms at the 99th percentile: then the machine was busy.
- Parts of the money path: a process that calls the program's own price book, limits and SQLite store in a fresh folder, with 1, 8 and 32 requests that
  ask in one turn of the event loop and share its commit. CPU time includes that of the runtime's own threads; medians of ${plan.partRepetitions} repetitions a round.
- Before anything is measured, each subject must answer rightly; a subject that passes the Gemini wire through must do so byte for byte.`
}

/** The whole page. */
export function markdownPage(report: Report): string {
  const subjects = report.subjects.map(({ name, version, note }) => `- **${name}** ${version}: ${note}.`)
  const gaps = [
    ...report.missing.map((text) => `- Left out: ${text}`),
    ...report.failures.map((text) => `- Failed: ${text}`),
  ]
  const parts = [
    '# Benchmark',
    'Generated by `npm run bench`; do not edit.',
    machineText(report),
    '## Figures',
    markdownTable(figuresTable(report)),
    '## Ratios to nginx',
    markdownTable(ratiosTable(report)),
    markdownTable(targetsTable(report.samples)),
    '## What money costs',
    markdownTable(moneyTable(report.samples)),
    markdownTable(partsTable(report.samples)),
    '## What is compared',
    subjects.join('\n'),
    'Portkey does more work per request than the others here: it decodes and translates every body and every event. It is what a user\nof npm gets who wants a gateway before Gemini, and it has no route that would pass Gemini’s wire through.',
    gaps.join('\n'),
    '## How it is measured',
    methodText(report),
    harnessLine(report.samples),
    '## Run it',
    `\`\`\`sh\nnpm ci\nnpm ci --prefix bench --ignore-scripts   # the Portkey gateway\nsudo apt-get install nginx\n${report.commandLine}\nnode bench/profile.ts --workload unary    # where Wasat's time goes\n\`\`\``,
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

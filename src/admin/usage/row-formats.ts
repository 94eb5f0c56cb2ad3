/** Rows of the ledger as text: one JSON array, JSON Lines, or CSV of RFC 4180 that no spreadsheet takes for orders. */
import type { SettledRow } from '../../nouns/ledger.ts'
import { timestamp } from '../instants.ts'
import { type CsvValue, csvCell } from './csv.ts'

export interface RowFormat {
  readonly contentType: string
  readonly head: string
  /** `index` counts from 0. */
  row(row: SettledRow, index: number): string
  tail(count: number): string
}

const COLUMNS = [
  'requestId',
  'admittedAt',
  'settledAt',
  'key',
  'project',
  'verb',
  'model',
  'upstream',
  'upstreamModel',
  'modelVersion',
  'outcome',
  'status',
  'finishReason',
  'attempts',
  'tier',
  'usageSource',
  'promptTokens',
  'cachedTokens',
  'candidatesTokens',
  'thoughtsTokens',
  'toolUsePromptTokens',
  'totalTokens',
  'details',
  'priceVersion',
  'reservedNanoUsd',
  'billedNanoUsd',
  'adjustedNanoUsd',
  'costNanoUsd',
  'upstreamCostNanoUsd',
  'deliveredBytes',
  'firstByteMs',
  'durationMs',
  'tags',
] as const

type Column = (typeof COLUMNS)[number]

/** Every row has every member, in this order, in each format. */
export function rowShape(row: SettledRow): Readonly<Record<Column, CsvValue>> {
  return {
    requestId: row.requestId,
    admittedAt: timestamp(row.admittedAt),
    settledAt: timestamp(row.settledAt),
    key: row.keyId,
    project: row.projectId ?? null,
    verb: row.verb,
    model: row.model,
    upstream: row.upstream ?? null,
    upstreamModel: row.upstreamModel ?? null,
    modelVersion: row.modelVersion ?? null,
    outcome: row.outcome,
    status: row.status,
    finishReason: row.finishReason ?? null,
    attempts: row.attempts,
    tier: row.tier,
    usageSource: row.usageSource,
    promptTokens: row.promptTokens,
    cachedTokens: row.cachedTokens,
    candidatesTokens: row.candidatesTokens,
    thoughtsTokens: row.thoughtsTokens,
    toolUsePromptTokens: row.toolUsePromptTokens,
    totalTokens: row.totalTokens,
    details: row.details ?? null,
    priceVersion: row.priceVersion ?? null,
    reservedNanoUsd: row.reservedNanoUsd,
    billedNanoUsd: row.billedNanoUsd,
    adjustedNanoUsd: row.adjustedNanoUsd,
    costNanoUsd: row.billedNanoUsd + row.adjustedNanoUsd,
    upstreamCostNanoUsd: row.upstreamCostNanoUsd,
    deliveredBytes: row.deliveredBytes,
    firstByteMs: row.firstByteMs ?? null,
    durationMs: row.durationMs,
    tags: row.tags ?? null,
  }
}

const csv: RowFormat = {
  contentType: 'text/csv; charset=utf-8; header=present',
  head: `${COLUMNS.join(',')}\r\n`,
  row: (row) => {
    const shape = rowShape(row)
    return `${COLUMNS.map((column) => csvCell(shape[column])).join(',')}\r\n`
  },
  tail: () => '',
}

const jsonl: RowFormat = {
  contentType: 'application/jsonl; charset=utf-8',
  head: '',
  row: (row) => `${JSON.stringify(rowShape(row))}\n`,
  tail: () => '',
}

const json: RowFormat = {
  contentType: 'application/json',
  head: '[',
  row: (row, index) => `${index === 0 ? '\n' : ',\n'}${JSON.stringify(rowShape(row))}`,
  tail: (count) => (count === 0 ? ']\n' : '\n]\n'),
}

export const ROW_FORMATS = { csv, jsonl, json }

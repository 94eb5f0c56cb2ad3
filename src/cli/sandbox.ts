/** `wasat sandbox …`: answers without a model, from fixtures and recordings. */
import type { Command } from 'commander'
import type { Terminal } from './output.ts'
import { addFixturesCommands } from './sandbox-fixtures.ts'
import { addRecordingsCommands } from './sandbox-recordings.ts'
import { addSandboxServers } from './sandbox-serve.ts'
import type { SignalSource } from './serve.ts'

export function addSandboxCommand(
  program: Command,
  terminal: Terminal,
  done: (exitCode: number) => void,
  signals: SignalSource = process,
): void {
  const sandbox = program.command('sandbox').description('test without a model: fixtures, record and replay')
  addSandboxServers(sandbox, terminal, done, signals)
  addFixturesCommands(sandbox, terminal, done)
  addRecordingsCommands(sandbox, terminal, done)
}

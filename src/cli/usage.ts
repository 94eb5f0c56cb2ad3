import type { Command } from 'commander'
import { ADMIN_HELP } from './admin-access.ts'
import type { Terminal } from './output.ts'
import { addUsageExport } from './usage-export.ts'
import { addUsageReport } from './usage-report.ts'

export function addUsageCommand(program: Command, terminal: Terminal): void {
  const usage = program
    .command('usage')
    .description('see what was used and what it cost')
    .addHelpText('after', ADMIN_HELP)
  addUsageReport(usage, terminal)
  addUsageExport(usage, terminal)
}

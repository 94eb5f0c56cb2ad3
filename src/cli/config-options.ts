/** The options that say which configuration a command means. */
import type { Command } from 'commander'
import type { Flags, LoadOptions } from '../config/load.ts'
import type { Terminal } from './output.ts'

export function addServerOptions(command: Command): Command {
  return addFolderOptions(command)
    .option('--host <address>', 'address to listen on (127.0.0.1)')
    .option('--port <number>', 'port to listen on (4080; 0 is any free one)')
    .option('--log-level <level>', 'fatal, error, warn, info, debug or silent (info)')
}

export function addFolderOptions(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file (wasat.yaml, when there is one)')
    .option('--data <folder>', 'data folder (./.wasat)')
}

export function loadOptions(flags: Flags, { environment, cwd }: Terminal): LoadOptions {
  return { flags, environment, cwd }
}

/** The command line: `main` for the process, `runProgram` for anything that brings its own terminal. */
import { Command, CommanderError } from 'commander'
import { nearest } from '../wire/nearest.ts'
import { addBudgetsCommand } from './budgets.ts'
import { addConfigCommand } from './config.ts'
import { addDbCommand } from './db.ts'
import { addDoctorCommand } from './doctor.ts'
import { CliError, EXIT, failureOf, renderFailure, renderFailureJson } from './failure.ts'
import { addKeysCommand } from './keys.ts'
import { addModelsCommand } from './models.ts'
import type { Terminal } from './output.ts'
import { addPricesCommand } from './prices.ts'
import { addProjectsCommand } from './projects.ts'
import { addSandboxCommand } from './sandbox.ts'
import { addServeCommand } from './serve.ts'
import { addUpstreamsCommand } from './upstreams.ts'
import { addUsageCommand } from './usage.ts'
import { addVersionCommand, programVersion } from './version.ts'

/** After the last word of a command, what still keeps the process alive is a leak and is not waited for. */
const EXIT_WAIT_MS = 2_000

const EXIT_CODES_HELP = `
Exit codes: 0 ok, 1 failure, 2 usage, 3 not allowed, 4 not found, 5 unreachable.`

/** Runs one command line (without `node` and the script) and resolves with its exit code. Never throws. */
export async function runProgram(words: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = EXIT.ok
  const program = buildProgram(terminal, (code) => {
    exitCode = code
  })
  try {
    refuseUnknownCommand(program, words[0])
    await program.parseAsync(words, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
    // A group without a command: its help is already on standard error.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage
    const failure = failureOf(error)
    terminal.stderr(words.includes('--json') ? renderFailureJson(failure) : renderFailure(failure))
    return failure.exitCode
  }
}

/** Runs the command line of this process. */
export async function main(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    // The reader went away (`wasat keys list | head -1`); a server goes on without it.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
  process.exitCode = await runProgram(process.argv.slice(2), {
    environment: process.env,
    cwd: process.cwd(),
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    drained: () => drained(process.stdout),
    hasColors: process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
    showsProgress: process.stderr.isTTY === true && process.env.TERM !== 'dumb',
  })
  setTimeout(() => process.exit(), EXIT_WAIT_MS).unref()
}

function drained(stream: NodeJS.WriteStream): Promise<void> | undefined {
  if (!stream.writableNeedDrain) return undefined
  return new Promise((resolve) => {
    for (const event of ['drain', 'close', 'error']) stream.once(event, () => resolve())
  })
}

function buildProgram(terminal: Terminal, done: (exitCode: number) => void): Command {
  const program = new Command('wasat')
    .description('A self-hosted gateway that gives every model the Gemini API')
    .version(programVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .addHelpText('after', EXIT_CODES_HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout(text),
      writeErr: (text) => terminal.stderr(text),
      // The error is printed once, by `runProgram`.
      outputError: () => {},
    })
  addServeCommand(program, terminal, done)
  addKeysCommand(program, terminal)
  addProjectsCommand(program, terminal)
  addBudgetsCommand(program, terminal)
  addUsageCommand(program, terminal)
  addPricesCommand(program, terminal)
  addModelsCommand(program, terminal)
  addUpstreamsCommand(program, terminal, done)
  addConfigCommand(program, terminal)
  addSandboxCommand(program, terminal, done)
  addDbCommand(program, terminal)
  addDoctorCommand(program, terminal, done)
  addVersionCommand(program, terminal)
  return program
}

/** `serve` is the default, so commander would take an unknown command for one of its arguments. */
function refuseUnknownCommand(program: Command, word: string | undefined): void {
  if (word === undefined || word.startsWith('-')) return
  const names = [...program.commands.map((command) => command.name()), 'help']
  if (names.includes(word)) return
  const near = nearest(word, names)
  const next = near ? `did you mean: wasat ${near}` : `the commands are: ${names.join(', ')}`
  throw new CliError('usage', `there is no command ${JSON.stringify(word)}`, next)
}

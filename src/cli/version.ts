import { existsSync, readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { print, type Terminal } from './output.ts'

/** From the sources the package is two folders up, from the emitted JavaScript three. */
const PACKAGE_FILES = ['../../package.json', '../../../package.json']

export function programVersion(): string {
  for (const path of PACKAGE_FILES) {
    const url = new URL(path, import.meta.url)
    if (!existsSync(url)) continue
    const { name, version } = JSON.parse(readFileSync(url, 'utf8')) as { name?: string; version?: string }
    if (name === 'wasat' && version) return version
  }
  return 'unknown'
}

export function addVersionCommand(program: Command, terminal: Terminal): void {
  program
    .command('version')
    .description('print the version of Wasat and of Node')
    .option('--json', 'print JSON')
    .action(({ json = false }: { json?: boolean }) => {
      const platform = `${process.platform}-${process.arch}`
      const version = { version: programVersion(), node: process.versions.node, platform }
      print(
        terminal,
        json,
        version,
        () => `wasat ${version.version} (node ${version.node}, ${version.platform})\n`,
      )
    })
}

/**
 * Makes what the tests need beside Node: Python virtual environments for Google's and OpenAI's clients and for llama.cpp's
 * server in `.venv/`, and a running PostgreSQL and Redis, told in `.services/services.json`.
 * Run again, it does only what is missing or has changed. `--stop` stops the servers.
 */

import { makeEnvironments } from './services-python.ts'
import { startServers, stopServers } from './services-servers.ts'

if (process.argv.includes('--stop')) {
  await stopServers()
} else {
  await Promise.all([makeEnvironments(), startServers()])
}

/**
 * The environment of a gateway that begins Python with the snapshot which the tests share. The gateways of the sandbox's
 * guide take their own, as every gateway of a user does.
 */
const KEPT = new URL('../../src/upstreams/sandbox/code/kept-snapshots.fixture.ts', import.meta.url)

export const KEPT_PYTHON = { NODE_OPTIONS: `--import=${KEPT.href}` }

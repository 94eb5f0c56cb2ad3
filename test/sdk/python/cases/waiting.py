"""Waits for what takes its time on the other side."""

import asyncio
import time

from client import done
from cases.rig import equal

TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.05


async def until(read, is_over):
    """Reads until it is over; fails after a while."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not is_over(value := await done(read())):
        assert time.monotonic() < deadline, value
        await asyncio.sleep(POLL_SECONDS)
    return value


async def finished(rig, started, api=None):
    """The operation as it is when it is done, without an error."""
    operation = await done(started)
    if not operation.done:
        get = (api or rig.api).operations.get
        operation = await until(lambda: get(operation), lambda one: one.done)
    equal(operation.error, None, "error")
    return operation


async def batch_over(rig, started):
    batch = await done(started)
    return await until(lambda: rig.api.batches.get(name=batch.name), lambda one: one.done)

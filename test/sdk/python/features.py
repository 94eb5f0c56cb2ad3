"""Every feature of the sandbox through Google's Python client, sync and async, one JSON line each.

    python features.py <base URL> <client key> <empty folder> [<case>…]

The cases are written once; the rig hides whether the client is the sync or the async one.
"""

import asyncio
import json
import logging
import pathlib
import sys
import traceback

from google import genai

from cases import functions, grounding, library, making, reading, structured, text
from cases.rig import Rig

CASES = {
    **text.CASES,
    **functions.CASES,
    **structured.CASES,
    **grounding.CASES,
    **reading.CASES,
    **library.CASES,
    **making.CASES,
}


async def run(url, key, folder, only):
    for mode in ("sync", "async"):
        for name, case in CASES.items():
            if only and name not in only:
                continue
            own = pathlib.Path(folder, f"{mode}-{name}")
            own.mkdir()
            rig = Rig(url, key, mode, own)
            line = {"mode": mode, "case": name, "version": genai.__version__, "error": None}
            try:
                await case(rig)
            except Exception:
                line["error"] = traceback.format_exc()
            await rig.close()
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    # The client remarks on parts that are not text and on functions that it calls by itself; both are meant here.
    logging.disable(logging.WARNING)
    asyncio.run(run(*sys.argv[1:4], sys.argv[4:]))

"""Google's Python client over streams that break: one JSON line for each model.

    python sdk_streams.py <base URL> <client key> <model> …
"""

import asyncio
import json
import sys

from google import genai

AT_ONCE = 8


async def read(client, model, places):
    """What a program sees that reads the stream to its end."""
    finish, error = None, None
    async with places:
        try:
            async for chunk in await client.aio.models.generate_content_stream(model=model, contents="hi"):
                for candidate in chunk.candidates or []:
                    finish = candidate.finish_reason or finish
        except Exception as thrown:  # Whatever it throws is an answer.
            error = f"{type(thrown).__name__}: {thrown}"[:300]
    print(json.dumps({"model": model, "finish": str(finish) if finish else None, "error": error}), flush=True)


async def main():
    url, key, *models = sys.argv[1:]
    client = genai.Client(api_key=key, http_options={"base_url": url})
    places = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(read(client, model, places) for model in models))


asyncio.run(main())

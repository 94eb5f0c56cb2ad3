"""Files and caches by Google's Python client, kept at an upstream by a gateway.

    python relay.py <base URL> <client key>

prints what the model that uses them says, one JSON object.
"""

import io
import json
import sys

from google import genai
from google.genai import types

MODEL = "gemini-2.5-flash"


def main(url, key):
    client = genai.Client(api_key=key, http_options={"base_url": url})
    uploaded = client.files.upload(
        file=io.BytesIO(b"hello " * 100_000),
        config={"mime_type": "text/plain", "display_name": "a note"},
    )
    found = client.files.get(name=uploaded.name)
    assert (found.size_bytes, found.display_name) == (600_000, "a note"), found
    assert [file.name for file in client.files.list()] == [uploaded.name]
    answer = client.models.generate_content(model=MODEL, contents=["Read it.", uploaded])
    cache = client.caches.create(
        model=MODEL,
        config=types.CreateCachedContentConfig(contents=[uploaded], ttl="300s"),
    )
    updated = client.caches.update(name=cache.name, config={"ttl": "600s"})
    assert updated.expire_time != cache.expire_time
    assert [one.name for one in client.caches.list()] == [cache.name]
    cached = client.models.generate_content(
        model=MODEL, contents="hi", config={"cached_content": cache.name}
    )
    client.caches.delete(name=cache.name)
    client.files.delete(name=uploaded.name)
    assert list(client.files.list()) == []
    names = {"file": uploaded.name, "cache": cache.name}
    print(json.dumps({**names, "answer": answer.text, "cached": cached.text}))


main(*sys.argv[1:])

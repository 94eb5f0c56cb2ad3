"""All cases of OpenAI's Python client.

    run.py <base URL> <client key> <key of one request a minute> <key of a tiny budget> <targets as JSON>
"""

import asyncio
import json
import sys

import client
import responses

if __name__ == "__main__":
    url, key, limited, poor, kinds = sys.argv[1:]
    client.CASES.update(responses.CASES)
    place = {"url": url, "key": key, "limited": limited, "poor": poor}
    asyncio.run(client.run(place, json.loads(kinds)))

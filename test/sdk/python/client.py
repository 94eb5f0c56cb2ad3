"""Google's Python client against a gateway: every case, sync and async, one JSON line each.

    python client.py <base URL> <client key> sandbox|replay

The cases are written once; `Door` hides whether the client is the sync or the async one.
"""

import asyncio
import inspect
import json
import math
import sys
import time
import traceback
import urllib.request

from google import genai
from google.genai import errors

MODEL = "gemini-2.5-flash"
EMBEDDING_MODEL = "gemini-embedding-001"
PROMPT = "Why is the sky blue?"
DIMENSIONS = 3072
SLOW_MODEL = {"sandbox": MODEL, "replay": "gemini-slow"}
SETTLE_TIMEOUT_SECONDS = 15
POLL_SECONDS = 0.02


async def done(value):
    """The value, waited for when the client is the async one."""
    return await value if inspect.isawaitable(value) else value


async def each(iterable):
    """Items of a sync or async iterable, which may itself have to be waited for."""
    iterable = await done(iterable)
    if hasattr(iterable, "__aiter__"):
        async for item in iterable:
            yield item
    else:
        for item in iterable:
            yield item


class Door:
    def __init__(self, url, key, mode):
        self.client = genai.Client(api_key=key, http_options={"base_url": url})
        api = self.client.aio if mode == "async" else self.client
        self.models, self.chats, self.mode = api.models, api.chats, mode

    async def close(self):
        if self.mode == "async" and hasattr(self.client.aio, "aclose"):
            await self.client.aio.aclose()
        elif self.mode == "sync" and hasattr(self.client, "close"):
            self.client.close()


class Rig:
    def __init__(self, url, key, backend, mode):
        self.url, self.backend, self.mode = url, backend, mode
        self.door = Door(url, key, mode)
        self.models, self.chats = self.door.models, self.door.chats

    @property
    def is_sandbox(self):
        return self.backend == "sandbox"

    def equal(self, actual, expected, what=""):
        assert actual == expected, f"{what}: {actual!r} is not {expected!r}"

    async def refused(self, call, status, fragment):
        """The call must end in the client's own error, with the status and Google's words."""
        try:
            value = await done(call())
            [item async for item in each(value)]
        except errors.ClientError as error:
            self.equal(error.code, status, "status")
            assert fragment in error.message, f"{error.message!r} lacks {fragment!r}"
            assert error.status in ("INVALID_ARGUMENT", "NOT_FOUND"), error.status
            return error
        raise AssertionError(f"no error, expected {status}")

    def check_usage(self, answer):
        usage = answer.usage_metadata
        counts = [
            usage.prompt_token_count,
            usage.candidates_token_count,
            usage.thoughts_token_count or 0,
            usage.total_token_count,
        ]
        if self.is_sandbox:
            assert counts[0] > 0 and counts[1] > 0, counts
            self.equal(sum(counts[:3]), counts[3], "usage adds up")
        else:
            self.equal(counts, [11, 6, 24, 41], "usage")

    async def settled(self):
        deadline = time.monotonic() + SETTLE_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            text = urllib.request.urlopen(f"{self.url}/metrics").read().decode()
            names = ("wasat_active_streams", "wasat_drains")
            lines = [line for line in text.splitlines() if line.startswith(names)]
            assert len(lines) == 2, lines
            if all(float(line.split()[-1]) == 0 for line in lines):
                return
            await asyncio.sleep(POLL_SECONDS)
        raise AssertionError("the gateway still has answers under way")


async def unary(rig):
    def ask():
        return done(rig.models.generate_content(model=MODEL, contents=PROMPT))

    answer = await ask()
    rig.equal(answer.candidates[0].finish_reason, genai.types.FinishReason.STOP, "finish reason")
    rig.equal(answer.candidates[0].content.role, "model", "role")
    rig.equal(answer.model_version, MODEL, "model version")
    rig.check_usage(answer)
    if rig.is_sandbox:
        assert "sky is blue" in answer.text, answer.text
        rig.equal((await ask()).text, answer.text, "the sandbox repeats itself")
    else:
        rig.equal(answer.text, "replayed answer to 1 contents", "text")


async def stream(rig):
    chunks = [c async for c in each(rig.models.generate_content_stream(model=MODEL, contents=PROMPT))]
    reasons = [chunk.candidates[0].finish_reason for chunk in chunks]
    rig.equal(reasons, [None] * (len(chunks) - 1) + [genai.types.FinishReason.STOP], "only the last ends it")
    rig.check_usage(chunks[-1])
    texts = [chunk.text for chunk in chunks]
    if rig.is_sandbox:
        whole = await done(rig.models.generate_content(model=MODEL, contents=PROMPT))
        assert len(chunks) >= 2
        rig.equal("".join(texts), whole.text, "streamed or not, it is the same answer")
    else:
        rig.equal(texts, ["replayed answer", " to 1", " contents"], "pieces")
        totals = [chunk.usage_metadata.total_token_count for chunk in chunks]
        rig.equal(totals, [37, 39, 41], "running totals")


async def chat(rig):
    talk = rig.chats.create(model=MODEL)
    first = await done(talk.send_message("My name is Zora."))
    second = await done(talk.send_message("I live in Oslo."))
    third = [chunk async for chunk in each(talk.send_message_stream("What is my name?"))]
    roles = [content.role for content in talk.get_history()][:5]
    rig.equal(roles, ["user", "model", "user", "model", "user"], "roles")
    text = "".join(chunk.text or "" for chunk in third)
    if rig.is_sandbox:
        rig.equal(text, "Your name is Zora.", "it remembers the first turn")
        counts = [a.usage_metadata.prompt_token_count for a in (first, second, third[-1])]
        assert counts[0] < counts[1] < counts[2], counts
    else:
        rig.equal(first.text, "replayed answer to 1 contents", "first")
        rig.equal(second.text, "replayed answer to 3 contents", "second")
        rig.equal(text, "replayed answer to 5 contents", "third")


async def system_instruction(rig):
    config = {"system_instruction": "You are a cat. Your name is Neko."}
    answer = await done(rig.models.generate_content(model=MODEL, contents="Hello", config=config))
    if rig.is_sandbox:
        plain = await done(rig.models.generate_content(model=MODEL, contents="Hello"))
        assert answer.text.startswith("Meow! "), answer.text
        assert "Meow" not in plain.text, plain.text
    else:
        rig.equal(answer.text, "replayed answer to 1 contents", "text")


async def count_tokens(rig):
    count = await done(rig.models.count_tokens(model=MODEL, contents=PROMPT))
    if rig.is_sandbox:
        answer = await done(rig.models.generate_content(model=MODEL, contents=PROMPT))
        rig.equal(count.total_tokens, answer.usage_metadata.prompt_token_count, "counted as charged")
    else:
        rig.equal(count.total_tokens, 11, "tokens")


async def embed(rig, contents, dimensions=None):
    config = {"output_dimensionality": dimensions} if dimensions else None
    answer = await done(rig.models.embed_content(model=EMBEDDING_MODEL, contents=contents, config=config))
    return [embedding.values for embedding in answer.embeddings]


def product(a, b):
    return sum(x * y for x, y in zip(a, b))


async def embed_one(rig):
    [vector] = await embed(rig, "a cat on a mat")
    [short] = await embed(rig, "a cat on a mat", 256)
    rig.equal((len(vector), len(short)), (DIMENSIONS, 256), "dimensions")
    if rig.is_sandbox:
        assert abs(math.hypot(*vector) - 1) < 1e-6
        rig.equal(short, vector[:256], "a shorter one is its beginning")
        rig.equal(await embed(rig, "a cat on a mat"), [vector], "the sandbox repeats itself")
    else:
        rig.equal(vector[:3], [0, -0.03, -0.02], "values")


async def embed_many(rig):
    texts = ["a cat on a mat", "two cats on a mat", "the price of copper"]
    vectors = await embed(rig, texts)
    rig.equal([len(vector) for vector in vectors], [DIMENSIONS] * 3, "dimensions")
    if rig.is_sandbox:
        for text, vector in zip(texts, vectors):
            rig.equal(await embed(rig, text), [vector], text)
        cat, cats, copper = vectors
        assert product(cat, cats) > product(cat, copper) + 0.1, "related texts lie near each other"
    else:
        rig.equal([vector[0] for vector in vectors], [0, 0.001, 0.002], "in the order of the texts")


async def iterated(rig):
    return [model.name async for model in each(rig.models.list())]


async def models_paged(rig):
    pager = await done(rig.models.list(config={"page_size": 2}))
    pages = [[model.name for model in pager.page]]
    while True:
        try:
            page = await done(pager.next_page())
        except IndexError:
            break
        pages.append([model.name for model in page])
    sizes = [len(page) for page in pages]
    assert len(pages) >= 2 and all(size == 2 for size in sizes[:-1]) and sizes[-1] <= 2, sizes
    rig.equal(sum(pages, []), await iterated(rig), "pages and iteration tell of the same models")
    if not rig.is_sandbox:
        rig.equal(sizes, [2, 1], "pages")


async def models_iterated(rig):
    names = await iterated(rig)
    rig.equal(len(set(names)), len(names), "none twice")
    for name in (MODEL, "gemini-3.1-pro-preview", EMBEDDING_MODEL):
        assert f"models/{name}" in names, names
    if not rig.is_sandbox:
        rig.equal(len(names), 3, "what the upstream offers, and no more")


async def model_get(rig):
    model = await done(rig.models.get(model=MODEL))
    rig.equal(model.name, f"models/{MODEL}", "name")
    rig.equal((model.input_token_limit, model.output_token_limit), (1048576, 65536), "limits")
    assert "generateContent" in model.supported_actions, model.supported_actions
    await rig.refused(lambda: rig.models.get(model="gemini-nowhere"), 404, "gemini-nowhere")


async def wrong_key(rig):
    stranger = Door(rig.url, "wst_nobody_has_this_key_0000000000000000", rig.mode)
    words = "API key not valid. Please pass a valid API key."
    try:
        calls = (
            lambda: stranger.models.generate_content(model=MODEL, contents=PROMPT),
            lambda: stranger.models.generate_content_stream(model=MODEL, contents=PROMPT),
            lambda: stranger.models.list(),
        )
        for call in calls:
            error = await rig.refused(call, 400, words)
            rig.equal(error.details["error"]["details"][0]["reason"], "API_KEY_INVALID", "reason")
    finally:
        await stranger.close()


async def unknown_model(rig):
    words = "models/missing-model is not found for API version v1"
    ask = {"model": "missing-model", "contents": PROMPT}
    await rig.refused(lambda: rig.models.generate_content(**ask), 404, words)
    await rig.refused(lambda: rig.models.generate_content_stream(**ask), 404, words)


async def aborted_stream(rig):
    config = {"candidate_count": 4 if rig.is_sandbox else 1}
    chunks = await done(
        rig.models.generate_content_stream(
            model=SLOW_MODEL[rig.backend],
            contents="Write a story of 5000 words about rain.",
            config=config,
        )
    )
    if hasattr(chunks, "__aiter__"):
        first = await chunks.__anext__()
        await chunks.aclose()
        rest = [chunk async for chunk in chunks]
    else:
        first = next(chunks)
        chunks.close()
        rest = list(chunks)
    assert first.candidates[0].content.parts[0].text, first
    rig.equal(rest, [], "a stream that was left gives no more")
    await rig.settled()
    after = await done(rig.models.generate_content(model=MODEL, contents=PROMPT))
    rig.equal(after.candidates[0].finish_reason, genai.types.FinishReason.STOP, "the next answer")


CASES = {
    "unary": unary,
    "stream": stream,
    "chat": chat,
    "system": system_instruction,
    "count": count_tokens,
    "embed-one": embed_one,
    "embed-many": embed_many,
    "models-paged": models_paged,
    "models-iterated": models_iterated,
    "model-get": model_get,
    "wrong-key": wrong_key,
    "unknown-model": unknown_model,
    "aborted-stream": aborted_stream,
}


async def run(url, key, backend):
    for mode in ("sync", "async"):
        rig = Rig(url, key, backend, mode)
        for name, case in CASES.items():
            line = {"mode": mode, "case": name, "version": genai.__version__, "error": None}
            try:
                await case(rig)
            except Exception:
                line["error"] = traceback.format_exc()
            print(json.dumps(line), flush=True)
        await rig.door.close()


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:4]))

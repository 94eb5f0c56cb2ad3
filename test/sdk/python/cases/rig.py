"""What every case of the features is given: a client of the sync or async kind, and a folder of its own."""

import math
import pathlib

from client import done, each
from google import genai
from google.genai import errors, types

FLASH = "gemini-2.5-flash"
"""Steered by budget, without signatures."""
PRO = "gemini-3.1-pro-preview"
"""Signs what it says, and wants the signatures back."""
QUESTION = "Why is the sky blue?"


class Rig:
    def __init__(self, url, key, mode, folder):
        self.url, self.key, self.mode = url, key, mode
        self.folder = pathlib.Path(folder)
        self.client = genai.Client(api_key=key, http_options={"base_url": url})
        self.api = self.client.aio if self.is_async else self.client

    @property
    def is_async(self):
        return self.mode == "async"

    @property
    def major(self):
        return int(genai.__version__.split(".")[0])

    def of(self, client):
        """The surface of another client that fits this rig's mode."""
        return client.aio if self.is_async else client

    async def ask(self, contents, config=None, model=FLASH):
        return await done(self.api.models.generate_content(model=model, contents=contents, config=config))

    async def stream(self, contents, config=None, model=FLASH):
        answer = self.api.models.generate_content_stream(model=model, contents=contents, config=config)
        return [chunk async for chunk in each(answer)]

    async def refused(self, call, code, status, fragment):
        """The call must end in the client's own error, with Google's status and words; resolves to the error."""
        try:
            await done(call())
        except errors.ClientError as error:
            equal((error.code, error.status), (code, status), "status")
            assert fragment in error.message, f"{error.message!r} lacks {fragment!r}"
            return error
        raise AssertionError(f"no error, expected {code}")

    async def close(self):
        await done(self.client.aio.aclose() if self.is_async else self.client.close())


def equal(actual, expected, what=""):
    assert actual == expected, f"{what}: {actual!r} is not {expected!r}"


def near(actual, expected, what=""):
    assert math.isclose(actual, expected, rel_tol=1e-3, abs_tol=1e-3), f"{what}: {actual} is not {expected}"


def has(text, *fragments):
    for fragment in fragments:
        assert fragment in (text or ""), f"{text!r} lacks {fragment!r}"


def joined(chunks):
    """The text of a stream; chunks without any are left out."""
    return "".join(part.text for part in parts_of(*chunks) if part.text and not part.thought)


def parts_of(*answers):
    contents = [answer.candidates[0].content for answer in answers if answer.candidates]
    return [part for content in contents if content for part in content.parts or []]


def content_of(chunks):
    """All that a stream said, as it is sent back."""
    return types.Content(role="model", parts=parts_of(*chunks))


def check_usage(answer):
    usage = answer.usage_metadata
    counts = [
        usage.prompt_token_count,
        usage.candidates_token_count or 0,
        usage.thoughts_token_count or 0,
        usage.tool_use_prompt_token_count or 0,
    ]
    assert counts[0] > 0, counts
    equal(usage.total_token_count, sum(counts), "usage adds up")
    return usage


def check_stream(chunks, reason=types.FinishReason.STOP):
    """One end, in the last chunk; the same answer in all of them; totals that only grow."""
    reasons = [chunk.candidates[0].finish_reason for chunk in chunks]
    equal(reasons, [None] * (len(chunks) - 1) + [reason], "only the last ends it")
    equal(len({chunk.response_id for chunk in chunks}), 1, "one answer")
    totals = [chunk.usage_metadata.total_token_count for chunk in chunks]
    equal(totals, sorted(totals), "running totals")
    check_usage(chunks[-1])

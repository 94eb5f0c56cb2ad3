"""What Google's Python client does in an application, over every kind of upstream; one JSON line for each case.

    script.py <base URL> <client key> <kinds as JSON>

The cases are written once: the model's name is all that tells one kind from another.
"""

import asyncio
import json
import logging
import pathlib
import sys
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "python"))

from cases.rig import Rig, check_usage, equal, has, joined, parts_of  # noqa: E402
from cases.samples import png_of  # noqa: E402
from client import done, each  # noqa: E402
from google import genai  # noqa: E402
from google.genai import errors, types  # noqa: E402
from pydantic import BaseModel  # noqa: E402

SKY = "Why is the sky blue?"
DEGREES = {"Oslo": -3, "Paris": 11}


class Book(BaseModel):
    title: str
    pages: int
    note: str | None = None


def check_stream(chunks):
    """One end, in the last chunk, and all of one answer. Counts may come with the last one alone."""
    assert len(chunks) >= 2, len(chunks)
    reasons = [chunk.candidates[0].finish_reason for chunk in chunks]
    equal(reasons, [None] * (len(chunks) - 1) + [types.FinishReason.STOP], "reasons")
    equal(len({chunk.response_id for chunk in chunks}), 1, "answers")
    check_usage(chunks[-1])


async def chat(rig, kind):
    config = types.GenerateContentConfig(system_instruction="Be a friendly host.")
    talk = rig.api.chats.create(model=kind["model"], config=config)
    first = await done(talk.send_message("Hello. My name is Zora."))
    equal(first.candidates[0].finish_reason, types.FinishReason.STOP, "reason")
    check_usage(first)
    await done(talk.send_message("I live in Oslo."))
    chunks = [chunk async for chunk in each(talk.send_message_stream("What is my name?"))]
    has(joined(chunks), "Your name is Zora.")


async def stream(rig, kind):
    chunks = await rig.stream(SKY, model=kind["model"])
    check_stream(chunks)
    whole = await rig.ask(SKY, model=kind["model"])
    equal(joined(chunks), whole.text, "streamed or not")


async def tools(rig, kind):
    """Python functions that the client calls by itself, to the end of the conversation."""
    called = []

    def get_weather(city: str) -> dict:
        """Gets the current weather of a city."""
        called.append(city)
        return {"city": city, "temperature_celsius": DEGREES[city]}

    config = types.GenerateContentConfig(tools=[get_weather])
    answer = await rig.ask("What is the weather in Oslo and Paris?", config, kind["model"])
    equal(called, ["Oslo", "Paris"], "calls")
    has(answer.text, "-3", "11")
    roles = [content.role for content in answer.automatic_function_calling_history]
    equal(roles, ["user", "model", "user"], "history")


async def tools_by_hand(rig, kind):
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    weather = types.FunctionDeclaration(name="get_weather", description="Weather", parameters_json_schema=schema)
    config = types.GenerateContentConfig(tools=[types.Tool(function_declarations=[weather])])
    talk = rig.api.chats.create(model=kind["model"], config=config)
    chunks = [chunk async for chunk in each(talk.send_message_stream("What is the weather in Oslo and Paris?"))]
    calls = [part.function_call for part in parts_of(*chunks) if part.function_call]
    equal([call.args for call in calls], [{"city": "Oslo"}, {"city": "Paris"}], "arguments")
    answers = []
    for call in calls:
        city = call.args["city"]
        part = types.Part.from_function_response(
            name=call.name, response={"city": city, "temperature_celsius": DEGREES[city]}
        )
        part.function_response.id = call.id
        answers.append(part)
    has((await done(talk.send_message(answers))).text, "-3", "11")


async def structured(rig, kind):
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=list[Book])
    answer = await rig.ask("List books about the sea.", config, kind["model"])
    assert answer.parsed and all(isinstance(book, Book) for book in answer.parsed), answer.text
    chunks = await rig.stream("List books about the sea.", config, kind["model"])
    assert isinstance(json.loads(joined(chunks)), list), joined(chunks)


async def thinking(rig, kind):
    wish = types.ThinkingConfig(include_thoughts=True, thinking_level=types.ThinkingLevel.LOW)
    config = types.GenerateContentConfig(thinking_config=wish)
    answer = await rig.ask(SKY, config, kind["thinker"])
    assert any(part.thought for part in parts_of(answer)), "thoughts are shown"
    assert answer.usage_metadata.thoughts_token_count > 0, "and counted"
    check_usage(answer)


async def picture(rig, kind):
    png = png_of(32, 20, (230, 20, 20))
    part = types.Part.from_bytes(data=png, mime_type="image/png")
    text = (await rig.ask(["What is in this picture?", part], model=kind["model"])).text
    # What one tells by its pixels, the others tell by its bytes.
    assert "PNG image of 32 × 20" in text or f"image/png of {len(png)} bytes" in text, text


async def failures(rig, kind):
    async def refused(text, code, status, expected, **config):
        """The client's own error, with Google's status."""
        try:
            answer = await rig.ask(text, config or None, kind["model"])
        except errors.APIError as error:
            assert isinstance(error, expected), repr(error)
            equal((error.code, error.status), (code, status), "status")
            return
        raise AssertionError(f"no error, expected {code}: {answer.text}")

    await refused("Wrong, so fail:now", 400, "INVALID_ARGUMENT", errors.ClientError, response_mime_type="application/pdf")
    await refused("Please fail:429", 429, "RESOURCE_EXHAUSTED", errors.ClientError)
    await refused("Please fail:500", 500, "INTERNAL", errors.ServerError)


CASES = {
    "chat": chat,
    "stream": stream,
    "tools": tools,
    "tools-by-hand": tools_by_hand,
    "structured": structured,
    "thinking": thinking,
    "picture": picture,
    "errors": failures,
}


async def run(url, key, kinds):
    rig = Rig(url, key, "sync", ".")
    for kind in kinds:
        for name, case in CASES.items():
            line = {"mode": "sync", "kind": kind["name"], "case": name, "version": genai.__version__, "error": None}
            try:
                await case(rig, kind)
            except Exception:
                line["error"] = traceback.format_exc()
            print(json.dumps(line), flush=True)
    await rig.close()


if __name__ == "__main__":
    # The client remarks on parts that are not text and on functions that it calls by itself; both are meant here.
    logging.disable(logging.WARNING)
    asyncio.run(run(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))

"""OpenAI's Python client, sync and async, over a target of each kind; one JSON line for each case.

    client.py <base URL> <client key> <key of one request a minute> <key of a tiny budget> <targets as JSON>

The cases are written once: the target's models are all that tells one kind from another.
"""

import asyncio
import base64
import inspect
import json
import math
import pathlib
import sys
import time
import traceback
from typing import Literal, Optional

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "python"))

import httpx2  # noqa: E402
import openai  # noqa: E402
from cases.samples import pdf_of, png_of, wav_of  # noqa: E402
from pydantic import BaseModel  # noqa: E402

SKY = "Why is the sky blue?"
SKY_TOLD = "sky is blue because"
WEATHER_ASKED = "What is the weather in Oslo and Paris?"
DEGREES = {"Oslo": -3, "Paris": 11}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class GetWeather(BaseModel):
    """Current weather of a city"""

    city: str
    unit: Literal["celsius", "fahrenheit"]


class Author(BaseModel):
    name: str


class Book(BaseModel):
    title: str
    pages: int
    genre: Literal["novel", "essay"]
    note: Optional[str]
    author: Author


class Books(BaseModel):
    books: list[Book]


async def done(value):
    """The value, waited for when the client is the async one."""
    return await value if inspect.isawaitable(value) else value


async def each(iterable):
    """Items of a sync or async iterable, which may itself have to be waited for."""
    iterable = await done(iterable)
    if hasattr(iterable, "__aiter__"):
        return [item async for item in iterable]
    return list(iterable)


class Clients:
    """Each is made once: most of a client's cost is its certificates."""

    def __init__(self, url, mode):
        self.url, self.kind = url, openai.AsyncOpenAI if mode == "async" else openai.OpenAI
        self.made = {}

    def get(self, key, path):
        if (key, path) not in self.made:
            self.made[key, path] = self.kind(api_key=key, base_url=self.url + path)
        return self.made[key, path]

    async def close(self):
        for client in self.made.values():
            await done(client.close())


class Rig:
    def __init__(self, place, mode, target, clients):
        self.place, self.mode, self.target, self.clients = place, mode, target, clients
        self.model, self.kind = target["model"], target["name"]
        self.client = self.with_key(place["key"])

    def with_key(self, key, path="/v1"):
        return self.clients.get(key, path)

    async def create(self, messages, client=None, **others):
        asked = {"model": self.model, "messages": messages, **others}
        return await done((client or self.client).chat.completions.create(**asked))

    async def stream(self, messages, client=None, **others):
        return await each(self.create(messages, client, stream=True, **others))

    async def final(self, messages, **others):
        """What the client itself puts together from a stream."""
        manager = self.client.chat.completions.stream(model=self.model, messages=messages, **others)
        if self.mode == "async":
            async with manager as stream:
                return await stream.get_final_completion()
        with manager as stream:
            return stream.get_final_completion()

    async def parse(self, messages, **others):
        asked = {"model": self.model, "messages": messages, **others}
        return await done(self.client.chat.completions.parse(**asked))

    async def refused(self, kind, call, **members):
        """The call must end in the client's own class of error, with these members."""
        try:
            await done(call)
        except kind as error:
            for name, value in members.items():
                equal(getattr(error, name), value, f"{name} of {error}")
            return error
        raise AssertionError(f"no error, expected {kind.__name__}")


def user(content):
    return {"role": "user", "content": content}


def equal(actual, expected, what=""):
    assert actual == expected, f"{what}: {actual!r} is not {expected!r}"


def has(text, *fragments):
    assert text and any(fragment in text for fragment in fragments), f"{text!r} lacks {fragments!r}"


def joined(chunks, index=0):
    choices = [choice for chunk in chunks for choice in chunk.choices if choice.index == index]
    return "".join(choice.delta.content or "" for choice in choices)


def check_usage(usage):
    assert usage.prompt_tokens > 0 and usage.completion_tokens > 0, usage
    equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens, "total")


def answers_to(calls):
    cities = [json.loads(call.function.arguments)["city"] for call in calls]
    answers = [{"city": city, "celsius": DEGREES.get(city, 21)} for city in cities]
    return [
        {"role": "tool", "tool_call_id": call.id, "content": json.dumps(answer)}
        for call, answer in zip(calls, answers)
    ]


def check_told(text):
    has(text, "-3")
    has(text, "11")


async def chat(rig):
    messages = [{"role": "system", "content": "Be a friendly host."}, user("Hello. My name is Zora.")]
    first = await rig.create(messages)
    equal((first.object, first.choices[0].finish_reason), ("chat.completion", "stop"))
    check_usage(first.usage)
    messages += [first.choices[0].message, user("What is my name?")]
    second = await rig.create(messages)
    has(second.choices[0].message.content, "Your name is Zora.")
    assert second._request_id


async def stream(rig):
    whole = await rig.create([user(SKY)])
    has(whole.choices[0].message.content, SKY_TOLD)
    chunks = await rig.stream([user(SKY)], stream_options={"include_usage": True})
    equal(joined(chunks), whole.choices[0].message.content, "streamed or not")
    equal(chunks[-1].choices, [])
    check_usage(chunks[-1].usage)
    ends = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    equal(ends, ["stop"])
    final = await rig.final([user(SKY)])
    equal(final.choices[0].message.content, whole.choices[0].message.content, "put together")


# A message that the client parsed, or put together from a stream, has members that only the client knows. The door
# takes them; whether a target of OpenAI's wire does is that target's to say.


async def tools(rig):
    for streamed in (False, True):
        messages = [user(WEATHER_ASKED)]
        ask = rig.final if streamed else rig.create
        first = (await ask(messages, tools=[WEATHER])).choices[0]
        equal(first.finish_reason, "tool_calls")
        calls = first.message.tool_calls
        equal([json.loads(call.function.arguments) for call in calls], [{"city": "Oslo"}, {"city": "Paris"}])
        if streamed and rig.kind == "openai":
            return
        # The message as the client gave it.
        messages += [first.message, *answers_to(calls)]
        second = (await ask(messages, tools=[WEATHER])).choices[0].message
        check_told(second.content)
        messages += [second, user("What is the weather in Rome?")]
        third = (await ask(messages, tools=[WEATHER])).choices[0].message
        equal(json.loads(third.tool_calls[0].function.arguments), {"city": "Rome"})


async def typed_tools(rig):
    messages = [user(WEATHER_ASKED)]
    wanted = [openai.pydantic_function_tool(GetWeather, name="get_weather")]
    first = (await rig.parse(messages, tools=wanted)).choices[0].message
    found = [call.function.parsed_arguments for call in first.tool_calls]
    assert all(isinstance(one, GetWeather) for one in found), found
    equal([one.city for one in found], ["Oslo", "Paris"])
    if rig.kind == "openai":
        return
    messages += [first, *answers_to(first.tool_calls)]
    check_told((await rig.parse(messages, tools=wanted)).choices[0].message.content)


async def structured(rig):
    messages = [user("List two books about the sea.")]
    first = (await rig.parse(messages, response_format=Books)).choices[0].message
    assert isinstance(first.parsed, Books) and first.parsed.books, first
    streamed = await rig.final(messages, response_format=Books)
    equal(streamed.choices[0].message.parsed, first.parsed, "streamed or not")
    if rig.kind == "openai":
        return
    messages += [first, user("Two more, please.")]
    second = (await rig.parse(messages, response_format=Books)).choices[0].message
    assert isinstance(second.parsed, Books), second


def data_url(kind, data):
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


async def media(rig):
    async def told(question, part):
        content = [{"type": "text", "text": question}, part]
        return (await rig.create([user(content)])).choices[0].message.content

    red = png_of(32, 20, (230, 20, 20))
    picture = {"type": "image_url", "image_url": {"url": data_url("image/png", red)}}
    seen = await told("What is in this picture?", picture)
    has(seen, "PNG image of 32 × 20", f"image/png of {len(red)} bytes")
    pdf = pdf_of("Borkum Reef was painted green.")
    file = {"filename": "reef.pdf", "file_data": data_url("application/pdf", pdf)}
    read = await told("What is in this document?", {"type": "file", "file": file})
    has(read, "Borkum", f"application/pdf of {len(pdf)} bytes")
    wav = wav_of(2)
    sound = {"data": base64.b64encode(wav).decode(), "format": "wav"}
    heard = told("What do you hear?", {"type": "input_audio", "input_audio": sound})
    if rig.kind == "anthropic":
        await rig.refused(openai.BadRequestError, heard, status_code=400)
    else:
        has(await heard, "2 seconds", "2.0 seconds", f"audio/wav of {len(wav)} bytes")


VECTORS = {"sandbox": "vectors-in-sandbox", "gemini": "vectors-by-gemini", "openai": "vectors-by-openai"}


def in_order(answer):
    return sorted(answer.data, key=lambda one: one.index)


async def embeddings(rig):
    asked = {"model": VECTORS[rig.kind], "input": ["the sea", "a lighthouse"], "dimensions": 256}
    # Without a form of its choice the client asks for base64, and reads it.
    usual = in_order(await done(rig.client.embeddings.create(**asked)))
    floats = in_order(await done(rig.client.embeddings.create(**asked, encoding_format="float")))
    equal([(one.index, len(one.embedding)) for one in usual], [(0, 256), (1, 256)])
    for one, other in zip(usual, floats):
        assert math.dist(one.embedding, other.embedding) < 1e-4


async def images(rig):
    model = "pictures-in-sandbox" if rig.kind == "sandbox" else "pictures-by-gemini"
    prompt = "A red circle on a blue background"
    painted = await done(rig.client.images.generate(model=model, prompt=prompt, size="1024x1024"))
    equal(base64.b64decode(painted.data[0].b64_json)[:4], b"\x89PNG")


async def options(rig):
    stopped = await rig.create([user(SKY)], stop=["because"], seed=7, temperature=0.5)
    assert "because" not in stopped.choices[0].message.content
    cut = await rig.create([user(SKY)], max_tokens=4)
    equal(cut.choices[0].finish_reason, "length")
    several = await rig.create([user(SKY)], n=2)
    equal([choice.index for choice in several.choices], [0, 1])
    chunks = await rig.stream([user(SKY)], n=2)
    for choice in several.choices:
        equal(joined(chunks, choice.index), choice.message.content, f"choice {choice.index}")
    if rig.kind == "anthropic":
        return
    likely = (await rig.create([user(SKY)], logprobs=True, top_logprobs=2)).choices[0]
    tokens = likely.logprobs.content
    equal("".join(one.token for one in tokens), likely.message.content, "tokens")
    assert all(len(one.top_logprobs) == 2 and one.logprob <= 0 for one in tokens)


async def thoughts(rig):
    thinking = {"google": {"thinking_config": {"include_thoughts": True}}}
    model = rig.target["thinker"]
    # As Google documents it, and as the client's own extra_body reads.
    for extra in ({"extra_body": thinking}, thinking):
        asked = {"model": model, "messages": [user(SKY)], "reasoning_effort": "low", "extra_body": extra}
        answer = await done(rig.client.chat.completions.create(**asked))
        message = answer.choices[0].message
        has(message.content, SKY_TOLD)
        assert message.reasoning_content, message
        assert answer.usage.completion_tokens_details.reasoning_tokens > 0, answer.usage
    chunks = await each(rig.client.chat.completions.create(**asked, stream=True))
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    assert "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas)


async def google(rig):
    model = "flash-in-sandbox" if rig.kind == "sandbox" else "flash-by-gemini"

    async def ask(question, tool):
        extra = {"extra_body": {"google": {"tools": [tool]}}}
        asked = {"model": model, "messages": [user(question)], "extra_body": extra}
        return (await done(rig.client.chat.completions.create(**asked))).choices[0].message

    found = await ask("Who won the euro 2024?", {"google_search": {}})
    assert found.annotations
    for annotation in found.annotations:
        source = annotation.url_citation
        assert source.url.startswith("https://") and source.start_index < source.end_index, annotation
    ran = await ask("What is the sum of the first 50 prime numbers?", {"code_execution": {}})
    kinds = [next(iter(part)) for part in ran.extra_content["google"]["parts"]]
    equal(kinds, ["executableCode", "codeExecutionResult"])
    has(ran.content, "5117")


async def models(rig):
    listed = [model.id for model in await each(rig.client.models.list())]
    assert {"in-sandbox", "by-anthropic", "by-chat"} <= set(listed), listed
    equal((await done(rig.client.models.retrieve("by-chat"))).id, "by-chat")


async def strangers(rig):
    wrong = rig.with_key("sk-proj-of-nobody-at-all")
    await rig.refused(
        openai.AuthenticationError,
        rig.create([user("Hello")], wrong),
        status_code=401,
        code="invalid_api_key",
    )
    missing = rig.create([user("Hello")], model="gpt-99")
    await rig.refused(openai.NotFoundError, missing, status_code=404, code="model_not_found")


async def bad_parameters(rig):
    wrong = {
        "temperature": {"temperature": 9},
        "messages[0].role": {"messages": [{"role": "nobody", "content": "fail:now"}]},
        "top_logprobs": {"top_logprobs": 2},
    }
    for param, others in wrong.items():
        call = rig.create(**{"messages": [user("Wrong, so fail:now")], **others})
        await rig.refused(openai.BadRequestError, call, status_code=400, param=param, type="invalid_request_error")


async def upstream_failures(rig):
    client = rig.client.with_options(max_retries=0)
    limited = rig.create([user("Please fail:429")], client)
    await rig.refused(openai.RateLimitError, limited, status_code=429, code="rate_limit_exceeded")
    failed = rig.create([user("Please fail:500")], client)
    await rig.refused(openai.InternalServerError, failed, status_code=500, type="server_error")


async def limits(rig):
    one = rig.with_key(rig.place["limited"]).with_options(max_retries=0)
    await rig.create([user("Hello")], one)
    again = rig.create([user("Hello")], one)
    error = await rig.refused(openai.RateLimitError, again, code="rate_limit_exceeded")
    assert error.response.headers["retry-after"].isdigit()
    spent = rig.create([user("Hello")], rig.with_key(rig.place["poor"]), max_tokens=200)
    error = await rig.refused(openai.RateLimitError, spent, code="insufficient_quota", type="insufficient_quota")
    equal(error.response.request.headers["x-stainless-retry-count"], "0", "it came again")


async def retries(rig):
    began = time.monotonic()
    answer = await rig.create([user("Limited once, says Python")])
    equal(answer.choices[0].message.content, "Here I am.")
    assert time.monotonic() - began > 0.9, "it was told to wait a second"


async def aborted(rig):
    asked = {"model": rig.model, "messages": [user("Count slowly.")], "stream": True}
    stream = await done(rig.client.chat.completions.create(**asked))
    if rig.mode == "async":
        async for _ in stream:
            break
    else:
        for _ in stream:
            break
    await done(stream.close())


async def broken(rig):
    client = rig.client.with_options(max_retries=0)
    try:
        await rig.stream([user("Now break:stream, please.")], client)
    except (openai.APIError, httpx2.TransportError):
        # An event that says so, or the end of the connection.
        return
    raise AssertionError("a short answer without an error")


async def googles(rig):
    client = rig.with_key(rig.place["key"], "/v1beta/openai")
    whole = await rig.create([user(SKY)], client, model=f"models/{rig.model}")
    has(whole.choices[0].message.content, SKY_TOLD)
    equal(joined(await rig.stream([user(SKY)], client)), whole.choices[0].message.content, "streamed or not")
    listed = [model.id for model in await each(client.models.list())]
    assert "models/in-sandbox" in listed, listed
    wrong = rig.create([user("x")], client, model="gpt-99")
    error = await rig.refused(openai.NotFoundError, wrong, status_code=404)
    equal(error.body[0]["error"]["status"], "NOT_FOUND")
    if rig.kind in ("sandbox", "gemini"):
        extra = {"extra_body": {"google": {"thinking_config": {"include_thoughts": True}}}}
        thought = await rig.create([user(SKY)], client, extra_body=extra)
        assert thought.choices[0].message.content.startswith("<thought>"), thought


BY_GEMINI = ("sandbox", "gemini")
ALL = ("sandbox", "gemini", "anthropic", "openai")
CASES = {
    "chat": (chat, ALL),
    "stream": (stream, ALL),
    "tools": (tools, ALL),
    "typed-tools": (typed_tools, ALL),
    "structured": (structured, ALL),
    "media": (media, ALL),
    "embeddings": (embeddings, tuple(VECTORS)),
    "images": (images, BY_GEMINI),
    "options": (options, ALL),
    "thoughts": (thoughts, ALL),
    "google": (google, BY_GEMINI),
    "models": (models, ("sandbox",)),
    "strangers": (strangers, ("sandbox",)),
    "bad-parameters": (bad_parameters, ALL),
    "upstream-failures": (upstream_failures, ALL),
    "limits": (limits, ("sandbox",)),
    "retries": (retries, BY_GEMINI),
    "aborted": (aborted, BY_GEMINI),
    "broken": (broken, ALL),
    "googles": (googles, ALL),
}
SYNC_ONLY = ("limits", "retries")
"""What is asked once only: the keys are used up, and the bad day is over."""


async def run_case(name, rig):
    line = {"mode": rig.mode, "kind": rig.kind, "case": name, "version": openai.__version__, "error": None}
    try:
        await CASES[name][0](rig)
    except Exception:
        line["error"] = traceback.format_exc()
    print(json.dumps(line), flush=True)


async def run(place, targets):
    for mode in ("sync", "async"):
        clients = Clients(place["url"], mode)
        for target in targets if mode == "sync" else targets[:1]:
            rig = Rig(place, mode, target, clients)
            for name, (_, kinds) in CASES.items():
                if rig.kind in kinds and not (mode == "async" and name in SYNC_ONLY):
                    await run_case(name, rig)
        await clients.close()


if __name__ == "__main__":
    url, key, limited, poor, kinds = sys.argv[1:]
    asyncio.run(run({"url": url, "key": key, "limited": limited, "poor": poor}, json.loads(kinds)))

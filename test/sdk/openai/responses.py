"""The Responses API through OpenAI's Python client, sync and async."""

import json

import client as shared
import openai
from client import Books, GetWeather, SKY, SKY_TOLD, WEATHER, WEATHER_ASKED, check_told, done, each, equal, has, user

FUNCTION = {"type": "function", "strict": False, **WEATHER["function"]}


def create(rig, **asked):
    return rig.client.responses.create(**{"model": rig.model, "store": False, **asked})


async def final(rig, **asked):
    """What the client itself puts together from a stream."""
    manager = rig.client.responses.stream(**{"model": rig.model, "store": False, **asked})
    if rig.mode == "async":
        async with manager as stream:
            return await stream.get_final_response()
    with manager as stream:
        return stream.get_final_response()


async def conversation(rig):
    messages = [user("Hello. My name is Zora.")]
    first = await done(create(rig, input=messages, instructions="Be a friendly host."))
    equal((first.object, first.status), ("response", "completed"))
    equal(first.usage.total_tokens, first.usage.input_tokens + first.usage.output_tokens, "total")
    messages += [*first.output, user("What is my name?")]
    has((await done(create(rig, input=messages))).output_text, "Your name is Zora.")
    if rig.kind == "openai":
        return
    kept = await done(create(rig, input="Hello. My name is Zora.", store=True))
    second = await done(create(rig, input="What is my name?", previous_response_id=kept.id))
    has(second.output_text, "Your name is Zora.")


async def stream(rig):
    whole = await done(create(rig, input=SKY))
    has(whole.output_text, SKY_TOLD)
    events = await each(create(rig, input=SKY, stream=True))
    equal([event.sequence_number for event in events], list(range(len(events))))
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    equal("".join(deltas), whole.output_text, "streamed or not")
    equal(events[-1].type, "response.completed")
    equal((await final(rig, input=SKY)).output_text, whole.output_text, "put together")


def results_of(calls):
    answers = shared.answers_to([Called(call) for call in calls])
    return [
        {"type": "function_call_output", "call_id": answer["tool_call_id"], "output": answer["content"]}
        for answer in answers
    ]


class Called:
    """A call as chat completions have it."""

    def __init__(self, item):
        self.id, self.function = item.call_id, item


async def functions(rig):
    messages = [user(WEATHER_ASKED)]
    first = await done(create(rig, input=messages, tools=[FUNCTION]))
    calls = [item for item in first.output if item.type == "function_call"]
    equal([json.loads(call.arguments) for call in calls], [{"city": "Oslo"}, {"city": "Paris"}])
    messages += [*first.output, *results_of(calls)]
    check_told((await done(create(rig, input=messages, tools=[FUNCTION]))).output_text)
    tool = openai.pydantic_function_tool(GetWeather, name="get_weather")["function"]
    typed = {"type": "function", **tool}
    streamed = await final(rig, input=WEATHER_ASKED, tools=[typed])
    found = [json.loads(item.arguments)["city"] for item in streamed.output if item.type == "function_call"]
    equal(found, ["Oslo", "Paris"])


async def structured(rig):
    asked = {"input": "List two books about the sea.", "text_format": Books}
    whole = await done(rig.client.responses.parse(model=rig.model, store=False, **asked))
    assert isinstance(whole.output_parsed, Books) and whole.output_parsed.books, whole
    equal((await final(rig, **asked)).output_parsed, whole.output_parsed, "streamed or not")


async def reasoning(rig):
    model = "by-responses" if rig.kind == "openai" else rig.model
    answer = await done(create(rig, model=model, input=SKY, reasoning={"effort": "low", "summary": "auto"}))
    thoughts = [item for item in answer.output if item.type == "reasoning"]
    assert thoughts and thoughts[0].summary[0].text, answer.output
    assert answer.usage.output_tokens_details.reasoning_tokens > 0, answer.usage


async def served(rig):
    model = "flash-in-sandbox" if rig.kind == "sandbox" else "flash-by-gemini"
    found = await done(create(rig, model=model, input="Who won the euro 2024?", tools=[{"type": "web_search"}]))
    message = next(item for item in found.output if item.type == "message")
    assert all(one.type == "url_citation" for one in message.content[0].annotations), message
    assert message.content[0].annotations, message
    tool = {"type": "code_interpreter", "container": {"type": "auto"}}
    ran = await done(create(rig, model=model, input="What is the sum of the first 50 prime numbers?", tools=[tool]))
    assert any(item.type == "code_interpreter_call" for item in ran.output), ran.output
    has(ran.output_text, "5117")


async def stored(rig):
    made = await done(create(rig, input="Hello", store=True))
    equal((await done(rig.client.responses.retrieve(made.id))).output_text, made.output_text)
    await done(rig.client.responses.delete(made.id))
    try:
        await done(rig.client.responses.retrieve(made.id))
    except openai.NotFoundError:
        return
    raise AssertionError("it is still there")


async def refusals(rig):
    try:
        await done(create(rig, input="Wrong", metadata={"note": "fail:now"}, temperature=9))
    except openai.BadRequestError as error:
        return equal(error.param, "temperature")
    raise AssertionError("no error")


ALL = ("sandbox", "gemini", "anthropic", "openai")
BY_GEMINI = ("sandbox", "gemini")
CASES = {
    "responses-conversation": (conversation, ALL),
    "responses-stream": (stream, ALL),
    "responses-functions": (functions, ALL),
    "responses-structured": (structured, ALL),
    "responses-reasoning": (reasoning, ALL),
    "responses-served": (served, BY_GEMINI),
    "responses-stored": (stored, ("sandbox",)),
    "responses-refusals": (refusals, ALL),
}

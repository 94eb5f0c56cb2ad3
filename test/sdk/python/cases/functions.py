"""Functions that the client calls by itself, and functions that the caller calls."""

from client import done, each
from google.genai import types
from pydantic import BaseModel

from cases.rig import FLASH, PRO, check_stream, check_usage, content_of, equal, has, joined, parts_of

BOTH = "What is the weather in Oslo and Rome, and what is the local time in Oslo?"
DEGREES = {"Oslo": 4, "Rome": 19}


class Guest(BaseModel):
    name: str
    age: int


def toolbox(is_async):
    """Two functions and the list of their calls; the async client is given async functions."""
    called = []

    def get_weather(city: str) -> dict:
        """Gets the current weather of a city.

        Args:
            city: Name of the city.
        """
        called.append(("weather", city))
        return {"degrees": DEGREES[city], "sky": "clear"}

    def get_local_time(city: str) -> str:
        """Tells the local time of a city."""
        called.append(("time", city))
        return "12:30"

    async def get_weather_slowly(city: str) -> dict:
        return get_weather(city)

    async def get_local_time_slowly(city: str) -> str:
        return get_local_time(city)

    if not is_async:
        return [get_weather, get_local_time], called
    for slow, fast in ((get_weather_slowly, get_weather), (get_local_time_slowly, get_local_time)):
        slow.__name__, slow.__doc__ = fast.__name__, fast.__doc__
    return [get_weather_slowly, get_local_time_slowly], called


CALLED = [("time", "Oslo"), ("weather", "Oslo"), ("weather", "Rome")]


async def automatic(rig):
    for model in (FLASH, PRO):
        tools, called = toolbox(rig.is_async)
        answer = await rig.ask(BOTH, types.GenerateContentConfig(tools=tools), model)
        equal(sorted(called), CALLED, f"calls of {model}")
        has(answer.text, "Oslo", "4", "Rome", "19", "12:30")
        equal(answer.candidates[0].finish_reason, types.FinishReason.STOP, "reason")
        check_usage(answer)
        asked, calls, responses = answer.automatic_function_calling_history
        equal([asked.role, calls.role, responses.role], ["user", "model", "user"], "history")
        equal(len(calls.parts), 3, "calls in one turn")
        equal([part.function_response.name for part in responses.parts].count("get_weather"), 2, "responses")
        signed = [bool(part.thought_signature) for part in calls.parts]
        equal(signed[1:], [False, False], "only the first of parallel calls may be signed")
        assert signed[0] or model == FLASH, "the newer family signs"


async def automatic_chat(rig):
    tools, called = toolbox(rig.is_async)
    talk = rig.api.chats.create(model=PRO, config={"tools": tools})
    first = await done(talk.send_message("What is the weather in Oslo?"))
    has(first.text, "Oslo", "4")
    second = await done(talk.send_message("And what is the weather in Rome?"))
    has(second.text, "Rome", "19")
    equal(called, [("weather", "Oslo"), ("weather", "Rome")], "calls")
    roles = [content.role for content in talk.get_history()]
    equal(roles, ["user", "model", "user", "model"] * 2, "history with calls and responses")


async def automatic_stream(rig):
    tools, called = toolbox(rig.is_async)
    chunks = await rig.stream(BOTH, types.GenerateContentConfig(tools=tools), PRO)
    equal(sorted(called), CALLED, "calls")
    calls = [part.function_call.name for part in parts_of(*chunks) if part.function_call]
    equal(sorted(calls), ["get_local_time", "get_weather", "get_weather"], "calls that were streamed")
    has(joined(chunks), "Oslo", "4", "Rome", "19", "12:30")
    last = [chunk for chunk in chunks if not any(part.function_call for part in parts_of(chunk))]
    check_stream(last)
    talk = rig.api.chats.create(model=PRO, config={"tools": tools})
    again = [chunk async for chunk in each(talk.send_message_stream("What is the weather in Rome?"))]
    has(joined(again), "Rome", "19")


async def automatic_typed(rig):
    """Arguments come as the types that the function declares."""
    seen = []

    def book_table(restaurant: str, guests: int, outdoors: bool, budget: float, dishes: list[str]) -> str:
        """Books a table in a restaurant."""
        seen.append((restaurant, guests, outdoors, budget, dishes))
        return "confirmed under number 77"

    def invite(guest: Guest) -> str:
        """Sends an invitation to a guest."""
        seen.append(guest)
        return "sent"

    prompt = 'Book a table for 4 at "Lofoten", outdoors, with a budget of 60.5 euros'
    answer = await rig.ask(prompt, {"tools": [book_table]})
    [(restaurant, guests, outdoors, budget, dishes)] = seen
    equal((restaurant, guests, outdoors, budget), ("Lofoten", 4, True, 60.5), "arguments out of the prompt")
    assert dishes and all(isinstance(dish, str) for dish in dishes), dishes
    has(answer.text, "confirmed under number 77")
    seen.clear()
    await rig.ask("Send an invitation to the guest John Smith, who is 42 years old", {"tools": [invite]})
    equal(seen, [Guest(name="John Smith", age=42)], "a model as argument")


async def automatic_limits(rig):
    def get_weather(city: str) -> dict:
        """Gets the current weather of a city."""
        raise RuntimeError("the station is on fire")

    prompt = "What is the weather in Oslo?"
    answer = await rig.ask(prompt, {"tools": [get_weather]})
    has(answer.text.lower(), "could not", "the station is on fire")
    config = types.GenerateContentConfig(
        tools=[get_weather],
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    [call] = (await rig.ask(prompt, config)).function_calls
    equal((call.name, call.args), ("get_weather", {"city": "Oslo"}), "a call that is left to the caller")


WEATHER = types.FunctionDeclaration(
    name="get_weather",
    description="Gets the current weather of a city",
    parameters=types.Schema(
        type=types.Type.OBJECT,
        properties={"city": types.Schema(type=types.Type.STRING, description="e.g. Paris")},
        required=["city"],
    ),
)
TIME = types.FunctionDeclaration(
    name="get_local_time",
    description="Tells the local time of a city",
    parameters_json_schema={
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
)
TOOLS = [types.Tool(function_declarations=[WEATHER, TIME])]


def responses_to(calls):
    parts = []
    for call in calls:
        part = types.Part.from_function_response(name=call.name, response={"output": f"{call.args['city']} 42"})
        part.function_response.id = call.id
        parts.append(part)
    return types.Content(role="user", parts=parts)


async def manual(rig):
    config = types.GenerateContentConfig(tools=TOOLS)
    contents = [types.UserContent(BOTH)]
    answer = await rig.ask(contents, config, PRO)
    equal(len(answer.function_calls), 3, "parallel calls")
    equal(len({call.id for call in answer.function_calls}), 3, "each has an id")
    assert answer.text is None, answer.text
    equal(answer.candidates[0].finish_reason, types.FinishReason.STOP, "reason")
    contents += [answer.candidates[0].content, responses_to(answer.function_calls)]
    final = await rig.ask(contents, config, PRO)
    has(final.text, "Oslo 42", "Rome 42")
    assert final.function_calls is None, final.function_calls
    for part in contents[1].parts:
        part.thought_signature = None
    words = "Function call is missing a thought_signature in functionCall parts."
    await rig.refused(lambda: rig.ask(contents, config, PRO), 400, "INVALID_ARGUMENT", words)
    unequal = [*contents[:2], responses_to(answer.function_calls[:1])]
    unequal[1].parts[0].thought_signature = b"skip_thought_signature_validator"
    words = "number of function response parts is equal to the number of function call parts"
    await rig.refused(lambda: rig.ask(unequal, config, PRO), 400, "INVALID_ARGUMENT", words)


async def manual_stream(rig):
    config = types.GenerateContentConfig(tools=TOOLS)
    contents = [types.UserContent(BOTH)]
    chunks = await rig.stream(contents, config, PRO)
    check_stream(chunks)
    calls = [part.function_call for part in parts_of(*chunks) if part.function_call]
    equal(len(calls), 3, "parallel calls")
    contents += [content_of(chunks), responses_to(calls)]
    final = await rig.stream(contents, config, PRO)
    check_stream(final)
    has(joined(final), "Oslo 42", "Rome 42")


def mode_of(mode, names=None):
    calling = types.FunctionCallingConfig(mode=mode, allowed_function_names=names)
    return types.GenerateContentConfig(
        tools=TOOLS, tool_config=types.ToolConfig(function_calling_config=calling)
    )


async def modes(rig):
    forced = await rig.ask("Hello there", mode_of(types.FunctionCallingConfigMode.ANY))
    assert forced.function_calls, "ANY must call"
    named = await rig.ask(BOTH, mode_of("ANY", ["get_local_time"]))
    equal({call.name for call in named.function_calls}, {"get_local_time"}, "only what is allowed")
    none = await rig.ask(BOTH, mode_of("NONE"))
    assert none.function_calls is None and none.text, none
    free = await rig.ask("Why is the sky blue?", mode_of("AUTO"))
    assert free.function_calls is None, "nothing asks for a call"
    has(free.text, "sky is blue")


CASES = {
    "afc": automatic,
    "afc-chat": automatic_chat,
    "afc-stream": automatic_stream,
    "afc-typed": automatic_typed,
    "afc-limits": automatic_limits,
    "call": manual,
    "call-stream": manual_stream,
    "call-modes": modes,
}

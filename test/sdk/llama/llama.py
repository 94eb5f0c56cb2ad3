"""Google's Python client over llama.cpp's own server: every case for each model, one JSON line each.

    llama.py <base URL> <client key> <model>...
"""

import json
import sys
import traceback

from google import genai
from google.genai import errors, types

called = []


def weather(city: str) -> dict:
    """Tells the weather of a city.

    Args:
        city: Its name.
    """
    called.append(city)
    return {"sky": "clear", "city": city}


def chat(client, model):
    """A chat of two turns, with what was used."""
    talk = client.chats.create(model=model, config={"max_output_tokens": 24})
    first = talk.send_message("Hello")
    assert first.text, first
    second = talk.send_message("Go on")
    assert second.usage_metadata.prompt_token_count > first.usage_metadata.prompt_token_count, second
    assert second.candidates[0].finish_reason in ("STOP", "MAX_TOKENS"), second


def streaming(client, model):
    """A stream that arrives in pieces and ends with its usage."""
    chunks = list(client.models.generate_content_stream(model=model, contents="Hello", config={"max_output_tokens": 24}))
    assert len(chunks) > 3, len(chunks)
    assert "".join(chunk.text or "" for chunk in chunks)
    assert chunks[-1].candidates[0].finish_reason in ("STOP", "MAX_TOKENS"), chunks[-1]
    assert chunks[-1].usage_metadata.candidates_token_count > 3, chunks[-1]


def tools_to_their_end(client, model):
    """A Python function is called by the client itself, and its result talked about."""
    called.clear()
    config = {"tools": [weather], "max_output_tokens": 500, "temperature": 0.2, "seed": 7}
    answer = client.models.generate_content(model=model, contents="What is the weather?", config=config)
    assert called, answer
    history = answer.automatic_function_calling_history
    parts = [part for content in history for part in content.parts]
    calls = [part.function_call for part in parts if part.function_call]
    results = [part.function_response for part in parts if part.function_response]
    assert len(calls) == len(results) == len(called), history
    assert answer.candidates[0].finish_reason in ("STOP", "MAX_TOKENS"), answer


def structured_output(client, model):
    """An answer in the form that was asked for, or none."""
    schema = {
        "type": "OBJECT",
        "properties": {"isGood": {"type": "BOOLEAN"}, "colour": {"type": "STRING", "enum": ["red", "blue"]}},
        "required": ["isGood", "colour"],
        "propertyOrdering": ["isGood", "colour"],
    }
    config = {"response_mime_type": "application/json", "response_schema": schema, "max_output_tokens": 400}
    if model == "tiny-messages":
        # That wire has no schema here, and the model does not keep to one that it is told: better no answer than a wrong one.
        # A full stop ends it: one that is cut at its limit says so, and passes as it is.
        ending = {**config, "stop_sequences": ["."]}
        try:
            client.models.generate_content(model=model, contents="Judge it", config=ending)
        except errors.ServerError as error:
            assert error.code == 503 and "did not keep to the format" in error.message, error
            return
        raise AssertionError("an answer in another form was taken for one")
    answer = client.models.generate_content(model=model, contents="Judge it", config=config)
    read = json.loads(answer.text)
    assert isinstance(read["isGood"], bool) and read["colour"] in ("red", "blue"), answer.text


def counted_tokens(client, model):
    """Tokens are counted, not generated."""
    assert client.models.count_tokens(model=model, contents="one two three").total_tokens > 2


def refusal(client, model):
    """What the server refuses is the client's own error, with its status."""
    try:
        client.models.generate_content(model=model, contents="long " * 4000, config={"max_output_tokens": 8})
    except errors.ClientError as error:
        assert error.code == 400 and error.status == "INVALID_ARGUMENT", error
    else:
        raise AssertionError("a prompt beyond the context was taken")


CASES = [chat, streaming, tools_to_their_end, structured_output, counted_tokens, refusal]


def main(url, key, models):
    client = genai.Client(api_key=key, http_options={"base_url": url})
    for model in models:
        for case in CASES:
            error = None
            try:
                case(client, model)
            except Exception:
                error = traceback.format_exc()
            print(json.dumps({"model": model, "case": case.__name__, "title": case.__doc__, "error": error}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])

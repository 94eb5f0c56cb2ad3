"""Plain answers, chats with thoughts, and errors by their types."""

from client import done, each
from google.genai import errors, types

from cases.rig import FLASH, PRO, QUESTION, check_stream, check_usage, equal, has, joined, parts_of


async def text(rig):
    config = types.GenerateContentConfig(temperature=0.2, top_p=0.9, top_k=20, seed=7, candidate_count=2)
    answer = await rig.ask(QUESTION, config)
    has(answer.text, "sky is blue")
    equal([candidate.index for candidate in answer.candidates], [0, 1], "candidates")
    equal({candidate.finish_reason for candidate in answer.candidates}, {types.FinishReason.STOP}, "reasons")
    equal(answer.model_version, FLASH, "model version")
    usage = check_usage(answer)
    [detail] = usage.prompt_tokens_details
    equal((detail.modality, detail.token_count), (types.MediaModality.TEXT, usage.prompt_token_count), "details")
    equal((await rig.ask(QUESTION, config)).text, answer.text, "the sandbox repeats itself")


async def limits(rig):
    short = await rig.ask(
        "Write an essay about rain.",
        {"max_output_tokens": 20, "thinking_config": {"thinking_budget": 0}},
    )
    equal(short.candidates[0].finish_reason, types.FinishReason.MAX_TOKENS, "reason")
    assert 0 < short.usage_metadata.candidates_token_count <= 20, short.usage_metadata
    stopped = await rig.ask("Say alpha beta gamma", {"stop_sequences": ["beta"]})
    equal((stopped.text or "").strip(), "alpha", "a stop sequence is not part of the answer")


async def stream(rig):
    chunks = await rig.stream(QUESTION)
    assert len(chunks) >= 2, chunks
    check_stream(chunks)
    equal(joined(chunks), (await rig.ask(QUESTION)).text, "streamed or not, it is the same answer")


def thoughts_of(*answers):
    return "".join(part.text for part in parts_of(*answers) if part.thought)


async def chat_thoughts(rig):
    config = types.GenerateContentConfig(
        thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=1024),
    )
    talk = rig.api.chats.create(model=FLASH, config=config)
    first = await done(talk.send_message("My name is Zora. Why is the sky blue?"))
    assert len(thoughts_of(first)) > 20 and first.usage_metadata.thoughts_token_count > 0, first
    assert thoughts_of(first) not in first.text, "thoughts are not part of the text"
    chunks = [chunk async for chunk in each(talk.send_message_stream("What is my name?"))]
    equal(joined(chunks), "Your name is Zora.", "it remembers")
    assert thoughts_of(*chunks), chunks
    roles = [content.role for content in talk.get_history(curated=True)]
    equal(roles[:3], ["user", "model", "user"], "roles")
    equal(set(roles[3:]), {"model"}, "the chunks of the last answer")


async def chat_signed(rig):
    """Every text of the newer family ends in a signature, which the chat sends back by itself."""
    config = types.GenerateContentConfig(
        thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_level=types.ThinkingLevel.LOW),
    )
    talk = rig.api.chats.create(model=PRO, config=config)
    first = await done(talk.send_message("My name is Zora."))
    chunks = [chunk async for chunk in each(talk.send_message_stream("And why is the sky blue?"))]
    has(joined(chunks), "sky is blue")
    for answer in ([first], chunks):
        signatures = [part.thought_signature for part in parts_of(*answer) if part.thought_signature]
        equal([type(signature) for signature in signatures], [bytes], "one signature")
    third = await done(talk.send_message("What is my name?"))
    equal(third.text, "Your name is Zora.", "it remembers")
    sent = [part for content in talk.get_history(curated=True) for part in content.parts]
    equal(len([part for part in sent if part.thought_signature]), 3, "signatures in the history")


async def chat_history(rig):
    history = [
        types.UserContent("My name is Ines."),
        types.ModelContent("Hello Ines."),
    ]
    talk = rig.api.chats.create(model="gemini-3.5-flash", history=history)
    equal((await done(talk.send_message("What is my name?"))).text, "Your name is Ines.", "it remembers")


async def typed_errors(rig):
    words = "Thinking level is not supported for this model."
    level = {"thinking_config": {"thinking_level": "LOW"}}
    error = await rig.refused(lambda: rig.ask(QUESTION, level), 400, "INVALID_ARGUMENT", words)
    assert isinstance(error, errors.APIError) and error.details["error"]["code"] == 400, error
    await rig.refused(lambda: rig.stream(QUESTION, level), 400, "INVALID_ARGUMENT", words)
    words = "models/gemini-0 is not found for API version v1"
    await rig.refused(lambda: rig.ask(QUESTION, model="gemini-0"), 404, "NOT_FOUND", words)
    missing = {"cached_content": "cachedContents/nowhere"}
    words = "CachedContent not found (or permission denied)"
    await rig.refused(lambda: rig.ask(QUESTION, missing), 403, "PERMISSION_DENIED", words)


CASES = {
    "text": text,
    "text-limits": limits,
    "text-stream": stream,
    "text-errors": typed_errors,
    "chat-thoughts": chat_thoughts,
    "chat-signed": chat_signed,
    "chat-history": chat_history,
}

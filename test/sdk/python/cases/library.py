"""Files, caches and batches: made, used, removed."""

import datetime
import io
import json
import warnings

from client import done, each
from google.genai import types

from cases.rig import FLASH, check_stream, check_usage, equal, has, joined
from cases.samples import pdf_of, png_of
from cases.waiting import batch_over

FERRY = "When does the ferry to Holm leave?"
GONE = "You do not have permission to access the File"


async def files(rig):
    path = rig.folder / "timetable.pdf"
    path.write_bytes(pdf_of("The ferry to Holm leaves at 06:40."))
    file = await done(rig.api.files.upload(file=path, config={"display_name": "timetable"}))
    equal((file.display_name, file.mime_type, file.size_bytes), ("timetable", "application/pdf", path.stat().st_size))
    equal((file.state, file.source), (types.FileState.ACTIVE, types.FileSource.UPLOADED), "state")
    equal(file.expiration_time - file.create_time, datetime.timedelta(hours=48), "kept for two days")
    answer = await rig.ask([file, FERRY])
    has(answer.text, "06:40")
    check_usage(answer)
    chunks = await rig.stream([file, FERRY])
    check_stream(chunks)
    equal(joined(chunks), answer.text, "streamed or not, it is the same answer")
    picture = await done(
        rig.api.files.upload(file=io.BytesIO(png_of(50, 40, (10, 200, 10))), config={"mime_type": "image/png"})
    )
    has((await rig.ask(["What is this picture?", picture])).text, "50 × 40", "green")
    equal(await done(rig.api.files.get(name=file.name)), file, "the same file")
    names = [one.name async for one in each(rig.api.files.list(config={"page_size": 1}))]
    assert {file.name, picture.name} <= set(names), names
    for one in (file, picture):
        await done(rig.api.files.delete(name=one.name))
    await rig.refused(lambda: rig.api.files.get(name=file.name), 403, "PERMISSION_DENIED", GONE)
    await rig.refused(lambda: rig.ask([file, FERRY]), 403, "PERMISSION_DENIED", GONE)


LARGE_BYTES = 9 * 1024 * 1024


async def large_file(rig):
    """The client sends 8 MiB at once, so this takes two pieces."""
    words = b"The ferry to Holm leaves at 06:40.\n"
    text = io.BytesIO(words + b"The sea is calm today. " * (LARGE_BYTES // 23))
    size = len(text.getvalue())
    file = await done(rig.api.files.upload(file=text, config={"mime_type": "text/plain"}))
    equal((file.size_bytes, file.state), (size, types.FileState.ACTIVE), "the whole of it")
    counted = await done(rig.api.models.count_tokens(model=FLASH, contents=[file]))
    assert counted.total_tokens > 1_048_576, counted
    words = "The input token count exceeds the maximum number of tokens allowed"
    await rig.refused(lambda: rig.ask([file, FERRY]), 400, "INVALID_ARGUMENT", words)
    await done(rig.api.files.delete(name=file.name))


STORY = "The lighthouse keeper counts the waves and writes it down. " * 200 + "The keeper is called Ansgar."


async def caches(rig):
    api = rig.api.caches
    config = types.CreateCachedContentConfig(
        contents=[types.UserContent(STORY)], system_instruction="You are brief.", ttl="300s", display_name="story"
    )
    cache = await done(api.create(model=FLASH, config=config))
    tokens = cache.usage_metadata.total_token_count
    equal((cache.model, cache.display_name), (f"models/{FLASH}", "story"), "cache")
    assert tokens > 1_000, tokens
    use = types.GenerateContentConfig(cached_content=cache.name)
    prompt = "What is the keeper called?"
    answer = await rig.ask(prompt, use)
    has(answer.text, "Ansgar")
    usage = check_usage(answer)
    equal(usage.cached_content_token_count, tokens, "what came from the cache")
    assert tokens < usage.prompt_token_count < tokens + 20, usage
    chunks = await rig.stream(prompt, use)
    check_stream(chunks)
    equal(joined(chunks), answer.text, "streamed or not, it is the same answer")
    equal(chunks[-1].usage_metadata.cached_content_token_count, tokens, "streamed")
    later = await done(api.update(name=cache.name, config=types.UpdateCachedContentConfig(ttl="900s")))
    assert later.expire_time > cache.expire_time, later
    equal((await done(api.get(name=cache.name))).expire_time, later.expire_time, "expiry")
    assert cache.name in [one.name async for one in each(api.list())]
    words = "CachedContent can not be used with GenerateContent request setting"
    both = types.GenerateContentConfig(cached_content=cache.name, system_instruction="Be long.")
    await rig.refused(lambda: rig.ask(prompt, both), 400, "INVALID_ARGUMENT", words)
    await done(api.delete(name=cache.name))
    words = "CachedContent not found (or permission denied)"
    await rig.refused(lambda: api.get(name=cache.name), 403, "PERMISSION_DENIED", words)
    await rig.refused(lambda: rig.ask(prompt, use), 403, "PERMISSION_DENIED", words)


async def inline_batch(rig):
    api = rig.api.batches
    requests = [
        types.InlinedRequest(contents="Say alpha", metadata={"key": "a"}),
        types.InlinedRequest(contents="Say beta", config={"temperature": 0.1}, metadata={"key": "b"}),
        types.InlinedRequest(contents="Say gamma", config={"temperature": 9}, metadata={"key": "c"}),
    ]
    batch = await batch_over(rig, api.create(model=FLASH, src=requests, config={"display_name": "three"}))
    equal((batch.state, batch.display_name), (types.JobState.JOB_STATE_SUCCEEDED, "three"), "batch")
    assert batch.end_time >= batch.create_time, batch
    results = batch.dest.inlined_responses
    equal([one.metadata["key"] for one in results], ["a", "b", "c"], "each under its own key")
    equal([one.response and one.response.text for one in results], ["alpha", "beta", None], "answers")
    equal(results[2].error.code, 3, "an invalid argument, by its number")
    check_usage(results[0].response)
    assert batch.name in [one.name async for one in each(api.list(config={"page_size": 1}))]
    await done(api.delete(name=batch.name))
    await rig.refused(lambda: api.get(name=batch.name), 404, "NOT_FOUND", batch.name.split("/")[1])


async def file_batch(rig):
    requests = [
        {
            "key": f"line-{word}",
            "request": {
                "contents": [{"role": "user", "parts": [{"text": f"Say {word}"}]}],
                "generation_config": {"temperature": 0.2},
            },
        }
        for word in ("red", "blue")
    ]
    path = rig.folder / "requests.jsonl"
    path.write_text("".join(f"{json.dumps(request)}\n" for request in requests))
    file = await done(rig.api.files.upload(file=path, config={"mime_type": "jsonl"}))
    batch = await batch_over(rig, rig.api.batches.create(model=FLASH, src=file.name))
    equal(batch.state, types.JobState.JOB_STATE_SUCCEEDED, "state")
    text = await done(rig.api.files.download(file=batch.dest.file_name))
    lines = [json.loads(line) for line in text.decode().splitlines()]
    equal([line["key"] for line in lines], ["line-red", "line-blue"], "keys")
    answers = [types.GenerateContentResponse.model_validate(line["response"]).text for line in lines]
    equal(answers, ["red", "blue"], "answers")
    await done(rig.api.batches.delete(name=batch.name))
    await done(rig.api.files.delete(name=file.name))


async def embedding_batch(rig):
    source = {"inlined_requests": {"contents": ["a cat", "a dog"], "config": {"output_dimensionality": 256}}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        started = await done(rig.api.batches.create_embeddings(model="gemini-embedding-001", src=source))
    batch = await batch_over(rig, started)
    equal(batch.state, types.JobState.JOB_STATE_SUCCEEDED, "state")
    results = batch.dest.inlined_embed_content_responses
    equal([len(one.response.embedding.values) for one in results], [256, 256], "dimensions")
    direct = await done(
        rig.api.models.embed_content(
            model="gemini-embedding-001", contents="a cat", config={"output_dimensionality": 256}
        )
    )
    equal(results[0].response.embedding.values, direct.embeddings[0].values, "the same vector as at once")


CASES = {
    "file": files,
    "file-large": large_file,
    "cache": caches,
    "batch": inline_batch,
    "batch-file": file_batch,
    "batch-embed": embedding_batch,
}

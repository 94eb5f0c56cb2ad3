"""Answers with their sources: the web, places, pages, documents of a store."""

import io

from client import done, each
from google.genai import types

from cases.rig import FLASH, PRO, check_stream, check_usage, equal, has, joined, parts_of
from cases.waiting import finished

EURO = "Who won the Euro 2024?"
SEARCH = types.GenerateContentConfig(tools=[types.Tool(google_search=types.GoogleSearch())])


def check_supports(metadata, text):
    """Each support names chunks that are there, and the very bytes of the text."""
    octets = text.encode()
    assert metadata.grounding_supports, metadata
    for support in metadata.grounding_supports:
        segment = support.segment
        equal(octets[segment.start_index or 0 : segment.end_index].decode(), segment.text, "offsets in bytes")
        assert support.grounding_chunk_indices, support
        assert max(support.grounding_chunk_indices) < len(metadata.grounding_chunks), support


async def search(rig):
    for model in (FLASH, PRO):
        answer = await rig.ask(EURO, SEARCH, model)
        has(answer.text, "Spain")
        metadata = answer.candidates[0].grounding_metadata
        check_supports(metadata, answer.text)
        assert metadata.web_search_queries and metadata.search_entry_point.rendered_content, metadata
        for chunk in metadata.grounding_chunks:
            assert chunk.web.title and chunk.web.uri.startswith("https://"), chunk
        assert check_usage(answer).tool_use_prompt_token_count > 0, "what was found is read"
    echo = await rig.ask("Say hello", SEARCH)
    equal(echo.candidates[0].grounding_metadata and echo.candidates[0].grounding_metadata.grounding_chunks, None)


async def search_stream(rig):
    chunks = await rig.stream(EURO, SEARCH)
    check_stream(chunks)
    whole = await rig.ask(EURO, SEARCH)
    equal(joined(chunks), whole.text, "streamed or not, it is the same answer")
    found = [chunk.candidates[0].grounding_metadata for chunk in chunks]
    sources = [source for metadata in found if metadata for source in metadata.grounding_chunks or []]
    expected = whole.candidates[0].grounding_metadata
    equal(sources, expected.grounding_chunks, "no source twice")
    equal(found[-1].grounding_supports, expected.grounding_supports, "supports come with the end")


async def maps(rig):
    config = types.GenerateContentConfig(
        tools=[types.Tool(google_maps=types.GoogleMaps(enable_widget=True))],
        tool_config=types.ToolConfig(
            retrieval_config=types.RetrievalConfig(
                lat_lng=types.LatLng(latitude=34.050481, longitude=-118.248526)
            )
        ),
    )
    prompt = "What are the best Italian restaurants within a 15-minute walk from here?"
    answer = await rig.ask(prompt, config)
    metadata = answer.candidates[0].grounding_metadata
    check_supports(metadata, answer.text)
    for chunk in metadata.grounding_chunks:
        assert chunk.maps.place_id.startswith("places/") and chunk.maps.title in answer.text, chunk
        assert chunk.maps.place_answer_sources.review_snippets[0].google_maps_uri, chunk
    assert metadata.google_maps_widget_context_token, metadata
    chunks = await rig.stream(prompt, config)
    check_stream(chunks)
    equal(joined(chunks), answer.text, "streamed or not, it is the same answer")


async def pages(rig):
    config = types.GenerateContentConfig(tools=[types.Tool(url_context=types.UrlContext())])
    prompt = "What is https://example.com/ for? And what says https://nowhere.invalid/page?"
    answer = await rig.ask(prompt, config)
    [good, bad] = answer.candidates[0].url_context_metadata.url_metadata
    equal(good.retrieved_url, "https://example.com/", "address")
    success = types.UrlRetrievalStatus.URL_RETRIEVAL_STATUS_SUCCESS
    equal((good.url_retrieval_status, bad.url_retrieval_status == success), (success, False), "status")
    has(answer.text, "Example Domain")
    check_supports(answer.candidates[0].grounding_metadata, answer.text)
    chunks = await rig.stream(prompt, config)
    check_stream(chunks)
    read = [bool(chunk.candidates[0].url_context_metadata) for chunk in chunks]
    equal(read, [True] + [False] * (len(chunks) - 1), "addresses come with the first chunk")
    equal(joined(chunks), answer.text, "streamed or not, it is the same answer")


async def store(rig):
    stores = rig.api.file_search_stores
    made = await done(stores.create(config={"display_name": "timetables"}))
    assert made.name.startswith("fileSearchStores/"), made
    ferry = "Notes of the harbour. The ferry to Holm leaves at 06:40 each day. It carries forty cars."
    await finished(rig, stores.upload_to_file_search_store(
        file_search_store_name=made.name,
        file=io.BytesIO(ferry.encode()),
        config={
            "display_name": "harbour",
            "mime_type": "text/plain",
            "custom_metadata": [{"key": "kind", "string_value": "ferry"}],
            "chunking_config": {"white_space_config": {"max_tokens_per_chunk": 60, "max_overlap_tokens": 5}},
        },
    ))
    file = await done(rig.api.files.upload(
        file=io.BytesIO(b"The bus to Holm leaves at 09:15."), config={"mime_type": "text/plain"}
    ))
    await finished(rig, stores.import_file(file_search_store_name=made.name, file_name=file.name))
    await check_documents(rig, made)
    await check_answers(rig, made)
    await done(stores.delete(name=made.name, config={"force": True}))
    left = [one.name async for one in each(stores.list())]
    assert made.name not in left, left
    await done(rig.api.files.delete(name=file.name))


async def check_documents(rig, made):
    stores = rig.api.file_search_stores
    documents = [one async for one in each(stores.documents.list(parent=made.name))]
    equal(len(documents), 2, "documents")
    equal({one.state for one in documents}, {types.DocumentState.STATE_ACTIVE}, "states")
    assert "harbour" in {one.display_name for one in documents}, documents
    equal((await done(stores.get(name=made.name))).active_documents_count, 2, "count")
    one = await done(stores.documents.get(name=documents[0].name))
    equal(one.name, documents[0].name, "name")
    words = "Cannot delete non-empty"
    await rig.refused(lambda: stores.delete(name=made.name), 400, "FAILED_PRECONDITION", words)


async def check_answers(rig, made):
    prompt = "When does the ferry to Holm leave?"

    def asking(metadata_filter=None):
        find = types.FileSearch(file_search_store_names=[made.name], metadata_filter=metadata_filter)
        return types.GenerateContentConfig(tools=[types.Tool(file_search=find)])

    answer = await rig.ask(prompt, asking())
    has(answer.text, "06:40")
    metadata = answer.candidates[0].grounding_metadata
    check_supports(metadata, answer.text)
    equal(metadata.grounding_chunks[0].retrieved_context.title, "harbour", "source")
    chunks = await rig.stream(prompt, asking('kind = "ferry"'))
    check_stream(chunks)
    has(joined(chunks), "06:40")
    none = await rig.ask(prompt, asking('kind = "train"'))
    assert "06:40" not in none.text and parts_of(none), none.text


CASES = {
    "search": search,
    "search-stream": search_stream,
    "maps": maps,
    "url": pages,
    "store": store,
}

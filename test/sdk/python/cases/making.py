"""Pictures, films and speech: made, saved and opened."""

import warnings

from client import done, each
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials
from PIL import Image

from cases.rig import check_stream, check_usage, equal, has, joined, parts_of
from cases.waiting import finished

PAINTER = "gemini-2.5-flash-image"
APPLE = "A red apple on a table"


def opened(rig, part, name):
    """The picture of a part as a file that another program reads."""
    path = rig.folder / name
    part.as_image().save(str(path))
    with Image.open(path) as picture:
        picture.load()
        return picture.convert("RGB")


def pictures_of(*answers):
    return [part for part in parts_of(*answers) if part.inline_data]


async def images(rig):
    config = types.GenerateContentConfig(
        response_modalities=["TEXT", "IMAGE"], image_config=types.ImageConfig(aspect_ratio="16:9")
    )
    answer = await rig.ask(APPLE, config, PAINTER)
    [part] = pictures_of(answer)
    equal(part.inline_data.mime_type, "image/png", "type")
    picture = opened(rig, part, "apple.png")
    equal(picture.size, (1344, 768), "size")
    reds = sum(red > 150 and green < 80 and blue < 90 for red, green, blue in picture.resize((84, 48)).getdata())
    assert reds > 40, f"{reds} red dots: there is no red apple"
    has(answer.text, "apple")
    usage = check_usage(answer)
    details = {one.modality: one.token_count for one in usage.candidates_tokens_details}
    equal(details[types.MediaModality.IMAGE], 1290, "tokens of a picture")
    chunks = await rig.stream(APPLE, config, PAINTER)
    check_stream(chunks)
    [streamed] = pictures_of(*chunks)
    equal(streamed.inline_data.data, part.inline_data.data, "streamed or not, it is the same picture")
    equal(joined(chunks), answer.text, "streamed or not, it is the same text")


async def edited(rig):
    """A picture that is changed over two turns; the newer family signs it."""
    talk = rig.api.chats.create(model="gemini-3-pro-image-preview")
    first = await done(talk.send_message(APPLE))
    [before] = pictures_of(first)
    assert before.thought_signature, "a picture is signed"
    second = [chunk async for chunk in each(talk.send_message_stream("Make the apple green"))]
    [after] = pictures_of(*second)
    sizes = [opened(rig, part, f"{name}.png").size for name, part in (("before", before), ("after", after))]
    equal(sizes[0], sizes[1], "size")
    assert before.inline_data.data != after.inline_data.data, "nothing was changed"


def platform(rig):
    """The same client as the cloud platform's customers make it, for what it offers to nobody else."""
    return genai.Client(
        enterprise=True,
        project="project-1",
        location="us-central1",
        credentials=Credentials(token=rig.key),
        http_options={"base_url": rig.url},
    )


def express(rig):
    """A customer of the cloud platform whose key brings its project along."""
    return genai.Client(enterprise=True, api_key=rig.key, http_options={"base_url": rig.url})


async def generate_images(rig):
    api = rig.of(platform(rig))
    config = types.GenerateImagesConfig(number_of_images=2, aspect_ratio="3:4", output_mime_type="image/jpeg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = await done(
            api.models.generate_images(model="imagen-4.0-generate-001", prompt=APPLE, config=config)
        )
    equal(len(answer.images), 2, "pictures")
    for index, image in enumerate(answer.images):
        path = rig.folder / f"{index}.jpeg"
        image.save(str(path))
        with Image.open(path) as picture:
            picture.load()
            equal((picture.format, picture.size), ("JPEG", (896, 1280)), "a picture that opens")
    assert answer.images[0].image_bytes != answer.images[1].image_bytes, "each another"


def is_film(content):
    return content[4:8] == b"ftyp" and b"moov" in content and b"avc1" in content


async def videos(rig):
    source = types.GenerateVideosSource(prompt="A red balloon over a lake")
    config = types.GenerateVideosConfig(number_of_videos=1, aspect_ratio="16:9")
    # The third version offers films to the cloud platform's customers alone: with a project, or with a key.
    apis = [rig.of(platform(rig)), rig.of(express(rig))] + ([rig.api] if rig.major == 2 else [])
    for api in apis:
        started = api.models.generate_videos(model="veo-3.0-generate-001", source=source, config=config)
        operation = await finished(rig, started, api)
        [made] = operation.response.generated_videos
        if made.video.uri:
            content = await done(rig.api.files.download(file=made.video))
        else:
            content = made.video.video_bytes
        path = rig.folder / "film.mp4"
        made.video.save(str(path))
        equal(path.read_bytes(), content, "saved")
        assert len(content) > 10_000 and is_film(content), content[:40]


def voice(name):
    return types.VoiceConfig(prebuilt_voice_config=types.PrebuiltVoiceConfig(voice_name=name))


SPEAKER = "gemini-2.5-flash-preview-tts"
BYTES_PER_SECOND = 2 * 24_000


async def speech(rig):
    config = types.GenerateContentConfig(
        response_modalities=["AUDIO"], speech_config=types.SpeechConfig(voice_config=voice("Kore"))
    )
    answer = await rig.ask("Say cheerfully: Have a wonderful day!", config, SPEAKER)
    [part] = parts_of(answer)
    equal(part.inline_data.mime_type, "audio/L16;codec=pcm;rate=24000", "type")
    assert 0.5 < len(part.inline_data.data) / BYTES_PER_SECOND < 10, len(part.inline_data.data)
    chunks = await rig.stream("Say cheerfully: Have a wonderful day!", config, SPEAKER)
    check_stream(chunks)
    heard = b"".join(part.inline_data.data for part in pictures_of(*chunks))
    equal(heard, part.inline_data.data, "streamed or not, it is the same sound")
    speakers = [
        types.SpeakerVoiceConfig(speaker=name, voice_config=voice(sound))
        for name, sound in (("Joe", "Kore"), ("Jane", "Puck"))
    ]
    two = types.SpeechConfig(multi_speaker_voice_config=types.MultiSpeakerVoiceConfig(speaker_voice_configs=speakers))
    config = types.GenerateContentConfig(response_modalities=["AUDIO"], speech_config=two)
    script = "TTS the following conversation:\nJoe: How is it going today?\nJane: Not too bad, and you?"
    [talk] = parts_of(await rig.ask(script, config, SPEAKER))
    assert len(talk.inline_data.data) > BYTES_PER_SECOND, "two sentences take more than a second"


CASES = {
    "image": images,
    "image-edit": edited,
    "image-imagen": generate_images,
    "video": videos,
    "speech": speech,
}

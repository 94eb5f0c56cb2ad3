"""Answers as JSON, read into the caller's own types."""

import enum
import json
from typing import Literal, Optional

from google.genai import types
from pydantic import BaseModel, Field, TypeAdapter

from cases.rig import FLASH, PRO, check_stream, equal, joined

JSON = "application/json"


class Family(enum.Enum):
    STRINGS = "Strings"
    WOODWIND = "Woodwind"
    BRASS = "Brass"


class Ingredient(BaseModel):
    name: str
    grams: Optional[int] = None


class Recipe(BaseModel):
    title: str
    difficulty: Literal["easy", "medium", "hard"]
    minutes: int = Field(ge=5, le=240)
    is_vegetarian: bool
    ingredients: list[Ingredient] = Field(min_length=2, max_length=5)
    family: Family


class Person(BaseModel):
    name: str
    age: int
    email: Optional[str] = None


class Country(BaseModel):
    name: str
    capital: str
    population: int


class Node(BaseModel):
    label: str
    children: list["Node"] = []


def config_of(schema, mime_type=JSON):
    return types.GenerateContentConfig(response_mime_type=mime_type, response_schema=schema)


async def pydantic_model(rig):
    for model in (FLASH, PRO):
        answer = await rig.ask("Give me a recipe for pancakes", config_of(Recipe), model)
        recipe = answer.parsed
        equal(type(recipe), Recipe, "the model itself")
        equal({type(one) for one in recipe.ingredients}, {Ingredient}, "what is in it")
        assert 5 <= recipe.minutes <= 240 and 2 <= len(recipe.ingredients) <= 5, recipe
        equal(Recipe.model_validate_json(answer.text), recipe, "the text says the same")
        assert "ancakes" in recipe.title, recipe
        names = [one.name for one in recipe.ingredients]
        assert len(set(names)) == len(names) and "Recipe" not in names, names


async def facts(rig):
    prompt = "Extract the person: John Smith is 42 years old and writes from john@acme.com"
    person = (await rig.ask(prompt, config_of(Person))).parsed
    equal(person, Person(name="John Smith", age=42, email="john@acme.com"), "what the prompt says")


async def lists(rig):
    answer = await rig.ask(
        "List 3 countries in Europe with their capital and population", config_of(list[Country])
    )
    countries = answer.parsed
    equal([type(one) for one in countries], [Country] * 3, "a list of models, as many as were asked for")
    equal(len({one.name for one in countries}), 3, "each another")
    assert all(one.capital != one.name and one.population > 0 for one in countries), countries
    words = await rig.ask("Name some colours", config_of(list[str]))
    assert words.parsed and all(isinstance(word, str) for word in words.parsed), words.parsed


async def enumerations(rig):
    prompt = "What kind of instrument is an oboe?"
    for mime_type in ("text/x.enum", JSON):
        answer = await rig.ask(prompt, config_of(Family, mime_type))
        assert isinstance(answer.parsed, Family), answer.parsed
        text = answer.text if mime_type != JSON else json.loads(answer.text)
        equal(text, answer.parsed.value, mime_type)
    mood = await rig.ask("I am so happy today!", config_of(Literal["positive", "negative"]))
    equal(mood.parsed, "positive", "a literal")


async def json_schema(rig):
    stock = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}, "minProperties": 1}
    answer = await rig.ask(
        "How many apples and pears are there?", {"response_mime_type": JSON, "response_json_schema": stock}
    )
    counts = TypeAdapter(dict[str, int]).validate_json(answer.text)
    assert counts and min(counts.values()) >= 1, counts
    equal(answer.parsed, counts, "parsed")
    schema = Node.model_json_schema()
    assert "$defs" in schema and "$ref" in json.dumps(schema), "the schema speaks of itself"
    tree = await rig.ask("A tree of animals", {"response_mime_type": JSON, "response_json_schema": schema})
    assert Node.model_validate_json(tree.text).label, tree.text
    wide = {"response_mime_type": JSON, "response_json_schema": Recipe.model_json_schema()}
    assert Recipe.model_validate_json((await rig.ask("A recipe for soup", wide, PRO)).text).ingredients


async def streamed(rig):
    for model in (FLASH, PRO):
        chunks = await rig.stream("Give me a recipe for pancakes", config_of(Recipe), model)
        check_stream(chunks)
        assert len(chunks) >= 2, chunks
        recipe = Recipe.model_validate_json(joined(chunks))
        whole = await rig.ask("Give me a recipe for pancakes", config_of(Recipe), model)
        equal(recipe, whole.parsed, "streamed or not, it is the same answer")


CASES = {
    "schema-model": pydantic_model,
    "schema-facts": facts,
    "schema-list": lists,
    "schema-enum": enumerations,
    "schema-json": json_schema,
    "schema-stream": streamed,
}

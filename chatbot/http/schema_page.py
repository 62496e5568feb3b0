"""The OpenAPI document read for a page: operations by tag, fields with their types in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, or one field of a body; `place` is `path`, `query`, `header` or `body`."""

    name: str
    kind: str
    place: str
    needed: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method of one address does."""

    id: str
    tag: str
    method: str
    path: str
    summary: str
    words: str
    fields: tuple[Field, ...]
    answers: tuple[tuple[str, str], ...]


def groups_of(document: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], list[Operation]]]:
    """Every tag of the document with its operations, in the order of the tags."""
    order = [tag["name"] for tag in document.get("tags", ())]
    tags = {tag["name"]: tag for tag in document.get("tags", ())}
    found = sorted(_operations(document), key=lambda one: (order.index(one.tag), one.path))
    return [(tags[tag], list(group)) for tag, group in groupby(found, key=lambda one: one.tag)]


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    known = {tag["name"] for tag in document.get("tags", ())}
    for path, item in document["paths"].items():
        for method in METHODS:
            told = item.get(method)
            if told is None or not known.intersection(told.get("tags", ())):
                continue
            yield Operation(
                id=told["operationId"],
                tag=next(tag for tag in told["tags"] if tag in known),
                method=method.upper(),
                path=path,
                summary=told.get("summary", ""),
                words=told.get("description", ""),
                fields=tuple(_fields(told, document)),
                answers=tuple(
                    (status, _told(answer, document))
                    for status, answer in told.get("responses", {}).items()
                ),
            )


def _fields(told: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[Field]:
    for parameter in told.get("parameters", ()):
        kind = _kind(parameter.get("schema", {}), document)
        yield Field(parameter["name"], kind, parameter["in"], parameter.get("required", False))
    for content in told.get("requestBody", {}).get("content", {}).values():
        body = _resolved(content.get("schema", {}), document)
        needed = body.get("required", ())
        for name, schema in body.get("properties", {}).items():
            yield Field(name, _kind(schema, document), "body", name in needed)


def _told(answer: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """What an answer holds: the names of its fields, or why it is a refusal."""
    for kind, content in answer.get("content", {}).items():
        if kind == "application/problem+json":
            break
        names = ", ".join(_resolved(content.get("schema", {}), document).get("properties", ()))
        if names:
            return "{" + names + "}"
    return str(answer.get("description", ""))


def spans(text: str) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it stood between backticks."""
    return [(piece, index % 2 == 1) for index, piece in enumerate(text.split("`")) if piece]


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema


def _kind(schema: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """A type in a few words."""
    schema = _resolved(schema, document)
    either = schema.get("oneOf") or schema.get("anyOf")
    if either:
        kinds = (_kind(one, document) for one in either)
        return " or ".join(dict.fromkeys(kind for kind in kinds if kind != "null"))
    if "enum" in schema:
        return " | ".join(str(word) for word in schema["enum"] if word is not None)
    kind = schema.get("type", "anything")
    if isinstance(kind, list):
        kind = " or ".join(word for word in kind if word != "null")
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}), document)}"
    shape = schema.get("format") or kind
    longest = schema.get("maxLength")
    return f"{shape}, at most {longest:,} characters" if longest else str(shape)

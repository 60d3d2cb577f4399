"""How checks report: by the path of what is wrong, which is turned into the place in the file, and by its name in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Iterable, Iterator

from .diagnostics import Diagnostics
from .model import Channel, Message, Path, Schema
from .source import Span

_NOUNS = {
    "constants": "constant", "enums": "enum", "messages": "message", "channels": "channel", "pipelines": "pipeline", "buses": "bus",
    "values": "value", "stages": "stage", "topics": "topic",
}


def place(schema: Schema, path: Path) -> Span | None:
    """The span of `path`, or of the nearest part of the schema that leads to it."""
    while path:
        if path in schema.places:
            return schema.places[path]
        path = path[:-1]
    return None


def describe(path: Path) -> str:
    """("enums", "side", "values", "buy") -> "value 'buy' of enum 'side'"."""
    if path == ("package",):
        return "the package"
    parts = [f"{_NOUNS[key]} '{name}'" for key, name in zip(path[::2], path[1::2])]
    text = " of ".join(reversed(parts))
    return f"the drop function of {text}" if path[-1] == "drop" else text


def family(schema: Schema) -> Iterator[Schema]:
    """The schema and all that it imports, directly or not, each once, in a fixed order."""
    seen: set[int] = set()
    waiting = [schema]
    while waiting:
        current = waiting.pop(0)
        if id(current) not in seen:
            seen.add(id(current))
            yield current
            waiting.extend(current.imports)


@dataclass(frozen=True)
class Findings:
    """Reports about one schema."""

    schema: Schema
    diagnostics: Diagnostics

    def error(self, path: Path, message: str, notes: Iterable[tuple[Path, str]] = ()) -> None:
        """`notes` are (path, text)."""
        located = [(place(self.schema, where), text) for where, text in notes]
        self.diagnostics.error(place(self.schema, path), message, located)

    @cached_property
    def channels(self) -> dict[str, Channel]:
        return {channel.name: channel for channel in self.schema.channels}

    def message_place(self, message: Message, *below: str) -> Span | None:
        """Where a message, of this package or of an import, is defined."""
        owner = next((schema for schema in family(self.schema) if schema.package == message.package), self.schema)
        return place(owner, ("messages", message.name, *below))


def is_power_of_two(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0


def power_of_two_complaint(what: str, number: int, maximum: int) -> str | None:
    """The sentence that refuses `number` and names its neighbours, or None when it is a power of two."""
    if is_power_of_two(number):
        return None
    above, below = 1 << number.bit_length(), 1 << (number.bit_length() - 1)
    near = f"the next is {above}, the one before is {below}" if above <= maximum else f"the largest is {maximum}"
    return f"{what} {number} is not a power of two; {near}"

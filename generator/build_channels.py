"""Channels, pipelines and buses: located values in, model dataclasses out. See parts.py for what becomes of broken parts."""

from __future__ import annotations

from . import grammar
from .diagnostics import listed
from .model import Bus, Channel, Consumers, DynamicTopics, Full, Message, Pipeline, Producers, Stage, Topic, Tune, Wait
from .parts import Parts, items, section
from .read import BROKEN, Value

_BROKEN_WAIT = Wait("")
_BROKEN_TUNE = Tune("")
_KINDS = {grammar.SIGNAL: "signal", grammar.LATEST: "latest"}
_ATTRIBUTES = {"yield": "yields"}  # key of the schema -> attribute of Wait, where they differ


def channels(parts: Parts, root: Value) -> tuple[Channel, ...]:
    return tuple(_channel(parts, name, value) for name, value in section(root, "channels").items())


def _channel(parts: Parts, name: str, value: Value) -> Channel:
    if value.data is BROKEN:
        return Channel(name, "", "", None, 0, Producers(""), Consumers(""), Full(""), _BROKEN_WAIT, _BROKEN_WAIT, _BROKEN_TUNE, "")
    consumers = parts.form(value, "consumers", _consumers(parts), Consumers("")) if _has(value, "consumers") else Consumers("single")
    kind = _kind(value, consumers)
    if kind == "latest":
        _check_latest(parts, value)
    producer, consumer = parts.form(value, "wait", _waits(parts), (_BROKEN_WAIT, _BROKEN_WAIT))
    return Channel(
        name, kind, parts.word(value, "doc"), _message(parts, value), _capacity(parts, value, kind),
        parts.form(value, "producers", _producers(parts), Producers("")), consumers,
        parts.form(value, "full", _full(parts), Full("")) if _has(value, "full") else None,
        producer, consumer, parts.form(value, "tune", _tune(parts), _BROKEN_TUNE), parts.word(value, "metrics"))


def _has(record: Value, key: str) -> bool:
    """Whether this form of record has such a key at all."""
    return record.shape.key(key) is not None


def _kind(value: Value, consumers: Consumers) -> str:
    queue = {"": "", "broadcast": "broadcast"}.get(consumers.kind, "queue")
    return next((kind for shape, kind in _KINDS.items() if value.shape is shape), queue)


def _check_latest(parts: Parts, value: Value) -> None:
    latest = value.data.get("latest")
    if latest is not None and latest.data is False:
        parts.diagnostics.error(latest.span, "'latest' can only be true; leave it out for a channel that queues")


def _capacity(parts: Parts, value: Value, kind: str) -> int:
    if kind == "latest":
        return 1
    return parts.number(value, "signal" if kind == "signal" else "capacity") or 0


def _message(parts: Parts, value: Value) -> Message | None:
    reference = value.data.get("message")
    if reference is None or not isinstance(reference.data, str):
        return None
    return parts.scope.message(reference.data, reference.span)


def _producers(parts: Parts):
    def build(value: Value) -> Producers:
        if isinstance(value.data, str):
            return Producers(value.data)
        if value.shape is grammar.SHARDS:
            shards = parts.number(value, "sharded") or 0
            return Producers("sharded" if shards else "", shards)
        return Producers("upgrade" if parts.word(value, "single") else "")
    return build


def _consumers(parts: Parts):
    def build(value: Value) -> Consumers:
        if isinstance(value.data, str):
            return Consumers(value.data)
        kind = value.shape.marks[0]
        lossy = value.data.get("lossy")
        return Consumers(kind, parts.number(value, kind) or 0, lossy is None or lossy.data is not False)
    return build


def _full(parts: Parts):
    def build(value: Value | str) -> Full:
        if isinstance(value, str) or isinstance(value.data, str):
            return Full(value if isinstance(value, str) else value.data)
        return Full(parts.word(value, "policy"), parts.number(value, "watermark") or 0)
    return build


def default_wait(strategy: str) -> Wait:
    """A strategy with the parameters that the grammar gives it."""
    values = {_ATTRIBUTES.get(key, key): value for key, value in grammar.strategy_named(strategy).parameters}
    if "otherwise" in values:
        values["otherwise"] = default_wait(values["otherwise"])
    return Wait(strategy, **values)


def _waits(parts: Parts):
    """The two sides' waits, (producer, consumer)."""
    def build(value: Value | str) -> tuple[Wait, Wait]:
        if isinstance(value, Value) and isinstance(value.data, dict) and value.shape.key("strategy") is None:
            sides = [parts.form(value, side, lambda entry: _wait(parts, entry), _BROKEN_WAIT) for side in ("producer", "consumer")]
            return sides[0], sides[1]
        wait = _wait(parts, value)
        return wait, wait
    return build


def _wait(parts: Parts, value: Value | str) -> Wait:
    if isinstance(value, str):
        return default_wait(value)
    if isinstance(value.data, str):
        return default_wait(value.data)
    strategy = parts.word(value, "strategy")
    if not strategy:
        return _BROKEN_WAIT
    known = dict(grammar.strategy_named(strategy).parameters)
    _refuse_parameters(parts, value, strategy, known)
    given = {key: _parameter(parts, value, key) for key in known if key in value.data}
    defaults = default_wait(strategy)
    attributes = {_ATTRIBUTES.get(key, key): given.get(key, getattr(defaults, _ATTRIBUTES.get(key, key))) for key in known}
    return Wait(strategy, **attributes)


def _parameter(parts: Parts, value: Value, key: str) -> object:
    if key == "otherwise":
        return parts.form(value, key, lambda entry: _wait(parts, entry), _BROKEN_WAIT)
    return parts.number(value, key)


def _refuse_parameters(parts: Parts, value: Value, strategy: str, known: dict[str, object]) -> None:
    has = f"it has {listed(known, 'and')}" if known else "it has no parameters"
    for key, entry in value.data.items():
        if key != "strategy" and key not in known:
            parts.diagnostics.error(entry.place, f"the wait strategy '{strategy}' has no '{key}'; {has}")


def _tune(parts: Parts):
    def build(value: Value | str) -> Tune:
        if isinstance(value, str) or isinstance(value.data, str):
            return Tune(value if isinstance(value, str) else value.data)
        producer, consumer = parts.form(value, "prefetch", lambda entry: _prefetch(parts, entry), (None, None))
        pause = value.data.get("pause")
        return Tune(
            parts.word(value, "goal"), parts.word(value, "layout") or None,
            parts.form(value, "release", lambda entry: 1 if entry.data == "each" else parts.scope.integer(entry) or 0, None),
            producer, consumer, parts.number(value, "settle"), pause.data if pause is not None and pause.data is not BROKEN else None)
    return build


def _prefetch(parts: Parts, value: Value) -> tuple[int | None, int | None]:
    if isinstance(value.data, dict):
        return parts.number(value, "producer"), parts.number(value, "consumer")
    distance = parts.scope.integer(value)
    return distance, distance


def pipelines(parts: Parts, root: Value) -> tuple[Pipeline, ...]:
    return tuple(_pipeline(parts, name, value) for name, value in section(root, "pipelines").items())


def _pipeline(parts: Parts, name: str, value: Value) -> Pipeline:
    if value.data is BROKEN:
        return Pipeline(name, "", "", ())
    stages = tuple(_stage(parts, stage, entry) for stage, entry in section(value, "stages").items())
    return Pipeline(name, parts.word(value, "doc"), parts.word(value, "channel"), stages)


def _stage(parts: Parts, name: str, value: Value) -> Stage:
    if value.data is BROKEN:
        return Stage(name, (), None, None)
    wait = parts.form(value, "wait", lambda entry: _wait(parts, entry), None)
    return Stage(name, _after(value), parts.number(value, "core"), wait, parts.word(value, "doc"))


def _after(value: Value) -> tuple[str, ...]:
    """The names after `after`; "" for one that is broken."""
    entry = value.data.get("after")
    if entry is None or entry.data is BROKEN:
        return ()
    if isinstance(entry.data, str):
        return (entry.data,)
    return tuple(item.data or "" for item in items(value, "after"))


def buses(parts: Parts, root: Value) -> tuple[Bus, ...]:
    return tuple(_bus(parts, name, value) for name, value in section(root, "buses").items())


def _bus(parts: Parts, name: str, value: Value) -> Bus:
    if value.data is BROKEN:
        return Bus(name, "", (), None)
    topics = tuple(_topic(parts, topic, entry) for topic, entry in section(value, "topics").items())
    dynamic = value.data.get("dynamic")
    return Bus(name, parts.word(value, "doc"), topics,
               _dynamic(parts, dynamic) if dynamic is not None and dynamic.data is not BROKEN else None)


def _topic(parts: Parts, name: str, value: Value) -> Topic:
    if value.data is BROKEN:
        return Topic(name, "", 0)
    return Topic(name, parts.word(value, "channel"), parts.number(value, "instances") or 0)


def _dynamic(parts: Parts, value: Value) -> DynamicTopics:
    return DynamicTopics(_message(parts, value), parts.number(value, "capacity") or 0, parts.number(value, "topics") or 0)

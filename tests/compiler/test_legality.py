"""The table of what combinations exist: every cell is stated, legal ones by their algorithm, the others by the key to change."""

from itertools import product

import pytest
from frontend import accepted, channel, complaints

from generator import legality
from generator.legality import CONSUMERS, POLICIES, PRODUCERS, Algorithm, Refusal

#: the table, row by row
LEGAL = {
    **dict.fromkeys(product(["single"], ["single"], ["reject", "block"]), "spsc"),
    ("single", "single", "drop_oldest"): "spsc_drop_oldest",
    **dict.fromkeys(product(["sharded"], ["single"], ["reject", "block", "drop_oldest"]), "sharded"),
    **dict.fromkeys(product(["multi"], ["single", "workers"], ["reject", "block", "drop_oldest"]), "shared_claim"),
    **dict.fromkeys(product(["single"], ["workers"], ["reject", "block", "drop_oldest"]), "shared_claim"),
    **dict.fromkeys(product(["single", "multi"], ["broadcast"], ["overwrite"]), "broadcast_overwrite"),
    **dict.fromkeys(product(["single", "multi"], ["broadcast"], ["reject", "block"]), "broadcast_gated"),
    **dict.fromkeys(product(["single", "multi", "local"], ["single"], ["signal"]), "signal"),
    **dict.fromkeys(product(["single"], ["single", "broadcast"], ["latest"]), "latest"),
    **dict.fromkeys(product(["upgrade"], ["single"], ["reject", "block"]), "upgrade"),
}
ALL = list(product(PRODUCERS, CONSUMERS, POLICIES))


@pytest.mark.parametrize("key", ALL, ids=[" x ".join(key) for key in ALL])
def test_every_combination_has_an_algorithm_or_a_reason(key):
    found = legality.lookup(*key)
    if key in LEGAL:
        assert isinstance(found, Algorithm) and found.name == LEGAL[key] and found.title
    else:
        assert isinstance(found, Refusal) and found.sentence and found.key in ("producers", "consumers", "full")


def test_a_refusal_is_at_a_key_that_such_a_channel_has():
    missing = {"signal": ("full", "consumers"), "latest": ("full",)}
    for key, found in legality.TABLE.items():
        if isinstance(found, Refusal) and not (key[2] == "signal" and key[1] != "single"):
            assert found.key not in missing.get(key[2], ()), key


def test_only_what_is_generated_is_called_built():
    built = {found.name for found in legality.TABLE.values() if isinstance(found, Algorithm) and found.built}
    assert built == {"spsc", "spsc_drop_oldest", "broadcast_overwrite", "broadcast_gated"}


_P = {"single": "single", "multi": "multi", "local": "local", "sharded": "{sharded: 2}", "upgrade": "{single: upgrade}"}
_C = {"single": "single", "workers": "{workers: 2}", "broadcast": "{broadcast: 2}"}


def as_schema(producers, consumers, policy):
    """The combination as a channel, or None where the language has no way to write it."""
    if policy == "signal":
        return channel(f"signal: 4, producers: {_P[producers]}") if consumers == "single" else None
    head = "message: tick, latest: true" if policy == "latest" else f"message: tick, capacity: 4, full: {policy}"
    return channel(f"{head}, producers: {_P[producers]}, consumers: {_C[consumers]}")


@pytest.mark.parametrize("key", ALL, ids=[" x ".join(key) for key in ALL])
def test_a_schema_with_the_combination_is_accepted_or_refused_once(key):
    text = as_schema(*key)
    if text is None:
        return
    if key in LEGAL:
        assert legality.of(accepted(text).channels[0]).name == LEGAL[key]
    else:
        refusal = legality.lookup(*key)
        (found,) = complaints(text)
        place, _, message = found.partition(" ")
        column = int(place.split(":")[1]) - 1
        line = text.splitlines()[int(place.split(":")[0]) - 1]
        assert message == f"channel 'c': {refusal.sentence}"
        assert line[:column].endswith(f"{refusal.key}: ")

"""The knobs of `tune`: who sets each, how slots lie, how far ahead is fetched, and what of it stands in the header."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support_backend import C11, CPP17, HEAD, accepted, compiles, generate, plan_of, texts_of

from generator import profile, tune
from generator.diagnostics import Diagnostics
from generator.plan import ChannelPlan
from generator.plan_queue import knobs_of
from generator.tune import Fetch, Knobs

#: Every knob by a rule, so that a knob that differs was set by the schema. settle tells which rule was taken.
RULE = ("layout: packed, per_line: 64, release_share: 0, prefetch_producer: 3, prefetch_consumer: 5, settle: {settle}, "
        "pause: true")
BOUNDS = {
    11: "goal: balanced, message: 8, ring: 64", 12: "goal: balanced, message: 8", 13: "goal: balanced, ring: 1024",
    14: "goal: balanced", 21: "goal: latency", 22: "goal: latency, message: 8", 31: "goal: throughput",
}
RULES = profile.parse("rules", "rules.yaml", ("ringc_profile: 1\nrules:\n" + "".join(
    f"  - {{{bounds}, {RULE.format(settle=settle)}}}\n" for settle, bounds in BOUNDS.items())).encode(), Diagnostics())


def knobs(tmp_path, asked: str = "balanced", *, size: int = 8, capacity: int = 1024, full: str = "reject", message: str = "",
          line: int = 64, rules: profile.Profile = RULES) -> Knobs:
    """The knobs of a ring of messages of `size` bytes; `message` are keys of the message, e.g. its align."""
    return tune.knobs(channel(tmp_path, asked, size, capacity, full, message), line, rules)


def schema(asked: str, size: int, capacity: int, full: str, message: str = "") -> str:
    field = f"{{name: a, type: u64, count: {size // 8}}}" if size % 8 == 0 else f"{{name: a, type: u8, count: {size}}}"
    keys = f"message: tick, capacity: {capacity}, producers: single, consumers: single, full: {full}, tune: {asked}"
    return f"{HEAD}messages: {{tick: {{{message}fields: [{field}]}}}}\nchannels:\n  ticks: {{{keys}}}\n"


def channel(tmp_path, asked: str, size: int, capacity: int, full: str = "reject", message: str = ""):
    return accepted(tmp_path, schema(asked, size, capacity, full, message))[-1].channels[0]


def plan(tmp_path, asked: str, *, size: int = 8, capacity: int = 1024, full: str = "reject") -> ChannelPlan:
    return plan_of(tmp_path, schema(asked, size, capacity, full)).channels[0]


def ruled(**changes: object) -> profile.Profile:
    """RULES with other values in each rule."""
    return replace(RULES, rules=tuple(replace(rule, **changes) for rule in RULES.rules))


# -- who sets a knob ---------------------------------------------------------------------------------------------------


def test_what_the_schema_leaves_open_is_set_by_the_rule(tmp_path):
    assert knobs(tmp_path) == Knobs("packed", 1, 8, 1, 3, 5, 12, True)


@pytest.mark.parametrize("asked, expected", [
    ("{layout: stamped}", {"layout": "stamped", "per_line": 4, "stride": 64}), ("{release: 16}", {"release": 16}),
    ("{prefetch: 7}", {"prefetch_producer": 7, "prefetch_consumer": 7}),
    ("{prefetch: {consumer: 0}}", {"prefetch_consumer": 0}), ("{prefetch: {producer: 0}}", {"prefetch_producer": 0}),
    ("{settle: 0}", {"settle": 0}), ("{pause: false}", {"pause": False}),
])
def test_each_knob_of_the_schema_beats_the_rule_and_leaves_the_others_to_it(tmp_path, asked, expected):
    by_rule, found = knobs(tmp_path), knobs(tmp_path, asked)
    assert found == Knobs(**{**vars(by_rule), **expected, "asked": found.asked})
    assert found.asked == set(expected) - {"per_line", "stride"}


def test_each_beats_a_rule_that_gives_slots_back_together(tmp_path):
    lazy = ruled(release_share=4)
    assert knobs(tmp_path, rules=lazy).release == 256 and knobs(tmp_path, "{release: each}", rules=lazy).release == 1


def test_packed_beats_a_rule_that_stamps(tmp_path):
    stamps = ruled(layout="stamped", per_line=8)
    assert knobs(tmp_path, rules=stamps).layout == "stamped"
    found = knobs(tmp_path, "{layout: packed}", rules=stamps)
    assert (found.layout, found.per_line, found.stride) == ("packed", 1, 8)


@pytest.mark.parametrize("goal, size, capacity, settle", [
    ("balanced", 8, 8, 11), ("balanced", 8, 16, 12), ("balanced", 16, 4, 13), ("balanced", 16, 64, 13),
    ("balanced", 16, 128, 14), ("latency", 8, 8, 21), ("throughput", 256, 1024, 31),
])
def test_the_first_rule_that_fits_goal_message_and_ring_is_taken(tmp_path, goal, size, capacity, settle):
    assert knobs(tmp_path, goal, size=size, capacity=capacity).settle == settle


def test_the_knobs_beside_a_goal_come_from_the_rule_of_that_goal(tmp_path):
    assert knobs(tmp_path, "{goal: throughput, pause: false}").settle == 31


@pytest.mark.parametrize("share, capacity, release", [
    (0, 1024, 1), (1, 1024, 1024), (4, 1024, 256), (4, 4, 1), (4, 2, 1), (16, 1, 1),
])
def test_a_rule_gives_slots_back_by_a_share_of_the_ring_and_never_fewer_than_one(tmp_path, share, capacity, release):
    assert knobs(tmp_path, capacity=capacity, rules=ruled(release_share=share)).release == release


def test_drop_oldest_has_no_knob_but_pause(tmp_path):
    busy = ruled(layout="stamped", per_line=8, release_share=4, pause=False)
    for goal in ("latency", "balanced", "throughput"):
        assert knobs(tmp_path, goal, full="drop_oldest", rules=busy) == Knobs("packed", 1, 8, 1, 0, 0, 0, True)
    found = knobs(tmp_path, "{pause: false}", full="drop_oldest", rules=busy)
    assert not found.pause and found.asked == {"pause"}


def test_the_first_target_decides_for_all(tmp_path):
    text = schema("balanced", 8, 1024, "reject")
    (tmp_path / "p.yaml").write_text("ringc_profile: 1\nrules:\n" + "".join(
        f"  - {{goal: {goal}, {RULE.format(settle=77)}}}\n" for goal in ("latency", "balanced", "throughput")))
    measured = "{arch: aarch64, profile: p.yaml}"
    for targets, by_the_file in ((f"[{measured}, generic]", True), (f"[generic, {measured}]", False)):
        (found,) = accepted(tmp_path, text.replace("[x86_64, generic]", targets))
        assert (knobs_of(found, found.channels[0]).settle == 77) == by_the_file


# -- how slots lie -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line, size, per_line, stride", [
    (64, 1, 32, 64), (64, 7, 8, 64), (64, 8, 4, 64), (64, 12, 4, 64), (64, 24, 2, 64), (64, 28, 2, 64), (64, 29, 1, 64),
    (64, 56, 1, 64), (64, 57, 1, 128), (64, 64, 1, 128), (64, 120, 1, 128), (64, 121, 1, 192), (64, 256, 1, 320),
    (128, 8, 8, 128), (128, 24, 4, 128), (128, 56, 2, 128), (128, 64, 1, 128), (128, 120, 1, 128), (128, 256, 1, 384),
    (16, 4, 2, 16), (16, 8, 1, 16), (16, 24, 1, 32),
])
def test_a_line_holds_the_most_messages_that_fit_beside_the_stamp_by_a_power_of_two(tmp_path, line, size, per_line, stride):
    found = knobs(tmp_path, "{layout: stamped}", size=size, line=line)
    assert (found.per_line, found.stride) == (per_line, stride)


@pytest.mark.parametrize("align, size, per_line, stride", [
    (16, 8, 2, 64), (32, 8, 1, 64), (64, 8, 1, 128), (128, 8, 1, 256), (256, 8, 1, 512), (256, 264, 1, 768), (1024, 8, 1, 2048),
])
def test_a_line_of_aligned_messages_keeps_their_alignment(tmp_path, align, size, per_line, stride):
    found = knobs(tmp_path, "{layout: stamped}", size=size, message=f"align: {align}, ")
    assert (found.per_line, found.stride) == (per_line, stride)


@pytest.mark.parametrize("most, capacity, per_line", [
    (1, 1024, 1), (2, 1024, 2), (3, 1024, 2), (64, 1024, 4), (64, 4, 4), (64, 2, 2), (64, 1, 1),
])
def test_a_line_holds_no_more_messages_than_the_rule_wants_or_the_ring_has(tmp_path, most, capacity, per_line):
    assert knobs(tmp_path, "{layout: stamped}", capacity=capacity, rules=ruled(per_line=most)).per_line == per_line


@pytest.mark.parametrize("size", [1, 8, 24, 56, 64, 120, 256])
def test_packed_slots_lie_side_by_side(tmp_path, size):
    found = knobs(tmp_path, "{layout: packed}", size=size)
    assert (found.per_line, found.stride) == (1, size)


# -- how far ahead is fetched ------------------------------------------------------------------------------------------

LARGE = 1 << 20


def fetch(tmp_path, layout: str, size: int, distance: int, capacity: int = LARGE, line: int = 64) -> Fetch | None:
    ring = channel(tmp_path, f"{{layout: {layout}}}", size, capacity)
    return tune.fetch(distance, ring, tune.knobs(ring, line, RULES), line)


@pytest.mark.parametrize("layout, size, distance, expected", [
    ("packed", 8, 1, Fetch(8, 8, 15, 1)), ("packed", 8, 8, Fetch(8, 64, 71, 1)),
    ("packed", 24, 1, Fetch(2, 4, 5, 1)), ("packed", 24, 8, Fetch(2, 22, 23, 1)),
    ("packed", 56, 1, Fetch(1, 2, 2, 1)), ("packed", 56, 8, Fetch(1, 10, 10, 1)),
    ("packed", 64, 1, Fetch(1, 1, 1, 1)), ("packed", 64, 8, Fetch(1, 8, 8, 1)),
    ("packed", 120, 1, Fetch(1, 1, 1, 2)), ("packed", 120, 8, Fetch(1, 5, 5, 2)),
    ("packed", 256, 1, Fetch(1, 1, 1, 4)), ("packed", 256, 8, Fetch(1, 2, 2, 4)),
    ("stamped", 8, 1, Fetch(4, 4, 7, 1)), ("stamped", 8, 8, Fetch(4, 32, 35, 1)),
    ("stamped", 24, 1, Fetch(2, 2, 3, 1)), ("stamped", 24, 8, Fetch(2, 16, 17, 1)),
    ("stamped", 56, 1, Fetch(1, 1, 1, 1)), ("stamped", 56, 8, Fetch(1, 8, 8, 1)),
    ("stamped", 64, 1, Fetch(1, 1, 1, 2)), ("stamped", 64, 8, Fetch(1, 4, 4, 2)),
    ("stamped", 120, 1, Fetch(1, 1, 1, 2)), ("stamped", 120, 8, Fetch(1, 4, 4, 2)),
    ("stamped", 256, 1, Fetch(1, 1, 1, 5)), ("stamped", 256, 8, Fetch(1, 2, 2, 5)),
])
def test_what_is_fetched_for_a_distance_in_lines(tmp_path, layout, size, distance, expected):
    assert fetch(tmp_path, layout, size, distance) == expected


def test_a_line_of_128_bytes_holds_twice_the_slots(tmp_path):
    assert fetch(tmp_path, "packed", 8, 1, line=128) == Fetch(16, 16, 31, 1)
    assert fetch(tmp_path, "packed", 256, 1, line=128) == Fetch(1, 1, 1, 2)


@pytest.mark.parametrize("layout, size, distance, least", [
    ("packed", 8, 1, 32), ("packed", 8, 8, 256), ("packed", 64, 8, 32), ("packed", 256, 1, 4),
    ("stamped", 8, 1, 16), ("stamped", 56, 1, 4),
])
def test_a_ring_of_which_fetching_would_take_more_than_half_fetches_nothing(tmp_path, layout, size, distance, least):
    assert fetch(tmp_path, layout, size, distance, capacity=least) is not None
    assert fetch(tmp_path, layout, size, distance, capacity=least // 2) is None


def test_a_distance_of_none_fetches_nothing(tmp_path):
    assert fetch(tmp_path, "packed", 64, 0) is None and fetch(tmp_path, "stamped", 64, 0) is None


@pytest.mark.parametrize("layout", ["packed", "stamped"])
@pytest.mark.parametrize("size", [1, 3, 8, 12, 24, 40, 56, 64, 65, 120, 200, 256, 1000])
def test_what_is_fetched_lies_within_the_ring_on_lines_of_this_side_and_as_far_ahead_as_asked(tmp_path, layout, size):
    ring = channel(tmp_path, f"{{layout: {layout}}}", size, 1024)
    seen = 0
    for capacity in (1 << n for n in range(13)):
        for distance in range(1, 65):
            sized = replace(ring, capacity=capacity)
            in_force = tune.knobs(sized, 64, RULES)
            found = tune.fetch(distance, sized, in_force, 64)
            if found is None:
                continue
            seen += 1
            per_slot = in_force.stride / in_force.per_line
            assert found.ahead % found.step == 0 and found.ahead >= found.step
            assert found.needed == found.ahead + found.step - 1 < capacity
            assert (found.ahead - found.step) * per_slot < distance * 64 <= found.ahead * per_slot
            assert (found.lines - 1) * 64 < found.step * per_slot <= found.lines * 64
    assert seen


# -- what stands in the plan and in the header -------------------------------------------------------------------------


def test_the_producer_always_has_all_slots_but_those_that_may_be_kept(tmp_path):
    assert (plan(tmp_path, "{release: each}").guaranteed, plan(tmp_path, "{release: 1024}").guaranteed) == (1024, 1)
    assert [plan(tmp_path, f"{{release: {n}}}", capacity=8).guaranteed for n in (1, 2, 4, 8)] == [8, 7, 5, 1]
    header = texts_of(tmp_path, schema("{release: 4}", 8, 8, "block"))["md/ticks.h"]
    assert "#define MD_TICKS_GUARANTEED ((ringc_seq)5u)" in header
    assert "Slots come back 4 at a time, or when the consumer" in header


def test_a_ring_without_knobs_says_that_all_its_slots_can_be_filled(tmp_path):
    for full in ("reject", "block", "drop_oldest"):
        header = texts_of(tmp_path, schema("{pause: true}", 8, 8, full))["md/ticks.h"]
        assert "#define MD_TICKS_GUARANTEED ((ringc_seq)8u)" in header
        assert "Slots come back" not in header and "freed" not in header


def test_a_message_of_several_lines_is_fetched_whole_at_every_push(tmp_path):
    found = plan(tmp_path, "{layout: packed, prefetch: 1}", size=256).fetch_room
    assert (found.when, found.ahead, found.needed, found.offsets) == ("", 1, 1, ("", " + 64", " + 128", " + 192"))
    assert found.which == "the next line"


def test_a_line_of_several_messages_is_fetched_once(tmp_path):
    found = plan(tmp_path, "{layout: packed, prefetch: 2}")
    assert found.fetch_room == found.fetch_messages
    assert (found.fetch_room.when, found.fetch_room.ahead, found.fetch_room.needed) == ("(position & 7u) == 0 && ", 16, 23)
    assert found.fetch_room.offsets == ("",) and found.fetch_room.which == "the line 2 lines further on"


def test_each_side_fetches_as_far_ahead_as_it_was_told(tmp_path):
    found = plan(tmp_path, "{layout: packed, prefetch: {producer: 4, consumer: 0}}", size=64)
    assert found.fetch_room.ahead == 4 and found.fetch_messages is None
    found = plan(tmp_path, "{layout: packed, prefetch: {producer: 0, consumer: 4}}", size=64)
    assert found.fetch_room is None and found.fetch_messages.ahead == 4


def test_neither_side_of_drop_oldest_fetches(tmp_path):
    found = plan(tmp_path, "throughput", full="drop_oldest")
    assert (found.fetch_room, found.fetch_messages, found.lazy, found.stamped, found.settle) == (None, None, False, False, 0)


def test_a_ring_settles_for_as_many_pauses_as_were_asked_for_or_keeps_no_state_for_it(tmp_path):
    settles, not_at_all = (texts_of(tmp_path, schema(f"{{settle: {n}}}", 8, 64, "reject"))["md/ticks.h"] for n in (9, 0))
    assert "ringc_settle_(9u);" in settles
    assert "settle" not in not_at_all.split("*/", 1)[1]


@pytest.mark.parametrize("asked, size, capacity, lines, text", [
    ("{layout: packed}", 24, 64, 64, "64 slots of 24 bytes"),
    ("{layout: stamped}", 24, 64, 32, "64 slots, 2 messages of 24 bytes and a stamp in every 64"),
    ("{layout: stamped}", 56, 64, 64, "64 slots, one message of 56 bytes and a stamp in every 64"),
    ("{layout: stamped}", 120, 2, 2, "2 slots, one message of 120 bytes and a stamp in every 128"),
])
def test_the_header_says_how_its_slots_lie(tmp_path, asked, size, capacity, lines, text):
    found = plan(tmp_path, asked, size=size, capacity=capacity)
    assert (found.lines, found.slots_text) == (lines, text)
    assert text in texts_of(tmp_path, schema(asked, size, capacity, "reject"))["md/ticks.h"]


def test_a_wait_without_pause_is_bare_on_both_sides_and_only_there(tmp_path):
    found = plan(tmp_path, "{pause: false}", full="block")
    assert found.producer_side.wait.startswith("ringc_wait_bare(") and found.consumer_side.wait.startswith("ringc_wait_bare(")
    assert "bare" not in plan(tmp_path, "{pause: true}", full="block").producer_side.wait


def test_knobs_that_come_to_the_same_give_the_same_code(tmp_path):
    """What one knob sets by a word and another by a rule is the same ring: only the model's hash, in the banner, differs."""
    def code(asked: str) -> str:
        return texts_of(tmp_path, schema(asked, 8, 64, "block"))["md/ticks.h"].split("*/", 1)[1]

    spelled = "{layout: packed, release: each, prefetch: 8, settle: 0, pause: true}"
    assert code("balanced") == code("{goal: balanced, release: 1}")
    assert code(spelled) == code(spelled.replace("prefetch: 8", "prefetch: {producer: 8, consumer: 8}"))
    assert code(spelled) != code(spelled.replace("release: each", "release: 2"))


# -- what the C compilers say ------------------------------------------------------------------------------------------

SETS = (
    "{layout: packed, release: %d, prefetch: 1, settle: 9}", "{layout: stamped, release: %d, prefetch: 1, settle: 9, pause: false}",
    "latency", "balanced", "throughput",
)


@pytest.fixture(scope="module")
def rings(tmp_path_factory):
    """Generated rings of every set of knobs, of 1 to 64 slots, of messages of less than a line, nearly one and several."""
    text = HEAD + "messages:\n" + "".join(f"  m{n}: {{fields: [{{name: a, type: u64, count: {n}}}]}}\n" for n in (1, 7, 32)) + "channels:\n"
    for number, (capacity, words, asked) in enumerate((1 << n, words, asked) for n in range(7) for words in (1, 7, 32) for asked in SETS):
        asked = asked % max(1, capacity // 2) if "%" in asked else asked
        text += f"  c{number}: {{message: m{words}, capacity: {capacity}, producers: single, consumers: single, tune: {asked}}}\n"
    return generate(tmp_path_factory.mktemp("rings"), text)


@pytest.mark.parametrize("compiler, flags", [("gcc", C11), ("clang-14", C11), ("g++", CPP17), ("clang++-14", CPP17)])
def test_no_ring_is_too_small_for_any_knob_to_compile_without_a_warning(rings, tmp_path, compiler, flags):
    compiles(tmp_path, rings, '#include "md/md.h"\n', *flags, compiler=compiler)

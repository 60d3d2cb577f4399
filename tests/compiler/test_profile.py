"""Profiles: what one must hold, what is said of one that cannot be used, and where it is looked for."""

from __future__ import annotations

import pytest
from support_backend import HEAD, QUEUE, TICK, accepted, ringc, schemas_of

from generator import profile
from generator.diagnostics import Diagnostics
from generator.model import Target
from generator.plan_queue import knobs_of
from generator.profile import Profile, Rule

GOALS = ("latency", "balanced", "throughput")
KNOBS = "layout: packed, per_line: 8, release_share: 4, prefetch_producer: 1, prefetch_consumer: 2, settle: 3, pause: true"
RULE = f"goal: latency, {KNOBS}"
BOUNDED = f"message: 8, ring: 64, {RULE}"


def text_of(*rules: str) -> str:
    return "ringc_profile: 1\nrules:\n" + "".join(f"  - {{{rule}}}\n" for rule in rules)


def with_value(key: str, value: object) -> str:
    """A rule that has every key, one of them with another value."""
    given = dict(part.split(": ") for part in BOUNDED.split(", "))
    return ", ".join(f"{name}: {value if name == key else usual}" for name, usual in given.items())


#: The least that a profile must hold.
WHOLE = tuple(f"goal: {goal}, {KNOBS}" for goal in GOALS)


def parsed(text: str | bytes) -> tuple[Profile | None, list[str]]:
    """The profile, and 'line:column message' of each complaint: all of them are errors in the profile's own file."""
    diagnostics = Diagnostics()
    found = profile.parse("mine", "dir/mine.yaml", text if isinstance(text, bytes) else text.encode(), diagnostics)
    assert all(item.severity == "error" and item.span and item.span.file == "dir/mine.yaml" for item in diagnostics.all())
    return found, [f"{item.span.line}:{item.span.column} {item.message}" for item in diagnostics.all()]


def good(text: str) -> Profile:
    found, said = parsed(text)
    assert found is not None and not said
    return found


def refusals(text: str | bytes) -> list[str]:
    found, said = parsed(text)
    assert found is None and said
    return said


# -- what one holds ----------------------------------------------------------------------------------------------------


def test_a_rule_is_read_as_it_stands():
    found = good(text_of(f"message: 24, ring: 4096, {RULE}", *WHOLE))
    assert (found.name, found.file, len(found.rules)) == ("mine", "dir/mine.yaml", 4)
    assert found.rules[0] == Rule("latency", 24, 4096, "packed", 8, 4, 1, 2, 3, True)


def test_a_bound_that_is_left_out_is_none():
    assert (good(text_of(*WHOLE)).rules[0].message, good(text_of(*WHOLE)).rules[0].ring) == (None, None)


@pytest.mark.parametrize("message, ring, number", [
    (1, 1, 0), (8, 64, 0), (8, 65, 1), (9, 64, 2), (8, 1024, 1), (8, 1 << 40, 1), (9, 65, 3),
])
def test_the_first_rule_whose_bounds_hold_message_and_ring_is_taken(message, ring, number):
    found = good(text_of(BOUNDED, f"message: 8, {RULE}", f"ring: 64, {RULE}", *WHOLE))
    assert found.rule("latency", message, ring) is found.rules[number]


@pytest.mark.parametrize("goal", GOALS)
def test_a_rule_is_taken_only_for_its_goal(goal):
    assert good(text_of(f"message: 8, {RULE}", *WHOLE)).rule(goal, 8, 8).goal == goal


# -- what is refused ---------------------------------------------------------------------------------------------------

A_PROFILE = "expected a mapping with 'ringc_profile' and 'rules', found"
A_RULE = ("expected a mapping with 'goal', 'layout', 'per_line', 'release_share', 'prefetch_producer', 'prefetch_consumer', "
          "'settle' and 'pause', found")


@pytest.mark.parametrize("text, expected", [
    ("just words", [f"1:1 the profile: {A_PROFILE} the string 'just words'"]),
    ("- ringc_profile: 1", [f"1:1 the profile: {A_PROFILE} a list"]),
    ("rules: []", ["1:1 the profile lacks the key 'ringc_profile'",
                   "1:8 'rules' of the profile: the list is empty; it needs at least one entry"]),
    ("ringc_profile: 1", ["1:1 the profile lacks the key 'rules'"]),
    (text_of(*WHOLE).replace(": 1\n", ": 2\n", 1),
     ["1:16 'ringc_profile' of the profile is 2, but this compiler reads version 1"]),
    ("ringc_profile: 1\nrules: {a: 1}",
     ["2:8 'rules' of the profile: expected a list, found a mapping; start each entry with '- '"]),
    (text_of(*WHOLE) + "  - 3\n", [f"6:5 rule 4 of the profile: {A_RULE} the integer 3"]),
    (text_of(*WHOLE) + "  - [goal, latency]\n", [f"6:5 rule 4 of the profile: {A_RULE} a list"]),
    (text_of(f"settel: 3, {RULE}", *WHOLE), ["3:6 unknown key 'settel' in rule 1 of the profile; did you mean 'settle'?"]),
    (text_of(f"zeta: 3, {RULE}, 7: 3", *WHOLE),
     [f"3:{column} unknown key '{key}' in rule 1 of the profile; it may have 'goal', 'message', 'ring', 'layout', 'per_line', "
      "'release_share', 'prefetch_producer', 'prefetch_consumer', 'settle' and 'pause'"
      for column, key in ((6, "zeta"), (145, "7"))]),
])
def test_what_is_no_profile_is_refused(text, expected):
    assert refusals(text) == expected


def test_an_empty_file_is_no_profile():
    for text in ("", "# nothing\n", "null"):
        (said,) = refusals(text)
        assert said.startswith("1:1 the file is empty")


@pytest.mark.parametrize("text", [
    "rules: [", "\tringc_profile: 1", "a: b: c", "ringc_profile: 1\n--- 2\n", "!!python/name:os.system x", "ringc_profile: 1\0",
    "? [a]\n: b\n", "%YAML 1.1\n---\nrules: []", text_of(f"<<: {{}}, {RULE}", *WHOLE),
])
def test_what_the_schema_language_has_not_a_profile_has_not(text):
    assert refusals(text)


@pytest.mark.parametrize("key, values, expected", [
    ("goal", ("fast", "Latency", "1", "[latency]", "null"), "'latency'"),
    ("layout", ("indexed", "true", "null"), "'packed' or 'stamped'"),
    ("message", ("0", "-8", "1048577"), "is {}, but it must be 1 to 1048576"),
    ("message", ("8.0", "true", "eight", "[8]", "null", "~", "'8'", "1_000", "8k", "010"), "expected an integer, "),
    ("ring", ("0", "70368744177665"), "is {}, but it must be 1 to 70368744177664"),
    ("ring", ("false", "1e3", ".inf"), "expected an integer, "),
    ("per_line", ("0", "65"), "is {}, but it must be 1 to 64"),
    ("release_share", ("-1", "1048577"), "is {}, but it must be 0 to 1048576"),
    ("release_share", ("3", "6", "1048575"), "'release_share' must be 0 or a power of two"),
    ("release_share", ("each",), "expected an integer, "),
    ("prefetch_producer", ("-1", "65"), "is {}, but it must be 0 to 64"),
    ("prefetch_consumer", ("-1", "65"), "is {}, but it must be 0 to 64"),
    ("settle", ("-1", "1048577"), "is {}, but it must be 0 to 1048576"),
    ("pause", ("0", "1", "null", "maybe", "yes"), "expected true or false, found "),
])
def test_a_value_that_a_knob_cannot_have_is_refused_where_it_stands(key, values, expected):
    for value in values:
        rule = with_value(key, value)
        column = len("  - {") + rule.index(f"{key}: ") + len(f"{key}: ") + 1
        (said,) = refusals(text_of(*WHOLE, rule))
        assert said.startswith(f"6:{column} ") and key.split("_")[0] in said and expected.format(value) in said, said


@pytest.mark.parametrize("key, values", [
    ("message", (1, 1 << 20)), ("ring", (1, 1 << 46)), ("per_line", (1, 64)), ("release_share", (0, 1, 2, 1 << 20)),
    ("prefetch_producer", (0, 64)), ("prefetch_consumer", (0, 64)), ("settle", (0, 1 << 20)), ("pause", (False, True)),
    ("layout", ("packed", "stamped")),
])
def test_the_bounds_themselves_are_accepted(key, values):
    for value in values:
        written = str(value).lower() if isinstance(value, bool) else value
        assert getattr(good(text_of(with_value(key, written), *WHOLE)).rules[0], key) == value


@pytest.mark.parametrize("key", ["goal"] + [part.split(":")[0] for part in KNOBS.split(", ")])
def test_every_key_but_the_bounds_must_be_there(key):
    rule = ", ".join(part for part in RULE.split(", ") if not part.startswith(key + ":"))
    assert refusals(text_of(*WHOLE, rule)) == [f"6:6 rule 4 of the profile lacks the key '{key}'"]


@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize("bound", ["message: 1048576", "ring: 1048576", "message: 8, ring: 64"])
def test_each_goal_needs_a_rule_for_messages_and_rings_of_any_size(goal, bound):
    rules = [f"{bound}, {rule}" if f"goal: {goal}" in rule else rule for rule in WHOLE]
    assert refusals(text_of(*rules)) == [f"2:1 no rule of goal '{goal}' is for messages and rings of any size"]
    good(text_of(*rules, f"goal: {goal}, {KNOBS}"))


def test_everything_wrong_is_said_at_once():
    said = refusals(text_of(with_value("settle", -1), *WHOLE, with_value("release_share", 3), with_value("goal", "slow")))
    assert [line.split(":")[0] for line in said] == ["3", "8"], said  # what can be said only of whole rules waits
    assert len(refusals(text_of(WHOLE[0], with_value("release_share", 3), with_value("release_share", 5)))) == 4


# -- what is hostile ---------------------------------------------------------------------------------------------------

NO_INTEGER = "3:142 'settle' of rule 1 of the profile: expected an integer"


@pytest.mark.parametrize("text, expected", [
    ("[" * 100_000, "1:65 nested deeper than 64 levels"),
    ("{a: " * 100_000, "1:257 nested deeper than 64 levels"),
    ("- " * 100_000, "1:129 nested deeper than 64 levels"),
    ("ringc_profile: 1\n" + text_of(*WHOLE), "2:1 the key 'ringc_profile' is given twice"),
    (text_of(*WHOLE) + "rules: []\n", "6:1 the key 'rules' is given twice"),
    (text_of(f"settle: 3, {RULE}", *WHOLE), "3:123 the key 'settle' is given twice"),
    (text_of(with_value("settle", "2020-13-45"), *WHOLE), NO_INTEGER + ", found"),
    (text_of(with_value("settle", "!!int x"), *WHOLE), "3:142 tags (!...) are not part of"),
    (text_of(with_value("settle", "!!timestamp 2020-13-45"), *WHOLE), "3:142 tags (!...) are not part of"),
    (text_of(with_value("settle", "9" * 6000), *WHOLE), NO_INTEGER + ", but '999"),
    (text_of(with_value("settle", "0x" + "9" * 6000), *WHOLE), NO_INTEGER + ", found"),
    ("9" * 1000 + ": 1\n" + text_of(*WHOLE), "1:1 unknown key '999"),
    ("9" * 6000 + ": 1\n" + text_of(*WHOLE), "1:6001 a ':' cannot stand here; "),
    (b"ringc_profile: \xff\xfe\x00", "1:16 byte 0xff is not valid UTF-8"),
    (text_of(*WHOLE).encode("utf-16"), "1:1 byte 0xff is not valid UTF-8"),
    ("ringc_profile: 1\nrules: &a [*a, *a]", "2:8 anchors (&a) are not part of"),
    ("a" * (4 << 20) + "b", "1:1 the file is too large; "),
], ids=lambda value: str(value)[:24])
def test_a_hostile_profile_is_an_error_with_its_place_and_no_crash(text, expected):
    said = refusals(text)
    assert said[0].startswith(expected), said[0][:200]
    assert max(map(len, said)) < 400


# -- those that come with the compiler ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(path.stem for path in profile.BUILT_IN.glob("*.yaml")))
def test_each_that_comes_with_the_compiler_has_a_rule_for_every_ring(name):
    found = profile.built_in(name)
    assert found.name == name
    for goal in GOALS:
        for size in (1, 8, 56, 64, 256, 1 << 24):
            for capacity in (1, 1024, 1 << 22):
                assert found.rule(goal, size, size * capacity).goal == goal


def test_a_target_that_nobody_has_measured_falls_back_to_the_default():
    assert profile.built_in("pdp11") == profile.built_in("default") and profile.built_in("pdp11").name == "default"


def test_a_target_takes_its_own_profile_before_the_one_of_its_architecture():
    mine = good(text_of(*WHOLE))
    assert profile.of_target(Target("x86_64", profile=mine)) is mine
    assert profile.of_target(Target("x86_64")) is profile.built_in("x86_64")


# -- a profile that a schema names -------------------------------------------------------------------------------------

NAMING = HEAD.replace("[x86_64, generic]", "[{arch: x86_64, profile: p.yaml}]") + TICK + f"channels:\n  ticks: {{{QUEUE}}}\n"


def taken(tmp_path, text: str = NAMING) -> Profile:
    return profile.of_target(accepted(tmp_path, text)[-1].targets[0])


def test_a_schema_names_a_profile_beside_it(tmp_path):
    (tmp_path / "p.yaml").write_text(text_of(*WHOLE))
    assert taken(tmp_path) == Profile("p.yaml", good(text_of(*WHOLE)).rules, str(tmp_path / "p.yaml"))
    (schema,) = accepted(tmp_path, NAMING)
    assert knobs_of(schema, schema.channels[0]).settle == 3


def test_a_profile_may_lie_below_the_schema_or_in_a_directory_of_dash_i(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/p.yaml").write_text(text_of(*WHOLE))
    assert taken(tmp_path, NAMING.replace("p.yaml", "sub/p.yaml")).name == "sub/p.yaml"
    (tmp_path / "s.yaml").write_text(NAMING)
    assert ringc("check", "s.yaml", cwd=tmp_path).returncode == 2
    assert ringc("check", "s.yaml", "-I", "sub", cwd=tmp_path).returncode == 0


def test_an_imports_profile_is_beside_the_import_and_not_that_of_its_importer(tmp_path):
    for name, settle in (("p.yaml", 3), ("sub/p.yaml", 4)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text_of(*WHOLE).replace("settle: 3", f"settle: {settle}"))
    (tmp_path / "sub/other.yaml").write_text(NAMING.replace("package: md", "package: other"))
    schemas = accepted(tmp_path, NAMING.replace("targets", "imports: [sub/other.yaml]\ntargets"))
    assert [(schema.package, knobs_of(schema, schema.channels[0]).settle) for schema in schemas] == [("other", 4), ("md", 3)]


def errors_of(tmp_path, text: str = NAMING) -> list[str]:
    """'file:line:column message' of each complaint, the file without its directory."""
    found = schemas_of(tmp_path, text)[1].all()
    return [f"{item.span.file.rpartition('/')[2]}:{item.span.line}:{item.span.column} {item.message}" for item in found]


@pytest.mark.parametrize("data, expected", [
    (text_of(*WHOLE[1:]).encode(), "p.yaml:2:1 no rule of goal 'latency' is for messages and rings of any size"),
    (b"ringc_profile: \xff\xfe\x00", "p.yaml:1:16 byte 0xff is not valid UTF-8; "),
    (b"[" * 100_000, "p.yaml:1:65 nested deeper than 64 levels; "),
])
def test_a_profile_that_cannot_be_used_is_reported_in_its_own_file(tmp_path, data, expected):
    (tmp_path / "p.yaml").write_bytes(data)
    (said,) = errors_of(tmp_path)
    assert said.startswith(expected)


@pytest.mark.parametrize("text", [
    "ringc_profile: 1\n", "ringc_profile: 2\nrules: [3]\n", text_of(with_value("settle", -1), *WHOLE), "[",
])
def test_a_broken_profile_that_two_targets_name_is_reported_once(tmp_path, text):
    (tmp_path / "p.yaml").write_text(text)
    once = errors_of(tmp_path)
    assert once and errors_of(tmp_path, NAMING.replace("}]", "}, {arch: generic, profile: p.yaml}]", 1)) == once


def test_another_target_on_the_command_line_leaves_the_profile_of_the_one_listed(tmp_path):
    (tmp_path / "p.yaml").write_text(text_of(*WHOLE))
    (tmp_path / "s.yaml").write_text(NAMING)
    assert "rule of profile p.yaml" in ringc("explain", "s.yaml", cwd=tmp_path).stdout
    for target, uses_it in (("x86_64", True), ("generic", False)):
        header = ringc("gen", "s.yaml", "--stdout", "--only", "ticks", "--target", target, cwd=tmp_path).stdout
        assert ("ringc_settle_(3u)" in header) == uses_it


def test_a_change_of_a_profile_makes_what_was_generated_stale(tmp_path):
    (tmp_path / "p.yaml").write_text(text_of(*WHOLE))
    (tmp_path / "s.yaml").write_text(NAMING)
    assert ringc("gen", "s.yaml", "-o", "out", cwd=tmp_path).returncode == 0
    assert ringc("gen", "--check", "s.yaml", "-o", "out", cwd=tmp_path).returncode == 0
    (tmp_path / "p.yaml").write_text(text_of(*WHOLE).replace("settle: 3", "settle: 4"))
    stale = ringc("gen", "--check", "s.yaml", "-o", "out", cwd=tmp_path)
    assert stale.returncode == 1 and "+        ringc_settle_(4u);" in stale.stdout + stale.stderr


def test_a_profile_is_an_input_for_make(tmp_path):
    (tmp_path / "p.yaml").write_text(text_of(*WHOLE))
    (tmp_path / "s.yaml").write_text(NAMING)
    listed = ringc("gen", "s.yaml", "--list-inputs", cwd=tmp_path).stdout.splitlines()
    assert listed[:2] == ["s.yaml", "p.yaml"]
    assert any(path.endswith("generator/profiles/default.yaml") for path in listed)
    assert ringc("gen", "s.yaml", "-o", "out", "-MD", "-MF", "d", cwd=tmp_path).returncode == 0
    assert "\np.yaml:\n" in (tmp_path / "d").read_text()

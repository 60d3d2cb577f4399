"""Layout: offsets, padding and sizes, each compared with what was worked out by hand and with what the C compiler does."""

from __future__ import annotations

import re
import time

import pytest

from generator import layout
from generator.plan_broadcast import broadcast_layout
from generator.plan_queue import queue_layout
from support_backend import HEAD, QUEUE, SMALL, TICK, accepted, compile_and_run, complaints, generate, texts_of


def laid(tmp_path, fields: str, *, head: str = "", more: str = "") -> layout.MessageLayout:
    """The layout of a message `m`; `head` are keys beside its fields, `more` are messages before it."""
    schema = accepted(tmp_path, f"{HEAD}messages:\n{more}  m: {{{head}fields: [{fields}]}}\n")[-1]
    return layout.message_layout(schema.messages[-1])


def shape(message: layout.MessageLayout) -> list[tuple[str, int, int]]:
    return [(member.name, member.offset, member.size) for member in message.members]


# -- messages ----------------------------------------------------------------------------------------------------------


def test_declared_order_keeps_the_order_and_names_each_gap(tmp_path):
    message = laid(tmp_path, "{name: a, type: u8}, {name: b, type: u32}, {name: c, type: u8}, {name: d, type: u64}")
    assert shape(message) == [("a", 0, 1), ("pad0_", 1, 3), ("b", 4, 4), ("c", 8, 1), ("pad1_", 9, 7), ("d", 16, 8)]
    assert (message.size, message.align, message.padding) == (24, 8, 10)


def test_by_size_puts_the_widest_first_and_keeps_the_order_of_equals(tmp_path):
    message = laid(
        tmp_path, "{name: a, type: u8}, {name: b, type: u32}, {name: c, type: u8}, {name: d, type: u64}, {name: e, type: f32}",
        head="layout: by_size, ",
    )
    assert shape(message) == [("d", 0, 8), ("b", 8, 4), ("e", 12, 4), ("a", 16, 1), ("c", 17, 1), ("pad0_", 18, 6)]


def test_by_size_goes_by_alignment_not_by_the_size_of_an_array(tmp_path):
    message = laid(tmp_path, "{name: a, type: char, count: 100}, {name: b, type: u16}", head="layout: by_size, ")
    assert [member.name for member in message.members] == ["b", "a"]


def test_padding_at_the_end_rounds_the_size_up_to_the_alignment(tmp_path):
    assert shape(laid(tmp_path, "{name: a, type: u64}, {name: b, type: u8}"))[-1] == ("pad0_", 9, 7)


def test_a_message_without_gaps_has_no_padding(tmp_path):
    assert laid(tmp_path, "{name: a, type: u64}, {name: b, type: u32}, {name: c, type: u32}").padding == 0


def test_align_raises_the_alignment_and_pads_the_end(tmp_path):
    message = laid(tmp_path, "{name: a, type: u8}", head="align: 32, ")
    assert (message.size, message.align) == (32, 32) and shape(message) == [("a", 0, 1), ("pad0_", 1, 31)]


def test_an_array_is_aligned_as_one_element(tmp_path):
    message = laid(tmp_path, "{name: a, type: u8}, {name: b, type: u16, count: 5}, {name: c, type: u8, count: 1}")
    assert shape(message) == [("a", 0, 1), ("pad0_", 1, 1), ("b", 2, 10), ("c", 12, 1), ("pad1_", 13, 1)]


def test_a_nested_message_brings_its_size_and_alignment(tmp_path):
    more = "  inner: {align: 16, fields: [{name: x, type: u8}]}\n"
    message = laid(tmp_path, "{name: a, type: u8}, {name: b, type: inner, count: 3}", more=more)
    assert shape(message) == [("a", 0, 1), ("pad0_", 1, 15), ("b", 16, 48)] and message.align == 16


@pytest.mark.parametrize("size, width", [(1, 1), (2, 2), (3, 1), (4, 4), (6, 2), (8, 8), (12, 4), (13, 1), (24, 8), (4096, 8)])
def test_the_copy_word_is_the_widest_that_divides_the_slot(size, width):
    assert layout.word_bytes(size) == width


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_max_size_names_the_field_that_goes_over_and_points_at_it(tmp_path):
    text = HEAD + (
        "messages:\n  m:\n    max_size: 12\n    fields:\n      - {name: a, type: u64}\n      - {name: b, type: u32}\n"
        "      - {name: c, type: u16}\n      - {name: d, type: u8}\n"
    )
    assert complaints(tmp_path, text) == ["10:16 message 'm' is 16 bytes, over max_size 12: field 'c' takes bytes 12 to 13"]


def test_max_size_exceeded_by_padding_alone_says_so(tmp_path):
    text = HEAD + "messages:\n  m: {max_size: 9, fields: [{name: a, type: u64}, {name: b, type: u8}]}\n"
    (complaint,) = complaints(tmp_path, text)
    assert complaint == "5:3 message 'm' is 16 bytes, over max_size 9: its alignment of 8 adds 7 bytes of padding at its end"


def test_a_message_of_exactly_max_size_is_accepted(tmp_path):
    assert laid(tmp_path, "{name: a, type: u64}, {name: b, type: u8}", head="max_size: 16, ").size == 16


def test_align_below_the_natural_alignment_is_refused_at_the_align(tmp_path):
    text = HEAD + "messages:\n  m: {align: 4, fields: [{name: a, type: u64}]}\n"
    (complaint,) = complaints(tmp_path, text)
    assert complaint.startswith("5:14 align 4 is below the natural alignment of message 'm', which is 8 bytes")


def test_a_message_over_the_limit_is_refused(tmp_path):
    text = HEAD + f"messages:\n  m: {{fields: [{{name: a, type: u64, count: {1 << 21}}}, {{name: b, type: u8}}]}}\n"
    (complaint,) = complaints(tmp_path, text)
    assert "over the limit of 16777216 bytes for a message: field 'b' takes byte 16777216" in complaint


def test_a_channel_over_64_tebibytes_is_refused_at_its_capacity(tmp_path):
    text = HEAD + f"messages:\n  m: {{fields: [{{name: a, type: u64, count: {1 << 21}}}]}}\n" + (
        f"channels:\n  c: {{message: m, capacity: {1 << 30}, producers: single, consumers: single}}\n")
    (complaint,) = complaints(tmp_path, text)
    assert complaint.startswith(f"7:29 channel 'c' needs {1 << 54} bytes") and "the limit is 70368744177664 bytes" in complaint


def test_messages_nested_eightfold_and_seven_deep_are_laid_out_in_seconds_not_minutes(tmp_path):
    text = HEAD + "messages:\n  m0: {fields: [{name: a, type: u8}]}\n" + "".join(
        f"  m{i}: {{fields: [" + ", ".join(f"{{name: f{k}, type: m{i - 1}}}" for k in range(8)) + "]}\n" for i in range(1, 8))
    text += "channels:\n  c: {message: m7, capacity: 2, producers: single, consumers: single}\n"
    start = time.process_time()
    texts_of(tmp_path, text)
    assert time.process_time() - start < 3.0


# -- channels ----------------------------------------------------------------------------------------------------------


def channel(tmp_path, message: str = "{name: a, type: u64}", head: str = "", capacity: int = 8, line: int = 64, spacing: int = 128):
    text = f"{HEAD}messages: {{tick: {{{head}fields: [{message}]}}}}\nchannels: {{c: {{{QUEUE.replace('8', str(capacity))}}}}}\n"
    schema = accepted(tmp_path, text)[-1]
    groups = [[("ringc_seq", "tail", "p", ""), ("ringc_seq", "dropped", "p", "")], [("uint32_t", "x", "c", ""), ("ringc_seq", "y", "c", "")]]
    return layout.channel_layout(schema.channels[0], groups, line, spacing)


def test_each_group_of_words_has_a_spacing_of_its_own(tmp_path):
    ring = channel(tmp_path)
    assert [[(w.name, w.offset64, w.offset32) for w in group] for group in ring.groups] == [
        [("tail", 0, 0), ("dropped", 8, 4)], [("x", 128, 128), ("y", 136, 132)]]


def test_slots_follow_the_words_and_a_guard_of_one_spacing_follows_the_slots(tmp_path):
    ring = channel(tmp_path, "{name: a, type: u64}, {name: b, type: u8, count: 5}", capacity=16)
    assert (ring.slots_offset, ring.slot_size, ring.guard_offset, ring.size) == (256, 16, 512, 640)


def test_a_line_can_be_larger_than_what_separates_words_only_if_a_target_says_so(tmp_path):
    ring = channel(tmp_path, line=256, spacing=256)
    assert (ring.line, ring.spacing, ring.slots_offset) == (256, 256, 512)


def test_a_message_aligned_beyond_the_spacing_widens_it(tmp_path):
    ring = channel(tmp_path, head="align: 1024, ")
    assert (ring.spacing, ring.slots_offset, ring.size) == (1024, 2048, 2048 + 8 * 1024 + 1024)


def test_one_layout_takes_the_largest_line_and_spacing_of_all_targets(tmp_path):
    text = SMALL.replace("[x86_64, generic]", "[x86_64, {arch: aarch64, line: 128, spacing: 256}, {arch: generic, spacing: 64}]")
    assert layout.target_line_spacing(accepted(tmp_path, text)[-1]) == (128, 256)
    header = texts_of(tmp_path, text)["md/ticks.h"]
    assert "#define MD_TICKS_ALIGN 256u" in header and "offsetof(md_ticks, head) == 256" in header


def test_words_are_asserted_for_64_and_for_32_bit_sequences(tmp_path):
    header = texts_of(tmp_path, SMALL.replace("reject", "drop_oldest"))["md/ticks.h"]
    assert "offsetof(md_ticks, dropped) == (RINGC_SEQ_BITS == 64 ? 8 : 4)" in header
    assert "offsetof(md_ticks, head) == 128," in header and "offsetof(md_ticks, flags) == 260," in header


def test_every_member_and_word_has_its_offset_asserted(tmp_path):
    texts = texts_of(tmp_path, SMALL.replace("{name: a, type: u64}", "{name: a, type: u64}, {name: b, type: u8}"))
    asserted = re.findall(r"offsetof\(md_tick, (\w+)\) == (\d+)", texts["md/types.h"])
    assert asserted == [("a", "0"), ("b", "8"), ("pad0_", "9")]
    members = re.search(r"typedef struct md_ticks \{(.*?)\} md_ticks;", texts["md/ticks.h"], re.S).group(1)
    words = re.findall(r"(\w+)(?:\[\d+\])?;", re.sub(r"/\*.*?\*/", "", members))
    assert {"tail", "head", "closed", "slots", "guard"} <= set(words)
    assert all(f"offsetof(md_ticks, {word})" in texts["md/ticks.h"] for word in words)


# -- against the C compiler --------------------------------------------------------------------------------------------

VARIED = HEAD + """\
enums: {side: {type: i16, values: {buy: -1}}}
messages:
  one: {fields: [{name: a, type: u8}]}
  leg: {fields: [{name: px, type: i64}, {name: qty, type: u16}, {name: side, type: side}]}
  odd: {fields: [{name: t, type: char, count: 3}, {name: b, type: bool}, {name: h, type: f32, count: 3}, {name: z, type: i8}]}
  sorted: {layout: by_size, fields: [{name: a, type: u8}, {name: l, type: leg}, {name: d, type: f64}, {name: h, type: u16, count: 3}]}
  wide: {align: 64, fields: [{name: o, type: odd, count: 2}, {name: s, type: sorted}, {name: x, type: u8}]}
  wider: {align: 512, fields: [{name: w, type: wide}]}
channels:
  c_one: {message: one, capacity: 1, producers: single, consumers: single, full: reject}
  c_odd: {message: odd, capacity: 4, producers: single, consumers: single, full: drop_oldest, wait: park}
  c_wide: {message: wide, capacity: 2, producers: single, consumers: single, full: block, wait: park}
  c_wider: {message: wider, capacity: 2, producers: single, consumers: single, full: block}
  c_odd_lines: {message: odd, capacity: 4, producers: single, consumers: single, tune: {layout: stamped}}
  c_byte_lines: {message: one, capacity: 64, producers: single, consumers: single, wait: park, tune: {layout: stamped}}
  c_wider_lines: {message: wider, capacity: 2, producers: single, consumers: single, tune: {layout: stamped, release: 2}}
  b_one: {message: one, capacity: 1, producers: single, consumers: {broadcast: 1}, full: overwrite}
  b_odd: {message: odd, capacity: 4, producers: multi, consumers: {broadcast: 3}, full: overwrite, wait: park}
  b_wide: {message: wide, capacity: 2, producers: single, consumers: {broadcast: 2}, wait: park}
  b_wider: {message: wider, capacity: 2, producers: multi, consumers: {broadcast: 5, lossy: false}, full: {policy: reject, watermark: 1}}
"""


def test_sizes_offsets_and_alignments_are_those_of_the_c_compiler(tmp_path):
    schema = accepted(tmp_path, VARIED)[-1]
    lines, expected = [], []
    for message in schema.messages:
        plan, c = layout.message_layout(message), f"md_{message.name}"
        lines.append(f'    printf("{c} %zu %zu\\n", sizeof({c}), _Alignof({c}));')
        expected.append(f"{c} {plan.size} {plan.align}")
        for member in plan.members:
            lines.append(f'    printf("{member.name} %zu %zu\\n", offsetof({c}, {member.name}), sizeof((({c} *)0)->{member.name}));')
            expected.append(f"{member.name} {member.offset} {member.size}")
    source = '#include "md/md.h"\n#include <stdio.h>\nint main(void)\n{\n' + "\n".join(lines) + "\n    return 0;\n}\n"
    assert compile_and_run(tmp_path, generate(tmp_path, VARIED), source).splitlines() == expected


def test_the_memory_of_a_ring_is_as_the_layout_says(tmp_path):
    schema = accepted(tmp_path, VARIED)[-1]
    lines, expected = [], []
    for ring in schema.channels:
        broadcast, c = ring.kind == "broadcast", f"md_{ring.name}"
        plan = broadcast_layout(schema, ring) if broadcast else queue_layout(schema, ring)
        slots = "cells" if broadcast else "lines" if ring.tune.layout == "stamped" else "slots"
        if broadcast:
            lines.append(f'    printf("%zu %zu\\n", offsetof({c}, places), sizeof((({c} *)0)->places));')
            expected.append(f"{plan.places_offset} {plan.places * plan.spacing}")
        lines.append(f'    printf("%zu %zu %zu\\n", sizeof({c}), offsetof({c}, {slots}), offsetof({c}, guard));')
        lines.append(f'    printf("%zu %zu\\n", sizeof((({c} *)0)->{slots}[0]), sizeof((({c} *)0)->{slots}));')
        expected.append(f"{plan.size} {plan.slots_offset} {plan.guard_offset}")
        expected.append(f"{plan.slot_size} {plan.capacity * plan.slot_size}")
        for word in (word for group in plan.groups for word in group):
            lines.append(f'    printf("{word.name} %zu\\n", offsetof({c}, {word.name}));')
            expected.append(f"{word.name} {word.offset64}")
    source = '#include "md/md.h"\n#include <stdio.h>\nint main(void)\n{\n' + "\n".join(lines) + "\n    return 0;\n}\n"
    assert compile_and_run(tmp_path, generate(tmp_path, VARIED), source).splitlines() == expected


def test_a_wrong_offset_would_not_compile(tmp_path):
    out = generate(tmp_path, SMALL)
    header = out / "md" / "types.h"
    header.write_text(header.read_text().replace("    RINGC_ALIGNAS(8) uint64_t a;", "    uint32_t before;\n    RINGC_ALIGNAS(8) uint64_t a;"))
    with pytest.raises(AssertionError, match="md_tick"):
        compile_and_run(tmp_path, out, '#include "md/md.h"\nint main(void) { return 0; }\n')



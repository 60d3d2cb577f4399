#!/usr/bin/env python3
"""Breaks the generated headers on purpose, one mistake at a time, and demands that a test fails.

A test that has not been seen to fail proves nothing. Each mutant is a textual change to a copy of one generated header; the test
program named with it is built against the copy and has to exit other than 0 (a hang counts, after some seconds). A change that no
longer applies, or does not compile, is an error too: the templates have moved on and the mutant must follow.

Weakened orders are here as far as ThreadSanitizer shows them (`tsan`); the others are the model checker's.
"""

import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
FUTEX = "-Wl,--wrap=ringc_futex_wait,--wrap=ringc_futex_wake"
WRAP = {  # suite -> what it stands in for, as in the Makefile
    "queue": FUTEX,
    "broadcast": FUTEX,
    "steps": FUTEX,
    "deadlines": "-Wl,--wrap=ringc_now_ns,--wrap=ringc_futex_wait",
    "membarrier": "-Wl,--wrap=ringc_membarrier_register,--wrap=ringc_membarrier,--wrap=ringc_futex_wait",
}
TIMEOUT = 20  # seconds until a hung program counts as caught


@dataclass(frozen=True)
class Mutant:
    """name: the mistake. program: suite/policy_variant, or a whole test's name. edits: (pattern, replacement) for re.sub, each of
    which must match; `@` in a pattern stands for the channel's C name. header: the file, if not the channel's own."""

    name: str
    program: str
    edits: tuple[tuple[str, str], ...]
    header: str = ""
    tsan: bool = False


def function(name: str, old: str, new: str) -> tuple[str, str]:
    """An edit inside the function @_name: the first `old` (a regular expression) after its head."""
    return rf"(\n\*?@_{name}\((?:(?!\n\}}\n).)*?){old}", rf"\g<1>{new}"


MUTANTS = (
    # -- mistakes of docs/mistakes.md, by their numbers ---------------------------------------------------------------------------------------------
    Mutant("1: the producer stores the head instead of claiming", "steps/drop_oldest_2",
           (function("make_room_", r"if \(RINGC_CAS\(&ch->head, &head, head \+ 1, \w+, \w+\)\)",
                     "RINGC_STORE(&ch->head, head + 1, RINGC_RELEASE);\n    if (true)"),)),
    Mutant("1: the consumer stores the head instead of claiming", "steps/drop_oldest_2",
           (function("claim_", r"if \(RINGC_CAS\(&c->channel->head, &head, (head \+ \(ringc_seq\)n), \w+, \w+\)\)",
                     r"RINGC_STORE(&c->channel->head, \g<2>, RINGC_RELEASE);\n    if (true)"),)),
    Mutant("1: a lagging consumer jumps to the head without a look at the tail", "steps/drop_oldest_1",
           (function("messages_", r"return (@_consumer_saw_\(.*?\));",
                     r"const ringc_status status = \g<2>;\n    if (c->limit - c->position > @C_CAPACITY)\n"
                     r"        c->position = RINGC_LOAD(&c->channel->head, RINGC_RELAXED);\n    return status;"),)),
    Mutant("2: try_push_n takes from the batch's end", "queue/block_spin",
           (function("try_push_n", r"&messages\[pushed \+ i\]", "&messages[n - 1 - pushed - i]"),)),
    Mutant("2: drop_oldest try_push_n takes from the batch's end", "queue/drop_oldest_spin",
           (function("try_push_n", r"&messages\[pushed\]", "&messages[n - 1 - pushed]"),)),
    Mutant("4: the consumer announces its sleep after its last look", "steps/block_1",
           (function("park_for_messages_", r"    RINGC_STORE\(&ch->consumer_parked, 1u, RINGC_RELAXED\);\n(.*?)"
                     r"(        left_ns = )", r"\g<2>        RINGC_STORE(&ch->consumer_parked, 1u, RINGC_RELAXED);\n\g<3>"),)),
    Mutant("4: the producer announces its sleep after its last look", "steps/block_1",
           (function("park_for_room_", r"    RINGC_STORE\(&ch->producer_parked, 1u, RINGC_RELAXED\);\n(.*?)"
                     r"(        left_ns = )", r"\g<2>        RINGC_STORE(&ch->producer_parked, 1u, RINGC_RELAXED);\n\g<3>"),)),
    Mutant("4: no look between announcing and sleeping", "steps/reject_1",
           (function("park_for_messages_", r"if \(view\.status != RINGC_EMPTY\)\n\s+break;",
                     "if (view.status == RINGC_CLOSED)\n            break;"),)),
    Mutant("4: publish looks for a sleeper before it stores the tail", "steps/block_1",
           (function("publish_", r"(    RINGC_STORE\(&p->channel->tail.*?\n)(    @_wake_consumer_.*?\n)", r"\g<3>\g<2>"),)),
    Mutant("10: push_n goes round the backpressure", "queue/block_2",
           (function("lend_", r"if \(n > want\)", "n = n ? n : 1;\n    if (n > want)"),)),
    Mutant("10: try_push overwrites when full", "queue/reject_4",
           (function("find_room_", r"RINGC_CLOSED : RINGC_FULL", "RINGC_CLOSED : RINGC_OK"),)),
    Mutant("11: a producer that closed its handle still holds the place", "queue/block_spin_yield",
           (function("producer_close", r"RINGC_STORE\(&p->channel->producer_held, 0u", "RINGC_STORE(&p->channel->producer_held, 1u"),)),
    Mutant("11: a reopened producer starts at the head", "queue/reject_backoff",
           (function("producer_open", r"p->position = RINGC_LOAD\(&ch->tail", "p->position = RINGC_LOAD(&ch->head"),)),
    Mutant("a second producer is let in", "queue/block_adaptive",
           (function("producer_open", r"return RINGC_LIMIT;", "(void)held;"),)),
    Mutant("a second consumer is let in", "queue/block_adaptive",
           (function("consumer_open", r"return RINGC_LIMIT;", "(void)held;"),)),
    Mutant("12: size reads the tail first", "steps/reject_2",
           (function("size", r"const ringc_seq head = (.*?);.*?\n(\s+const ringc_seq used = )RINGC_LOAD\(&ch->tail, RINGC_ACQUIRE\) - head;",
                     r"const ringc_seq tail = RINGC_LOAD(&ch->tail, RINGC_ACQUIRE);\n\g<3>tail - \g<2>;"),)),
    Mutant("16: size does not clamp", "steps/reject_2",
           (function("size", r"used > @C_CAPACITY \? @C_CAPACITY : used", "used"),)),
    Mutant("14: close wakes no consumer", "queue/reject_park",
           (function("close", r"    ringc_unpark_\(&ch->consumer_parked,[^\n]*\n", ""),)),
    Mutant("14: close wakes no producer", "queue/block_park",
           (function("close", r"    ringc_unpark_\(&ch->producer_parked,[^\n]*\n", ""),)),
    Mutant("14: closed is looked at once, before the wait", "queue/block_spin_yield",
           (function("find_room_", r"RINGC_LOAD\(&ch->closed, RINGC_RELAXED\) \? RINGC_CLOSED : RINGC_FULL", "RINGC_FULL"),)),
    Mutant("14: empty, then closed, without a second look", "steps/block_1",
           (function("find_messages_", r"view\.limit == position \? RINGC_CLOSED : RINGC_OK", "RINGC_CLOSED"),)),
    Mutant("14: drop_oldest, empty, then closed, without a second look", "steps/drop_oldest_1",
           (function("find_messages_", r"view\.limit == position \? RINGC_CLOSED : RINGC_OK", "RINGC_CLOSED"),)),
    Mutant("14: closed hides what is still inside", "queue/drop_oldest_park",
           (function("find_messages_", r"if \(view\.limit != position\)", "if (view.limit != position && !ch->closed)"),
            function("find_messages_", r"view\.limit == position \? RINGC_CLOSED : RINGC_OK", "RINGC_CLOSED"))),
    Mutant("14: close wakes before it closes", "steps/block_1",
           (function("close", r"(    RINGC_STORE\(&ch->closed, 1u.*?\n)(.*?)\n\}", r"\g<3>\n\g<2>}"),)),
    Mutant("1: the dropped count misses evictions", "queue/drop_oldest_4",
           (function("make_room_", r"RINGC_STORE\(&ch->dropped,", "if (head % 2) RINGC_STORE(&ch->dropped,"),)),
    # -- contracts of a queue --------------------------------------------------------------------------------------------
    Mutant("a push after close goes in", "queue/block_monitor",
           (function("room_", r"return RINGC_CLOSED;", "return p->position != p->limit ? RINGC_OK : RINGC_CLOSED;"),)),
    Mutant("drop_oldest takes a push after close", "queue/drop_oldest_adaptive",
           (function("push_", r"return RINGC_CLOSED;", ";"),)),
    Mutant("the capacity is one slot too small", "queue/reject_4",
           (function("find_room_", r"\+ @C_CAPACITY;", "+ @C_CAPACITY - 1;"),)),
    Mutant("indices compared by size", "queue/reject_park",
           (function("find_messages_", r"view\.limit != position\)", "view.limit > position)"),)),
    Mutant("drop_oldest, indices compared by size", "queue/drop_oldest_park",
           (function("find_messages_", r"view\.limit != position\)", "view.limit > position)"),)),
    Mutant("init ignores misalignment", "queue/block_1",
           (function("init_at", r"\(uintptr_t\)ch % @C_ALIGN != 0", "0"),)),
    Mutant("init ignores unknown flags", "queue/block_1",
           (function("init_at", r"\(flags & ~RINGC_SHARED\) != 0", "0"),)),
    Mutant("init leaves the closed flag as it was", "queue/block_1",
           (function("init_at", r"    RINGC_STORE\(&ch->closed, 0u, RINGC_RELAXED\);\n", ""),)),
    Mutant("init_at ignores the first sequence of the head", "queue/block_4",
           (function("init_at", r"RINGC_STORE\(&ch->head, first", "RINGC_STORE(&ch->head, 0"),)),
    Mutant("a reservation goes beyond the ring's end", "queue/reject_4",
           (function("lend_", r"if \(want > piece\)", "if (0)"),)),
    Mutant("peek shows beyond the ring's end", "queue/reject_4",
           (function("peek", r"n < piece \? n : piece", "n"),)),
    Mutant("more than reserved is committed", "queue/reject_4",
           (function("commit", r"return RINGC_INVALID;", ";"),)),
    Mutant("a commit leaves the reservation open", "queue/reject_4",
           (function("commit", r"    p->reserved = p->position;\n", ""),)),
    Mutant("a batch throws the reservation away", "queue/reject_4",
           (function("try_push_n", r"@_lend_\(", r"@_reserve("),)),
    Mutant("abort keeps the reservation", "queue/reject_4",
           (function("abort", r"p->reserved = p->position;", "(void)p;"),)),
    Mutant("more than is there is released", "queue/reject_4",
           (function("release", r"return RINGC_INVALID;", ";"),)),
    Mutant("a release publishes nothing", "queue/block_park",
           (function("give_back_", r"    RINGC_STORE\(&c->channel->head, .*?\n", ""),)),
    Mutant("a release does not wake the producer", "queue/block_park",
           (function("give_back_", r"    @_wake_producer_\(c->channel\);\n", ""),)),
    Mutant("a push does not wake the consumer", "queue/drop_oldest_park",
           (function("publish_", r"    @_wake_consumer_\(p->channel\);\n", ""),)),
    Mutant("the waker always enters the kernel", "queue/reject_park",
           (function("wake_consumer_", r"if \(RINGC_UNLIKELY\(RINGC_LOAD\(&ch->consumer_parked.*?\n", "\n"),)),
    Mutant("a sleeper leaves its announcement behind", "queue/reject_park",
           (function("park_for_messages_", r"    RINGC_STORE\(&ch->consumer_parked, 0u, RINGC_RELAXED\);\n    return", "    return"),)),
    Mutant("a spurious wake-up ends the wait", "queue/block_park",
           (function("park_for_messages_", r"(\(void\)ringc_futex_wait\(.*?;)", r"\g<2>\n        if (left_ns != RINGC_FOREVER) {\n"
                     "            view.status = RINGC_TIMEOUT;\n            break;\n        }"),)),
    Mutant("a private futex in shared memory", "queue/drop_oldest_monitor",
           (function("park_for_messages_", r"flags & RINGC_SHARED", "0"),)),
    Mutant("shared memory: the waker's futex is private", "processes/reject_monitor",
           (function("close", r"ringc_unpark_\(&ch->consumer_parked, RINGC_LOAD\(&ch->flags, RINGC_RELAXED\)\)",
                     "ringc_unpark_(&ch->consumer_parked, 0)"),)),
    Mutant("park is let in where nobody would wake it", "queue/reject_adaptive",
           (function("pop_with", r"return RINGC_INVALID;", "wait.strategy = RINGC_SPIN;"),)),
    Mutant("a timeout of 0 waits", "queue/reject_spin",
           (function("pop_for", r"ringc_deadline_after\(timeout_ns\)", "ringc_deadline_after(timeout_ns ? timeout_ns : RINGC_FOREVER)"),)),
    Mutant("a timeout comes early", "queue/block_backoff",
           (function("pop_for", r"ringc_deadline_after\(timeout_ns\)", "ringc_deadline_after(timeout_ns == RINGC_FOREVER ? timeout_ns : timeout_ns / 2)"),)),
    Mutant("each retry of a pop begins a new deadline", "deadlines/drop_oldest_1",
           (function("pop_for", r"        if \(!waited\)\n", ""),)),
    Mutant("each wake-up of a pop begins a new deadline", "deadlines/drop_oldest_1",
           (function("park_for_messages_", r"ringc_deadline_left\(deadline\)", "deadline.at_ns - UINT64_C(1000000000)"),)),
    Mutant("each wake-up of a push begins a new deadline", "deadlines/block_1",
           (function("park_for_room_", r"ringc_deadline_left\(deadline\)", "deadline.at_ns - UINT64_C(1000000000)"),)),
    Mutant("drain marks no end of batch", "queue/block_spin",
           (function("drain_n", r"n == 1\)", "n == 0)"),)),
    Mutant("drain hands out one too many", "queue/block_spin",
           (function("drain_n", r"n < max \? n : max", "n <= max ? n : max + 1"),)),
    Mutant("drop_oldest drain marks every message as the end", "queue/drop_oldest_spin",
           (function("drain_n", r"&message, last\)", "&message, true)"),)),
    Mutant("pop_n waits for all it was asked for", "queue/reject_4",
           (function("pop_n", r"if \(status != RINGC_EMPTY\)", "if (status != RINGC_EMPTY && *done == n)"),)),
    Mutant("done is not set when a batch is refused", "queue/block_spin_yield",
           (function("try_push_n", r"    \*done = pushed;\n", "    if (pushed)\n        *done = pushed;\n"),)),
    Mutant("push_evict hands back another message", "queue/drop_oldest_4",
           (function("make_room_", r"@_slot_\(ch, head\)", "@_slot_(ch, head + 1)"),)),
    Mutant("half a message is stored", "sizes/odd_drop_oldest",
           ((r"(\nq_odd_store_\((?:(?!\n\}\n).)*?#else\n)\s+ringc_word[^\n]*\n", r"\g<1>    (void)0;\n"),), header="q/types.h"),
    # -- what is owned -----------------------------------------------------------------------------------------------------
    Mutant("an evicted message is not released", "owned/owned_drop_oldest",
           (function("try_push", r"if \(n_evicted\)", "if (0)"),)),
    Mutant("an evicted message is released twice", "owned/owned_drop_oldest",
           (function("try_push", r"(test_release\(&evicted\);)", r"{ \g<2> \g<2> }"),)),
    Mutant("push_evict releases what it hands back", "owned/owned_drop_oldest",
           (function("push_evict", r"return (.*?);", r"const ringc_status status = \g<2>;\n    if (*n_evicted)\n"
                     r"        test_release(evicted);\n    return status;"),)),
    Mutant("destroy forgets the rest", "owned/owned_block", (function("destroy", r"test_release\(&message\);", ";"),)),
    Mutant("destroy releases the rest again", "owned/owned_reject",
           (function("destroy", r"    RINGC_STORE\(&ch->head, head, RINGC_RELAXED\);[^\n]*\n", ""),)),
    Mutant("destroy releases what was popped", "owned/owned_block",
           (function("destroy", r"ringc_seq head = RINGC_LOAD\(&ch->head, RINGC_ACQUIRE\);", "ringc_seq head = tail - @C_CAPACITY;"),)),
    Mutant("a drain releases what it hands out", "queue/owned_drop_oldest",
           (function("drain_n", r"handler\(arg, &message, last\);", r"handler(arg, &message, last); test_release(&message);"),)),
    # -- membarrier --------------------------------------------------------------------------------------------------------
    Mutant("a sleeper runs no barrier", "membarrier/block_park",
           ((r"\(flags & RINGC_MEMBARRIER_\) == 0 \|\| ringc_membarrier\(\)", "flags <= UINT32_MAX"),), header="ringc.h"),
    Mutant("a refused barrier lets the sleeper sleep for ever", "membarrier/block_park",
           ((r"ringc_membarrier\(\) \? RINGC_FOREVER : UINT64_C\(1000000\)", "ringc_membarrier() ? RINGC_FOREVER : RINGC_FOREVER"),),
           header="ringc.h"),
    Mutant("memory of several processes goes without fences", "membarrier/drop_oldest_park",
           ((r"\(flags & RINGC_SHARED\) == 0 && ringc_membarrier_register\(\)", "ringc_membarrier_register()"),), header="ringc.h"),
    Mutant("a refused registration goes without fences", "membarrier/reject_park",
           ((r"ringc_membarrier_register\(\) \? (.*?) : flags;", r"(ringc_membarrier_register(), true) ? \g<1> : flags;"),),
           header="ringc.h"),
    # -- the knobs of tune -------------------------------------------------------------------------------------------------
    Mutant("a consumer that finds nothing keeps its slots", "knobs/reject_lazy_2",
           (function("messages_", r"@_give_back_\(c\);", ";"),)),
    Mutant("a consumer that finds nothing keeps its slots, stamped", "knobs/block_latency",
           (function("messages_", r"@_give_back_\(c\);", ";"),)),
    Mutant("slots come back at every look", "knobs/block_latency",
           (function("messages_", r"status != RINGC_OK && c->freed", "c->freed"),)),
    Mutant("a consumer leaves with slots", "knobs/block_throughput", (function("consumer_close", r"@_give_back_\(c\);", ";"),)),
    Mutant("destroy drops what a consumer left with", "knobs_owned/owned_lazy",
           (function("consumer_close", r"@_give_back_\(c\);", ";"),)),
    Mutant("slots come back one too late", "knobs/reject_lazy_2", (function("free_", r"c->freed >= ", "c->freed > "),)),
    Mutant("slots come back one too late, stamped", "knobs/block_lazy_all",
           (function("free_", r"c->freed >= ", "c->freed > "),)),
    Mutant("slots come back one too early", "knobs/reject_lazy_8", (function("free_", r"c->freed >= ", "c->freed + 1 >= "),)),
    Mutant("slots come back each, once some did", "knobs/reject_lazy_8",
           (function("give_back_", r"    c->freed = c->position;\n", ""),)),
    Mutant("a reopened consumer counts what the last one gave back", "knobs/reject_lazy_2",
           (function("consumer_open", r"    c->freed = c->position;\n", ""),)),
    Mutant("slots come back before they are read", "knobs/reject_lazy_2",
           (function("give_back_", r"head, c->position, ", "head, c->limit, "),)),
    Mutant("slots that come back wake nobody", "knobs/block_lazy_4",
           (function("give_back_", r"    @_wake_producer_\(c->channel\);\n", ""),)),
    Mutant("a stamp that is not the position's announces a message", "knobs/reject_stamped",
           (function("find_messages_", r"\(ringc_seq_diff\)\(view\.limit - position\) > 0", "view.limit != position"),)),
    Mutant("a stamp announces one message, never several", "knobs/reject_lines",
           (function("find_messages_", r"\(ringc_seq_diff\)\(view\.limit - position\) > 0", "view.limit == position + 1"),)),
    Mutant("stamps compared by size", "knobs/block_stamped",
           (function("find_messages_", r"\(ringc_seq_diff\)\(view\.limit - position\) > 0", "view.limit > position"),)),
    Mutant("a stamp of an earlier lap after close", "knobs/reject_stamped",
           (function("find_messages_", r"view\.status = \(ringc_seq_diff\)\(view\.limit - position\) > 0",
                     "view.status = view.limit != position"),)),
    Mutant("stamps are as the memory was", "knobs/reject_stamped",
           (function("init_at", r"RINGC_STORE\(&ch->lines\[i\]\.stamp,[^;]*;", ";"),)),
    Mutant("the last line's stamp is as the memory was", "knobs/block_lines",
           (function("init_at", r"i < (\d+)u", r"i + 1 < \g<2>u"),)),
    Mutant("stamps start at 0", "knobs/block_lines", (function("init_at", r"\.stamp, first", ".stamp, 0"),)),
    Mutant("a message's stamp goes to the next line", "knobs/reject_lines",
           (function("publish_", r"@_line_of_\(p->channel, p->position\)",
                     "@_line_of_(p->channel, p->position + (ringc_seq)n)"),)),
    Mutant("a stamped push does not count", "knobs/reject_lines",
           (function("publish_", r"    RINGC_STORE\(&p->channel->tail.*?\n", ""),)),
    Mutant("a drain ends with the line", "knobs/reject_lines", (function("drain_n", r"c->limit = tail;", ";"),)),
    Mutant("a piece goes beyond the line's end", "knobs_sizes/byte_lines",
           (function("contiguous_", r"8u - \(sequence & 7u\)", "8u"),)),
    Mutant("size of a stamped queue falls below 0", "knobs/block_stamped",
           (function("size", r"\(ringc_seq_diff\)used < 0", "0"),)),
    Mutant("the producer fetches what lies beyond the ring", "knobs/reject_fetch",
           (function("fetch_room_", r"@_slot_\(p->channel, position \+ (\d+)u\)",
                     r"(p->channel->slots + (position & (@C_CAPACITY - 1)) + \g<2>u)"),)),
    Mutant("the consumer fetches what lies beyond the ring", "knobs/block_throughput",
           (function("fetch_", r"@_slot_\(ch, sequence\)", "(&ch->slots[sequence])"),)),
    Mutant("the producer fetches slots that are the consumer's", "knobs/block_fetch_far",
           (function("fetch_room_", r"p->limit - position > \d+u", "true"),)),
    Mutant("the consumer fetches slots that are the producer's", "knobs/block_fetch_far",
           (function("fetch_messages_", r"c->limit - position > \d+u", "true"),)),
    Mutant("the producer fetches the line that it writes", "knobs/block_lines",
           (function("fetch_room_", r"position \+ \d+u\)", "position)"),)),
    Mutant("a batch fetches nothing", "knobs/reject_fetch", (function("try_push_n", r"    @_fetch_room_\(.*?\n", "\n"),)),
    Mutant("a drain fetches nothing", "knobs/reject_fetch", (function("drain_n", r"    @_fetch_messages_\(.*?\n", "\n"),)),
    Mutant("a look fetches more than it has found", "knobs/reject_fetch",
           (function("fetch_found_", r"limit - position < \d+u \? limit - position : ", ""),)),
    Mutant("the consumer settles before every look", "knobs/reject_fetch",
           (function("messages_", r"c->distance == RINGC_AT_HEELS_", "true"),)),
    Mutant("the producer settles before every look", "knobs/block_fetch_far",
           (function("room_", r"p->distance == RINGC_AT_HEELS_", "true"),)),
    Mutant("the producer never settles", "knobs/block_lines", (function("room_", r"p->distance == RINGC_AT_HEELS_", "false"),)),
    Mutant("who settles once settles for ever", "knobs/block_throughput",
           ((r"return before == RINGC_NEAR_ \? RINGC_AT_HEELS_ : RINGC_FAR_;", "return RINGC_AT_HEELS_;"),), header="ringc.h"),
    Mutant("a side that found little does not settle", "knobs/reject_fetch",
           ((r"return little \? RINGC_AT_HEELS_ : RINGC_NEAR_;", "return RINGC_NEAR_;"),), header="ringc.h"),
    Mutant("a broadcast's producer settles before every look", "settle/single_block_settle",
           (function("room_", r"p->distance == RINGC_AT_HEELS_", "true"),)),
    Mutant("a broadcast's producer never settles", "settle/single_block_settle",
           (function("room_", r"p->distance == RINGC_AT_HEELS_", "false"),)),
    Mutant("a broadcast's producer takes half of the room for little", "settle/single_block_settle",
           (function("producer_saw_", r"n < \d+u", "n < 6u"),)),
    Mutant("a broadcast's producer is at the heels of one who takes turns", "settle/single_block_settle",
           (function("producer_saw_", r"n > 1 && ", ""),)),
    Mutant("spinning pauses where the schema wants none", "knobs/reject_fetch",
           (function("await_messages_", r"ringc_wait_bare\((.*?\))\)", r"\g<2>"),)),
    # -- wide copies -------------------------------------------------------------------------------------------------------
    Mutant("a wide store leaves the first row out", "broadcast/single_overwrite_wide",
           ((r"(ringc_rows_store_\([^}]*?)size_t at = 0;", r"\g<1>size_t at = sizeof(ringc_row_);"),), header="ringc.h"),
    Mutant("a wide load leaves the last row out", "broadcast/single_overwrite_wide",
           ((r"(ringc_rows_load_\([^}]*?)at < end;", r"\g<1>at + sizeof(ringc_row_) < end;"),), header="ringc.h"),
    Mutant("what is left behind the rows is not copied", "broadcast/multi_overwrite_over",
           ((r"(ringc_words_load8\([^}]*?); i < n_words;", r"\g<1>; i + 1 < n_words;"),), header="ringc.h"),
    # -- messages ----------------------------------------------------------------------------------------------------------
    Mutant("padding is not copied", "messages/q", ((r"(\nq_leg_put_\((?:(?!\n\}\n).)*?)[^\n]*slot->pad0_[^\n]*", r"\g<1>    ;"),), header="q/types.h"),
    Mutant("a default is lost", "messages/q", ((r"        -32768,", "        0,"),), header="q/types.h"),
    Mutant("a length is not checked", "messages/q", ((r"message->n_legs <= ", "255 >= message->n_legs + 0 * "),), header="q/reflect.c"),
    Mutant("a bool in an array is not checked", "messages/q", ((r"message->bools\[i\] <= 1u", "message->bools[i] <= 255u"),), header="q/reflect.c"),
    # -- orders that ThreadSanitizer shows ---------------------------------------------------------------------------------
    Mutant("R1 relaxed", "queue/block_spin_yield", (function("publish_", r"RINGC_RELEASE", "RINGC_RELAXED"),), tsan=True),
    Mutant("R2 relaxed", "queue/block_spin_yield", (function("give_back_", r"RINGC_RELEASE", "RINGC_RELAXED"),), tsan=True),
    Mutant("A1 relaxed", "queue/block_spin_yield", (function("find_messages_", r"RINGC_ACQUIRE", "RINGC_RELAXED"),), tsan=True),
    Mutant("A2 relaxed", "queue/block_spin_yield", (function("find_room_", r"RINGC_ACQUIRE", "RINGC_RELAXED"),), tsan=True),
    Mutant("R1 relaxed, stamped", "knobs/block_latency", (function("publish_", r"RINGC_RELEASE", "RINGC_RELAXED"),), tsan=True),
    Mutant("A1 relaxed, stamped", "knobs/block_latency",
           (function("find_messages_", r"RINGC_ACQUIRE", "RINGC_RELAXED"),), tsan=True),
    Mutant("R2 relaxed, several slots at a time", "knobs/block_latency",
           (function("give_back_", r"RINGC_RELEASE", "RINGC_RELAXED"),), tsan=True),
    Mutant("R4 relaxed", "queue/block_adaptive", (function("producer_close", r"RINGC_RELEASE", "RINGC_RELAXED"),), tsan=True),
    Mutant("A4 relaxed", "queue/block_adaptive", (function("producer_open", r"RINGC_ACQUIRE", "RINGC_RELAXED"),), tsan=True),
    Mutant("R5 relaxed", "queue/reject_adaptive", (function("consumer_close", r"RINGC_RELEASE", "RINGC_RELAXED"),), tsan=True),
    Mutant("A5 relaxed", "queue/reject_adaptive", (function("consumer_open", r"RINGC_ACQUIRE", "RINGC_RELAXED"),), tsan=True),
    # -- broadcast: mistakes of docs/mistakes.md ---------------------------------------------------------------------------
    Mutant("5: no look at the stamp after the copy", "broadcast/single_overwrite_wide",
           (function("copy_", r"RINGC_UNLIKELY\(stamp != view\.limit\)", "false"),)),
    Mutant("5: the stamp does not turn odd before the words change", "broadcast/single_overwrite_wide",
           (function("put_", r"    RINGC_STORE\(&cell->stamp.*?\n", ""),)),
    Mutant("6: a claim does not look at the last lap's writer", "broadcast/multi_overwrite_2",
           (function("cell_is_free_", r"ahead < 0 \? RINGC_FULL : RINGC_OK", "RINGC_OK"),)),
    Mutant("6: the same, gated", "broadcast/multi_block_park",
           (function("cell_is_free_", r"ahead < 0 \? RINGC_FULL : RINGC_OK", "RINGC_OK"),)),
    Mutant("6: two producers claim one sequence", "broadcast/multi_overwrite_over",
           (function("claim_", r"RINGC_CAS\(&ch->next, &view\.limit, view\.limit \+ 1, \w+, \w+\)",
                     "(RINGC_STORE(&ch->next, view.limit + 1, RINGC_RELEASE), true)"),)),
    Mutant("7: a joiner does not look how far the producer may go", "broadcast/single_reject_watermark",
           (function("join_gate_", r"\(ringc_seq_diff\)\(safe - position\) > 0", "false"),)),
    Mutant("7: the same, many producers", "broadcast/multi_reject_line",
           (function("join_gate_", r"\(ringc_seq_diff\)\(safe - position\) > 0", "false"),)),
    Mutant("7: a joiner registers after it has read the position", "broadcast/single_block_2",
           (function("join_gate_", r"    RINGC_STORE\(&mine->state.*?\n(.*?)(    return position;)",
                     r"\g<2>    ringc_yield();\n    RINGC_STORE(&mine->state, place.taken | RINGC_PLACE_GATES_, RINGC_RELEASE);\n\g<3>"),)),
    Mutant("8: R2 relaxed", "broadcast/single_block_all", (function("give_back_", r"RINGC_RELEASE", "RINGC_RELAXED"),), tsan=True),
    Mutant("8: R2 of release relaxed", "broadcast/single_block_all", (function("release", r"RINGC_RELEASE", "RINGC_RELAXED"),), tsan=True),
    Mutant("8: A2 relaxed", "broadcast/single_block_all",
           (function("gate_", r"cursor, RINGC_ACQUIRE", "cursor, RINGC_RELAXED"),), tsan=True),
    Mutant("R1 relaxed, broadcast", "broadcast/single_block_all", (function("finish_", r"RINGC_RELEASE", "RINGC_RELAXED"),), tsan=True),
    Mutant("A1 relaxed, broadcast", "broadcast/single_block_all",
           (function("find_messages_", r"RINGC_ACQUIRE", "RINGC_RELAXED"),), tsan=True),
    Mutant("A8 relaxed", "broadcast/single_block_all",
           (function("is_processed_", r"cursor, RINGC_ACQUIRE", "cursor, RINGC_RELAXED"),), tsan=True),
    Mutant("9: what is received is given back, processed or not", "broadcast/single_block_park",
           (function("give_back_", r"\(RINGC_LOSSY \| RINGC_HOLDING\)", "RINGC_LOSSY"),)),
    Mutant("9: a drain gives back before the handlers return", "broadcast/multi_block_adaptive",
           (function("drain_group", r"        for \(size_t i = 0; i < n; i\+\+\)",
                     "        s->position++;\n        @_give_back_(s);\n        s->position--;\n        for (size_t i = 0; i < n; i++)"),)),
    Mutant("9: a dependant reads what its upstream is still reading", "broadcast/single_reject_adaptive",
           (function("is_processed_", r"- position\) <= 0", "- position) < 0"),)),
    Mutant("9: a dependant looks at its first upstream only", "broadcast/multi_overwrite_adaptive",
           (function("is_processed_", r"i < n", "i < 1"),)),
    Mutant("10: a batch goes round the backpressure", "broadcast/single_reject_watermark",
           (function("try_publish_n", r"p->limit - p->position", "@C_CAPACITY"),)),
    Mutant("10: a publish goes round the backpressure", "broadcast/single_block_2",
           (function("find_room_", r"RINGC_CLOSED : RINGC_FULL", "RINGC_CLOSED : RINGC_OK"),)),
    Mutant("10: many producers go round the backpressure", "broadcast/multi_reject_all",
           (function("find_room_", r"\(ringc_seq_diff\)\(view\.limit - next\) > 0", "true"),
            function("claim_", r"\(ringc_seq_diff\)\(RINGC_LOAD\(&ch->limit, RINGC_ACQUIRE\) - view\.limit\) <= 0", "false"))),
    Mutant("10: a claim in place goes round the backpressure", "broadcast/single_block_all",
           (function("claim", r"if \(status != RINGC_OK\)", "if (status == RINGC_CLOSED)"),)),
    Mutant("11: who unsubscribes still holds the producer", "broadcast/single_reject_adaptive",
           (function("unsubscribe", r"\| RINGC_PLACE_FREE_", "| RINGC_PLACE_GATES_"),)),
    Mutant("11: who unsubscribes wakes no producer", "broadcast/single_block_park",
           (function("unsubscribe", r"    @_wake_producer_\(s->channel\);\n", ""),)),
    Mutant("11: who lets go wakes no producer", "broadcast/multi_block_park",
           (function("let_go", r"    ringc_unpark_all_\(.*?\n", ""),)),
    Mutant("11: a dependant waits for an upstream that left", "broadcast/single_overwrite_park",
           (function("is_processed_", r"\(state == [^&]*RINGC_PLACE_GATES_\)\)", "((state & ~RINGC_PLACE_KIND_) == place.taken)"),)),
    Mutant("11: a dependant waits for who took its upstream's place", "broadcast/single_overwrite_park",
           (function("is_processed_", r"\(state == [^&]*RINGC_PLACE_GATES_\)\)",
                     "((state & RINGC_PLACE_KIND_) != RINGC_PLACE_FREE_)"),)),
    Mutant("11: a producer that closed its handle still holds the place", "broadcast/single_overwrite_park",
           (function("producer_close", r"RINGC_STORE\(&p->channel->producer_held, 0u", "RINGC_STORE(&p->channel->producer_held, 1u"),)),
    Mutant("11: a reopened producer starts at the first message", "broadcast/single_overwrite_1",
           (function("producer_open", r"RINGC_LOAD\(&ch->next", "RINGC_LOAD(&ch->first"),)),
    Mutant("12: pending does not clamp", "broadcast/single_overwrite_park",
           (function("pending", r"\(ringc_seq_diff\)pending < 0 \? 0 : pending", "pending"),)),
    Mutant("14: close wakes no subscriber", "broadcast/multi_overwrite_park",
           (function("close", r"    ringc_unpark_all_\(&ch->subscriber_parked,[^\n]*\n", ""),)),
    Mutant("14: close wakes no producer, broadcast", "broadcast/single_block_park",
           (function("close", r"    ringc_unpark_(?:all_)?\(&ch->producer_parked,[^\n]*\n", ""),)),
    Mutant("14: broadcast, empty, then closed, without a second look", "broadcast/single_overwrite_spin",
           (function("find_messages_", r"\(ringc_seq_diff\)\(view\.limit - @_done_\(position\)\) >= 0 \? RINGC_OK : RINGC_CLOSED",
                     "RINGC_CLOSED"),)),
    Mutant("14: a wait for room does not look at close", "broadcast/multi_block_adaptive",
           (function("find_room_", r"RINGC_LOAD\(&ch->closed, RINGC_RELAXED\)", "0"),
            function("claim_", r"RINGC_LOAD\(&ch->closed, RINGC_RELAXED\)", "0"))),
    Mutant("16: limits compared by size", "broadcast/single_reject_byte",
           (function("gate_", r"\(ringc_seq_diff\)\(limit - gate\) > 0", "limit > gate"),)),
    Mutant("16: room compared by size", "broadcast/single_reject_adaptive",
           (function("find_room_", r"\(ringc_seq_diff\)\(view\.limit - position\) <= 0", "view.limit <= position"),)),
    Mutant("17: close does not end the wait for a dead producer", "broadcast/multi_overwrite_park",
           (function("claim_", r"RINGC_LOAD\(&ch->closed, RINGC_RELAXED\)", "0"),)),
    Mutant("17: a claim in place is there for a producer that is gone", "broadcast/single_block_all",
           (function("claim", r"    p->claimed = true;\n", "    p->claimed = true;\n    @_finish_(p->channel, p->position);\n"),)),
    # -- contracts of a broadcast ------------------------------------------------------------------------------------------
    Mutant("the watermark counts for nothing", "broadcast/multi_block_watermark", ((r"(@C_ROOM \(\(ringc_seq\))6u", r"\g<1>8u"),)),
    Mutant("the watermark is one too many", "broadcast/single_reject_watermark", ((r"(@C_ROOM \(\(ringc_seq\))6u", r"\g<1>5u"),)),
    Mutant("an idle lossy subscriber gates", "broadcast/single_reject_byte",
           (function("take_place_", r"RINGC_PLACE_READS_", "RINGC_PLACE_GATES_"),)),
    Mutant("a lag is one message too many", "broadcast/single_overwrite_park",
           (function("oldest_after_", r"oldest = next - @C_CAPACITY;", "oldest = next - @C_CAPACITY + 1;"),)),
    Mutant("a lag is not counted", "broadcast/multi_overwrite_over", (function("lag_", r"    s->lagged \+= s->missed;\n", ""),)),
    Mutant("latest does not count what it passes over", "broadcast/single_block_pair",
           (function("latest", r"    s->lagged \+= s->missed;\n", "\n"),)),
    Mutant("latest takes what no upstream gave back", "broadcast/single_overwrite_park",
           (function("latest", r"@_copy_\(s, newest, message\)", "@_copy_(&(@_subscriber){ .channel = s->channel }, newest, message)"),)),
    Mutant("stamps compared by size, broadcast", "broadcast/single_overwrite_odd",
           (function("find_messages_", r"\(ringc_seq_diff\)\(view\.limit - @_done_\(position\)\) > 0", "view.limit > @_done_(position)"),)),
    Mutant("stamps are as the memory was, broadcast", "broadcast/multi_overwrite_adaptive",
           (function("init_at", r"RINGC_STORE\(&@_cell_of_\(ch, i\)->stamp,[^;]*;", ";"),)),
    Mutant("stamps start at 0, broadcast", "broadcast/single_overwrite_1",
           (function("init_at", r"@_done_\(i - @C_CAPACITY\)", "@_done_(i - first - @C_CAPACITY)"),)),
    Mutant("a batch becomes visible from its first message on", "broadcast/single_overwrite_odd",
           (function("try_publish_n", r"for \(size_t i = piece; i > 0; i--\)", "for (size_t i = 1; i <= piece; i++)"),)),
    Mutant("a subscriber too many is let in", "broadcast/single_overwrite_1",
           (function("take_place_", r"\(state & RINGC_PLACE_KIND_\) != RINGC_PLACE_FREE_", "false"),)),
    Mutant("a reading that is not offered is let in", "broadcast/multi_reject_all",
           (function("subscribe_at_", r"return RINGC_INVALID;", ";"),)),
    Mutant("n back goes beyond what was published", "broadcast/multi_overwrite_over",
           (function("back_from_", r"back < held \? back : held", "back"),)),
    Mutant("more than is held is released", "broadcast/single_reject_adaptive", (function("release", r"return RINGC_INVALID;", ";"),)),
    Mutant("a release of what was shown does not move on", "broadcast/multi_reject_line",
           (function("release", r"s->position = s->released;", ";"),)),
    Mutant("a lossy subscriber peeks", "broadcast/single_block_2",
           (function("peek", r"\(s->reading & ~RINGC_HOLDING\) != RINGC_GATING", "false"),
            function("release", r" \|\| s->reading == RINGC_LOSSY", ""),
            function("peek", r"if \(view\.status == RINGC_LAGGED\)", "if (view.status == RINGC_LAGGED && (view.status = RINGC_OK) != RINGC_OK)"))),
    Mutant("let_go takes another's place for its own", "broadcast/single_block_pair",
           (function("let_go", r"uint32_t state = place\.taken \| RINGC_PLACE_GATES_;",
                     "uint32_t state = RINGC_LOAD(&ch->places[place.index % @C_SUBSCRIBERS].state, RINGC_RELAXED);"),)),
    Mutant("a commit leaves the claim open", "broadcast/multi_overwrite_2",
           (function("commit", r"p->claimed = status != RINGC_OK;", ";"),)),
    Mutant("a refused commit gives the claim up", "broadcast/multi_block_eight",
           (function("commit", r"p->claimed = status != RINGC_OK;", "p->claimed = false;"),)),
    Mutant("one of several sleepers is woken", "broadcast/multi_overwrite_park",
           (function("wake_subscriber_", r"ringc_unpark_all_", "ringc_unpark_"),)),
    Mutant("a publish wakes no subscriber", "broadcast/single_overwrite_1",
           (function("publish_", r"    @_wake_subscriber_\(p->channel\);\n", ""),)),
    Mutant("a received message wakes no producer", "broadcast/multi_block_park",
           (function("give_back_", r"    @_wake_producer_\(s->channel\);\n", ""),)),
    Mutant("one of several producers that wait is woken", "broadcast/multi_block_park",
           (function("wake_producer_", r"ringc_unpark_all_", "ringc_unpark_"),)),
    Mutant("broadcast, a drain marks no end of batch", "broadcast/single_reject_byte",
           (function("drain_group", r"view\.status != RINGC_OK\);\n(\s+s->position)", r"false);\n\g<2>"),)),
    Mutant("a group forgets its last handler", "broadcast/single_overwrite_spin",
           (function("drain_group", r"i < n; i", "i + 1 < n; i"),)),
    Mutant("half a message is stored, broadcast", "broadcast/single_overwrite_odd",
           ((r"(\nbc_odd_store_\((?:(?!\n\}\n).)*?#else\n)\s+ringc_word[^\n]*\n", r"\g<1>    (void)0;\n"),), header="bc/types.h"),
    Mutant("a message that is overwritten is not dropped", "broadcast/single_block_owned",
           (function("try_publish", r"if \(is_old\)", "if (0)"),)),
    Mutant("a message that is overwritten is dropped twice", "broadcast/multi_block_owned",
           (function("try_publish", r"(test_give_back\(&old\);)", r"{ \g<2> \g<2> }"),)),
    Mutant("a claim in place drops again at the next claim", "broadcast/single_reject_owned",
           (function("take_out_", r"    RINGC_STORE\(&cell->stamp.*?\n", ""),)),
    Mutant("broadcast, destroy forgets the rest", "broadcast/multi_block_owned", (function("destroy", r"test_give_back\(&message\);", ";"),)),
)  # fmt: skip


def package_of(mutant: Mutant) -> str:
    """The package, and the folder of headers, of the channel that a mutant breaks."""
    return "bc" if mutant.program.split("/")[0] in ("broadcast", "settle") else "q"


def header_of(mutant: Mutant, folder: pathlib.Path) -> pathlib.Path:
    """The header below `folder` that a mutant changes."""
    return folder / (mutant.header or f"{package_of(mutant)}/{mutant.program.split('/')[1]}.h")


def edited(text: str, mutant: Mutant) -> str | None:
    """The header with every edit made, or None where one does not apply."""
    channel = mutant.program.split("/")[1]
    c = f"{package_of(mutant)}_{channel}"
    for pattern, replacement in mutant.edits:
        pattern, replacement = (
            part.replace("@C", c.upper()).replace("@", c) for part in (pattern, replacement)
        )
        text, n = re.subn(pattern, replacement, text, count=1, flags=re.DOTALL)
        if n != 1:
            return None
    return text


def build(mutant: Mutant, suite: str, channel: str, gen: pathlib.Path, program: pathlib.Path, cc: str) -> subprocess.CompletedProcess:
    """Compiles the test program against the mutated headers."""
    flags = ["-fsanitize=thread", "-Wno-tsan"] if mutant.tsan else []
    flags += [WRAP[suite]] if suite in WRAP else []
    sources = [str(gen / "ringc.c")]
    if suite in ("queue", "steps", "knobs"):
        policy, variant = re.fullmatch(r"(reject|block|drop_oldest|owned)_(\w+)", channel).groups()
        sources.append(str(HERE / f"test_{suite}_{policy}.c"))
        flags.append(f"-DQUEUE_VARIANT={variant}")
    elif suite == "broadcast":
        row, variant = channel.rsplit("_", 1)
        sources.append(str(HERE / f"test_broadcast_{row}.c"))
        flags.append(f"-DBROADCAST_VARIANT={variant}")
    else:
        sources.append(str(HERE / f"test_{suite}.c"))
    if suite == "messages":
        sources.append(str(gen / "q/reflect.c"))
    command = [cc, "-std=c11", "-O1", "-g", "-w", *flags, f"-I{gen}", f"-I{HERE}", "-pthread", *sources, "-lcmocka", "-o", str(program)]
    return subprocess.run(command, capture_output=True, text=True)


def caught_by(output: str) -> str:
    """The first test that failed, from cmocka's output or from the last test that had begun."""
    failed = re.search(r"\[  (?:FAILED|ERROR )  \] (\w+)", output)
    if failed:
        return failed.group(1)
    begun = re.findall(r"\[ RUN      \] (\w+)", output)
    return begun[-1] if begun else "?"


def try_mutant(number: int, mutant: Mutant, gen: pathlib.Path, build_dir: pathlib.Path, cc: str) -> tuple[bool, str]:
    """Whether the mutant was caught, and by what (or what is wrong with it)."""
    suite, channel = mutant.program.split("/")
    work = build_dir / f"{number:02}"
    shutil.rmtree(work, ignore_errors=True)
    for package in ("q", "bc"):
        shutil.copytree(gen / package, work / package)
    for name in ("ringc.h", "ringc.c"):
        shutil.copy(gen / name, work / name)
    header = header_of(mutant, work)
    header.write_text(edited(header.read_text(), mutant))
    built = build(mutant, suite, channel, work, work / "program", cc)
    if built.returncode != 0:
        return False, "does not compile: " + built.stderr.strip().splitlines()[0]
    environment = {**os.environ, "RINGC_TEST_TIMEOUT": str(TIMEOUT), "TSAN_OPTIONS": "halt_on_error=1 exitcode=66"}
    try:
        ran = subprocess.run([work / "program"], capture_output=True, timeout=2 * TIMEOUT, env=environment)
    except subprocess.TimeoutExpired:
        return True, "a hang"
    output = ran.stdout.decode(errors="replace") + ran.stderr.decode(errors="replace")
    if ran.returncode == 0:
        return False, "SURVIVED"
    how = "a race: " if ran.returncode == 66 else "a hang: " if ran.returncode == -14 else ""
    shutil.rmtree(work, ignore_errors=True)
    return True, how + caught_by(output)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gen", type=pathlib.Path, default=HERE / "../../generated", help="where the generated headers lie")
    parser.add_argument("--build", type=pathlib.Path, default=HERE / "../../build/tests-c/mutants", help="where to work")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cc", default="gcc")
    parser.add_argument("--only", default="", help="only mutants whose name or program contains this")
    parser.add_argument("--sample", type=int, default=0, help="only so many of them, drawn with --seed")
    parser.add_argument("--seed", type=int, default=0, help="0: a new one, which is printed")
    options = parser.parse_args()
    options.build.mkdir(parents=True, exist_ok=True)
    chosen = [(number, mutant) for number, mutant in enumerate(MUTANTS) if options.only in mutant.name or options.only in mutant.program]
    stale = [mutant for _, mutant in chosen if edited(header_of(mutant, options.gen).read_text(), mutant) is None]
    for mutant in stale:
        print(f"FAILED  {mutant.name:72} {mutant.program:26} does not apply: the template has changed")
    if stale:
        return 1
    if options.sample:
        seed = options.seed or random.SystemRandom().randrange(1, 1 << 32)
        print(f"mutants: {options.sample} of {len(chosen)}, --seed {seed}", flush=True)
        chosen = sorted(random.Random(seed).sample(chosen, min(options.sample, len(chosen))), key=lambda item: item[0])
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda item: try_mutant(*item, options.gen.resolve(), options.build.resolve(), options.cc), chosen)
        for (_, mutant), (caught, how) in zip(chosen, results):
            failures += not caught
            print(f"{'caught' if caught else 'FAILED':7} {mutant.name:72} {mutant.program:26} {how}", flush=True)
    print(f"{len(chosen) - failures} of {len(chosen)} mutants caught")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

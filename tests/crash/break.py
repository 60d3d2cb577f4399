"""Makes the broken headers of the self-test: break.py GENERATED OUTPUT copies the tree once for each breakage."""

import pathlib
import shutil
import sys

BARRIER = '    __asm__ volatile("" : : : "memory");\n'


def replaced(text, old, new):
    assert text.count(old) == 1, old
    return text.replace(old, new)


def swapped(text, first, second, second_now):
    """`text` with `second` before `first`, and a compiler barrier in between."""
    return replaced(text, first + second, second_now + BARRIER + first)


def early_tail(text):
    put = "    q_item_put_(q_block_4_slot_(p->channel, p->position), message);\n"
    text = swapped(text, put, "    q_block_4_publish_(p, 1);\n", "    q_block_4_publish_(p, 1);\n")
    return text.replace(BARRIER + put, BARRIER + put.replace("p->position)", "p->position - 1)"))


def early_batch(text):
    copy = "        for (size_t i = 0; i < got; i++) {\n            q_item_put_(&slots[i], &messages[pushed + i]);\n        }\n"
    publish = "        q_block_4_publish_(p, got);\n"
    return swapped(text, copy, publish, publish)


def early_head(text):
    get = "    q_item_get_(message, q_block_4_slot_(c->channel, c->position));\n"
    free = "    q_block_4_free_(c, 1);\n"
    text = swapped(text, get, free, free)
    return text.replace(BARRIER + get, BARRIER + get.replace("c->position)", "c->position - 1)"))


def early_wake(text):
    store = "    RINGC_STORE(&p->channel->tail, p->position, RINGC_RELEASE); /* R1 pairs with A1 */\n"
    wake = "    q_block_4_wake_consumer_(p->channel);\n"
    return swapped(text, store, wake, wake)


def early_wake_of_producer(text):
    store = "    RINGC_STORE(&c->channel->head, c->position, RINGC_RELEASE); /* R2 pairs with A2 */\n"
    wake = "    q_block_4_wake_producer_(c->channel);\n"
    return swapped(text, store, wake, wake)


def early_claim(text):
    load = "        q_item_load_(message, q_drop_oldest_park_slot_(c->channel, c->position));\n"
    claim = "        if (q_drop_oldest_park_claim_(c, 1))\n            break;\n"
    late = load.replace("c->position)", "c->position - 1)")
    return replaced(text, load + claim, claim.replace("            break;\n", "        {\n" + BARRIER + late + "            break;\n        }\n"))


def early_tail_evicting(text):
    store = "    q_item_store_(q_drop_oldest_park_slot_(p->channel, p->position), message);\n"
    move = ("    p->position++;\n"
            "    RINGC_STORE(&p->channel->tail, p->position, RINGC_RELEASE); /* R1 pairs with A1 */\n")
    text = swapped(text, store, move, move)
    return text.replace(BARRIER + store, BARRIER + store.replace("p->position)", "p->position - 1)"))


def blind_evict(text):
    cas = "    if (RINGC_CAS(&ch->head, &head, head + 1, RINGC_ACQ_REL, RINGC_ACQUIRE)) {\n"
    return replaced(text, cas, "    RINGC_STORE(&ch->head, head + 1, RINGC_RELEASE);\n    if (position != head) {\n")


def looking_close(text):
    """A close that wakes only who has announced to sleep: not whom a waker left that died in between."""
    for side in ("consumer", "producer"):
        wake = f"    ringc_unpark_(&ch->{side}_parked, RINGC_LOAD(&ch->flags, RINGC_RELAXED));\n"
        text = replaced(text, "\n" + wake, f"\n    if (RINGC_LOAD(&ch->{side}_parked, RINGC_RELAXED))\n    {wake}")
    return text


def early_stamp(text):
    """A stamp that says that the message is whole before it is."""
    return replaced(text, "bc_single_block_park_done_(sequence) - 1, RINGC_RELAXED", "bc_single_block_park_done_(sequence), RINGC_RELAXED")


def early_next(text):
    put = "    bc_single_overwrite_park_put_(p->channel, p->position, message);\n"
    return replaced(text, put, "    RINGC_STORE(&p->channel->next, p->position + 1, RINGC_RELEASE);\n" + put)


def first_stamp_first(text):
    return replaced(text, "for (size_t i = piece; i > 0; i--)", "for (size_t i = 1; i <= piece; i++)")


def early_broadcast_wake(text):
    wake = "    bc_single_block_park_wake_subscriber_(p->channel);\n"
    finish = "    bc_single_block_park_finish_(p->channel, p->position);\n"
    return replaced(replaced(text, wake, ""), finish, wake + finish)


def early_cursor(text):
    """A try_recv that gives the message back before it copies it."""
    copy = "    const bc_single_block_all_view_ view = bc_single_block_all_copy_(s, s->position, message);\n"
    cursor = "    RINGC_STORE(&s->channel->places[s->place.index].cursor, s->position + 1, RINGC_RELEASE);\n"
    return replaced(text, copy, cursor + BARRIER + copy)


def early_cursor_wake(text):
    store = ("    s->released = s->position;\n"
             "    RINGC_STORE(&s->channel->places[s->place.index].cursor, s->released, RINGC_RELEASE); /* R2 pairs with A2 and A8 */\n")
    wake = "    bc_single_block_park_wake_producer_(s->channel);\n"
    return swapped(text, store, wake, wake)


def blind_join(text):
    """One who joins and does not ask how far the producer may go by what it knows already."""
    return replaced(text, "    if ((ringc_seq_diff)(safe - position) > 0)\n        position = safe;\n", "    (void)safe;\n")


def silent_let_go(text):
    unpark = "    ringc_unpark_(&ch->producer_parked, RINGC_LOAD(&ch->flags, RINGC_RELAXED));\n"
    return replaced(text, unpark + "    return gone", "    return gone")


def looking_let_go(text):
    unpark = "    ringc_unpark_(&ch->producer_parked, RINGC_LOAD(&ch->flags, RINGC_RELAXED));\n"
    return replaced(text, unpark + "    return gone", "    if (RINGC_LOAD(&ch->producer_parked, RINGC_RELAXED))\n    " + unpark + "    return gone")


def looking_broadcast_close(text):
    """As looking_close."""
    head, call, tail = text.partition("bc_single_block_park_close(bc_single_block_park *ch)\n")
    for side, wake in (("subscriber", "ringc_unpark_all_"), ("producer", "ringc_unpark_")):
        wake = f"    {wake}(&ch->{side}_parked, RINGC_LOAD(&ch->flags, RINGC_RELAXED));\n"
        assert wake in tail
        tail = tail.replace(wake, f"    if (RINGC_LOAD(&ch->{side}_parked, RINGC_RELAXED) & 1u)\n    {wake}", 1)
    return head + call + tail


def blind_copy(text):
    """A copy without the second look at the stamp."""
    return replaced(text, "    if (RINGC_UNLIKELY(stamp != view.limit)) {\n", "    if (0) {\n")


def no_odd_stamp(text):
    return replaced(text, "    RINGC_STORE(&cell->stamp, bc_single_overwrite_park_done_(sequence) - 1, RINGC_RELAXED);\n", "")


def blind_claim(text):
    """A producer that writes where another, a lap ago, has not finished."""
    return replaced(text, "    return ahead < 0 ? RINGC_FULL : RINGC_OK;\n", "    return RINGC_OK;\n")


BREAKAGES = [
    (early_tail, "block_4"),
    (early_batch, "block_4"),
    (early_head, "block_4"),
    (early_wake, "block_4"),
    (early_wake_of_producer, "block_4"),
    (looking_close, "block_4"),
    (early_claim, "drop_oldest_park"),
    (early_tail_evicting, "drop_oldest_park"),
    (blind_evict, "drop_oldest_park"),
]

BROADCAST_BREAKAGES = [
    (early_stamp, "single_block_park"),
    (early_next, "single_overwrite_park"),
    (first_stamp_first, "single_block_park"),
    (early_broadcast_wake, "single_block_park"),
    (early_cursor, "single_block_all"),
    (early_cursor_wake, "single_block_park"),
    (blind_join, "single_block_park"),
    (silent_let_go, "single_block_park"),
    (looking_let_go, "single_block_park"),
    (looking_broadcast_close, "single_block_park"),
    (blind_copy, "single_overwrite_park"),
    (no_odd_stamp, "single_overwrite_park"),
    (blind_claim, "multi_overwrite_park"),
]


def broken_tree(breakage, header, generated, tree):
    for name in ("ringc.h", "q/types.h", "bc/types.h"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(generated / name, tree / name)
    (tree / header).write_text(breakage((generated / header).read_text()))


def main():
    generated, output = (pathlib.Path(arg) for arg in sys.argv[1:])
    for package, breakages in (("q", BREAKAGES), ("bc", BROADCAST_BREAKAGES)):
        for breakage, channel in breakages:
            broken_tree(breakage, f"{package}/{channel}.h", generated, output / breakage.__name__)


main()

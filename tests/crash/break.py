"""Makes the broken headers of the self-test: break.py GENERATED OUTPUT copies the tree once for each breakage."""

import pathlib
import shutil
import sys

BARRIER = '    __asm__ volatile("" : : : "memory");\n'


def swapped(text, first, second, second_now):
    """`text` with `second` before `first`, and a compiler barrier in between."""
    both = first + second
    assert text.count(both) == 1, both
    return text.replace(both, second_now + BARRIER + first)


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
    assert text.count(load + claim) == 1
    return text.replace(load + claim, claim.replace("            break;\n", "        {\n" + BARRIER + late + "            break;\n        }\n"))


def early_tail_evicting(text):
    store = "    q_item_store_(q_drop_oldest_park_slot_(p->channel, p->position), message);\n"
    move = ("    p->position++;\n"
            "    RINGC_STORE(&p->channel->tail, p->position, RINGC_RELEASE); /* R1 pairs with A1 */\n")
    text = swapped(text, store, move, move)
    return text.replace(BARRIER + store, BARRIER + store.replace("p->position)", "p->position - 1)"))


def blind_evict(text):
    cas = "    if (RINGC_CAS(&ch->head, &head, head + 1, RINGC_ACQ_REL, RINGC_ACQUIRE)) {\n"
    assert text.count(cas) == 1
    return text.replace(cas, "    RINGC_STORE(&ch->head, head + 1, RINGC_RELEASE);\n    if (position != head) {\n")


def looking_close(text):
    """A close that wakes only who has announced to sleep: not whom a waker left that died in between."""
    for side in ("consumer", "producer"):
        wake = f"    ringc_unpark_(&ch->{side}_parked, RINGC_LOAD(&ch->flags, RINGC_RELAXED));\n"
        assert text.count("\n" + wake) == 1
        text = text.replace("\n" + wake, f"\n    if (RINGC_LOAD(&ch->{side}_parked, RINGC_RELAXED))\n    {wake}")
    return text


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


def main():
    generated, output = (pathlib.Path(arg) for arg in sys.argv[1:])
    for breakage, channel in BREAKAGES:
        tree = output / breakage.__name__
        (tree / "q").mkdir(parents=True, exist_ok=True)
        for name in ("ringc.h", "q/types.h"):
            shutil.copy(generated / name, tree / name)
        name = f"q/{channel}.h"
        (tree / name).write_text(breakage((generated / name).read_text()))


main()

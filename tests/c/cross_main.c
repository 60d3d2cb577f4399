/*
 * The essential checks without cmocka, which cross targets lack: built static for each machine of
 * the Makefile, and run under qemu-user. Exits 0 when all is well.
 */
#define _GNU_SOURCE

#include "support.h"

#include "q/block_1.h"
#include "q/block_2.h"
#include "q/block_adaptive.h"
#include "q/block_backoff.h"
#include "q/block_park.h"
#include "q/drop_oldest_1.h"
#include "q/drop_oldest_4.h"
#include "q/drop_oldest_adaptive.h"
#include "q/drop_oldest_park.h"
#include "q/reject_park.h"
#include "q/reject_spin.h"
#include "q/reject_spin_yield.h"
#include "q/wide_drop_oldest.h"

#define TEXT_(...) #__VA_ARGS__
#define TEXT(...)  TEXT_(__VA_ARGS__)

void test_release(q_owned *message)
{
    (void)message;
}

#define CROSS_QUEUE  reject_spin
#define CROSS_EVICTS 0
#include "cross_queue.h"

#define CROSS_QUEUE  reject_spin_yield
#define CROSS_EVICTS 0
#include "cross_queue.h"

#define CROSS_QUEUE  reject_park
#define CROSS_EVICTS 0
#include "cross_queue.h"

#define CROSS_QUEUE  block_1
#define CROSS_EVICTS 0
#include "cross_queue.h"

#define CROSS_QUEUE  block_2
#define CROSS_EVICTS 0
#include "cross_queue.h"

#define CROSS_QUEUE  block_adaptive
#define CROSS_EVICTS 0
#include "cross_queue.h"

#define CROSS_QUEUE  block_backoff
#define CROSS_EVICTS 0
#include "cross_queue.h"

#define CROSS_QUEUE  block_park
#define CROSS_EVICTS 0
#include "cross_queue.h"

#define CROSS_QUEUE  drop_oldest_1
#define CROSS_EVICTS 1
#include "cross_queue.h"

#define CROSS_QUEUE  drop_oldest_4
#define CROSS_EVICTS 1
#include "cross_queue.h"

#define CROSS_QUEUE  drop_oldest_adaptive
#define CROSS_EVICTS 1
#include "cross_queue.h"

#define CROSS_QUEUE  drop_oldest_park
#define CROSS_EVICTS 1
#include "cross_queue.h"

/* Which code this machine gets, and how wide its sequences are. */
static void check_target(void)
{
    const uint32_t one = 1;
    unsigned char first_byte;

    REQUIRE(sizeof(ringc_seq) == sizeof(void *) && sizeof(ringc_seq) * 8 == RINGC_SEQ_BITS);
#if defined(__arm__) || defined(__i386__) || defined(__s390x__)
    REQUIRE(Q_GENERIC);
#elif !defined(RINGC_GENERIC_ASKED_FOR)
    REQUIRE(!Q_GENERIC);
#endif
    memcpy(&first_byte, &one, 1);
    printf("ok  target: %d bits, %s, %s-endian\n", RINGC_SEQ_BITS,
           Q_GENERIC ? "generic" : "its own", first_byte == 1 ? "little" : "big");
}

/* Codegen of word copies: a wide message at its widest word, and each width alone. */
static void check_copies(void)
{
    static q_wide in, slot, out;
    q_everything m = Q_EVERYTHING_INIT, s, r;

    for (size_t i = 0; i < LENGTH_OF(in.words); ++i)
        in.words[i] = mixed(i);
    q_wide_store_(&slot, &in);
    q_wide_load_(&out, &slot);
    REQUIRE(memcmp(&in, &out, sizeof in) == 0);
    q_everything_store_(&s, &m);
    q_everything_load_(&r, &s);
    REQUIRE(memcmp(&m, &r, sizeof m) == 0);
    q_everything_put_(&s, &m);
    q_everything_get_(&r, &s);
    REQUIRE(memcmp(&m, &r, sizeof m) == 0);
    printf("ok  copies\n");
}

static void check_primitives(void)
{
    const uint64_t start_ns = ringc_now_ns();
    const uint64_t start = ringc_cycles();

    ringc_pause();
    ringc_prefetch_read(&start);
    ringc_prefetch_write(&start);
    ringc_prefetch_read(NULL);
    ringc_sleep_ns(2 * MS);
    REQUIRE(ringc_now_ns() - start_ns >= 2 * MS);
    REQUIRE(ringc_cycles() > start);
    printf("ok  primitives\n");
}

int main(void)
{
    begin("cross");
    check_target();
    check_primitives();
    check_copies();
    reject_spin_check();
    reject_spin_yield_check();
    reject_park_check();
    block_1_check();
    block_2_check();
    block_adaptive_check();
    block_backoff_check();
    block_park_check();
    drop_oldest_1_check();
    drop_oldest_4_check();
    drop_oldest_adaptive_check();
    drop_oldest_park_check();
    printf("all is well\n");
    return 0;
}

/*
 * The channels of schemas/queues.yaml that differ in the knobs of `tune`: what the schema gives
 * each variant. What a variant lacks is 0. Included instead of queue_under_test.h, which it
 * completes.
 */
#ifndef KNOBS_UNDER_TEST_H
#define KNOBS_UNDER_TEST_H

#define PARKS_stamped    1
#define PARKS_fetch_far  1
#define PARKS_lazy_2     1
#define PARKS_lazy_4     1
#define PARKS_lazy_all   1
#define PARKS_throughput 1

/* Messages that share a line and its stamp: the goal's choice. */
#define LINE_stamped  1
#define LINE_lines    2
#define LINE_lazy_4   2
#define LINE_lazy_all 1
#define LINE_latency  1

/* Slots that come back together. */
#define RELEASE_stamped    1
#define RELEASE_lines      1
#define RELEASE_fetch      1
#define RELEASE_fetch_far  1
#define RELEASE_lazy_2     2
#define RELEASE_lazy_4     4
#define RELEASE_lazy_8     8
#define RELEASE_lazy_all   2
#define RELEASE_latency    2
#define RELEASE_throughput 16

/* How far each side fetches, in cache lines, where the ring is large enough. */
#define FETCH_ROOM_stamped        1
#define FETCH_ROOM_lines          (QUEUE_BLOCKS ? 2 : 0)
#define FETCH_ROOM_fetch          1
#define FETCH_ROOM_fetch_far      4
#define FETCH_ROOM_latency        1
#define FETCH_ROOM_throughput     8
#define FETCH_MESSAGES_lines      (QUEUE_BLOCKS ? 2 : 0)
#define FETCH_MESSAGES_fetch      2
#define FETCH_MESSAGES_fetch_far  3
#define FETCH_MESSAGES_throughput 8

/* Pauses of a side that is at the other's heels. */
#define SETTLE_lines      3
#define SETTLE_fetch      3
#define SETTLE_fetch_far  3
#define SETTLE_lazy_4     3
#define SETTLE_throughput 16

/* Spinning without a pause instruction. */
#define BARE_stamped   1
#define BARE_fetch     1
#define BARE_fetch_far 1
#define BARE_lazy_all  1
#define BARE_latency   1

#include "queue_under_test.h"

#define PROMISED_reject_stamped   Q_REJECT_STAMPED_GUARANTEED
#define PROMISED_reject_lines     Q_REJECT_LINES_GUARANTEED
#define PROMISED_reject_fetch     Q_REJECT_FETCH_GUARANTEED
#define PROMISED_reject_lazy_2    Q_REJECT_LAZY_2_GUARANTEED
#define PROMISED_reject_lazy_8    Q_REJECT_LAZY_8_GUARANTEED
#define PROMISED_block_stamped    Q_BLOCK_STAMPED_GUARANTEED
#define PROMISED_block_lines      Q_BLOCK_LINES_GUARANTEED
#define PROMISED_block_fetch_far  Q_BLOCK_FETCH_FAR_GUARANTEED
#define PROMISED_block_lazy_4     Q_BLOCK_LAZY_4_GUARANTEED
#define PROMISED_block_lazy_all   Q_BLOCK_LAZY_ALL_GUARANTEED
#define PROMISED_block_latency    Q_BLOCK_LATENCY_GUARANTEED
#define PROMISED_block_throughput Q_BLOCK_THROUGHPUT_GUARANTEED

#define PROMISED (JOIN3(PROMISED_, QUEUE, )) /* by the header */
#define RELEASE  ((size_t)JOIN3(RELEASE_, QUEUE_VARIANT, ))

#if JOIN3(FETCH_ROOM_, QUEUE_VARIANT, )
#define FETCH_ROOM JOIN3(FETCH_ROOM_, QUEUE_VARIANT, )
#else
#define FETCH_ROOM 0
#endif
#if JOIN3(FETCH_MESSAGES_, QUEUE_VARIANT, )
#define FETCH_MESSAGES JOIN3(FETCH_MESSAGES_, QUEUE_VARIANT, )
#else
#define FETCH_MESSAGES 0
#endif
#if JOIN3(SETTLE_, QUEUE_VARIANT, )
#define SETTLE JOIN3(SETTLE_, QUEUE_VARIANT, )
#else
#define SETTLE 0
#endif
#if JOIN3(BARE_, QUEUE_VARIANT, )
#define BARE JOIN3(BARE_, QUEUE_VARIANT, )
#else
#define BARE 0
#endif

/* Slots that lie in one piece, how many there are, and where. */
#if JOIN3(LINE_, QUEUE_VARIANT, )
#define STAMPED 1
#define SLOTS   lines
#define PIECE   ((size_t)JOIN3(LINE_, QUEUE_VARIANT, ))
#define LINES   LENGTH_OF(((queue *)0)->lines)
#undef CAPACITY
#define CAPACITY (LINES * PIECE)
#define SLOT(at) ((q_item *)(void *)&ch->lines[(at) / PIECE] + (at) % PIECE)
#else
#define STAMPED  0
#define SLOTS    slots
#define PIECE    CAPACITY
#define SLOT(at) (&ch->slots[at])
#endif

#endif /* KNOBS_UNDER_TEST_H */

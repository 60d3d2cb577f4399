/*
 * The layer of ringc.h on the model: with -DRINGC_MODEL it stands in for atomics, fences, copies, clock and futex, and the
 * generated headers run on the explorer as they are. Included by ringc.h alone. All names are macros, so that the story
 * tells lines of the generated header rather than of this file.
 */
#ifndef RINGC_MODEL_H
#define RINGC_MODEL_H

#include "model.h"

#define RINGC_RELAXED MODEL_RELAXED
#define RINGC_ACQUIRE MODEL_ACQUIRE
#define RINGC_RELEASE MODEL_RELEASE
#define RINGC_ACQ_REL MODEL_ACQ_REL
#define RINGC_SEQ_CST MODEL_SEQ_CST

#define RINGC_MODEL_RMW_(p, op, v, order) \
    ((__typeof__(*(p) + 0))model_rmw(MODEL_SITE, (p), sizeof *(p), (op), (uint64_t)(v), (order)))

#define RINGC_LOAD(p, order) ((__typeof__(*(p) + 0))model_load(MODEL_SITE, (p), sizeof *(p), (order)))
#define RINGC_STORE(p, v, order) model_store(MODEL_SITE, (p), sizeof *(p), (uint64_t)(v), (order))
#define RINGC_EXCHANGE(p, v, order) RINGC_MODEL_RMW_(p, MODEL_EXCHANGE, v, order)
#define RINGC_FETCH_ADD(p, v, order) RINGC_MODEL_RMW_(p, MODEL_ADD, v, order)
#define RINGC_FETCH_OR(p, v, order) RINGC_MODEL_RMW_(p, MODEL_OR, v, order)
#define RINGC_FETCH_AND(p, v, order) RINGC_MODEL_RMW_(p, MODEL_AND, v, order)
#define RINGC_CAS(p, expected_p, desired, order_ok, order_fail)                                                        \
    __extension__({                                                                                                    \
        uint64_t found_ = *(expected_p);                                                                               \
        bool swapped_ = model_cas(MODEL_SITE, (p), sizeof *(p), &found_, (uint64_t)(desired), (order_ok), (order_fail)); \
        *(expected_p) = (__typeof__(*(expected_p)))found_;                                                             \
        swapped_;                                                                                                      \
    })
#define RINGC_FENCE(order) model_fence(MODEL_SITE, (order))
#define RINGC_COMPILER_FENCE() ((void)0)
#define ringc_membarrier_register() true /* so channels leave fences to the sleeper, unless init is given RINGC_SHARED */
#define ringc_membarrier() (model_membarrier(MODEL_SITE), true)

#define RINGC_COPY_ARRAY(to, from, n)          \
    do {                                       \
        for (size_t i_ = 0; i_ < (n); i_++)    \
            (to)[i_] = (from)[i_];             \
    } while (0)

#define RINGC_PLAIN_READ(p, bytes) model_plain_read(MODEL_SITE, (p), (bytes))
#define RINGC_PLAIN_WRITE(p, bytes) model_plain_write(MODEL_SITE, (p), (bytes))

#define ringc_word_store8(slot, message) model_word_store(MODEL_SITE, (slot), (message), 1)
#define ringc_word_store16(slot, message) model_word_store(MODEL_SITE, (slot), (message), 2)
#define ringc_word_store32(slot, message) model_word_store(MODEL_SITE, (slot), (message), 4)
#define ringc_word_store64(slot, message) model_word_store(MODEL_SITE, (slot), (message), 8)
#define ringc_word_load8(message, slot) model_word_load(MODEL_SITE, (message), (slot), 1)
#define ringc_word_load16(message, slot) model_word_load(MODEL_SITE, (message), (slot), 2)
#define ringc_word_load32(message, slot) model_word_load(MODEL_SITE, (message), (slot), 4)
#define ringc_word_load64(message, slot) model_word_load(MODEL_SITE, (message), (slot), 8)

/* n words in a row, in ascending order. */
#define RINGC_MODEL_WORDS_(copy, to, from, n, bytes)                                               \
    do {                                                                                           \
        for (size_t i_ = 0; i_ < (n); i_++)                                                        \
            copy(MODEL_SITE, (char *)(to) + i_ * (bytes), (const char *)(from) + i_ * (bytes), (bytes)); \
    } while (0)
#define ringc_words_store8(slot, message, n) RINGC_MODEL_WORDS_(model_word_store, slot, message, n, 1)
#define ringc_words_store16(slot, message, n) RINGC_MODEL_WORDS_(model_word_store, slot, message, n, 2)
#define ringc_words_store32(slot, message, n) RINGC_MODEL_WORDS_(model_word_store, slot, message, n, 4)
#define ringc_words_store64(slot, message, n) RINGC_MODEL_WORDS_(model_word_store, slot, message, n, 8)
#define ringc_words_load8(message, slot, n) RINGC_MODEL_WORDS_(model_word_load, message, slot, n, 1)
#define ringc_words_load16(message, slot, n) RINGC_MODEL_WORDS_(model_word_load, message, slot, n, 2)
#define ringc_words_load32(message, slot, n) RINGC_MODEL_WORDS_(model_word_load, message, slot, n, 4)
#define ringc_words_load64(message, slot, n) RINGC_MODEL_WORDS_(model_word_load, message, slot, n, 8)

#define ringc_now_ns() model_now_ns()
#define ringc_cycles() model_now_ns()
#define ringc_yield() model_pause(MODEL_SITE)
#define ringc_pause() model_pause(MODEL_SITE)
#define ringc_no_pause() model_pause(MODEL_SITE)
#define ringc_monitor_pause_() model_pause(MODEL_SITE)
#define ringc_sleep_ns(ns) model_sleep(MODEL_SITE, (ns))
#define ringc_futex_wait(word, expected, timeout_ns, flags) \
    ((void)(flags), model_futex_wait(MODEL_SITE, (word), (expected), (timeout_ns)))
#define ringc_futex_wake(word, count, flags) ((void)(flags), model_futex_wake(MODEL_SITE, (word), (count)))

#define ringc_monitor_kind_() RINGC_MONITOR_NONE_
#define ringc_monitor(word, seen, limit_us, left_ns) ((void)(word), (void)(seen), (void)(limit_us), (void)(left_ns))
#define ringc_settle_(pauses) ((void)(pauses)) /* waits for nobody */
#define ringc_prefetch_read(p) ((void)(p))
#define ringc_prefetch_write(p) ((void)(p))

#endif

/* cmocka with what it wants included before it; the first include of a test program. */
#ifndef CMOCKA_SUPPORT_H
#define CMOCKA_SUPPORT_H

#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* fork, mmap, sigaction, memfd_create under -std=c11 */
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support.h"

#define assert_status(call, expected) assert_status_((call), (expected), __FILE__, __LINE__)
#define assert_item(item, number)     assert_item_((item), (number), __FILE__, __LINE__)

/* Out of line: there are hundreds in a suite, and the names would go into each. */
__attribute__((noinline, unused)) static void
assert_status_(ringc_status status, ringc_status expected, const char *file, int line)
{
    if (status == expected)
        return;
    print_error("%s instead of %s\n", ringc_status_name(status), ringc_status_name(expected));
    _fail(file, line);
}

static inline void assert_item_(const q_item *item, uint64_t number, const char *file, int line)
{
    if (is_whole(item) && item->seq == number)
        return;
    print_error("message %" PRIu64 "%s instead of %" PRIu64 "\n", item->seq,
                is_whole(item) ? "" : " (torn)", number);
    _fail(file, line);
}

#endif /* CMOCKA_SUPPORT_H */

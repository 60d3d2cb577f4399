/* Stamped queues of messages of 1, 13 and 4096 bytes: eight, four and one to a stamp. */
#include "cmocka_support.h"

#include "q/byte_lines.h"
#include "q/odd_lines.h"
#include "q/wide_stamped.h"

#define SIZE_QUEUE   byte_lines
#define SIZE_MESSAGE byte
#define SIZE_EVICTS  0
#include "sizes_suite.h"

#define SIZE_QUEUE   odd_lines
#define SIZE_MESSAGE odd
#define SIZE_EVICTS  0
#define SIZE_BLOCKS  1
#include "sizes_suite.h"

#define SIZE_QUEUE   wide_stamped
#define SIZE_MESSAGE wide
#define SIZE_EVICTS  0
#include "sizes_suite.h"

static void a_line_holds_as_many_messages_as_fit_beside_its_stamp(void **state)
{
    (void)state;
    assert_int_equal(LENGTH_OF(((q_byte_lines *)0)->lines), 2);
    assert_int_equal(sizeof(q_byte_lines_line_), 64);
    assert_int_equal(LENGTH_OF(((q_odd_lines *)0)->lines), 2);
    assert_int_equal(sizeof(q_odd_lines_line_), 64);
    assert_int_equal(LENGTH_OF(((q_wide_stamped *)0)->lines), 2);
    assert_int_equal(sizeof(q_wide_stamped_line_), 4096 + 64);
}

/* Whichever part of a line is written or free: see also the suites of one and of two to a line. */
static void what_is_lent_and_what_is_shown_end_with_the_line(void **state)
{
    static q_byte_lines ch;
    q_byte_lines_producer p;
    q_byte_lines_consumer c;

    (void)state;
    assert_status(q_byte_lines_init_at(&ch, 0, (ringc_seq)0 - 8), RINGC_OK);
    assert_status(q_byte_lines_producer_open(&ch, &p), RINGC_OK);
    assert_status(q_byte_lines_consumer_open(&ch, &c), RINGC_OK);
    for (size_t n = 0; n < 200; ++n) {
        const size_t left = 8 - n % 8;
        size_t got = 77;
        q_byte *slots = q_byte_lines_reserve(&p, 16, &got);
        const q_byte *shown;

        assert_int_equal(got, left);
        for (size_t i = 0; i < got; ++i)
            slots[i].value = (uint8_t)(n + i);
        assert_status(q_byte_lines_commit(&p, got), RINGC_OK);
        shown = q_byte_lines_peek(&c, &got);
        assert_ptr_equal(shown, slots);
        assert_int_equal(got, left);
        for (size_t i = 0; i < got; ++i)
            assert_int_equal(shown[i].value, (uint8_t)(n + i));
        assert_status(q_byte_lines_release(&c, got), RINGC_OK);
        for (size_t i = 0; i < (n + 1) % 8; ++i) { /* to the next place in a line */
            const q_byte byte = { 0 };
            q_byte out;

            assert_status(q_byte_lines_push(&p, &byte), RINGC_OK);
            assert_status(q_byte_lines_pop(&c, &out), RINGC_OK);
        }
    }
    q_byte_lines_producer_close(&p);
    q_byte_lines_consumer_close(&c);
    q_byte_lines_destroy(&ch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_holds_as_many_messages_as_fit_beside_its_stamp),
        cmocka_unit_test(what_is_lent_and_what_is_shown_end_with_the_line),
        cmocka_unit_test(byte_lines_keeps_every_byte),
        cmocka_unit_test(byte_lines_gives_the_rest_after_close),
        cmocka_unit_test(byte_lines_tears_nothing),
        cmocka_unit_test(odd_lines_keeps_every_byte),
        cmocka_unit_test(odd_lines_gives_the_rest_after_close),
        cmocka_unit_test(odd_lines_tears_nothing),
        cmocka_unit_test(wide_stamped_keeps_every_byte),
        cmocka_unit_test(wide_stamped_gives_the_rest_after_close),
        cmocka_unit_test(wide_stamped_tears_nothing),
    };

    begin("sizes of stamped lines");
    return cmocka_run_group_tests_name("sizes of stamped lines", tests, NULL, NULL) != 0;
}

/* Queues of messages of 1, 13 and 4096 bytes. */
#include "cmocka_support.h"

#include "q/byte_drop_oldest.h"
#include "q/byte_reject.h"
#include "q/odd_block.h"
#include "q/odd_drop_oldest.h"
#include "q/wide_drop_oldest.h"
#include "q/wide_reject.h"

#define SIZE_QUEUE   byte_reject
#define SIZE_MESSAGE byte
#define SIZE_EVICTS  0
#include "sizes_suite.h"

#define SIZE_QUEUE   odd_block
#define SIZE_MESSAGE odd
#define SIZE_EVICTS  0
#define SIZE_BLOCKS  1
#include "sizes_suite.h"

#define SIZE_QUEUE   wide_reject
#define SIZE_MESSAGE wide
#define SIZE_EVICTS  0
#include "sizes_suite.h"

#define SIZE_QUEUE   byte_drop_oldest
#define SIZE_MESSAGE byte
#define SIZE_EVICTS  1
#include "sizes_suite.h"

#define SIZE_QUEUE   odd_drop_oldest
#define SIZE_MESSAGE odd
#define SIZE_EVICTS  1
#include "sizes_suite.h"

#define SIZE_QUEUE   wide_drop_oldest
#define SIZE_MESSAGE wide
#define SIZE_EVICTS  1
#include "sizes_suite.h"

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(byte_reject_keeps_every_byte),
        cmocka_unit_test(byte_reject_gives_the_rest_after_close),
        cmocka_unit_test(byte_reject_tears_nothing),
        cmocka_unit_test(odd_block_keeps_every_byte),
        cmocka_unit_test(odd_block_gives_the_rest_after_close),
        cmocka_unit_test(odd_block_tears_nothing),
        cmocka_unit_test(wide_reject_keeps_every_byte),
        cmocka_unit_test(wide_reject_gives_the_rest_after_close),
        cmocka_unit_test(wide_reject_tears_nothing),
        cmocka_unit_test(byte_drop_oldest_keeps_every_byte),
        cmocka_unit_test(byte_drop_oldest_gives_the_rest_after_close),
        cmocka_unit_test(byte_drop_oldest_tears_nothing),
        cmocka_unit_test(odd_drop_oldest_keeps_every_byte),
        cmocka_unit_test(odd_drop_oldest_gives_the_rest_after_close),
        cmocka_unit_test(odd_drop_oldest_tears_nothing),
        cmocka_unit_test(wide_drop_oldest_keeps_every_byte),
        cmocka_unit_test(wide_drop_oldest_gives_the_rest_after_close),
        cmocka_unit_test(wide_drop_oldest_tears_nothing),
    };

    begin("sizes");
    return cmocka_run_group_tests_name("sizes", tests, NULL, NULL) != 0;
}

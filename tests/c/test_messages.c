/* Types and reflection of schemas/queues.yaml: defaults, validity, names, tables, copies. */
#include "cmocka_support.h"

#include "q/reflect.h"

void test_release(q_owned *message)
{
    (void)message;
}

/* ---- Initialisers ------------------------------------------------------------------------- */

static void init_sets_every_default_and_zero_elsewhere(void **state)
{
    const q_everything m = Q_EVERYTHING_INIT;

    (void)state;
    assert_int_equal(m.a_u8, 200);
    assert_int_equal(m.a_u16, 65535);
    assert_true(m.a_u32 == UINT32_MAX && m.a_u64 == UINT64_MAX);
    assert_int_equal(m.a_i8, -128);
    assert_int_equal(m.a_i16, -32768);
    assert_true(m.a_i32 == INT32_MIN && m.a_i64 == INT64_MIN);
    assert_true(m.a_f32 > 1.49f && m.a_f32 < 1.51f && m.a_f64 < -0.24 && m.a_f64 > -0.26);
    assert_int_equal(m.a_bool, 1);
    assert_int_equal(m.a_char, 'x');
    assert_memory_equal(m.name, "abc\0\0\0\0\0", 8);
    assert_int_equal(m.side, Q_SIDE_CROSS);
    assert_int_equal(m.level, Q_LEVEL_LOW);
    assert_true(m.flags == Q_FLAG_HALTED);
    assert_int_equal(m.n_legs, 2);
    for (size_t i = 0; i < Q_LEGS; ++i)
        assert_true(m.legs[i].px == -7 && m.legs[i].qty == 3 && m.legs[i].side == Q_SIDE_SELL);
    assert_true(m.best.px == -7 && m.best.qty == 3 && m.best.side == Q_SIDE_SELL);
    assert_true(m.table[0] == 1 && m.table[1] == 2 && m.table[2] == 0);
    assert_true(m.sides[0] == Q_SIDE_SELL && m.sides[1] == Q_SIDE_BUY);
    assert_true(m.bools[0] == 0 && m.bools[1] == 0 && m.bools[2] == 0);
    assert_true(m.plain == 0);
}

static void init_follows_the_fields_where_they_are_laid_out_by_size(void **state)
{
    const q_sorted m = Q_SORTED_INIT;

    (void)state;
    assert_true(m.small == 1 && m.large == 2 && m.half == 3);
    assert_int_equal(RINGC_ALIGNOF(q_sorted), 16);
    assert_int_equal(offsetof(q_sorted, large), 0);
    assert_int_equal(sizeof(q_sorted), 16);
}

static void constants_keep_their_values(void **state)
{
    (void)state;
    assert_true(Q_BIG_NUMBER == UINT64_MAX);
    assert_int_equal(Q_SMALL_NUMBER, -5);
    assert_int_equal(Q_CAPACITY, 8);
    assert_int_equal(Q_VERSION, 7);
    assert_int_equal(Q_ITEM_SIZE, sizeof(q_item));
    assert_int_equal(Q_EVERYTHING_SIZE, sizeof(q_everything));
}

/* ---- Padding ------------------------------------------------------------------------------ */

/* Marks the bytes of `message` that its table says are padding. */
static void mark_padding(const ringc_message_info *message, unsigned char *marks)
{
    for (uint32_t i = 0; i < message->field_count; ++i) {
        const ringc_field_info *f = &message->fields[i];

        for (uint32_t n = 0; n < f->count; ++n) {
            unsigned char *at = marks + f->offset + n * f->size;

            if (f->kind == RINGC_KIND_PADDING)
                memset(at, 1, f->size);
            else if (f->kind == RINGC_KIND_MESSAGE)
                mark_padding(f->message, at);
        }
    }
}

static void padding_is_zero_after_init(void **state)
{
    static const q_everything everything = Q_EVERYTHING_INIT;
    unsigned char marks[sizeof everything] = { 0 };
    size_t padding = 0;

    (void)state;
    mark_padding(&q_everything_info, marks);
    for (size_t i = 0; i < sizeof everything; ++i) {
        if (marks[i])
            assert_int_equal(((const unsigned char *)&everything)[i], 0);
        padding += marks[i];
    }
    assert_true(padding > 5 * Q_LEGS); /* each leg has five bytes of it */
}

/* ---- Copies ------------------------------------------------------------------------------- */

#define COPIES(type)                                                                               \
    do {                                                                                           \
        type in, slot, out;                                                                        \
        for (size_t round = 0; round < 2; ++round) {                                               \
            for (size_t i = 0; i < sizeof in; ++i)                                                 \
                ((unsigned char *)&in)[i] = (unsigned char)(3 * i + 1);                            \
            memset(&slot, 0, sizeof slot);                                                         \
            memset(&out, 0xff, sizeof out);                                                        \
            (round ? type##_put_ : type##_store_)(&slot, &in);                                     \
            assert_memory_equal(&slot, &in, sizeof in);                                            \
            (round ? type##_get_ : type##_load_)(&out, &slot);                                     \
            assert_memory_equal(&out, &in, sizeof in);                                             \
        }                                                                                          \
    } while (0)

static void every_byte_of_a_message_is_copied(void **state)
{
    (void)state;
    COPIES(q_item);
    COPIES(q_owned);
    COPIES(q_byte);
    COPIES(q_odd);
    COPIES(q_wide);
    COPIES(q_leg);
    COPIES(q_sorted);
}

/* Floats may not be any bit pattern here, so this one starts from its defaults. */
static void every_field_of_the_message_that_has_all_types_is_copied(void **state)
{
    static const q_everything in = Q_EVERYTHING_INIT;
    q_everything slot, out;

    (void)state;
    for (int words = 0; words < 2; ++words) {
        memset(&slot, 0xee, sizeof slot);
        memset(&out, 0xdd, sizeof out);
        (words ? q_everything_store_ : q_everything_put_)(&slot, &in);
        (words ? q_everything_load_ : q_everything_get_)(&out, &slot);
        assert_memory_equal(&out, &in, sizeof in);
    }
}

/* ---- Validity and names ------------------------------------------------------------------- */

static void a_value_is_named_and_valid_only_if_the_enum_has_it(void **state)
{
    (void)state;
    assert_string_equal(q_side_name(Q_SIDE_BUY), "buy");
    assert_string_equal(q_side_name(Q_SIDE_SELL), "sell");
    assert_string_equal(q_side_name(Q_SIDE_CROSS), "cross");
    assert_null(q_side_name(2));
    assert_true(q_side_is_valid(Q_SIDE_CROSS));
    assert_false(q_side_is_valid(2));
    assert_string_equal(q_level_name(Q_LEVEL_LOW), "low");
    assert_true(q_level_is_valid(Q_LEVEL_HIGH));
    assert_false(q_level_is_valid(1));
    assert_false(q_level_is_valid(-299));
}

static void flags_are_valid_in_any_combination_of_named_bits(void **state)
{
    (void)state;
    assert_true(q_flag_is_valid(0));
    assert_true(q_flag_is_valid(Q_FLAG_OPENING | Q_FLAG_AUCTION | Q_FLAG_HALTED));
    assert_false(q_flag_is_valid(2));
    assert_false(q_flag_is_valid(Q_FLAG_HALTED | 8));
    assert_string_equal(q_flag_name(Q_FLAG_HALTED), "halted");
    assert_null(q_flag_name(Q_FLAG_OPENING | Q_FLAG_AUCTION));
}

#define REFUSED(field, value)                                                                      \
    do {                                                                                           \
        q_everything m = Q_EVERYTHING_INIT;                                                        \
        m.field = (value);                                                                         \
        assert_false(q_everything_is_valid(&m));                                                   \
    } while (0)
#define ACCEPTED(field, value)                                                                     \
    do {                                                                                           \
        q_everything m = Q_EVERYTHING_INIT;                                                        \
        m.field = (value);                                                                         \
        assert_true(q_everything_is_valid(&m));                                                    \
    } while (0)

static void a_message_is_valid_when_each_enum_bool_and_length_is(void **state)
{
    (void)state;
    ACCEPTED(a_u8, 0);
    REFUSED(a_bool, 2);
    ACCEPTED(a_bool, 0);
    REFUSED(bools[2], 255);
    ACCEPTED(bools[2], 1);
    REFUSED(side, 7);
    REFUSED(level, 5);
    REFUSED(flags, 2);
    ACCEPTED(flags, Q_FLAG_OPENING | Q_FLAG_HALTED);
    REFUSED(sides[1], 3);
    REFUSED(n_legs, Q_LEGS + 1);
    ACCEPTED(n_legs, Q_LEGS);
    ACCEPTED(n_legs, 0);
    REFUSED(best.side, 9);
    REFUSED(legs[0].side, 9);
}

/* Bytes of every value, in messages of numbers and text only. */
#define ANYTHING_IS_VALID(name)                                                                    \
    do {                                                                                           \
        q_##name message;                                                                          \
        for (int byte = 0; byte < 256; ++byte) {                                                   \
            memset(&message, byte, sizeof message);                                                \
            assert_true(q_##name##_is_valid(&message));                                            \
        }                                                                                          \
    } while (0)

static void a_message_without_enum_bool_and_length_is_always_valid(void **state)
{
    (void)state;
    ANYTHING_IS_VALID(item);
    ANYTHING_IS_VALID(owned);
    ANYTHING_IS_VALID(byte);
    ANYTHING_IS_VALID(odd);
    ANYTHING_IS_VALID(wide);
    ANYTHING_IS_VALID(sorted);
}

static void a_message_alone_is_checked_as_one_that_is_nested(void **state)
{
    q_leg leg;

    (void)state;
    memset(&leg, 0, sizeof leg);
    assert_true(q_leg_is_valid(&leg));
    leg.side = 9;
    assert_false(q_leg_is_valid(&leg));
}

/* ---- Tables ------------------------------------------------------------------------------- */

static const ringc_field_info *field_of(const ringc_message_info *message, const char *name)
{
    for (uint32_t i = 0; i < message->field_count; ++i)
        if (strcmp(message->fields[i].name, name) == 0)
            return &message->fields[i];
    fail_msg("no field %s", name);
    return NULL;
}

#define assert_field(message, member, kind_, count_)                                               \
    do {                                                                                           \
        const q_##message m_ = { 0 };                                                              \
        const ringc_field_info *f_ = field_of(&q_##message##_info, #member);                       \
        assert_int_equal(f_->kind, kind_);                                                         \
        assert_int_equal(f_->offset, offsetof(q_##message, member));                               \
        assert_int_equal(f_->size *(uint64_t)f_->count, sizeof m_.member);                         \
        assert_int_equal(f_->count, count_);                                                       \
    } while (0)

static void the_field_table_agrees_with_the_compiler(void **state)
{
    (void)state;
    assert_field(everything, a_u8, RINGC_KIND_U8, 1);
    assert_field(everything, a_u16, RINGC_KIND_U16, 1);
    assert_field(everything, a_u32, RINGC_KIND_U32, 1);
    assert_field(everything, a_u64, RINGC_KIND_U64, 1);
    assert_field(everything, a_i8, RINGC_KIND_I8, 1);
    assert_field(everything, a_i16, RINGC_KIND_I16, 1);
    assert_field(everything, a_i32, RINGC_KIND_I32, 1);
    assert_field(everything, a_i64, RINGC_KIND_I64, 1);
    assert_field(everything, a_f32, RINGC_KIND_F32, 1);
    assert_field(everything, a_f64, RINGC_KIND_F64, 1);
    assert_field(everything, a_bool, RINGC_KIND_BOOL, 1);
    assert_field(everything, a_char, RINGC_KIND_CHAR, 1);
    assert_field(everything, name, RINGC_KIND_CHAR, 8);
    assert_field(everything, side, RINGC_KIND_ENUM, 1);
    assert_field(everything, level, RINGC_KIND_ENUM, 1);
    assert_field(everything, flags, RINGC_KIND_ENUM, 1);
    assert_field(everything, n_legs, RINGC_KIND_U8, 1);
    assert_field(everything, legs, RINGC_KIND_MESSAGE, 4);
    assert_field(everything, best, RINGC_KIND_MESSAGE, 1);
    assert_field(everything, table, RINGC_KIND_U16, 3);
    assert_field(everything, sides, RINGC_KIND_ENUM, 2);
    assert_field(everything, bools, RINGC_KIND_BOOL, 3);
    assert_field(everything, plain, RINGC_KIND_U32, 1);
    assert_field(sorted, large, RINGC_KIND_U64, 1);
    assert_field(sorted, half, RINGC_KIND_U32, 1);
    assert_field(sorted, small, RINGC_KIND_U8, 1);
    assert_field(wide, words, RINGC_KIND_U64, 512);
}

/* By offset, with padding named: no byte of a message is left out or told twice. */
static void the_fields_of_each_message_cover_it_without_gap_or_overlap(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < q_package_info.message_count; ++i) {
        const ringc_message_info *message = q_package_info.messages[i];
        uint32_t end = 0;

        for (uint32_t n = 0; n < message->field_count; ++n) {
            assert_int_equal(message->fields[n].offset, end);
            end += message->fields[n].size * message->fields[n].count;
        }
        assert_int_equal(end, message->size);
        assert_int_equal(message->size % message->align, 0);
    }
}

static void docs_units_and_links_of_fields_are_kept(void **state)
{
    const ringc_field_info *legs = field_of(&q_everything_info, "legs");

    (void)state;
    assert_string_equal(field_of(&q_everything_info, "a_u64")->doc, "The largest.");
    assert_string_equal(field_of(&q_everything_info, "a_u64")->unit, "ns");
    assert_string_equal(field_of(&q_leg_info, "px")->unit, "1e-9 USD");
    assert_string_equal(field_of(&q_leg_info, "qty")->unit, "");
    assert_ptr_equal(legs->message, &q_leg_info);
    assert_string_equal(legs->length_field, "n_legs");
    assert_null(field_of(&q_everything_info, "best")->length_field);
    assert_ptr_equal(field_of(&q_everything_info, "flags")->enumeration, &q_flag_info);
    assert_null(field_of(&q_everything_info, "flags")->message);
    assert_null(legs->enumeration);
}

static void enum_tables_hold_names_and_values(void **state)
{
    (void)state;
    assert_string_equal(q_level_info.name, "level");
    assert_int_equal(q_level_info.kind, RINGC_KIND_I16);
    assert_false(q_level_info.bits);
    assert_int_equal(q_level_info.count, 3);
    assert_string_equal(q_level_info.values[0].name, "low");
    assert_true(q_level_info.values[0].value == -300);
    assert_true(q_flag_info.bits);
    assert_true(q_flag_info.values[2].value == INT64_C(2147483648));
    assert_string_equal(q_side_info.doc, "Aggressor side.");
}

static void the_package_lists_everything_in_it(void **state)
{
    size_t found = 0;

    (void)state;
    assert_string_equal(q_package_info.name, "q");
    assert_int_equal(q_package_info.version, 7);
    assert_int_equal(q_package_info.enum_count, 3);
    assert_int_equal(q_package_info.message_count, 8);
    for (uint32_t i = 0; i < q_package_info.channel_count; ++i) {
        const ringc_channel_info *channel = q_package_info.channels[i];

        assert_string_equal(channel->producers, "single");
        assert_string_equal(channel->consumers, "single");
        assert_true(channel->size % channel->align == 0);
        if (strcmp(channel->name, "block_park") == 0) {
            ++found;
            assert_ptr_equal(channel->message, &q_item_info);
            assert_string_equal(channel->full, "block");
            assert_true(channel->capacity == 8 && channel->align == 128);
        }
    }
    assert_int_equal(found, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_sets_every_default_and_zero_elsewhere),
        cmocka_unit_test(init_follows_the_fields_where_they_are_laid_out_by_size),
        cmocka_unit_test(constants_keep_their_values),
        cmocka_unit_test(padding_is_zero_after_init),
        cmocka_unit_test(every_byte_of_a_message_is_copied),
        cmocka_unit_test(every_field_of_the_message_that_has_all_types_is_copied),
        cmocka_unit_test(a_value_is_named_and_valid_only_if_the_enum_has_it),
        cmocka_unit_test(flags_are_valid_in_any_combination_of_named_bits),
        cmocka_unit_test(a_message_is_valid_when_each_enum_bool_and_length_is),
        cmocka_unit_test(a_message_without_enum_bool_and_length_is_always_valid),
        cmocka_unit_test(a_message_alone_is_checked_as_one_that_is_nested),
        cmocka_unit_test(the_field_table_agrees_with_the_compiler),
        cmocka_unit_test(the_fields_of_each_message_cover_it_without_gap_or_overlap),
        cmocka_unit_test(docs_units_and_links_of_fields_are_kept),
        cmocka_unit_test(enum_tables_hold_names_and_values),
        cmocka_unit_test(the_package_lists_everything_in_it),
    };

    begin("messages");
    return cmocka_run_group_tests_name("messages", tests, NULL, NULL) != 0;
}

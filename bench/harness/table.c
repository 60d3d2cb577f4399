#include "harness/table.h"

#include <stdio.h>
#include <string.h>

#include "harness/clock.h"
#include "harness/statistics.h"

enum { COLUMNS = 4, LABEL = 32 };

static void print_slots(char *text, size_t bytes, uint32_t slots)
{
    if (slots % 1024 == 0)
        snprintf(text, bytes, "%uK", slots / 1024);
    else
        snprintf(text, bytes, "%u", slots);
}

static void print_label(char text[LABEL], const bench_result *result)
{
    const bench_point *point = &result->point;
    char slots[12];

    print_slots(slots, sizeof slots, point->slots);
    if (result->scenario->x_unit != NULL && point->subscribers == 1 && point->x == 1)
        snprintf(text, LABEL, "1 subscriber");
    else if (result->scenario->x_unit != NULL)
        snprintf(text, LABEL, "%.6g %s", point->x, result->scenario->x_unit);
    else
        snprintf(text, LABEL, "%u B, %s slots", point->bytes, slots);
}

static const bench_row *row_of(const bench_result *result, const char *name)
{
    for (size_t i = 0; i < result->n_rows; i++)
        if (strcmp(result->rows[i].contender->name, name) == 0)
            return &result->rows[i];
    return NULL;
}

/* Median, spread and, but for the reference itself, its ratio. */
static void print_cell(const double *samples, const double *ratios, unsigned rounds, bool compare)
{
    const bench_summary summary = bench_summarise(samples, rounds);
    const int precision = summary.median < 10 ? 2 : summary.median < 100 ? 1 : 0;

    printf("%9.*f", precision, summary.median);
    if (bench_spread(summary) >= 0)
        printf(" ~%2.0f%%", 100 * bench_spread(summary));
    else
        printf("     ");
    if (compare && ratios != NULL) {
        const double ratio = bench_summarise(ratios, rounds).median;

        printf(" %5.*fx", ratio < 10 ? 2 : ratio < 100 ? 1 : 0, ratio);
    } else
        printf("       ");
}

/* What of the messages arrived, under the costs. */
static void print_received(const bench_result *const *columns, size_t n)
{
    for (size_t row = 0; row < columns[0]->n_rows; row++) {
        const char *name = columns[0]->rows[row].contender->name;

        printf("  %-28s", name);
        for (size_t i = 0; i < n; i++) {
            const bench_row *cell = row_of(columns[i], name);

            if (cell == NULL)
                printf("%21s", "");
            else
                printf("%8.2f%% received   ", 100 * bench_received(cell));
        }
        putchar('\n');
    }
}

/* ---- medians, the points side by side ------------------------------------------------------- */

static void print_block(const bench_result *const *columns, size_t n, const char *reference)
{
    char label[LABEL];

    printf("  %-28s", "");
    for (size_t i = 0; i < n; i++) {
        print_label(label, columns[i]);
        printf("%21s", label);
    }
    putchar('\n');
    for (size_t row = 0; row < columns[0]->n_rows; row++) {
        const char *name = columns[0]->rows[row].contender->name;

        printf("  %-28s", name);
        for (size_t i = 0; i < n; i++) {
            const bench_row *cell = row_of(columns[i], name);

            if (cell == NULL)
                printf("%21s", "");
            else
                print_cell(cell->samples, cell->ratios, columns[i]->rounds,
                           strcmp(name, reference) != 0);
        }
        putchar('\n');
    }
    for (size_t k = 0; k < BENCH_FLOORS; k++) {
        if (columns[0]->floors[k] == NULL)
            continue;
        printf("  (%s)%*s", columns[0]->scenario->floors[k].name,
               26 - (int)strlen(columns[0]->scenario->floors[k].name), "");
        for (size_t i = 0; i < n; i++)
            print_cell(columns[i]->floors[k], NULL, columns[i]->rounds, false);
        putchar('\n');
    }
    if (columns[0]->scenario->is_lossy)
        print_received(columns, n);
}

static void print_medians(const bench_result *first, const char *reference)
{
    const bench_result *columns[COLUMNS];

    for (const bench_result *r = first; r != NULL && r->scenario == first->scenario;) {
        size_t n = 0;

        for (; n < COLUMNS && r != NULL && r->scenario == first->scenario; r = r->next)
            columns[n++] = r;
        print_block(columns, n, reference);
    }
}

/* ---- latencies, point after point ----------------------------------------------------------- */

static void print_latencies_of(const bench_row *row, unsigned rounds, bool compare)
{
    static const double parts[] = { 0.9, 0.99, 0.999, 1 };

    printf("  %-28s", row->contender->name);
    print_cell(row->samples, row->ratios, rounds, compare);
    bench_sort_ticks(row->latencies, row->n_latencies);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        printf("%10.0f", bench_ns(bench_percentile(row->latencies, row->n_latencies, parts[i])));
    putchar('\n');
}

static void print_latencies(const bench_result *first, const char *reference)
{
    for (const bench_result *r = first; r != NULL && r->scenario == first->scenario; r = r->next) {
        char label[LABEL];

        print_label(label, r);
        printf("  %-28s%9s%12s%10s%10s%10s%10s\n", label, "p50 ns", "", "p90", "p99", "p99.9",
               "max");
        for (size_t i = 0; i < r->n_rows; i++)
            print_latencies_of(&r->rows[i], r->rounds,
                               strcmp(r->rows[i].contender->name, reference) != 0);
        for (size_t k = 0; k < BENCH_FLOORS; k++) {
            if (r->floors[k] == NULL)
                continue;
            printf("  (%s)%*s", r->scenario->floors[k].name,
                   26 - (int)strlen(r->scenario->floors[k].name), "");
            print_cell(r->floors[k], NULL, r->rounds, false);
            putchar('\n');
        }
    }
}

void bench_print_scenario(const bench_result *first, const char *reference)
{
    printf("\n%s\n", first->scenario->title);
    if (first->n_rows == 0)
        puts("  no contender takes part");
    else if (first->scenario->has_latencies)
        print_latencies(first, reference);
    else
        print_medians(first, reference);
    fflush(stdout);
}

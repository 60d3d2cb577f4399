/* Writes the members of a JSON object, one by one. `before` is what stands before: "{", or "," and
 * a new line. */
#ifndef BENCH_JSON_H
#define BENCH_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The key and the colon; a value is to follow. */
void json_key(FILE *file, const char *before, const char *key);
void json_text_member(FILE *file, const char *before, const char *key,
                      const char *text); /* NULL: null */
void json_number_member(FILE *file, const char *before, const char *key,
                        double value); /* NaN: null */
void json_bool_member(FILE *file, const char *before, const char *key, bool value);
/* An array, after a comma; empty if `values` is NULL. */
void json_numbers_member(FILE *file, const char *key, const double *values, size_t n);

#endif

#include "harness/json.h"

#include <math.h>

static void json_text(FILE *file, const char *text)
{
    putc('"', file);
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            fprintf(file, "\\%c", c);
        else if (c < ' ')
            fprintf(file, "\\u%04x", c);
        else
            putc(c, file);
    }
    putc('"', file);
}

void json_key(FILE *file, const char *before, const char *key)
{
    fputs(before, file);
    json_text(file, key);
    putc(':', file);
}

void json_text_member(FILE *file, const char *before, const char *key, const char *text)
{
    json_key(file, before, key);
    if (text != NULL)
        json_text(file, text);
    else
        fputs("null", file);
}

/* JSON has no infinities and no NaN. */
static void json_number(FILE *file, double value)
{
    if (isfinite(value))
        fprintf(file, "%.6g", value);
    else
        fputs("null", file);
}

void json_number_member(FILE *file, const char *before, const char *key, double value)
{
    json_key(file, before, key);
    json_number(file, value);
}

void json_bool_member(FILE *file, const char *before, const char *key, bool value)
{
    json_key(file, before, key);
    fputs(value ? "true" : "false", file);
}

void json_numbers_member(FILE *file, const char *key, const double *values, size_t n)
{
    json_key(file, ",", key);
    putc('[', file);
    for (size_t i = 0; values != NULL && i < n; i++) {
        fputs(i == 0 ? "" : ",", file);
        json_number(file, values[i]);
    }
    putc(']', file);
}

#include "CPCRE2.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

struct banrisk_pattern {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
};

// For the states of one search; what a text needs beyond it is not worth it.
enum { heap_kibibytes = 4096 };

banrisk_pattern *banrisk_pattern_compile(
    const unsigned char *text, unsigned long count, unsigned int steps, banrisk_pattern_fault *fault) {
    int code = 0;
    PCRE2_SIZE offset = 0;
    fault->offset = 0;
    fault->message[0] = 0;
    banrisk_pattern *pattern = calloc(1, sizeof *pattern);
    if (pattern == NULL) return NULL;
    // Bytes, not characters: a text that is not UTF-8 is matched all the same. \C, callouts and verbs that lift the
    // limits are for nobody.
    pattern->code = pcre2_compile(
        text, count, PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY, &code, &offset,
        NULL);
    if (pattern->code == NULL) {
        fault->offset = offset;
        pcre2_get_error_message(code, (PCRE2_UCHAR *)fault->message, sizeof fault->message);
        banrisk_pattern_free(pattern);
        return NULL;
    }
    pattern->match = pcre2_match_data_create_from_pattern(pattern->code, NULL);
    pattern->limits = pcre2_match_context_create(NULL);
    if (pattern->match == NULL || pattern->limits == NULL) {
        banrisk_pattern_free(pattern);
        return NULL;
    }
    pcre2_set_match_limit(pattern->limits, steps);
    pcre2_set_heap_limit(pattern->limits, heap_kibibytes);
    return pattern;
}

void banrisk_pattern_free(banrisk_pattern *pattern) {
    if (pattern == NULL) return;
    pcre2_match_context_free(pattern->limits);
    pcre2_match_data_free(pattern->match);
    pcre2_code_free(pattern->code);
    free(pattern);
}

unsigned int banrisk_pattern_pairs(const banrisk_pattern *pattern) {
    return pcre2_get_ovector_count(pattern->match);
}

int banrisk_pattern_group(const banrisk_pattern *pattern, const char *name) {
    return pcre2_substring_number_from_name(pattern->code, (PCRE2_SPTR)name);
}

const char *banrisk_pattern_group_name(const banrisk_pattern *pattern, unsigned int index) {
    uint32_t count = 0, size = 0;
    PCRE2_SPTR table = NULL;
    pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMECOUNT, &count);
    if (index >= count) return NULL;
    pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMETABLE, &table);
    // Each entry: two bytes of number, then the name.
    return (const char *)table + index * size + 2;
}

int banrisk_pattern_search(banrisk_pattern *pattern, const unsigned char *text, unsigned long count) {
    return pcre2_match(pattern->code, text, count, 0, PCRE2_NO_JIT, pattern->match, pattern->limits) > 0;
}

void banrisk_pattern_range(
    const banrisk_pattern *pattern, unsigned int group, unsigned long *begin, unsigned long *end) {
    const PCRE2_SIZE *pairs = pcre2_get_ovector_pointer(pattern->match);
    *begin = pairs[2 * group];
    *end = pairs[2 * group + 1];
}

// What RegularExpressions needs of PCRE2, 8-bit (pcre2api(3)): compile, find, and the numbers of named groups.
//
// Without system headers, and so without pcre2.h: a header that two Clang modules include belongs to either, as it happens.
#pragma once

/// A compiled pattern with the memory that its matches need; for one thread at a time.
typedef struct banrisk_pattern banrisk_pattern;

/// Why a pattern is none: the offset in it, in bytes, and PCRE2's words.
typedef struct {
    unsigned long offset;
    char message[128];
} banrisk_pattern_fault;

/// Compiles a pattern; NULL where it is none, or there is no memory. `steps` bounds the work of one search.
banrisk_pattern *banrisk_pattern_compile(
    const unsigned char *text, unsigned long count, unsigned int steps, banrisk_pattern_fault *fault);

void banrisk_pattern_free(banrisk_pattern *pattern);

/// How many pairs of offsets a match gives: the whole and each group.
unsigned int banrisk_pattern_pairs(const banrisk_pattern *pattern);

/// The number of the group of a name that ends in NUL; negative where there is none.
int banrisk_pattern_group(const banrisk_pattern *pattern, const char *name);

/// The names of groups, by index from 0; NULL behind the last. Valid as long as the pattern.
const char *banrisk_pattern_group_name(const banrisk_pattern *pattern, unsigned int index);

/// Searches. Whether something was found: no error, no limit.
int banrisk_pattern_search(banrisk_pattern *pattern, const unsigned char *text, unsigned long count);

/// Begin and end of a group in the last text in which something was found. Both are the largest value where the group had no part.
void banrisk_pattern_range(
    const banrisk_pattern *pattern, unsigned int group, unsigned long *begin, unsigned long *end);

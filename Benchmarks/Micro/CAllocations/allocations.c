// The allocator's functions, as glibc lets a program replace them (its manual, "Replacing malloc",
// https://sourceware.org/glibc/manual/latest/html_node/Replacing-malloc.html): each counts,
// and hands on to glibc's own.

#include "allocations.h"

#include <errno.h>
#include <stddef.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *piece, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static _Thread_local unsigned long count;

unsigned long allocations_of_thread(void) { return count; }

void *malloc(size_t size) {
    count++;
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count++;
    return __libc_calloc(number, size);
}

void *realloc(void *piece, size_t size) {
    count++;
    return __libc_realloc(piece, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count++;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **piece, size_t alignment, size_t size) {
    count++;
    *piece = __libc_memalign(alignment, size);
    return *piece == NULL ? ENOMEM : 0;
}

#include <maxminddb.h>

// memfd_create(2): glibc declares it in <sys/mman.h> only under _GNU_SOURCE, which Swift's Glibc module does not set.
int memfd_create(const char *name, unsigned int flags);

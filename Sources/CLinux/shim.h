// What Linux has and Swift's Glibc module leaves out: epoll(7), eventfd(2), accept4(2).
//
// Declared here without system headers: a header that two Clang modules include belongs to either, as it happens, and
// then names of Glibc are missing in files that import only that.
#pragma once

#if defined(__x86_64__)
#define BANRISK_PACKED __attribute__((packed)) // as the kernel has it (bits/epoll.h)
#else
#define BANRISK_PACKED
#endif

struct epoll_event {
    unsigned int events;
    unsigned long long data; // the union epoll_data, as its u64
} BANRISK_PACKED;

enum { EPOLLIN = 1, EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2 };

int epoll_create1(int flags);
int epoll_ctl(int epoll, int operation, int descriptor, struct epoll_event *event);
int epoll_wait(int epoll, struct epoll_event *events, int count, int milliseconds);
int eventfd(unsigned int value, int flags);
int accept4(int descriptor, void *address, unsigned int *length, int flags);

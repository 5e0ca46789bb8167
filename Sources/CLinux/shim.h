// What Linux has and Swift's Glibc module leaves out: epoll(7), eventfd(2), accept4(2), prctl(2),
// close_range(2), fallocate(2), recvmmsg(2).
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

enum { EPOLLIN = 1, EPOLLOUT = 4, EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3 };

int epoll_create1(int flags);
int epoll_ctl(int epoll, int operation, int descriptor, struct epoll_event *event);
int epoll_wait(int epoll, struct epoll_event *events, int count, int milliseconds);
int eventfd(unsigned int value, int flags);
int accept4(int descriptor, void *address, unsigned int *length, int flags);

// Variadic, and so not imported by Swift: prctl(2) with one argument. close_range(2) by a name that Glibc's module cannot
// have too.
int set_parent_death_signal(int option, unsigned long signal) __asm__("prctl");
int close_descriptors(unsigned int first, unsigned int last, int flags) __asm__("close_range");
enum { PR_SET_PDEATHSIG = 1 };

int fallocate(int descriptor, int mode, long offset, long length);
enum { FALLOC_FL_KEEP_SIZE = 1 };

// Several datagrams with one call. The structs are msghdr, iovec and mmsghdr of recvmsg(2) and recvmmsg(2), by names that
// Glibc's module cannot have too.
struct datagram_part {
    void *bytes;
    unsigned long count;
};
struct datagram_header {
    void *address;
    unsigned int address_length;
    struct datagram_part *parts;
    unsigned long part_count;
    void *control;
    unsigned long control_length;
    int flags;
};
struct datagram {
    struct datagram_header header;
    unsigned int count; // of bytes received
};
int receive_datagrams(int descriptor, struct datagram *datagrams, unsigned int count, int flags, void *timeout)
    __asm__("recvmmsg");

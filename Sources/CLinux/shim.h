// What Linux has and Swift's Glibc module leaves out.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// accept4(2): glibc declares it only under _GNU_SOURCE, which Swift's Glibc module does not set.
int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

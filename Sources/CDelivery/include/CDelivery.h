// What alerts leave the machine by: one POST with libcurl, and three calls for starting a program that Swift's Glibc module
// leaves out.
//
// Declared here without system headers, for the reason that CLinux gives.
#pragma once

// One connection to one receiver, kept open between requests. Not for two threads at a time, except http_cancel.
struct http_client;

struct http_request {
    const char *url;
    const char *socket_path; // of a Unix socket; NULL: as the URL says
    const char *ca_file;     // NULL: the system's certificates
    const char *const *headers;
    unsigned long header_count;
    const unsigned char *body;
    unsigned long body_length;
    long connect_milliseconds;
    long total_milliseconds;
};

enum { HTTP_ANSWER_BYTES = 512, HTTP_ANSWER_LIMIT = 65536 };

struct http_result {
    int code;         // 0, or libcurl's
    int is_cancelled;
    long status;      // 0: none came
    long retry_after; // seconds; 0: none was named
    unsigned long answer_length;
    unsigned char answer[HTTP_ANSWER_BYTES]; // the beginning of the answer
};

// NULL where there is no memory.
struct http_client *http_client_make(void);
void http_client_free(struct http_client *client);
// Sends one POST. No redirects, nothing but http and https, certificates are checked; an answer is read up to
// HTTP_ANSWER_LIMIT bytes, and what is more ends the connection and is no failure.
void http_post(struct http_client *client, const struct http_request *request, struct http_result *result);
// Ends the request under way, and those that follow, within a second. From any thread.
void http_cancel(struct http_client *client);
// libcurl's text of a code, static.
const char *http_reason(int code);

// posix_spawn_file_actions_addclosefrom_np, posix_spawn_file_actions_addchdir_np, memfd_create(2).
int spawn_close_from(void *actions, int first) __asm__("posix_spawn_file_actions_addclosefrom_np");
int spawn_change_folder(void *actions, const char *path) __asm__("posix_spawn_file_actions_addchdir_np");
int anonymous_file(const char *name, unsigned int flags) __asm__("memfd_create");
enum { ANONYMOUS_FILE_CLOEXEC = 1 };

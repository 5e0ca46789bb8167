#include "CDelivery.h"
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct http_client {
    CURL *curl;
    atomic_int cancelled;
    struct http_result *result;
    unsigned long received;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void start(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

struct http_client *http_client_make(void) {
    pthread_once(&once, start);
    struct http_client *client = calloc(1, sizeof *client);
    if (!client) return NULL;
    atomic_init(&client->cancelled, 0);
    client->curl = curl_easy_init();
    if (!client->curl) {
        free(client);
        return NULL;
    }
    return client;
}

void http_client_free(struct http_client *client) {
    if (!client) return;
    curl_easy_cleanup(client->curl);
    free(client);
}

void http_cancel(struct http_client *client) { atomic_store(&client->cancelled, 1); }

const char *http_reason(int code) { return curl_easy_strerror((CURLcode)code); }

static size_t take(char *bytes, size_t size, size_t count, void *context) {
    struct http_client *client = context;
    size_t length = size * count;
    struct http_result *result = client->result;
    size_t room = HTTP_ANSWER_BYTES - result->answer_length;
    size_t kept = length < room ? length : room;
    memcpy(result->answer + result->answer_length, bytes, kept);
    result->answer_length += kept;
    client->received += length;
    return client->received > HTTP_ANSWER_LIMIT ? 0 : length;
}

static int look(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    (void)a, (void)b, (void)c, (void)d;
    struct http_client *client = context;
    return atomic_load(&client->cancelled);
}

void http_post(struct http_client *client, const struct http_request *request, struct http_result *result) {
    CURL *curl = client->curl;
    memset(result, 0, sizeof *result);
    client->result = result;
    client->received = 0;
    // The connection stays; what an earlier request set does not.
    curl_easy_reset(curl);
    struct curl_slist *headers = NULL;
    CURLcode code = CURLE_OUT_OF_MEMORY;
    for (unsigned long i = 0; i < request->header_count; i++) {
        struct curl_slist *more = curl_slist_append(headers, request->headers[i]);
        if (!more) goto end;
        headers = more;
    }
#define SET(option, value)                                                                                             \
    if ((code = curl_easy_setopt(curl, option, value)) != CURLE_OK) goto end
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (request->ca_file) SET(CURLOPT_CAINFO, request->ca_file);
    if (request->socket_path) {
        SET(CURLOPT_UNIX_SOCKET_PATH, request->socket_path);
        SET(CURLOPT_PROXY, "");
    }
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, request->connect_milliseconds);
    SET(CURLOPT_TIMEOUT_MS, request->total_milliseconds);
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
    SET(CURLOPT_POSTFIELDS, (const char *)request->body);
    SET(CURLOPT_WRITEFUNCTION, take);
    SET(CURLOPT_WRITEDATA, client);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, look);
    SET(CURLOPT_XFERINFODATA, client);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &result->status);
    curl_off_t wait = 0;
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait);
    result->retry_after = wait > 0 ? (long)wait : 0;
    if (code == CURLE_WRITE_ERROR && client->received > HTTP_ANSWER_LIMIT) code = CURLE_OK;
    result->is_cancelled = code == CURLE_ABORTED_BY_CALLBACK;
#undef SET
end:
    result->code = (int)code;
    client->result = NULL;
    curl_slist_free_all(headers);
    // Body and headers are the caller's, and go now.
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, NULL);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
}

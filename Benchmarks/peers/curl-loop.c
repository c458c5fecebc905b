/* The least that asking over HTTP with libcurl can cost: one multi handle, easy handles used again,
 * the body thrown away, nothing judged but the status.
 * curl-loop URL COUNT AT_ONCE fresh|reused [CA_FILE [PER_SECOND]]
 * With TLS a fresh connection resumes the session that its handle had before, which libcurl keeps.
 * With PER_SECOND questions begin so many a second, in groups every 20 ms. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { GROUPS = 50 };

static size_t ignore(char *data, size_t size, size_t count, void *context) {
    (void)data;
    (void)context;
    return size * count;
}

static CURL *request(const char *url, int fresh, const char *authorities) {
    CURL *easy = curl_easy_init();
    if (!easy) exit(1);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
    if (fresh) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }
    if (authorities) {
        /* Without a directory libcurl keeps what it read of the file. */
        curl_easy_setopt(easy, CURLOPT_CAINFO, authorities);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    return easy;
}

static long milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int main(int count, char **words) {
    if (count < 5 || count > 7) return 2;
    long wanted = atol(words[2]), started = 0, good = 0, ended = 0;
    long rate = count > 6 ? atol(words[6]) : 0, group = rate / GROUPS, due = milliseconds();
    int at_once = atoi(words[3]), idle = at_once, running = 0, left = 0;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl_multi_init();
    CURL *free_ones[at_once];
    for (int n = 0; n < at_once; n++) {
        int fresh = strcmp(words[4], "fresh") == 0;
        free_ones[n] = request(words[1], fresh, count > 5 ? words[5] : NULL);
    }
    while (ended < wanted) {
        CURLMsg *message;
        long now = rate ? milliseconds() : 0;
        if (!rate || now >= due) {
            for (long n = 0; idle && started < wanted && (!rate || n < group); n++, started++)
                curl_multi_add_handle(multi, free_ones[--idle]);
            due += 1000 / GROUPS;
        }
        curl_multi_perform(multi, &running);
        while ((message = curl_multi_info_read(multi, &left))) {
            CURL *easy = message->easy_handle;
            long status = 0;
            if (message->msg != CURLMSG_DONE) continue;
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
            good += message->data.result == CURLE_OK && status == 200;
            ended++;
            curl_multi_remove_handle(multi, easy);
            free_ones[idle++] = easy;
        }
        if (ended == wanted || (!rate && idle && started < wanted)) continue;
        long wait = rate && started < wanted ? due - milliseconds() : 1000;
        curl_multi_poll(multi, NULL, 0, wait > 0 ? wait : 0, NULL);
    }
    printf("{\"probes\": %ld}\n", good);
    return good == wanted ? 0 : 1;
}

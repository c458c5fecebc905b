/* The least that asking over HTTP with libcurl can cost: one multi handle, easy handles used again,
 * the body thrown away, nothing judged but the status. curl-loop URL COUNT AT_ONCE fresh|reused */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t ignore(char *data, size_t size, size_t count, void *context) {
    (void)data;
    (void)context;
    return size * count;
}

static CURL *request(const char *url, int fresh) {
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
    return easy;
}

int main(int count, char **words) {
    if (count != 5) return 2;
    long wanted = atol(words[2]), started = 0, good = 0, ended = 0;
    int at_once = atoi(words[3]), running = 0, left = 0;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl_multi_init();
    for (int n = 0; n < at_once && started < wanted; n++, started++)
        curl_multi_add_handle(multi, request(words[1], strcmp(words[4], "fresh") == 0));
    while (ended < wanted) {
        CURLMsg *message;
        curl_multi_perform(multi, &running);
        while ((message = curl_multi_info_read(multi, &left))) {
            CURL *easy = message->easy_handle;
            long status = 0;
            if (message->msg != CURLMSG_DONE) continue;
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
            good += message->data.result == CURLE_OK && status == 200;
            ended++;
            curl_multi_remove_handle(multi, easy);
            if (started++ < wanted) curl_multi_add_handle(multi, easy);
            else curl_easy_cleanup(easy);
        }
        if (running) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    printf("{\"probes\": %ld}\n", good);
    return good == wanted ? 0 : 1;
}

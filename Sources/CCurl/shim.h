// curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, which Swift cannot
// call; each wrapper here fixes one argument type.
#pragma once
#include <curl/curl.h>
#include <malloc.h>
#include <string.h>

static inline CURLcode watchd_easy_set_long(CURL *h, CURLoption o, long v) {
    return curl_easy_setopt(h, o, v);
}
static inline CURLcode watchd_easy_set_offset(CURL *h, CURLoption o, curl_off_t v) {
    return curl_easy_setopt(h, o, v);
}
static inline CURLcode watchd_easy_set_string(CURL *h, CURLoption o, const char *v) {
    return curl_easy_setopt(h, o, v);
}
static inline CURLcode watchd_easy_set_pointer(CURL *h, CURLoption o, void *v) {
    return curl_easy_setopt(h, o, v);
}
static inline CURLcode watchd_easy_set_url(CURL *h, CURLU *v) {
    return curl_easy_setopt(h, CURLOPT_CURLU, v);
}
static inline CURLcode watchd_easy_set_slist(CURL *h, CURLoption o, struct curl_slist *v) {
    return curl_easy_setopt(h, o, v);
}
static inline CURLcode watchd_easy_set_blob(CURL *h, CURLoption o, void *bytes, size_t count) {
    struct curl_blob blob = { bytes, count, CURL_BLOB_COPY };
    return curl_easy_setopt(h, o, &blob);
}
typedef size_t (*watchd_data_callback)(char *data, size_t size, size_t count, void *context);
static inline CURLcode watchd_easy_set_callback(CURL *h, CURLoption o, watchd_data_callback v) {
    return curl_easy_setopt(h, o, v);
}
static inline CURLcode watchd_easy_set_open_socket(CURL *h, curl_opensocket_callback v) {
    return curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, v);
}
static inline CURLcode watchd_easy_set_before_request(CURL *h, curl_prereq_callback v) {
    return curl_easy_setopt(h, CURLOPT_PREREQFUNCTION, v);
}
static inline CURLcode watchd_easy_set_tls_begins(CURL *h, curl_ssl_ctx_callback v) {
    return curl_easy_setopt(h, CURLOPT_SSL_CTX_FUNCTION, v);
}
static inline CURLcode watchd_easy_set_debug(CURL *h, curl_debug_callback v) {
    return curl_easy_setopt(h, CURLOPT_DEBUGFUNCTION, v);
}
static inline CURLcode watchd_easy_set_progress(CURL *h, curl_xferinfo_callback v) {
    return curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, v);
}
static inline CURLcode watchd_easy_get_long(CURL *h, CURLINFO i, long *v) {
    return curl_easy_getinfo(h, i, v);
}
static inline CURLcode watchd_easy_get_offset(CURL *h, CURLINFO i, curl_off_t *v) {
    return curl_easy_getinfo(h, i, v);
}
static inline CURLcode watchd_easy_get_string(CURL *h, CURLINFO i, const char **v) {
    return curl_easy_getinfo(h, i, v);
}
static inline CURLcode watchd_easy_get_pointer(CURL *h, CURLINFO i, void **v) {
    return curl_easy_getinfo(h, i, v);
}
static inline CURLcode watchd_easy_get_slist(CURL *h, CURLINFO i, struct curl_slist **v) {
    return curl_easy_getinfo(h, i, v);
}
static inline CURLcode watchd_easy_get_socket(CURL *h, CURLINFO i, curl_socket_t *v) {
    return curl_easy_getinfo(h, i, v);
}
static inline CURLMcode watchd_multi_set_long(CURLM *m, CURLMoption o, long v) {
    return curl_multi_setopt(m, o, v);
}

// Options younger than the oldest libcurl supported (7.81, Ubuntu 22.04), by number, so that a
// build with old headers uses them too when it runs on a new library. A library that does not
// know one answers CURLE_UNKNOWN_OPTION.
static const CURLoption watchd_opt_ca_cache_timeout = (CURLoption)(CURLOPTTYPE_LONG + 321);  // 7.87
static const CURLoption watchd_opt_quick_exit = (CURLoption)(CURLOPTTYPE_LONG + 322);  // 7.87
static const CURLINFO watchd_info_ca_file = (CURLINFO)(CURLINFO_STRING + 61);  // 7.84
static const CURLINFO watchd_info_ca_path = (CURLINFO)(CURLINFO_STRING + 62);  // 7.84

// CURLOPT_PROTOCOLS is deprecated for its successor of 7.85, which the oldest library lacks.
static inline CURLcode watchd_easy_allow_http_only(CURL *h) {
#if LIBCURL_VERSION_NUM >= 0x075500
    CURLcode code = curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    if (code != CURLE_OK) return code;
    return curl_easy_setopt(h, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
    CURLcode code = curl_easy_setopt(h, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
    if (code != CURLE_OK) return code;
    return curl_easy_setopt(h, CURLOPT_REDIR_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

// Of the library that runs, which may be another than the one built with.
static inline unsigned watchd_curl_version(void) {
    return curl_version_info(CURLVERSION_NOW)->version_num;
}
static inline int watchd_curl_features(void) { return curl_version_info(CURLVERSION_NOW)->features; }

static inline int watchd_curl_has_openssl(void) {
    const char *name = curl_version_info(CURLVERSION_NOW)->ssl_version;
    return name && !strncmp(name, "OpenSSL/", 8);
}

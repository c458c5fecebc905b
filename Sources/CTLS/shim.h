// OpenSSL, which libcurl brings along anyway: what it saw of a certificate chain while libcurl
// shook hands, and the server's side for what is sent to us. OpenSSL's stacks, options and context
// slots are macros, which Swift cannot call.
#pragma once
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

// A place for our own pointer in a context (SSL_CTX_get_ex_new_index(3)).
static inline int watchd_tls_new_slot(void) {
    return CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_CTX, 0, NULL, NULL, NULL, NULL);
}

// Looks on; the mode stays libcurl's.
static inline void watchd_tls_watch(
    void *context, int slot, void *owner, SSL_verify_cb verify,
    void (*info)(const SSL *, int, int)) {
    SSL_CTX *ctx = (SSL_CTX *)context;
    SSL_CTX_set_ex_data(ctx, slot, owner);
    SSL_CTX_set_verify(ctx, SSL_CTX_get_verify_mode(ctx), verify);
    SSL_CTX_set_info_callback(ctx, info);
}

static inline void *watchd_tls_owner(const SSL *ssl, int slot) {
    return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), slot);
}

static inline void watchd_tls_forget_owner(const SSL *ssl, int slot) {
    SSL_CTX_set_ex_data(SSL_get_SSL_CTX(ssl), slot, NULL);
}

// Sessions are handed over, and not remembered by the context, which lives for one connection.
static inline void watchd_tls_keep_sessions(void *context, int (*made)(SSL *, SSL_SESSION *)) {
    SSL_CTX *ctx = (SSL_CTX *)context;
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, made);
    // libcurl asks for no tickets before TLS 1.3, and few servers remember sessions without them.
    SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET);
}

// Called when the handshake starts, before the first message is made; 1: it will be offered.
// A copy, which shares the certificate: OpenSSL has a session of TLS 1.3 be used once.
static inline int watchd_tls_offer(const SSL *ssl, SSL_SESSION *session) {
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    int done = copy && SSL_set_session((SSL *)ssl, copy);
    SSL_SESSION_free(copy);
    return done;
}

// Through its bytes, which hold the server's certificate but not the chain that came with it.
static inline SSL_SESSION *watchd_tls_copy(SSL_SESSION *session) {
    unsigned char *bytes = NULL;
    int count = i2d_SSL_SESSION(session, &bytes);
    if (count <= 0) return NULL;
    const unsigned char *start = bytes;
    SSL_SESSION *copy = d2i_SSL_SESSION(NULL, &start, count);
    OPENSSL_clear_free(bytes, count);
    return copy;
}

// When a file was changed last, its contents and what the directory says of it; 0: there is none.
static inline int watchd_tls_file(const char *path, long long mark[7]) {
    struct stat info;
    if (stat(path, &info)) return 0;
    long long all[] = { (long long)info.st_dev, (long long)info.st_ino, info.st_size,
                        info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ctim.tv_sec,
                        info.st_ctim.tv_nsec };
    for (int n = 0; n < 7; n++) mark[n] = all[n];
    return 1;
}

// Takes the place of what libcurl made; the store stays the caller's too.
static inline void watchd_tls_trust(void *context, X509_STORE *store) {
    SSL_CTX_set1_cert_store((SSL_CTX *)context, store);
}

static inline int watchd_tls_is_resumed(const SSL *ssl) { return SSL_session_reused(ssl); }

static inline const SSL *watchd_tls_of_store(X509_STORE_CTX *store) {
    return (const SSL *)X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
}

// The chain as far as it was built, the server's own certificate first.
static inline int watchd_tls_chain_length(X509_STORE_CTX *store) {
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store);
    return chain ? sk_X509_num(chain) : 0;
}

static inline X509 *watchd_tls_chain_at(X509_STORE_CTX *store, int index) {
    return sk_X509_value(X509_STORE_CTX_get0_chain(store), index);
}

// A name in the form of RFC 2253, cut to the buffer.
static inline void watchd_tls_name(const X509_NAME *name, char *buffer, int size) {
    buffer[0] = 0;
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio) return;
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
    int count = BIO_read(bio, buffer, size - 1);
    buffer[count > 0 ? count : 0] = 0;
    BIO_free(bio);
}

// The subject alternative names, in the order of the certificate.
static inline GENERAL_NAMES *watchd_tls_names(X509 *certificate) {
    return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}

static inline int watchd_tls_names_count(GENERAL_NAMES *names) {
    return sk_GENERAL_NAME_num(names);
}

// The bytes of the name at `index`, and whether it is a DNS name (2) or an address (7); -1: another.
static inline int watchd_tls_name_at(
    GENERAL_NAMES *names, int index, const unsigned char **bytes, int *count) {
    GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    if (name->type != GEN_DNS && name->type != GEN_IPADD) return -1;
    const ASN1_STRING *text =
        name->type == GEN_DNS ? (ASN1_STRING *)name->d.dNSName : name->d.iPAddress;
    *bytes = ASN1_STRING_get0_data(text);
    *count = ASN1_STRING_length(text);
    return name->type;
}

// ---- The server's side --------------------------------------------------------------------------

// Nothing that is remembered between connections: their senders stay for long.
static inline SSL_CTX *watchd_tls_server(void) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx) return NULL;
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(
        ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET
                 | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    return ctx;
}

// A private key as PEM. One with a pass phrase is refused: nobody is there to be asked.
static inline int watchd_tls_use_key(SSL_CTX *ctx, const void *pem, int count) {
    BIO *bio = BIO_new_mem_buf(pem, count);
    if (!bio) return 0;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
    BIO_free(bio);
    if (!key) return 0;
    int good = SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;
    EVP_PKEY_free(key);
    return good;
}

// Only clients with a certificate of one of these authorities.
static inline int watchd_tls_ask_client(SSL_CTX *ctx, const char *authorities) {
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(authorities);
    if (!names) return 0;
    SSL_CTX_set_client_CA_list(ctx, names);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return SSL_CTX_load_verify_locations(ctx, authorities, NULL) == 1;
}

// One connection, whose bytes come and go through memory.
static inline SSL *watchd_tls_accept(SSL_CTX *ctx) {
    SSL *ssl = SSL_new(ctx);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    if (!ssl || !in || !out) {
        BIO_free(in);
        BIO_free(out);
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_bio(ssl, in, out);
    SSL_set_accept_state(ssl);
    return ssl;
}

// What went wrong last, in OpenSSL's words; empty when it says nothing.
static inline const char *watchd_tls_complaint(void) {
    const char *text = ERR_reason_error_string(ERR_peek_last_error());
    return text ? text : "";
}

// zlib, as far as reading gzip files goes. inflateInit2 is a macro over the size of the stream.
#pragma once
#include <zlib.h>

/// Prepares `stream` for one gzip member (RFC 1952; 16 asks for its header, 15 for any window).
static inline int watchd_inflate_gzip(z_stream *stream) { return inflateInit2(stream, 15 + 16); }

/// What went wrong, in zlib's words; empty when it says nothing.
static inline const char *watchd_inflate_message(const z_stream *stream) {
    return stream->msg ? stream->msg : "";
}

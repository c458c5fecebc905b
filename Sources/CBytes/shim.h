// Searches of a few bytes, sixteen at a time: Swift's vectors cannot tell which of their elements
// are equal in one instruction, and a call of memchr(3) costs more than a short value is long.
// Header only; nothing is linked.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
typedef char watchd_bytes16 __attribute__((vector_size(16)));

// Which of the sixteen bytes at `from` are `byte` or NUL, the first one lowest.
static inline unsigned watchd_equal16(const uint8_t *from, watchd_bytes16 byte) {
    watchd_bytes16 some, none = {0};
    memcpy(&some, from, 16);
    return (unsigned)__builtin_ia32_pmovmskb128((some == byte) | (some == none));
}
#endif

// Where `byte` is next in a line of `end` bytes, from `at` on; -1: nowhere, or a NUL is before it.
static inline ptrdiff_t watchd_find_byte(
    const uint8_t *line, ptrdiff_t at, ptrdiff_t end, uint8_t byte
) {
#if defined(__SSE2__)
    const char c = (char)byte;
    const watchd_bytes16 wanted = {c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c};
    for (; at + 16 <= end; at += 16) {
        unsigned equal = watchd_equal16(line + at, wanted);
        if (equal) {
            at += __builtin_ctz(equal);
            return line[at] == byte ? at : -1;
        }
    }
    if (at < end && end >= 16) {
        // The line's last sixteen, without those that were seen.
        unsigned equal = watchd_equal16(line + end - 16, wanted) >> (16 - (end - at));
        if (!equal) return -1;
        at += __builtin_ctz(equal);
        return line[at] == byte ? at : -1;
    }
#endif
    for (; at < end; at++) {
        if (line[at] == byte) return at;
        if (line[at] == 0) return -1;
    }
    return -1;
}

// 10 to the power of `n`, from 0 to 9.
static inline int64_t watchd_power_of_ten(int64_t n) {
    static const int64_t powers[] = {
        1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
    return powers[n];
}

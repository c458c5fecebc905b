/* The least that matching each line of a log with PCRE2's JIT can cost: read(2), memchr(3),
 * pcre2_jit_match(3), and nothing taken from the line. regex-loop PATH PATTERN */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <fcntl.h>
#include <pcre2.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char buffer[64 * 1024 + 256 * 1024];

int main(int count, char **words) {
    int code = 0, file;
    size_t where = 0, kept = 0;
    long lines = 0, matched = 0;
    if (count != 3 || (file = open(words[1], O_RDONLY)) < 0) return 2;
    pcre2_code *pattern =
        pcre2_compile((PCRE2_SPTR)words[2], PCRE2_ZERO_TERMINATED, 0, &code, &where, NULL);
    if (!pattern || pcre2_jit_compile(pattern, PCRE2_JIT_COMPLETE) != 0) return 2;
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(pattern, NULL);
    for (;;) {
        ssize_t got = read(file, buffer + kept, 256 * 1024);
        if (got <= 0) break;
        char *line = buffer, *end = buffer + kept + got, *stop;
        while ((stop = memchr(line, '\n', (size_t)(end - line)))) {
            lines++;
            matched += pcre2_jit_match(
                pattern, (PCRE2_SPTR)line, (size_t)(stop - line), 0, 0, data, NULL) > 0;
            line = stop + 1;
        }
        kept = (size_t)(end - line);
        if (kept > 64 * 1024) return 2;
        memmove(buffer, line, kept);
    }
    printf("{\"lines\": %ld}\n", matched);
    return lines == matched ? 0 : 1;
}

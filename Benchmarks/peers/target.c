/* A target for very many probes: answers GET /N with a small JSON, keeps connections, never answers
 * GET /hang, and notes when each N was asked. target PORT SECONDS PERIOD is there at all addresses of
 * 127.0.0.0/8. At its end it prints how late questions came, against the earliest place of the same
 * N in its period: {"asked": …, "numbers": …, "p95_ms": …, "worst_ms": …} */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { NUMBERS = 20000, ROUNDS = 64, EVENTS = 512 };
static double places[NUMBERS][ROUNDS];
static int rounds[NUMBERS];
static const char answer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 67\r\n\r\n"
    "{\"status\":\"ok\",\"version\":\"1.8.0\",\"db\":{\"latency_ms\":12.5,\"pool\":8}}";

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A question is one segment: heads are short, and nobody sends two at once. */
static void serve(int socket, double time) {
    char head[4096];
    ssize_t count = recv(socket, head, sizeof head - 1, 0);
    if (count <= 0) {
        close(socket);
        return;
    }
    head[count] = 0;
    if (strncmp(head, "GET /hang", 9) == 0) return;
    int number = strncmp(head, "GET /", 5) == 0 ? atoi(head + 5) : -1;
    if (number >= 0 && number < NUMBERS && rounds[number] < ROUNDS)
        places[number][rounds[number]++] = time;
    if (send(socket, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0) close(socket);
}

static void report(double period) {
    static double late[NUMBERS * ROUNDS];
    size_t asked = 0, numbers = 0;
    for (int number = 0; number < NUMBERS; number++) {
        double first = 1e18;
        numbers += rounds[number] > 0;
        /* In which period a question was meant to come, seen from the first one. */
        double begin = places[number][0];
        for (int round = 0; round < rounds[number]; round++) {
            double since = places[number][round] - begin;
            places[number][round] = since - period * (long)(since / period + 0.5);
            if (places[number][round] < first) first = places[number][round];
        }
        for (int round = 0; round < rounds[number]; round++)
            late[asked++] = places[number][round] - first;
    }
    qsort(late, asked, sizeof *late, by_size);
    printf("{\"asked\": %zu, \"numbers\": %zu, \"p95_ms\": %.1f, \"worst_ms\": %.1f}\n", asked,
           numbers, asked ? late[asked * 95 / 100] * 1e3 : -1, asked ? late[asked - 1] * 1e3 : -1);
}

int main(int count, char **words) {
    if (count != 4) return 2;
    double end = now() + atof(words[2]);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1]))};
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    /* Nobody but this host comes in. */
    if (setsockopt(listener, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3)) return 1;
    if (bind(listener, (struct sockaddr *)&address, sizeof address)) return 1;
    if (listen(listener, 4096)) return 1;
    int poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (double time = now(); time < end; time = now()) {
        int ready = epoll_wait(poll, events, EVENTS, 100);
        time = now();
        for (int n = 0; n < ready; n++) {
            if (events[n].data.fd != listener) {
                serve(events[n].data.fd, time);
                continue;
            }
            for (int socket; (socket = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0;) {
                setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                event.data.fd = socket;
                epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event);
            }
        }
    }
    report(atof(words[3]));
    return 0;
}

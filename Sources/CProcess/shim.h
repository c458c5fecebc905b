// Process control that Swift cannot call directly: variadic functions (prctl, syscall), and
// calls that Swift's Glibc module leaves out. Header only; nothing is linked.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

extern char **environ;

// The environment this process was given, for posix_spawn.
static inline char *const *watchd_environment(void) { return environ; }

// Orphans below this process become its children (prctl(2), PR_SET_CHILD_SUBREAPER).
static inline int watchd_become_subreaper(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
}

// Always close-on-exec. glibc has wrappers for these two from 2.36 on only.
static inline int watchd_pidfd_open(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}
static inline int watchd_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

// Both ends close-on-exec.
static inline int watchd_pipe(int *ends) {
    return (int)syscall(SYS_pipe2, ends, O_CLOEXEC);
}

static inline int watchd_signalfd(const sigset_t *signals) {
    return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

// Which process spawned by posix_spawn begins a session of its own (POSIX_SPAWN_SETSID, a GNU
// extension).
static inline short watchd_spawn_setsid(void) { return 0x80; }

// glibc declares it for GNU sources only (since 2.34).
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
static inline int watchd_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

static inline int watchd_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// Process control that Swift cannot call directly: variadic functions (prctl, syscall), and
// calls that Swift's Glibc module leaves out. Header only; nothing is linked.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
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

// When the file of an open descriptor was created (statx(2)), in nanoseconds since 1970; -1: the
// file system does not say. glibc's module for Swift has no statx. (0x1000 is AT_EMPTY_PATH.)
static inline long long watchd_born(int descriptor) {
    struct statx status;
    memset(&status, 0, sizeof status);
    if (syscall(SYS_statx, descriptor, "", 0x1000, STATX_BTIME, &status) != 0
        || !(status.stx_mask & STATX_BTIME))
        return -1;
    return (long long)status.stx_btime.tv_sec * 1000000000LL + status.stx_btime.tv_nsec;
}

static inline int watchd_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// A process that ignores SIGCHLD, as it may have been told to before it began, learns nothing of
// how its children end (wait(2), NOTES). Returns whether it was ignored.
static inline int watchd_heed_children(void) {
    struct sigaction now;
    if (sigaction(SIGCHLD, NULL, &now) != 0 || now.sa_handler != SIG_IGN) return 0;
    signal(SIGCHLD, SIG_DFL);
    return 1;
}

// As posix_spawn(3), which can set a signal to its default, but not to be ignored: the program
// begins with SIGCHLD ignored, with `mask`, and without the `count` descriptors in `closed`.
// Returns 0, or the error that kept it from being started.
static inline int watchd_run_ignoring(
    pid_t *pid, const char *path, char *const *arguments, char *const *environment,
    const sigset_t *mask, const int *closed, int count)
{
    int ends[2];
    if (watchd_pipe(ends) != 0) return errno;
    pid_t child = fork();
    if (child == 0) {
        // Only what is safe after a fork of a process with threads (signal-safety(7)).
        for (int place = 0; place < count; place++) close(closed[place]);
        signal(SIGCHLD, SIG_IGN);
        sigprocmask(SIG_SETMASK, mask, NULL);
        execve(path, arguments, environment);
        int problem = errno;
        ssize_t told = write(ends[1], &problem, sizeof problem);
        (void)told;
        _exit(127);
    }
    int problem = child < 0 ? errno : 0;
    close(ends[1]);
    if (child > 0) {
        // Nothing comes when it was started: then its end of the pipe was closed.
        ssize_t got;
        do got = read(ends[0], &problem, sizeof problem);
        while (got < 0 && errno == EINTR);
        if (got != (ssize_t)sizeof problem) problem = 0;
        else while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    }
    close(ends[0]);
    *pid = child;
    return problem;
}

# Every command of the project. `make help` lists them; CONTRIBUTING.md explains them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Where scripts/setup puts the Swift toolchain when there is none.
export PATH := $(or $(SWIFTLY_BIN_DIR),$(HOME)/.local/share/swiftly/bin):$(PATH)

# Of `install`: where the programs are taken from, and where everything goes.
BIN ?= .build/release
PREFIX ?= /usr
DESTDIR ?=
LIBEXEC = $(PREFIX)/lib/watchd
UNITS = $(PREFIX)/lib/systemd/system
# polkit reads no rules below other prefixes, and watchd looks for watchd-step beside itself, then in
# /usr/lib/watchd.
POLKIT = $(if $(filter /usr,$(PREFIX)),/usr/share,/etc)/polkit-1/rules.d
STEP = $(if $(filter /usr,$(PREFIX)),$(LIBEXEC),$(PREFIX)/bin)
PROGRAMS = watchd watchctl watchd-step

# One set for all that is optimised, or each would build what the other has built. Linked in, Swift's
# libraries are called without detours, and modules see into one another: the engine is 1.7 times as
# fast as with the compiler's standard settings.
OPTIMISED = -c release --static-swift-stdlib -Xswiftc -cross-module-optimization

# Of builds for development, with WHOLE=1: from nothing, whole modules take a fifth less than file by
# file, but then a changed file costs its whole module, so only CI asks for them. One object per file
# all the same, which the package manager expects.
DEBUG = $(if $(WHOLE),-Xswiftc -whole-module-optimization -Xswiftc -num-threads -Xswiftc 2)

# Of `simulate`: worlds, and events of each, at the end of which everything is healed. A million worlds are SEEDS=1000000.
# The allocator alone makes worlds a tenth quicker (docs/decisions/0033-a-million-worlds.md).
SIMULATE = LD_PRELOAD="$$(ls /usr/lib/*/libmimalloc.so 2>/dev/null | head -n 1)" .build/release/watchd-simulate
SEEDS ?= 5000
FROM ?= 1
EVENTS ?= 2000
# More states of one small world of the search than these are a failure: it did not close.
STATES ?= 150000

# Tests that only compute. They go by themselves: beside them, those with real sockets and clocks
# would wait for a turn on the two threads that tests share, and run out of time.
COMPUTING = ^(WatchCoreTests|WatchConfigTests|WatchSimulatorTests|TidyTests)\.
# Tests with servers of their own. In two lots, because all at once have over a thousand files open,
# and Foundation's `Process` breaks then.
ASKING = ^(WatchHTTPTests|WatchProbesTests|WatchActionsTests)\.

# Of `torture`, for each way to rotate; the tests do 100.
ROTATIONS ?= 2000
# Of `torture`, rollbacks in the middle of which something is killed; the tests do 40.
KILLS ?= 500
# Of `torture`, boundaries of watchd and of its shim at each of which one or both are killed, or a person
# aborts: all, which are some eight hundred, or so many; the tests do 24.
BOUNDARIES ?= all

# Of `fuzz`, for each target: enough to see that it runs. To look for something: FUZZ_SECONDS=600.
FUZZ_SECONDS ?= 5

.PHONY: help setup build release test unit-test unit-build unit-compute unit-live system-test stories \
    torture lint fuzz bench bench-peers bench-unit simulate simulate-build fuzz-build planted demo install uninstall clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

setup: ## install what building and testing needs (Debian, Ubuntu)
	@scripts/setup test

build: ## build for development, into .build/debug
	@scripts/setup build
	swift build

release: ## build for installation, into .build/release: optimised, Swift's libraries linked in
	@scripts/setup build
	swift build $(OPTIMISED)

bench: ## figures of the inner loops, as ratios to a peer or a limit
	@scripts/setup build
	swift build $(OPTIMISED) --product watchd-bench
	@.build/release/watchd-bench
	@$(MAKE) bench-peers

bench-peers: ## watchd beside mtail, blackbox_exporter and bare loops over the same input (minutes)
	@scripts/setup bench
	swift build $(OPTIMISED) --product watchd-bench
	swift build $(OPTIMISED) --product watchd
	@Benchmarks/peers/run

bench-unit: ## the figures of streams again, inside a unit hardened as watchd.service (root, or sudo)
	@scripts/setup bench
	swift build $(OPTIMISED) --product watchd-bench
	@Benchmarks/peers/in-unit

simulate: ## live through SEEDS=5000 simulated worlds from seed FROM=1, looking for a broken rule
	@$(MAKE) simulate-build
	@$(SIMULATE) --seeds $(SEEDS) --from $(FROM) --events $(EVENTS)
	@$(SIMULATE) --seeds 100 --from $(FROM) --events $(EVENTS) --twice
	@$(SIMULATE) --search $(STATES)

simulate-build:
	@scripts/setup simulate
	swift build $(OPTIMISED) --product watchd-simulate

planted: ## plant deliberate bugs into a copy of the engine; the simulator must find each
	@scripts/setup build
	@Tests/planted/run

demo: ## see watchd roll back two bad releases of a real service (two minutes after the build)
	@scripts/setup demo
	swift build
	@demo/run

test: ## set up and pass all tests
	@scripts/setup test
	@scripts/setup stories
	@MAKE='$(MAKE)' scripts/all-tests

unit-test: ## the Swift tests
	@$(MAKE) unit-build unit-compute unit-live

unit-build:
	swift build --build-tests $(DEBUG)

unit-compute:
	swift test --skip-build --filter '$(COMPUTING)'

unit-live:
	swift test --skip-build --filter '$(ASKING)'
	swift test --skip-build --skip '$(COMPUTING)|$(ASKING)'

system-test: ## the tests in a disposable systemd (root, or sudo)
	@Tests/system/run --bin .build/debug

stories: ## the stories of the playbooks, each from the trigger to the report, against real parts
	@scripts/setup stories
	swift build
	@Tests/stories/run

torture: ## ROTATIONS=2000 of a log in each way under a watchd that is killed; KILLS=500 and BOUNDARIES=all amid rollbacks
	@Tests/torture/run --bin .build/debug --rotations $(ROTATIONS)
	@Tests/torture/kills --bin .build/debug --kills $(KILLS) --boundaries $(BOUNDARIES)

fuzz-build:
	@Fuzz/run --build

fuzz: ## hostile bytes for FUZZ_SECONDS each to what reads bytes from outside
	@Fuzz/run $(FUZZ_SECONDS)

lint: ## swift format, shellcheck, systemd-analyze
	@scripts/lint

# Units name /usr; for another PREFIX their paths are changed on the way.
install: ## install from .build/release (after `make release`; as root, or with DESTDIR)
	@for program in $(PROGRAMS); do test -x $(BIN)/$$program || { \
	    echo "there is no $(BIN)/$$program; first: make release" >&2; exit 1; }; done
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(BIN)/watchd $(BIN)/watchctl
	install -D -m 755 -t $(DESTDIR)$(STEP) $(BIN)/watchd-step
	install -D -m 755 -t $(DESTDIR)$(LIBEXEC) systemd/watchd-rollback
	install -d $(DESTDIR)$(UNITS)
	for unit in watchd.service watchd-rollback@.service; do \
	    sed 's#/usr/bin/watchd#$(PREFIX)/bin/watchd#; s#/usr/lib/watchd#$(LIBEXEC)#' \
	        systemd/$$unit > $(DESTDIR)$(UNITS)/$$unit; \
	    chmod 644 $(DESTDIR)$(UNITS)/$$unit; \
	done
	install -D -m 644 systemd/watchd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/watchd.conf
	install -D -m 644 systemd/watchd.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/watchd.conf
	install -D -m 644 systemd/50-watchd.rules $(DESTDIR)$(POLKIT)/50-watchd.rules
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/watchd README.md systemd/old-polkit.conf
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/watchd/plans etc/watchd/plans/*.yaml
	install -D -m 755 -t $(DESTDIR)$(LIBEXEC)/recipes etc/watchd/recipes/*
	install -d -m 755 $(DESTDIR)/etc/watchd/conf.d $(DESTDIR)/etc/watchd/rollback.d
	test -e $(DESTDIR)/etc/watchd/watchd.yaml || \
	    install -m 644 etc/watchd/watchd.yaml $(DESTDIR)/etc/watchd/watchd.yaml
ifeq ($(DESTDIR),)
	systemd-sysusers
	systemd-tmpfiles --create
	test ! -d /run/systemd/system || systemctl daemon-reload
	@echo "Installed. Edit /etc/watchd/watchd.yaml, then: systemctl enable --now watchd"
endif

uninstall: ## take away what install put there; configuration and state stay
ifeq ($(DESTDIR),)
	test ! -d /run/systemd/system || systemctl disable --now watchd.service || true
endif
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,watchd watchctl) $(DESTDIR)$(STEP)/watchd-step
	rm -rf $(DESTDIR)$(LIBEXEC) $(DESTDIR)$(PREFIX)/share/doc/watchd
	rm -f $(addprefix $(DESTDIR)$(UNITS)/,watchd.service watchd-rollback@.service)
	rm -f $(DESTDIR)$(PREFIX)/lib/sysusers.d/watchd.conf
	rm -f $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/watchd.conf
	rm -f $(DESTDIR)$(POLKIT)/50-watchd.rules
ifeq ($(DESTDIR),)
	test ! -d /run/systemd/system || systemctl daemon-reload
endif

clean: ## remove everything that was built, and the output of demo and tests
	rm -rf .build .build-fuzz out

# SPDX-License-Identifier: GPL-2.0-or-later
#
# Dispatches only; 'make help' lists the targets.

.PHONY: all
all: userspace modules ## the library, oscanctl and the modules

.PHONY: userspace
userspace: ## the library and oscanctl, into out/bin and out/lib
	@$(MAKE) --no-print-directory -C userspace

.PHONY: modules
modules: ## the modules, into out/kmod; KDIR=headers or KERNEL=6.12
	@$(MAKE) --no-print-directory -C kmod

.PHONY: install
install: install-userspace ## install all of it; prefix=/usr/local, DESTDIR=, KDIR=
	@$(MAKE) --no-print-directory -C kmod install

.PHONY: install-userspace
install-userspace: ## install all but the modules, which need kernel headers
	@$(MAKE) --no-print-directory -C userspace install

.PHONY: demo
demo: ## a fly scan in a virtual machine; results in out/demo
	@tests/vm/demo

.PHONY: deps
deps: ## install the Debian packages that are missing
	@tests/lib/deps.sh

.PHONY: check
check: ## every test; the last line is the count
	@tests/lib/check.sh style unit vm pi debug

.PHONY: check-unit
check-unit: ## tests that run on this machine
	@tests/lib/check.sh unit

.PHONY: check-vm
check-vm: ## tests on stock kernels in QEMU
	@tests/lib/check.sh vm

.PHONY: check-debug
check-debug: ## tests on instrumented kernels, built once into the cache
	@BUILD=1 tests/lib/check.sh debug

.PHONY: check-pi
check-pi: ## tests on an emulated Raspberry Pi 3
	@tests/lib/check.sh pi

.PHONY: check-colmap
check-colmap: ## a scan of the synthetic object against COLMAP; some minutes
	@tests/colmap/run

.PHONY: fuzz
fuzz: ## random requests and calls; FUZZ_CALLS=, FUZZ_SECONDS=, FUZZ_SEED=, KERNEL=
	@tests/fuzz/run

.PHONY: bench
bench: ## how fast, beside others, in tables; BENCH_SECONDS=, KERNEL=
	@tests/bench/run

.PHONY: style
style: ## checkpatch, sparse, shellcheck, SPDX
	@tests/lib/check.sh style

.PHONY: clean
clean: ## remove out/, which holds all that was built
	@rm -rf out

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | \
		awk -F '\t' '{ printf "  make %-18s %s\n", $$1, $$2 }'

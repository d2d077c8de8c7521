# SPDX-License-Identifier: GPL-2.0-only
#
# Everything is built below build/; "make help" lists targets and variables.

KERNELS	:= 6.1 6.12
HOST_KERNEL ?= 6.1
PREFIX	?= /usr/local
# the kernel "make install" builds for
KERNELRELEASE ?= $(shell uname -r)

build	:= $(CURDIR)/build
qemu	:= selftests/qemu
kbuild	:= $(qemu)/kbuild $(build)

# A command line's variables reach the scripts through the environment, word for
# word: CMD is shell text and none of make's business.  They are not handed on
# to other makes, which would read them again.
override CMD := $(value CMD)
export CMD HOST_KERNEL
MAKEOVERRIDES :=

# What HOST_KERNEL means to kbuild: a series, or the release of a vmlinuz.
host_kernel = $(if $(filter here,$(HOST)),$(shell uname -r),$(shell $(qemu)/vm --release '$(HOST_KERNEL)'))

.PHONY: all modules userland pvguest selftests build-deps
all: modules userland pvguest selftests $(KERNELS:%=test-modules-%)

modules: $(KERNELS:%=module-%)

.PHONY: module-%
module-%: build-deps
	+@$(kbuild) $* modules $(if $(W),W=$(W)) $(if $(C),C=$(C)) $(if $(V),V=$(V))

.PHONY: test-modules-%
test-modules-%: build-deps
	+@$(qemu)/kbuild -t $(build) $* modules $(if $(W),W=$(W)) $(if $(C),C=$(C)) $(if $(V),V=$(V))

userland pvguest selftests: build-deps
	@$(MAKE) --no-print-directory -C $@ O=$(build)/$@

build-deps:
	@$(qemu)/cache/build-deps

# The targets below build without a word unless it fails, since what they print
# is the command's.  One build at a time.
quietly	:= $(qemu)/quietly $(build)
jobs	:= -j$(shell nproc)

.PHONY: vm shell run
vm:
	@: $(if $(CMD),,$(error CMD='shell command' is needed))
	+@$(quietly) $(MAKE) $(jobs) for-host
	@$(qemu)/vm "$$CMD"

shell:
	+@$(quietly) $(MAKE) $(jobs) for-host
	@$(qemu)/shell

run:
	+@$(quietly) $(MAKE) $(jobs) for-host
	@$(qemu)/run

.PHONY: for-host
for-host: selftests
ifneq ($(VM_LODGE),0)
	@$(MAKE) --no-print-directory userland pvguest module-$(host_kernel)
endif

# GROUPS=... limits it to these folders of selftests/.
.PHONY: check check-long check-debug bench
check:
	+@$(quietly) $(MAKE) $(jobs) all check-deps
	@selftests/check $(GROUPS)

check-long: export LODGE_LONG := 1
check-long: check

# Everything takes several times as long there.
check-debug: export KERNELS := debug
check-debug: export LODGE_PATIENCE ?= 8
check-debug: export VM_MEM ?= 5120
check-debug:
	+@$(quietly) $(MAKE) $(jobs) userland pvguest selftests module-debug
	@selftests/check $(or $(GROUPS),guest linux lifecycle devices io memory control)

bench:
	+@$(quietly) $(MAKE) $(jobs) for-host
	@selftests/bench/run

.PHONY: check-deps
check-deps:
	@$(qemu)/cache/check-deps

.PHONY: install clean help
install: userland
	@$(MAKE) --no-print-directory -C userland O=$(build)/userland \
		DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) install
	@$(MAKE) --no-print-directory module-$(KERNELRELEASE)
	@$(kbuild) $(KERNELRELEASE) modules_install CONFIG_MODULE_SIG_ALL= \
		$(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR))
	depmod $(if $(DESTDIR),-b $(DESTDIR)) $(KERNELRELEASE)

clean:
	rm -rf $(build)

help:
	@cat $(qemu)/help

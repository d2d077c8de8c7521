# SPDX-License-Identifier: GPL-2.0-only
# Included by ../Makefile: what lodged needs beyond its own sources.
lodged_CFLAGS	:= $(call pkgs,--cflags,libcjson libevent_core)
lodged_LIBS	:= $(call pkgs,--libs,libcjson libevent_core)
lodged_ARCHIVES	:= control config common

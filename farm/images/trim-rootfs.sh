#!/bin/sh
# Takes out of the root file system in $1 what no container needs and what names the machine that made it.
set -eu
cd "$1"
rm -rf etc/apt etc/hostname etc/resolv.conf etc/machine-id \
  var/cache/* var/lib/apt var/log/* var/lib/postgresql/15 \
  usr/share/man usr/share/doc usr/share/locale usr/share/i18n usr/share/info usr/share/lintian usr/share/zoneinfo/right \
  usr/lib/*/perl usr/share/perl usr/share/perl5 usr/lib/*/libperl.so* usr/lib/*/libz3.so* usr/lib/*/libLLVM* \
  usr/lib/postgresql/*/lib/bitcode usr/lib/postgresql/*/lib/llvmjit*
# What is set-uid or set-gid has no use where nobody may gain rights.
find . -xdev -type f -perm /6000 -delete

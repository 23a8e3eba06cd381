#!/bin/sh
# Keep one host key for good, so that the vendor can pin it; let the vendor's keys in; serve.
set -eu

mkdir -p /etc/ssh/keys
[ -f /etc/ssh/keys/ssh_host_ed25519_key ] ||
    ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/keys/ssh_host_ed25519_key
# What is read out to the vendor on the telephone; it stands in the container's log.
ssh-keygen -lf /etc/ssh/keys/ssh_host_ed25519_key.pub
printf '%s\n' "${VENDOR_PUBLIC_KEYS:-}" >/etc/ssh/vendor_keys
chmod 0644 /etc/ssh/vendor_keys
sh /usr/local/bin/make-folders /srv/vendor/files 10001 10002
exec /usr/sbin/sshd -D -e

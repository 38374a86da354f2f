#!/usr/bin/env bash
# Runs an executable whose log is on a full disk, sends it a request, makes room, stops it, and prints
# the log. Run it in a mount namespace: full-disk.sh EXECUTABLE FOLDER PATH
set -euo pipefail
disk=$2/disk
mkdir "$disk"
mount -t tmpfs -o size=64k tmpfs "$disk"
touch "$disk/log"
head -c 100k /dev/zero >"$disk/filler" 2>/dev/null || true

# Prints the port of the process in hexadecimal, once it listens. Its log cannot be read for it.
port() {
  local inode
  readlink /proc/$pid/fd/* | sed -n 's/^socket:\[\(.*\)\]$/\1/p' | while read -r inode; do
    awk -v inode="$inode" '$4 == "0A" && $10 == inode { sub(/.*:/, "", $2); print $2 }' /proc/net/tcp
  done
}

PORT=0 "$1" 2>>"$disk/log" &
pid=$!
for _ in $(seq 500); do
  hex=$(port) || true
  [[ $hex ]] && curl --silent --fail --output /dev/null "http://127.0.0.1:$((16#$hex))$3" && break
  kill -0 $pid
  sleep 0.02
done
[[ ! -s $disk/log ]] || { echo "the disk was not full" >&2; exit 1; }
rm "$disk/filler"
kill -TERM $pid
wait $pid
cat "$disk/log"

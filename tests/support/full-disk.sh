#!/usr/bin/env bash
# Runs an executable whose log is on a disk that is full from the start, sends it a request, makes room,
# stops it, and prints the log. Run it in a mount namespace: full-disk.sh EXECUTABLE FOLDER
set -euo pipefail
disk=$2/disk
mkdir "$disk"
mount -t tmpfs -o size=64k tmpfs "$disk"
touch "$disk/log"
head -c 100k /dev/zero >"$disk/filler" 2>/dev/null || true

export PORT
PORT=$((20000 + RANDOM % 20000))
"$1" 2>>"$disk/log" &
pid=$!
for _ in $(seq 500); do
  curl --silent --fail --output /dev/null "http://127.0.0.1:$PORT/users" && break
  kill -0 $pid
  sleep 0.02
done
[[ ! -s $disk/log ]] || { echo "the disk was not full" >&2; exit 1; }
rm "$disk/filler"
kill -TERM $pid
wait $pid
cat "$disk/log"

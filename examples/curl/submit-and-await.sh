#!/bin/sh
# Runs a job of any length: submits it, asks for its end until it is there, and prints the output of its tasks.
# Exit status 0: it ended well. Stopped by TERM or INT, the script cancels the run.
#
#   GATEWAY_URL=https://jobs.example.com GATEWAY_KEY=gw_... submit-and-await.sh JOB KEY [PARAMETER=VALUE ...]
#
# RERUN=repair, new or force: what a KEY does that is sent again after its run did not end well. Left out: new.
set -eu
: "${GATEWAY_URL:?}" "${GATEWAY_KEY:?}"
job=$1 key=$2
shift 2

for parameter do
  shift
  set -- "$@" --data-urlencode "p.$parameter"
done

files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT

# The client's key goes by standard input: everybody on the machine can read arguments.
call() {
  printf 'header = "X-API-Key: %s"\n' "$GATEWAY_KEY" |
    curl --config - --silent --show-error --fail-with-body --retry 10 --retry-connrefused "$@"
}

cancel() {
  trap '' TERM INT
  call --get --request POST --data-urlencode "job=$job" --data-urlencode "key=$key" --data wait=30 \
    --data format=text "$GATEWAY_URL/cancel" || true
  exit 143
}
trap cancel TERM INT

call --output "$files/run" --data wait=0 --data outcome=body --data "rerun=${RERUN:-new}" \
  --data-urlencode "key=$key" --data-urlencode "ref=$(uname -n)/$key" "$@" "$GATEWAY_URL/trigger/$job" || {
  cat "$files/run"
  echo
  exit 1
}

# In the background, because a shell looks at signals only between two commands, or while it waits.
lost=0
while :; do
  call --get --output "$files/run" --dump-header "$files/headers" --write-out '%{http_code}' \
    --data-urlencode "job=$job" --data-urlencode "key=$key" --data wait=45 "$GATEWAY_URL/await" >"$files/status" &
  wait $! || true
  status=$(cat "$files/status")
  case $status in
    202) lost=0 ;;
    000 | 5??) lost=$((lost + 1)) && [ "$lost" -lt 60 ] || break ;;
    *) break ;;
  esac
  sleep 2
done

id=$(sed -n 's/^[Xx]-[Rr]un-[Ii]d: *\([0-9A-Za-z]*\).*/\1/p' "$files/headers")
if call --get --output "$files/output" --data format=text --data tail=50 "$GATEWAY_URL/runs/$id/output"; then
  cat "$files/output"
else
  cat "$files/run"
  echo
fi
[ "$status" = 200 ]

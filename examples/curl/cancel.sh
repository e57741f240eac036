#!/bin/sh
# Cancels the run of a key, and waits up to 30 seconds for the proof. Prints its state. Exit status 0: the cancel was
# taken; the gateway sees to it until the run is over.
#
#   GATEWAY_URL=https://jobs.example.com GATEWAY_KEY=gw_... cancel.sh JOB KEY
set -eu
: "${GATEWAY_URL:?}" "${GATEWAY_KEY:?}"

printf 'header = "X-API-Key: %s"\n' "$GATEWAY_KEY" |
  curl --config - --silent --show-error --fail-with-body --retry 10 --retry-connrefused \
    --get --request POST --data-urlencode "job=$1" --data-urlencode "key=$2" --data wait=30 --data format=text \
    "$GATEWAY_URL/cancel"

#!/bin/sh
# Runs a job by one call that waits for its end, 45 seconds at most. Exit status 0: it ended well. Anything else: it did
# not, or not yet, and the answer says why.
#
#   GATEWAY_URL=https://jobs.example.com GATEWAY_KEY=gw_... one-call.sh JOB KEY [PARAMETER=VALUE ...]
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

# The client's key goes by standard input: everybody on the machine can read arguments.
printf 'header = "X-API-Key: %s"\n' "$GATEWAY_KEY" |
  curl --config - --silent --show-error --fail-with-body --retry 10 --retry-connrefused \
    --data wait=45 --data outcome=http --data pending=error --data "rerun=${RERUN:-new}" \
    --data-urlencode "key=$key" --data-urlencode "ref=$(uname -n)/$key" "$@" \
    --write-out '\n' "$GATEWAY_URL/trigger/$job"

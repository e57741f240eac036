#!/bin/sh
# Makes the importable plug-in from its readable source: base64 of gzip of JSON.
set -eu
cd "$(dirname "$0")"
gzip -9 -n -c plugin.json | base64 | tr -d '\n' >databricks-job-gateway.ctmai

#!/bin/sh
# Pins everything from the .in files, with hashes, for every platform and Python from 3.11 on.
# The layers are resolved against the same versions that the tests run with.
set -eu
cd "$(dirname "$0")/.."
pin() { uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header "$@"; }
pin requirements/test.in -o requirements/test.txt
pin requirements/local.in -c requirements/test.txt -o requirements/local.txt
for layer in base extract grade feedback; do
  pin "layers/$layer/requirements.in" -c requirements/test.txt -o "layers/$layer/requirements.txt"
done
pin requirements/check.in -o requirements/check.txt
pin requirements/checkov.in -o requirements/checkov.txt

#!/bin/sh
# The tests of the page drive a Chromium. Where none is there, this installs Debian's, if it may: when asked to
# (`make browser`), or in CI. Elsewhere those tests are skipped and say so.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
if [ "$1" != asked ] && [ -z "$CI" ]; then
  echo "There is no Chromium, so the tests of the page are skipped; 'make browser' installs Debian's." >&2
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "There is no Chromium, and it can be installed by root on Debian alone; the tests of the page are skipped." >&2
  [ "$1" != asked ]
  exit
fi
echo "Installing Chromium for the tests of the page ..."
apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null ||
  echo "Chromium could not be installed; the tests of the page are skipped." >&2

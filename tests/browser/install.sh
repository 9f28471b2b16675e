#!/bin/sh
# Installs Debian's Chromium for the tests of the page, if there is none, and only if called with "asked" (`make
# browser`) or in CI. Otherwise those tests are skipped, with a message.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
if [ "$1" != asked ] && [ -z "$CI" ]; then
  echo "There is no Chromium, so the tests of the page are skipped; 'make browser' installs Debian's." >&2
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "There is no Chromium, and only root on Debian can install it; the tests of the page are skipped." >&2
  [ "$1" != asked ]
  exit
fi
echo "Installing Chromium for the tests of the page ..."
apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null ||
  echo "Chromium could not be installed; the tests of the page are skipped." >&2

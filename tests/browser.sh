#!/usr/bin/env bash
# Makes sure that there is a browser for the tests of the desk, or says in one line why there is none.
set -u
for name in chromium chromium-browser google-chrome; do
  command -v "$name" > /dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  echo "Installing a browser for the tests of the desk (some 100 MB, once)"
  for try in 1 2; do
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends chromium fonts-noto-cjk > /dev/null 2>&1 && exit 0
    apt-get update --quiet > /dev/null 2>&1
  done
fi
echo "No browser can be had here, so the tests of the desk in a browser are skipped; install chromium to run them"

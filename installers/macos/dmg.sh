#!/bin/bash
# Make the disk image: dmg.sh dist/StemDesk.app dist/StemDesk-0.1.0-macos-arm64.dmg
#
#   STEMDESK_SIGN_IDENTITY   as for sign.sh; unset: the image is not signed
#   STEMDESK_WAIT_S          seconds between tries
#
# Not run here (no macOS): read line by line against hdiutil's manual; the release workflow runs it.
set -euo pipefail
app=${1:?which app}
image=${2:?which image}
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT

# `ditto` keeps links and attributes: without them the signature would be broken.
ditto "$app" "$staging/StemDesk.app"
ln -s /Applications "$staging/Applications"

rm -f "$image"
# ULMO: LZMA, which macOS 10.15 and newer read. "Resource busy" comes and goes by itself (Spotlight
# looks at the new volume): https://github.com/actions/runner-images/issues/7522
for turn in 1 2 3 4; do
  if hdiutil create -volname StemDesk -srcfolder "$staging" -fs HFS+ -format ULMO -ov "$image"; then
    break
  elif [ "$turn" = 4 ]; then
    exit 1
  fi
  sleep "${STEMDESK_WAIT_S:-10}"
done
if [ -n "${STEMDESK_SIGN_IDENTITY:-}" ]; then
  codesign --force --timestamp --sign "$STEMDESK_SIGN_IDENTITY" "$image"
fi
hdiutil verify "$image"

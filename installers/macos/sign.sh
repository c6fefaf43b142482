#!/bin/bash
# Sign the app from the inside out: sign.sh dist/StemDesk.app
#
#   STEMDESK_SIGN_IDENTITY   "Developer ID Application: …"; unset: an ad-hoc signature, which runs on
#                            this Mac, and elsewhere after the person has allowed it
#
# Not run here (no macOS): read line by line against codesign's manual; the release workflow runs it.
set -euo pipefail
app=${1:?which app}
here=$(cd "$(dirname "$0")" && pwd)
identity=${STEMDESK_SIGN_IDENTITY:--}

options=(--force --sign "$identity")
if [ "$identity" != - ]; then
  # Notarising wants both. An ad-hoc signature has no team: with the hardened runtime, the app
  # could not load its own libraries.
  options+=(--timestamp --options runtime)
fi

# Every library and program by itself first: `--deep` would give all of them the app's entitlements.
find "$app/Contents" -type f ! -path "$app/Contents/MacOS/stemdesk-window" -print0 |
  while IFS= read -r -d '' file; do
    case $(file --brief "$file") in
      Mach-O*) ;;
      *) continue ;;
    esac
    if [ "$(basename "$file")" = deno ]; then
      codesign "${options[@]}" --entitlements "$here/deno.entitlements.plist" "$file"
    else
      codesign "${options[@]}" "$file"
    fi
  done

# The app last: this signs its main program, and seals all the rest.
codesign "${options[@]}" --entitlements "$here/entitlements.plist" "$app"
codesign --verify --deep --strict --verbose=2 "$app"

#!/bin/bash
# Have Apple check the signed image, and fasten its answer to it: notarise.sh dist/StemDesk-….dmg
#
#   STEMDESK_NOTARY_KEY      the .p8 file of an App Store Connect key
#   STEMDESK_NOTARY_KEY_ID   its id
#   STEMDESK_NOTARY_ISSUER   its issuer
#
# Without them nothing is done, and that is said. Not run here (no macOS): read line by line against
# notarytool's manual; the release workflow runs it.
set -euo pipefail
image=${1:?which image}
if [ -z "${STEMDESK_NOTARY_KEY:-}" ]; then
  echo "not notarised: STEMDESK_NOTARY_KEY is not set"
  exit 0
fi
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
key=(--key "$STEMDESK_NOTARY_KEY" --key-id "${STEMDESK_NOTARY_KEY_ID:?}"
  --issuer "${STEMDESK_NOTARY_ISSUER:?}")

# It ends well also when the answer is "Invalid".
xcrun notarytool submit "$image" "${key[@]}" --wait --output-format plist >"$answer"
status=$(/usr/libexec/PlistBuddy -c 'Print :status' "$answer")
id=$(/usr/libexec/PlistBuddy -c 'Print :id' "$answer")
echo "notarised: $status ($id)"
if [ "$status" != Accepted ]; then
  xcrun notarytool log "$id" "${key[@]}"
  exit 1
fi
xcrun stapler staple "$image"
spctl --assess --type open --context context:primary-signature --verbose "$image"

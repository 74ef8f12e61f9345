#!/usr/bin/env bash
# check-bundle.sh BUNDLE THRESHOLD CERT...: whether THRESHOLD of the pinned operators (one certificate
# a person, in PEM) signed BUNDLE, and whether its files are those they signed. No Postern inside:
# bash, tar, openssl, sha256sum and jq, as Debian 12 has them. Exit status 0 only if all holds.
set -euo pipefail
bundle=$(realpath -- "$1") threshold=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
names=$(tar -tf "$bundle")
if grep -qvE '^[A-Za-z0-9_%][A-Za-z0-9._%+-]*(/[A-Za-z0-9_%][A-Za-z0-9._%+-]*)*$' <<<"$names" ||
  [ "$names" != "$(LC_ALL=C sort -u <<<"$names")" ] || tar -tvf "$bundle" | grep -qv '^-rw-r--r-- 0/0 '; then
  echo "refused: the archive is not in the one form"; exit 1
fi
tar -xf "$bundle" -C "$work" --no-same-owner
[ "$(head -c1 "$work/manifest.json")" = '{' ] || { echo "refused: no manifest"; exit 1; }
signed=0
for cert in "$@"; do                       # over pinned operators, never over the files that are there
  key=$(openssl x509 -in "$cert" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)
  [ -f "$work/sig/$key.p7s" ] || continue
  openssl cms -verify -binary -inform DER -in "$work/sig/$key.p7s" -content "$work/manifest.json" \
    -nointern -certfile "$cert" -CAfile "$cert" -partial_chain -purpose any -no-CApath -no-CAstore \
    -out /dev/null 2>/dev/null && signed=$((signed + 1)) || { echo "refused: signature $key"; exit 1; }
done
[ "$signed" -ge "$threshold" ] || { echo "refused: $signed of $threshold operators signed"; exit 1; }
listed=$(jq -r '.subject[].name' "$work/manifest.json")
[ "$listed" = "$(grep -vE '^(manifest\.json|sig/[0-9a-f]{64}\.p7s)$' <<<"$names")" ] ||
  { echo "refused: files are there that are not listed, or the reverse"; exit 1; }
(cd "$work" && jq -r '.subject[] | .digest.sha256 + "  " + .name' manifest.json | sha256sum --quiet -c)
echo "ok: $signed operators signed $(sha384sum "$work/manifest.json" | cut -d' ' -f1)"
jq -r '.predicate | "\(.policySet) version \(.version): \(.verificationResult) \(.verifiedLevels)"' "$work/manifest.json"

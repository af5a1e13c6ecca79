#!/bin/sh
# Checks a gateway that was just deployed: it is configured, and its PostHog key can do what tenants are granted. Reads only.
# HEDGEROW_URL is its address, HEDGEROW_ADMIN_TOKEN an admin token; one with the role `viewer` is enough. HEDGEROW_PROJECT is
# the number of the PostHog project to ask about; without it, those of the tenants that are registered.
set -eu

: "${HEDGEROW_URL:?is the address of the gateway, as https://gw.example.com}"
: "${HEDGEROW_ADMIN_TOKEN:?is an admin token of it, best of a viewer}"

# How often and how many seconds apart an answer is waited for: a deploy takes a while to be everywhere.
TRIES="${HEDGEROW_TRIES:-10}"
PAUSE=3

# The token is read from a file and not from the command line, which other processes see.
header=$(mktemp)
answer=$(mktemp)
trap 'rm -f "$header" "$answer"' EXIT
printf 'Authorization: Bearer %s\n' "$HEDGEROW_ADMIN_TOKEN" > "$header"

# ask PATH: waits for a 200, and shows what came instead where none does.
ask() {
  left="$TRIES"
  while :; do
    status=$(curl --silent --show-error --max-time 60 --output "$answer" --write-out '%{http_code}' \
      --header "@$header" "$HEDGEROW_URL$1" || true)
    [ "$status" = 200 ] && return 0
    left=$((left - 1))
    [ "$left" -gt 0 ] || break
    sleep "$PAUSE"
  done
  echo "GET $1 answered $status:" >&2
  cat "$answer" >&2
  echo >&2
  return 1
}

ask /healthz
echo "The gateway at $HEDGEROW_URL is configured."

ask "/admin/v1/check${HEDGEROW_PROJECT:+?project_id=$HEDGEROW_PROJECT}"
if ! grep -q '^{"good":true,' "$answer"; then
  echo 'Something is wrong between the gateway and PostHog; what is not "good" says what:' >&2
  cat "$answer" >&2
  echo >&2
  exit 1
fi
echo 'PostHog answers it, and its key can do what tenants are granted.'

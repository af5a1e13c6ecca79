#!/bin/sh
# What a tenant does with a token, with nothing but curl. With `npm start` running:
#   HEDGEROW_TOKEN='hgr_…' sh examples/curl.sh
# It deletes nobody, unless a distinct id is given:
#   HEDGEROW_TOKEN='hgr_…' sh examples/curl.sh ben@acme.test
set -eu

: "${HEDGEROW_TOKEN:?is a token of your tenant, which npm start prints}"
HEDGEROW_URL=${HEDGEROW_URL:-http://127.0.0.1:8787}
PROJECT_ID=${PROJECT_ID:-1}

# The token is read from standard input: other users of this machine can see what stands on a command line.
call() {
  printf 'header = "Authorization: Bearer %s"\n' "$HEDGEROW_TOKEN" |
    curl --config - --silent --show-error --fail-with-body "$@"
  echo
}

echo '# What may the token do?'
call "$HEDGEROW_URL/v1/whoami"

echo '# Would a call be allowed? Nothing is asked of PostHog.'
call "$HEDGEROW_URL/v1/explain" --json "{\"method\": \"GET\", \"path\": \"/api/projects/$PROJECT_ID/persons/\"}"

echo '# Two persons'
call "$HEDGEROW_URL/api/projects/$PROJECT_ID/persons/?limit=2"

if [ $# -gt 0 ]; then
  case $1 in
  *[\"\\]*) echo 'A distinct id with a quotation mark or a backslash has to be escaped for JSON.' >&2 && exit 1 ;;
  esac
  echo "# $1 and their events are deleted. The same Idempotency-Key is the same deletion."
  call "$HEDGEROW_URL/api/projects/$PROJECT_ID/persons/bulk_delete/" \
    --header "Idempotency-Key: \"erase-$1\"" \
    --json "{\"distinct_ids\": [\"$1\"], \"delete_events\": true}"
fi

echo '# What was deleted lately?'
call "$HEDGEROW_URL/v1/deletions?limit=2"

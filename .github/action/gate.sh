#!/usr/bin/env bash
# Runs the gate in a GitHub workflow: annotations at the changed lines, a summary of the job, reports in
# $TENON_REPORTS, and one comment on the pull request. The values come from action.yml by the
# environment, never by text in a script.
set -euo pipefail

# The base of a pull request is not in a checkout of depth 1.
fetch_base() {
  git cat-file -e "$TENON_BASE^{commit}" 2>/dev/null && return
  git fetch --quiet --no-tags --depth=1 origin "$TENON_BASE"
}

# What tenon prints quotes the pull request, which must not give commands to the runner.
show() {
  local token
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "::stop-commands::$token"
  cat
  echo "::$token::"
}

gate() {
  local arguments=(--base "$TENON_BASE" --head "$TENON_HEAD" --folder "$TENON_FOLDER")
  [ -z "$TENON_FAIL_ON" ] || arguments+=(--fail-on "$TENON_FAIL_ON")
  local more=()
  read -ra more <<<"$TENON_ARGUMENTS"
  "$TENON_BIN/tenon" gate "${arguments[@]}" ${more[@]+"${more[@]}"} \
    -o text -o "github=$TENON_REPORTS/annotations" -o "markdown=$TENON_REPORTS/comment.md" \
    -o "sarif=$TENON_REPORTS/tenon.sarif" -o "html=$TENON_REPORTS/tenon.html" >"$TENON_REPORTS/log" 2>&1
}

api() {
  curl --silent --show-error --fail-with-body --max-time 30 --header "Authorization: Bearer $TENON_TOKEN" \
    --header "Accept: application/vnd.github+json" --header "X-GitHub-Api-Version: 2022-11-28" "$@"
}

# own prints the id of the comment that an earlier run made, where there is one.
own() {
  local page comments
  for page in $(seq 1 20); do
    comments=$(api "$issue/comments?per_page=100&page=$page")
    jq -r --arg author "$TENON_COMMENT_AUTHOR" --arg marker "$marker" \
      'map(select(.user.login == $author and (.body | startswith($marker)))) | .[0].id // empty' <<<"$comments"
    [ "$(jq length <<<"$comments")" -eq 100 ] || return 0
  done
}

comment() {
  local marker="<!-- tenon gate of $TENON_FOLDER -->" issue="$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/$TENON_PULL_REQUEST" id
  id=$(own) || return 1
  id=$(head -n 1 <<<"$id")
  { echo "$marker"; cat "$TENON_REPORTS/comment.md"; } | jq --raw-input --slurp '{body: .}' >"$TENON_REPORTS/comment.json"
  if [ -n "$id" ]; then
    api --request PATCH --data "@$TENON_REPORTS/comment.json" "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/comments/$id" >/dev/null
  else
    api --request POST --data "@$TENON_REPORTS/comment.json" "$issue/comments" >/dev/null
  fi
}

# unjudged takes the place of what an earlier run said of an earlier commit.
unjudged() {
  printf '## ⚠️ tenon: the gate could not do its work\n\nThis commit was not judged. The log of the job says why.\n' >"$TENON_REPORTS/comment.md"
}

# The token of a fork's pull request may only read: the verdict stands without the comment.
tell() {
  [ "$TENON_COMMENT" = true ] && [ -n "$TENON_PULL_REQUEST" ] || return 0
  comment || echo "::warning title=tenon::The comment could not be written; the summary of the job has it."
}

main() {
  rm -rf "$TENON_REPORTS"
  mkdir -p "$TENON_REPORTS"
  if [ -z "$TENON_BASE" ]; then
    echo "::error title=tenon::No base to compare with: this event has none, so name one as the input base."
    exit 2
  fi
  fetch_base || { echo "::error title=tenon::The base could not be fetched."; exit 3; }
  local code=0
  gate || code=$?
  show <"$TENON_REPORTS/log"
  [ "$code" -le 1 ] || echo "::error title=tenon::The gate could not do its work, or a part of it; the log says why."
  [ -s "$TENON_REPORTS/comment.md" ] || unjudged
  cat "$TENON_REPORTS/comment.md" >>"$GITHUB_STEP_SUMMARY"
  if [ -s "$TENON_REPORTS/tenon.sarif" ]; then
    cat "$TENON_REPORTS/annotations" # every line is a command, with all that it quotes escaped
    {
      case "$code" in 0) echo "verdict=passed" ;; 1) echo "verdict=blocked" ;; esac
      echo "sarif=$TENON_REPORTS/tenon.sarif"
      echo "report=$TENON_REPORTS/tenon.html"
    } >>"$GITHUB_OUTPUT"
  fi
  tell
  exit "$code"
}

main

#!/usr/bin/env bash
# What the action does. Inputs come by variables, which no shell reads as commands; lists have an item on each line.
set -euo pipefail

lines() { # NAME TEXT: the lines of the text that are not blank, as the array of this name
  mapfile -t "$1" < <(printf '%s\n' "$2" | sed '/^[[:space:]]*$/d')
}

lines images "$SET_IMAGE_IMAGES"
lines paths "$SET_IMAGE_PATHS"
lines arguments "${SET_IMAGE_ARGUMENTS:-}"
lines applications "${SET_IMAGE_WAIT_FOR:-}"
lines wait_arguments "${SET_IMAGE_WAIT_ARGUMENTS:-}"

# npm's package brings the Node that it needs beside it, whatever the runner has.
folder="$RUNNER_TEMP/tiphys"
npm install --prefix "$folder" --no-audit --no-fund --loglevel=error -- "$SET_IMAGE_PACKAGE"
export PATH="$folder/node_modules/.bin:$PATH"

# Nobody but this server is shown the token.
TIPHYS_GIT_HOST=$(printf %s "$SET_IMAGE_REPOSITORY" | cut -d / -f 3)
export TIPHYS_GIT_HOST TIPHYS_GIT_USERNAME=x-access-token TIPHYS_GIT_PASSWORD="$SET_IMAGE_TOKEN"

# Later steps read what came of it as outputs of this one, and as variables.
outputs="$RUNNER_TEMP/tiphys-outputs"
: >"$outputs"
GITHUB_OUTPUT="$outputs" tiphys set-image "${images[@]}" "${paths[@]/#/--filename=}" \
  "--repo=$SET_IMAGE_REPOSITORY" "--branch=$SET_IMAGE_BRANCH" -o github-output "${arguments[@]}"
cat "$outputs" >>"$GITHUB_OUTPUT"
cat "$outputs" >>"$GITHUB_ENV"

value() { sed -n "/^$1<</{n;p;}" "$outputs"; }
case $(value TIPHYS_OUTCOME) in
committed | unchanged)
  if [ "${#applications[@]}" -gt 0 ]; then
    TIPHYS_COMMIT=$(value TIPHYS_COMMIT) tiphys wait "${applications[@]}" "--repo=$SET_IMAGE_REPOSITORY" \
      "${wait_arguments[@]}"
  fi
  ;;
esac

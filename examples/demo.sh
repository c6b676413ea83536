#!/usr/bin/env bash
# Shows what imds-guard does, on an example of this folder. `make demo` runs it.
set -euo pipefail
cd "$(dirname "$0")/.."

bold='' dim='' off=''
if [[ -t 1 && -z "${NO_COLOR:-}" ]]; then bold=$'\e[1m' dim=$'\e[2m' off=$'\e[0m'; fi
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

title() { printf '\n%s%s%s\n' "$bold" "$*" "$off"; }
show() { printf '%s$ %s%s\n' "$dim" "$*" "$off"; }

if command -v kustomize >/dev/null; then
  example=examples/kustomize-transformer
  show "kustomize build --enable-alpha-plugins --enable-exec $example"
  kustomize build --enable-alpha-plugins --enable-exec "$example" >"$work/after"
  # Without --enable-exec kustomize leaves the function out: the application by itself.
  kustomize build --enable-alpha-plugins "$example" >"$work/before"
else
  example=examples/pipe/input.yaml
  show "imds-guard --config examples/pipe/config.yaml < $example"
  imds-guard --config examples/pipe/config.yaml <"$example" >"$work/after"
  cat "$example" >"$work/before"
fi

title "A shop of web, api and worker came in. These policies were added:"
awk '
  function put() { if (policy) printf "  NetworkPolicy %s/%s\n", namespace, name }
  /^---$/              { put(); policy = 0; name = namespace = "" }
  /^kind: NetworkPol/  { policy = 1 }
  /^  name: /          { name = $2 }
  /^  namespace: /     { namespace = $2 }
  END                  { put() }' "$work/after"

title "deny-cloud-metadata: the web, but never 169.254.169.254 or what else is on the link"
awk '
  /^---$/                         { wanted = rules = 0 }
  /^  name: deny-cloud-metadata$/ { wanted = !seen++ }
  /^  [a-zA-Z]/                   { rules = wanted && /egress:/ }
  rules' "$work/after"

title "All else is as it was"
added="$(diff "$work/before" "$work/after" | grep -c '^>' || true)"
changed="$(diff "$work/before" "$work/after" | grep -c '^<' || true)"
printf '  %s lines added, %s lines changed or removed\n' "$added" "$changed"

title "Next, on manifests of your own"
cat <<'END'
  imds-guard generate DIRECTORY            only the policies that they need
  kustomize build . | imds-guard           everything, with the policies
  imds-guard --help                        and examples/ for kustomize, kpt and configuration
END

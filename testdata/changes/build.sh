#!/bin/sh
# Builds a git repository with the reference platform and a branch for each kind of change that teams
# make: build.sh REFERENCE DIR. The head of each branch makes one change to its parent; the gate's
# answers are in the files beside this one.
set -eu
reference=$1
mkdir -p "$2"
cd "$2"
export GIT_AUTHOR_NAME=tenon GIT_AUTHOR_EMAIL=tenon@example.com GIT_COMMITTER_NAME=tenon GIT_COMMITTER_EMAIL=tenon@example.com
export GIT_AUTHOR_DATE=2026-06-01T12:00:00Z GIT_COMMITTER_DATE=2026-06-01T12:00:00Z GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
git init -q -b main

cp -R "$reference/cue" .
git add cue
git commit -q -m "The reference platform"

# from PARENT NAME begins a change.
from() {
  git checkout -q -f -B "$2" "$1"
}

# done_ MESSAGE ends it; a change that changes nothing is a mistake in this script.
done_() {
  git add -A
  git diff --cached --quiet && { echo "$1: nothing changed" >&2; exit 1; }
  git commit -q -m "$1"
}

# edit FILE SED-EXPRESSION changes a line that is there.
edit() {
  cp "$1" "$1.before"
  sed -i -e "$2" "$1"
  if cmp -s "$1" "$1.before"; then echo "edit of $1 fits nothing: $2" >&2; exit 1; fi
  rm "$1.before"
}

# state FILE adds a file of the platform from standard input.
state() {
  { echo "package platform"; echo; cat; } > "cue/platform/$1"
}

p=cue/platform

from main refactor
sed -n '/^_builderKey/,$p' $p/platform.cue > key
{ echo "package platform"; echo; cat key; } > $p/key.cue
rm key
sed -i -e '/^\/\/ _builderKey/,$d' $p/platform.cue
edit $p/prod/prod.cue 's|environment: "prod"|environment: "prod" // the one that customers see|'
done_ "Move the key to a file of its own, and say what prod is"

from main documentation
echo "How we run notebooks." > README.md
done_ "A README"

from main promotion
edit $p/platform.cue 's|gpu-ci-prod", phase: "phase1"|gpu-ci-prod", phase: "phase2"|'
done_ "prod: half of the commits"

from main phase-jump
edit $p/platform.cue 's|gpu-ci-prod", phase: "phase1"|gpu-ci-prod", phase: "phase3"|'
done_ "prod: all commits"

from main phase-back
edit $p/platform.cue 's|gpu-ci-staging", phase: "phase2"|gpu-ci-staging", phase: "phase1"|'
done_ "staging: back to a tenth"

from main share
edit $p/platform.cue 's|phase1: trafficPercent: 10|phase1: trafficPercent: 20|'
done_ "A fifth in the first phase"

from main notebook
edit $p/platform.cue 's|"notebooks/02_scRNA_analysis_extended.ipynb",|&\n\t\t\t"notebooks/03_spatial.ipynb",|'
done_ "A third notebook"

from main gpu-model
edit $p/prod/prod.cue 's|NVIDIA-A100-SXM4-80GB|NVIDIA-H100-80GB-HBM3|'
done_ "prod: H100"

from main gpu-count
edit $p/platform.cue 's|gpuMemory: "24Gi"|gpus: 4\n\t\t&|'
edit $p/dev/dev.cue 's|perNode: 4|perNode: 1|'
done_ "Four GPUs a notebook, which dev's nodes do not have"

from main wildcard-verb
state listener.cue <<'END'
platform: access: clusterRoles: "trigger-reader": rules: [{
	apiGroups: ["triggers.tekton.dev"]
	resources: ["clustertriggerbindings", "clusterinterceptors"]
	verbs: ["*"]
}, {
	apiGroups: [""]
	resources: ["secrets"]
	verbs: ["get", "list"]
}]
END
done_ "The listener needs more, somebody said"

from main rights-lost
state listener.cue <<'END'
platform: access: clusterRoles: "trigger-reader": rules: [{
	apiGroups: ["triggers.tekton.dev"]
	resources: ["clusterinterceptors"]
	verbs: ["get", "list", "watch"]
}]
END
done_ "The listener needs no bindings of the cluster"

from main image-bump
edit $p/images.lock.cue 's|git: {tag: "2.52.0", digest: "sha256:0d3699|git: {tag: "2.52.0", digest: "sha256:1e4700|'
done_ "A newer build of git"

from main image-not-locked
state git.cue <<'END'
platform: images: git: tag: "2.53.0"
END
done_ "A newer git, without its lock"

from main team-removed
edit $p/platform.cue '/^\tteams: genomics: {/,/^\t}/d'
done_ "The genomics team leaves"

from main team-added
state imaging.cue <<'END'
platform: teams: imaging: {
	group: "imaging"
	gpus: "nvidia.com/gpu": 1
	egress: ["140.82.112.0/20"]
}
END
done_ "A team for imaging"

from main waiver
state waivers.cue <<'END'
platform: waivers: scanner: {
	rule:    "rbac/cluster-wide-secrets"
	object:  "ClusterRole/scientific-computing-trigger-reader"
	reason:  "The listener will read secrets from next week on."
	owner:   "security"
	expires: "2027-01-31"
}
END
done_ "A waiver for what is to come"

from wildcard-verb excuse
state waivers.cue <<'END'
platform: waivers: scanner: {
	rule:    "rbac/cluster-wide-secrets"
	object:  "ClusterRole/scientific-computing-trigger-reader"
	reason:  "The listener reads secrets of all namespaces."
	owner:   "whoever wrote this"
}
END
git reset -q --soft main
done_ "More rights, and at once the waiver for them"

from main rule-off
state rules.cue <<'END'
platform: rules: "rbac/cluster-wide-secrets": {
	severity: "off"
	reason:   "It is in the way."
}
END
done_ "A rule off"

from main rule-raised
state rules.cue <<'END'
platform: rules: "graph/config-map-unused": {
	severity: "warning"
	reason:   "What nobody reads is left over from something."
}
END
done_ "A rule in Go that weighs more than by itself"

from main egress-opened
edit $p/platform.cue 's|git: \["140.82.112.0/20"\]|git: ["0.0.0.0/0"]|'
done_ "git from anywhere"

from main egress-closed
edit $p/platform.cue 's|git: \["140.82.112.0/20"\]|git: ["140.82.112.0/24"]|'
done_ "Fewer addresses of git"

from main runs
edit $p/prod/prod.cue 's|phase3: concurrentRuns: 4|phase3: concurrentRuns: 8|'
done_ "prod: eight runs at a time in the last phase"

from main nodes
edit $p/prod/prod.cue 's|^\t\t\tnodes: max: 4|\t\t\tnodes: max: 6|'
done_ "prod: six GPU nodes"

from main class-changed
edit $p/platform.cue 's|shared: "gpu-results-storage"|shared: "gpu-results"|'
done_ "Another name for the class"

from main secret
state token.cue <<'END'
platform: secrets: "package-index": {path: "gpu-ci/package-index", keys: token: {}}
END
done_ "A token for the package index"

from main fact
edit $p/facts.cue 's|"registry-push": {namespace: "tekton-gpu-pipelines-build", keys: \["config.json"\]}|&\n\t\tmirror: {namespace: "tekton-gpu-pipelines", keys: ["config.json"]}|'
done_ "There is a secret for the mirror"

from main render-changed
edit cue/render/namespace.cue 's|^package render|&\n\n// Namespaces come first.|'
done_ "A comment in the render"

from main unknown-field
edit $p/prod/prod.cue 's|phase2: concurrentRuns: 2|phase2: concurentRuns: 2|'
done_ "A slip"

from main wrong-type
edit $p/prod/prod.cue 's|phase2: concurrentRuns: 2|phase2: concurrentRuns: "2"|'
done_ "A number in quotes"

from main conflict-markers
edit $p/platform.cue 's|^\t\tphase1: trafficPercent: 10|<<<<<<< HEAD\n&\n=======\n\t\tphase1: trafficPercent: 20\n>>>>>>> share|'
done_ "A conflict that nobody resolved"

from main conflict-both
edit $p/platform.cue 's|^\t\tphase1: trafficPercent: 10|&\n\t\tphase1: trafficPercent: 20|'
done_ "A conflict of which both sides were kept"

from image-not-locked known
edit $p/prod/prod.cue 's|^\t\t\tnodes: max: 4|\t\t\tnodes: max: 5|'
done_ "One node more, beside what is wrong already"

from image-not-locked fixed
rm $p/git.cue
done_ "The old git again"

from main overlays
cp -R "$reference/overlays" .
done_ "The overlays"

from overlays overlays-by-hand
edit overlays/base/namespace-tekton-gpu-pipelines.yaml 's|restricted|privileged|'
done_ "A quick fix where it is applied"

from overlays overlays-stale
edit $p/prod/prod.cue 's|phase2: concurrentRuns: 2|phase2: concurrentRuns: 3|'
done_ "prod: three runs, not rendered"

from overlays overlays-deleted
rm -r overlays
done_ "Without the overlays"

from main environment-added
cp -R $p/staging $p/qa
edit $p/qa/staging.cue 's|environment: "staging"|environment: "qa"|'
edit $p/qa/staging.cue 's|gpu-ci-staging|gpu-ci-qa|g'
edit $p/platform.cue 's|^\t\tstaging: {cluster.*|&\n\t\tqa: {cluster: "gpu-ci-qa", phase: "phase1"}|'
done_ "An environment for testers"

git checkout -q -f main

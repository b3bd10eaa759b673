# make            the main job: render, prove, check and verify the reference platform
# make test       lint and tests (CI runs this)
# make e2e        the tests that take minutes (CI runs this too)
# make parity     compare verdicts with a real API server and Tekton's webhooks (part of e2e)
# make proof      run the platform on a real control plane and write docs/proof.md
# make fuzz       every fuzz target for a while: FUZZTIME=10m make fuzz
# make faults     200 kills of each command that writes, and 100 runs that must give the same bytes
# make gpu        the notebook task on this machine's real GPUs (CI has none)
# make race       the tests of all packages that start goroutines, with the race detector (needs gcc)
# make licences   the licences of all modules in the binary, into docs/licences.md
# make corpus     check repositories of strangers, and compare each error with its verdict in test/corpus/verdicts.csv
# make verdicts DIR=folder   check manifests of one's own, and compare the verdicts with a real API server's, too
# make install    the binary, its man pages and completions below PREFIX (default /usr/local)
# make reproducible   two builds in two folders, which must be the same bytes
# make image      the container image of tenon, with docker: IMAGE=name:tag
# make bench      CPU, wall time and memory beside the tools that a team would chain today
# make generate   rewrite what is generated: overlays, the lock of the stand-ins, docs/rules.md

GO ?= go
export CGO_ENABLED = 0

.PHONY: demo build install reproducible image test e2e parity proof fuzz faults race licences corpus verdicts lint unit bench peers generate clean

demo:
	$(GO) run ./test/demo

build:
	$(GO) build -o bin/tenon ./cmd/tenon

# What a package installs: DESTDIR is put before all.
PREFIX ?= /usr/local
install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 755 bin/tenon $(DESTDIR)$(PREFIX)/bin/tenon
	$(GO) run ./test/release/man $(DESTDIR)$(PREFIX)/share/man/man1
	bin/tenon completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/tenon
	bin/tenon completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_tenon
	bin/tenon completion fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/tenon.fish

# Nothing of the folder, of git or of the clock is in a release's binary.
reproducible:
	./test/release/reproducible.sh

# The image of the plugin, from a folder that holds the binary alone.
IMAGE ?= tenon
image:
	$(GO) build -trimpath -ldflags "-s -w" -o bin/image/tenon ./cmd/tenon
	docker build -f Dockerfile -t $(IMAGE) bin/image

test: lint unit

# The runner's own closing line is the last that CI prints.
unit: peers
	$(GO) test -timeout 60m ./...

# What takes minutes: the four fifths of the attackers' trials that make test leaves out, 100,000 commits through
# the traffic split, a marker in every literal, a real cluster that runs the platform, the real cosign and
# policy-controller, the HTML report in Chromium, the real pre-commit, Argo CD's real servers.
e2e: peers browser node
	TENON_TRIALS=rest $(GO) test -count=1 -timeout 60m -run 'TestHostile' ./internal/cli
	cd test/argocd && $(GO) test -count=1 -timeout 30m .
	TENON_E2E=1 $(GO) test -tags e2e -ldflags=-w -count=1 -timeout 60m ./test/e2e ./test/faults ./test/traffic ./internal/platform ./test/parity ./test/images ./test/report ./test/plugs

# Debian's Chromium, xmllint (which checks JUnit against its schema) and pre-commit.
.PHONY: browser
browser:
	command -v chromium >/dev/null && command -v xmllint >/dev/null && command -v pre-commit >/dev/null || \
	  { apt-get update -q && apt-get install -qy --no-install-recommends chromium libxml2-utils pre-commit; }

# What a real node stands on beside what is built of Go modules: Debian's runc, iptables and ipset, and
# debootstrap, which makes its images.
.PHONY: node
node:
	for program in runc iptables ipset conntrack ip debootstrap busybox git; do command -v $$program >/dev/null || missing=1; done; \
	  [ -z "$$missing" ] || { apt-get update -q && apt-get install -qy --no-install-recommends runc iptables ipset conntrack iproute2 debootstrap busybox-static git; }

# Builds etcd, kube-apiserver and the webhooks of Tekton and Triggers once, then takes seconds.
parity:
	TENON_E2E=1 $(GO) test -count=1 -timeout 60m -v -run TestParity ./test/parity

# Builds and starts a whole cluster, runs the platform on it, and writes the tables of docs/proof.md.
proof: peers
	TENON_UPDATE=1 $(GO) test -tags e2e -count=1 -timeout 60m -v ./test/e2e

# Go instruments everything that a target uses, which takes minutes the first time.
FUZZTIME ?= 20s
fuzz:
	FUZZTIME=$(FUZZTIME) ./test/fuzz.sh

faults:
	TENON_LONG=1 $(GO) test -count=1 -timeout 90m ./test/faults

# The race detector needs cgo, the only place that does.
RACED = ./internal/check ./internal/cli ./internal/confine ./internal/gate ./internal/graph ./internal/image/... ./internal/overlay ./internal/platform ./internal/policy ./internal/report ./internal/script ./internal/typed
race:
# The trials of attackers start the same goroutines a thousand times, in processes that the detector makes ten times slower.
	CGO_ENABLED=1 $(GO) test -race -short -timeout 90m -skip TestHostile $(RACED)

# On a machine with an NVIDIA GPU, its driver, and a python3 that has torch; CI has none.
.PHONY: gpu
gpu:
	$(GO) test -tags gpu -count=1 -timeout 30m -v -run TestGPU ./test/steps

licences:
	$(GO) build -o bin/tenon ./cmd/tenon
	cd test/licences && $(GO) run . ../../bin/tenon > ../../docs/licences.md

# Repositories are fetched into CORPUS where they are not there.
CORPUS ?= bin/corpus
corpus: build
	$(GO) run ./test/corpus $(CORPUS)

verdicts: build
	bin/tenon check $(DIR) -o json > bin/verdicts.json; test $$? -le 1
	jq -r '.summary, (.findings | group_by(.severity + " " + .rule)[] | "\(length)\t\(.[0].severity) \(.[0].rule)")' bin/verdicts.json
	TENON_CORPUS=$(abspath $(DIR)) TENON_E2E=1 $(GO) test -count=1 -timeout 60m -v -run TestParity ./test/parity

lint: peers
	./test/lint.sh

# The tools that tenon is compared with, and the linters, built from pinned modules.
peers: bin/.peers
bin/.peers: test/peers/go.mod internal/tools/go.mod test/promtool/go.mod test/traffic/package-lock.json test/report/package-lock.json
	mkdir -p bin
	cd test/peers && $(GO) build -o ../../bin/ cuelang.org/go/cmd/cue sigs.k8s.io/kustomize/kustomize/v5 \
	  github.com/open-policy-agent/opa github.com/open-policy-agent/conftest github.com/yannh/kubeconform/cmd/kubeconform
	cd internal/tools && $(GO) build -o ../../bin/ honnef.co/go/tools/cmd/staticcheck github.com/rhysd/actionlint/cmd/actionlint
	cd test/promtool && $(GO) build -o ../../bin/ github.com/prometheus/prometheus/cmd/promtool
	cd test/traffic && npm ci --no-audit --no-fund
	cd test/report && npm ci --no-audit --no-fund
	touch $@

bench: build peers
	$(GO) run ./test/bench
	TENON_E2E=1 $(GO) test -run '^$$' -bench Fifty -benchtime 5x -timeout 30m ./test/images

generate:
	$(GO) run ./test/crds
	TENON_UPDATE=1 $(GO) test ./internal/policy -run TestIndex
	TENON_UPDATE=1 $(GO) test ./internal/image/standin
	$(GO) run ./cmd/tenon render
	TENON_UPDATE=1 $(GO) test ./internal/check ./internal/cli
	cd test/argocd && TENON_UPDATE=1 $(GO) test -count=1 -timeout 30m -run TestTargets .

clean:
	rm -rf bin

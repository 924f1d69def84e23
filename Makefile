# make           format check, vet, staticcheck, errcheck, tests
# make race      tests with the race detector
# make fuzz      each fuzz target for FUZZTIME
# make bench     benchmarks, compared with the last release by benchstat (deploy/bench.sh): BASE=ref
#                compares with another one, BASE= with none; COUNT rounds of BENCHTIME each
# make performance  measures this machine with `readback bench --all`, and replaces tables and
#                charts of docs/performance.md; AGAINST=program measures another release in turn,
#                called AGAINST_LABEL
# make e2e       peers of other makers (installs Kannel, Net::SMPP, node-smpp), and the
#                binary as processes; READBACK_FULL=1 for the full sizes
# make console   the console in Chromium (installs it); SCREENSHOTS=dir keeps the pictures
# make soak      messages, receipts and reads for SOAK_TIME at SOAK_RATE a second; fails if
#                something grows that has no bound; samples every 10 s to SOAK_FILE
# make mutants   plants faults and reports those that no test notices (docs/testing.md);
#                MUTANTS=regexp selects by id
# make simulate  ledger, reads and feedback in virtual time under faults, for SIMULATE;
#                READBACK_SEED=N reruns one seed
# make faults    the binary as processes under kill -9, SIGSTOP, full disks and damaged files,
#                FAULTS times as long as in the short form
# make demo      everything in one process, with a transcript
# make man       the man pages, in bin/man
# make image     the container image, as an OCI archive in dist; needs no Docker
# make packages  deb and rpm, in dist
# make chart     lints the Helm chart, and checks what it renders
# make compose   checks compose.yaml, and runs what it can of it without containers
# make release   everything for ARCHES, in dist: archives, packages, images, Helm chart, SBOMs, SHA256SUMS
#                VERSION=1.2.3 overrides the version, which comes from git (deploy/version.sh)
# make vulncheck known vulnerabilities in what the gateway is built of
# make sbom      bin/readback.cdx.json, what the gateway is built of (CycloneDX)

FUZZTIME ?= 60s
BENCHTIME ?= 1s
COUNT ?= 6
AGAINST ?=
AGAINST_LABEL ?=
ROUNDS ?= 3
MUTANTS ?=
SOAK_TIME ?= 1h
SOAK_RATE ?= 200
SOAK_FILE ?=
SCREENSHOTS ?=
SIMULATE ?= 10m
FAULTS ?= 1
PACKAGES := ./...
VERSION ?= $(shell deploy/version.sh)
ARCHES ?= amd64 arm64

.PHONY: check build format vet lint test race fuzz bench performance e2e console soak mutants simulate faults demo man image packages chart compose release vulncheck sbom

check: format vet lint test

build:
	CGO_ENABLED=0 go build -trimpath -ldflags '-X main.release=$(VERSION)' -o bin/readback ./cmd/readback

format:
	@out=$$(go tool gofumpt -l .) || exit 1; if [ -n "$$out" ]; then echo "not formatted (go tool gofumpt -w .):"; echo "$$out"; exit 1; fi

vet:
	go vet $(PACKAGES)
	go vet -tags e2e $(PACKAGES)
	go vet -tags faults ./internal/faults

lint:
	go tool staticcheck -tags e2e $(PACKAGES)
	go tool errcheck -tags e2e $(PACKAGES)
	go tool staticcheck -tags faults ./internal/faults
	go tool errcheck -tags faults ./internal/faults

test:
	go test -shuffle=on -fullpath $(PACKAGES)

race:
	go test -race -shuffle=on -fullpath $(PACKAGES)

fuzz:
	./deploy/fuzz.sh $(FUZZTIME)

bench:
	COUNT=$(COUNT) BENCHTIME=$(BENCHTIME) ./deploy/bench.sh

performance: build
	bin/readback bench --all --rounds $(ROUNDS) --label "$$(git log -1 --format='%h of %cs')" \
		$(if $(AGAINST),--against $(abspath $(AGAINST)) --against-label "$(AGAINST_LABEL)") \
		--json docs/performance/results.json --charts docs/performance --page docs/performance.md

e2e: console
	./internal/interop/install.sh
	go test -tags e2e -count=1 -timeout 20m ./internal/interop ./internal/acceptance

console:
	./internal/console/install.sh
	READBACK_SCREENSHOTS=$(if $(SCREENSHOTS),$(abspath $(SCREENSHOTS))) go test -tags e2e -count=1 -timeout 20m ./internal/console

soak:
	SOAK_TIME=$(SOAK_TIME) SOAK_RATE=$(SOAK_RATE) SOAK_FILE=$(abspath $(SOAK_FILE)) \
		go test -tags e2e -count=1 -timeout 0 -run '^TestSoak$$' -v ./internal/acceptance

mutants:
	go run ./internal/mutants -run '$(MUTANTS)'

simulate:
	READBACK_SIMULATE=$(SIMULATE) go test -count=1 -timeout 0 -run '^TestPromises$$' -v ./internal/simulation

faults:
	READBACK_FAULTS=$(FAULTS) go test -tags faults -count=1 -timeout 0 -parallel 4 ./internal/faults

demo:
	go run ./cmd/readback demo

man: build
	mkdir -p bin/man
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) bin/readback man bin/man

vulncheck:
	./deploy/vulncheck.sh

sbom: build
	GOFLAGS= go run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0 bin -json -std -output bin/readback.cdx.json bin/readback

image:
	VERSION=$(VERSION) deploy/release.sh image

compose:
	./deploy/compose-check.sh

chart:
	./deploy/chart-check.sh

packages:
	VERSION=$(VERSION) deploy/release.sh deb rpm

release:
	VERSION=$(VERSION) ARCHES='$(ARCHES)' deploy/release.sh tar deb rpm image chart sbom

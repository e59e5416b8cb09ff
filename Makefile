# make run and make test need nothing but Go; scripts/setup.sh installs the rest where it is missing.

# Where the installer of Go puts it, for shells that do not look there.
export PATH := $(PATH):/usr/local/go/bin

GO ?= go
BUILD := $(GO) build -buildvcs=false # the folder may belong to another user, whom git does not trust
LINTER := .cache/golangci-lint
SPECTRAL := api/lint/node_modules/.stamp
OAUTH_CLIENT := api/testdata/oauth-client/node_modules/.stamp
POSTGRAPHILE := bench/postgraphile/node_modules/.stamp
CLIENTS := .cache/close-referral api/clients/typescript/dist/close.js

.DEFAULT_GOAL := help
.PHONY: help setup build run test check fmt vet lint lint-api breaks clients prove bench country clean

help: ## says what there is
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: ## installs PostgreSQL, PostGIS, a C compiler, Node and GDAL where they are missing
	@scripts/setup.sh database race node gdal

build: ## builds bin/tahweel
	@$(BUILD) -o bin/tahweel ./cmd/tahweel

run: ## builds and starts the demonstration; ARGS="--addr 127.0.0.1:8080" adds flags
	@scripts/setup.sh database
	@$(MAKE) --no-print-directory build
	@exec bin/tahweel demo $(ARGS)

test: ## runs all tests with the race detector, then lints the contract of the API and compares it with the released one
	@scripts/setup.sh database race node gdal
	@$(MAKE) --no-print-directory clients $(OAUTH_CLIENT)
	TAHWEEL_TEST_ALL=1 $(GO) test -race -shuffle=on -timeout 45m ./...
	@$(MAKE) --no-print-directory lint-api breaks

check: fmt vet lint test ## formatting, vet, linters and all tests

fmt: ## fails if gofmt would change a file
	@files=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
	test -z "$$files" || { echo "gofmt would change:"; echo "$$files"; exit 1; }

vet:
	$(GO) vet ./...

lint: $(LINTER) ## golangci-lint with the house rules
	$(LINTER) run ./...

# The linter has a module of its own, so that its dependencies are none of ours.
$(LINTER): scripts/golangci/go.mod scripts/golangci/go.sum
	@mkdir -p $(@D)
	cd scripts/golangci && $(BUILD) -o $(CURDIR)/$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

lint-api: $(SPECTRAL) ## lints openapi.yaml with Spectral
	api/lint/node_modules/.bin/spectral lint --ruleset api/lint/.spectral.yaml --fail-severity warn openapi.yaml

$(SPECTRAL): api/lint/package.json api/lint/package-lock.json
	@scripts/setup.sh node
	cd api/lint && npm ci
	@touch $@

# An OAuth client that others wrote, for the test that gets a token with it.
$(OAUTH_CLIENT): api/testdata/oauth-client/package.json api/testdata/oauth-client/package-lock.json
	@scripts/setup.sh node
	cd $(@D)/.. && npm ci
	@touch $@

breaks: ## fails if openapi.yaml breaks what partners rely on in api/testdata/released.yaml
	cd scripts/oasdiff && $(GO) test -count=1 ./... # the cache does not see the files it compares

clients: $(CLIENTS) ## generates clients from openapi.yaml and compiles programs that use them

.cache/close-referral: openapi.yaml api/clients/golang/main.go api/clients/golang/go.mod api/clients/golang/go.sum
	@mkdir -p $(@D) api/clients/golang/tahweel
	cd api/clients/golang && $(GO) tool oapi-codegen -generate types,client -package tahweel -o tahweel/tahweel.gen.go $(CURDIR)/openapi.yaml
	cd api/clients/golang && $(BUILD) -o $(CURDIR)/$@ .

api/clients/typescript/dist/close.js: openapi.yaml api/clients/typescript/close.ts api/clients/typescript/tsconfig.json api/clients/typescript/node_modules/.stamp
	cd api/clients/typescript && node_modules/.bin/openapi-typescript $(CURDIR)/openapi.yaml -o generated/contract.ts && node_modules/.bin/tsc -p .

api/clients/typescript/node_modules/.stamp: api/clients/typescript/package.json api/clients/typescript/package-lock.json
	@scripts/setup.sh node
	cd api/clients/typescript && npm ci
	@touch $@

prove: ## the expensive proofs: full counts and a million locations; takes long
	@scripts/setup.sh database node
	@$(MAKE) --no-print-directory clients $(OAUTH_CLIENT)
	TAHWEEL_PROVE=1 TAHWEEL_TEST_ALL=1 $(GO) test -count=1 -timeout 6h ./...

bench: $(POSTGRAPHILE) ## the goals of the search, as ratios; ARGS="-locations 1000000" SIZES="-large 1000000" take an hour
	@scripts/setup.sh database
	$(GO) run ./bench/nearby -postgraphile bench/postgraphile $(ARGS)
	$(GO) run ./bench/sizes $(SIZES)
	$(GO) run ./bench/tiles
	@echo "goal 6, the answers are those of brute force in each of 1000 questions:"
	$(GO) test ./bench -run '^TestNearbyAtTenThousandLocations$$' -count=1 -v

# A server of others that is given the same search.
$(POSTGRAPHILE): bench/postgraphile/package.json bench/postgraphile/package-lock.json
	@scripts/setup.sh node
	cd bench/postgraphile && npm ci
	@touch $@

country: ## a generated country by hand: rows a second, room, pages of a worklist; ARGS="-referrals 200000"
	@scripts/setup.sh database
	$(GO) run ./bench/country $(ARGS)

clean: ## removes what was built; not the demonstration's data
	rm -rf bin .cache api/lint/node_modules bench/postgraphile/node_modules api/testdata/oauth-client/node_modules api/clients/golang/tahweel $(addprefix api/clients/typescript/,node_modules generated dist)

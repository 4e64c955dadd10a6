# Two ways in: `make demo` shows what Build Medic does, `make test` shows that it does it. Both set up what they need.
SHELL := /bin/sh
.DEFAULT_GOAL := help
MEDIC := node bin/build-medic.js

.PHONY: help demo test farm clean setup needs

help: ## what there is to make
	@echo "Build Medic"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

demo: setup farm ## set up everything, then a tour in three builds
	@$(MEDIC) farm demo

test: setup ## set up everything, then every test; takes the farm down at the end
	@node_modules/.bin/node scripts/test-all.ts

farm: setup ## bring the local farm up (a real Kubernetes; needs root, else fake nodes)
	@$(MEDIC) farm up

clean: ## take the farm down and delete what builds left behind
	@if [ -d node_modules ]; then $(MEDIC) farm down; fi
	rm -rf out state

setup: needs node_modules/.package-lock.json web/dist/dashboard/index.html

needs:
	@command -v node >/dev/null || { echo "Node.js 20 or newer is needed: install it (for example with: apt-get install nodejs npm) and try again." >&2; exit 1; }
	@command -v npm >/dev/null || { echo "npm is needed: install it (for example with: apt-get install npm) and try again." >&2; exit 1; }
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' || { echo "Node.js $$(node --version) is too old: 20 or newer is needed." >&2; exit 1; }

# npm writes this file when an install is complete: an interrupted one is done again. Not `npm ci`: it refuses a lock file
# that was written where a registry lacks the binaries of other platforms.
node_modules/.package-lock.json: package.json package-lock.json
	@echo "Installing the packages of package-lock.json (npm install, about a minute)"
	@npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

# npm's install has built the pages already; this is for when their source has changed since.
web/dist/dashboard/index.html: $(shell find web -type f -not -path 'web/dist/*') | node_modules/.package-lock.json
	@npm run --silent build:web

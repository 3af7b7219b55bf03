# `make help` lists the targets. `make install` creates the environment .venv.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
NPM := tests/generators/node_modules/.package-lock.json
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
APT := $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get
POLICY := /usr/sbin/policy-rc.d
SERVERS := nginx:/usr/sbin/nginx apache2:/usr/sbin/apache2 varnish:/usr/sbin/varnishd haproxy:/usr/sbin/haproxy caddy:/usr/bin/caddy squid:/usr/sbin/squid trafficserver:/usr/bin/traffic_server postgresql:/usr/lib/postgresql/*/bin/postgres pgbouncer:/usr/sbin/pgbouncer
# Feed readers and clients of GitHub's API, which the tests run against the service.
CLIENTS := newsboat:/usr/bin/newsboat rss2email:/usr/bin/r2e sfeed:/usr/bin/sfeed ruby-octokit:/usr/share/rubygems-integration/all/gems/octokit-* libpithub-perl:/usr/share/perl5/Pithub.pm r-cran-gh:/usr/lib/R/site-library/gh emacs-nox:/usr/bin/emacs elpa-ghub:/usr/share/emacs/site-lisp/elpa-src/ghub-*
absent = $(strip $(foreach pair,$(1),$(if $(wildcard $(lastword $(subst :, ,$(pair)))),,$(firstword $(subst :, ,$(pair))))))
MISSING := $(call absent,$(SERVERS))
MISSING_CLIENTS := $(call absent,$(CLIENTS))

.DEFAULT_GOAL := help
.PHONY: help install develop proxies serve demo test coverage check types other-checks fix bench-tools bench bench-all lock

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 12

install: $(BIN)/afterword  ## create the environment .venv and install what the service needs
develop: $(BIN)/afterword .venv/develop $(NPM)  ## install what the checks and tests need, too

# Debian ships ensurepip in a package of its own, python3-venv.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Afterword needs Python 3.11 or later: install it, or name one with make PYTHON=…"; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { $(APT) update -qq && $(APT) install -y -qq python3-venv; }
	$(PYTHON) -m venv .venv

.venv/service: requirements.lock .venv/bin/python
	sed '/^# Development:/,$$d' requirements.lock | $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r /dev/stdin
	@touch $@

# The command `afterword` runs this folder's code; nothing is downloaded.
$(BIN)/afterword: pyproject.toml .venv/service
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	@touch $@

.venv/develop: requirements.lock .venv/service
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@{ command -v jekyll && test -x /usr/bin/hugo && test -e /usr/share/javascript/jquery/jquery.js; } >/dev/null || { $(APT) update -qq && $(APT) install -y -qq hugo jekyll libjs-jquery; }
	@command -v chromium-headless-shell >/dev/null || { $(APT) update -qq; $(APT) install -y -qq chromium-headless-shell || $(APT) install -y -qq chromium; } >/dev/null
	@test -z "$(MISSING_CLIENTS)" || { $(APT) update -qq && $(APT) install -y -qq --no-install-recommends $(MISSING_CLIENTS) >/dev/null; }
	@{ test -z "$(MISSING)" && ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1; } || $(MAKE) --no-print-directory proxies
	@touch $@

# The tests start these servers themselves: Debian's packages must start none, neither now nor at the next boot.
proxies:
	@test -e $(POLICY) || { printf '#!/bin/sh\nexit 101\n' | $(SUDO) install -m 755 /dev/stdin $(POLICY); trap '$(SUDO) rm $(POLICY)' EXIT; }; \
		$(APT) update -qq && $(APT) install -y -qq --no-install-recommends $(MISSING:nginx=nginx-light) libfaketime curl >/dev/null
	@test -z "$(MISSING)" || test ! -d /run/systemd/system || $(SUDO) systemctl --quiet disable $(MISSING)

# Node.js is a wheel among the requirements, so an older one of the system is not used. This command writes the lock:
# npm install --prefix tests/generators --omit-lockfile-registry-resolved --ignore-scripts; it names no registry.
$(NPM): tests/generators/package-lock.json | .venv/develop
	PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --prefix tests/generators --no-audit --no-fund --ignore-scripts --silent
	@touch $@

serve: install  ## serve the comments of a repository: make serve REPO=owner/name
	@$(BIN)/afterword serve $(if $(REPO),--repo '$(REPO)')

demo: install  ## simulator, service and a sample blog on loopback, no internet
	@$(BIN)/afterword demo

test: develop  ## run all tests
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder

# Tracing costs time, so the tests run without it otherwise.
coverage: develop  ## run all tests, and tell which lines none of them reaches
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder --cov --cov-report=term

# The tests are collected, too: that compiles them once, and not in each of the processes that run them.
check: develop  ## format, lint, types, import directions, container files
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target types other-checks

types:
	$(BIN)/mypy

other-checks:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml docker-compose.scale.yml
	set -o pipefail; $(BIN)/pytest --collect-only --quiet --quiet | tail --lines=25

fix: develop  ## repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# nginx and PostgreSQL are among the servers of the tests; the bench starts some of its own.
bench-tools: develop
	@{ test -x /usr/sbin/nginx && ls /usr/lib/postgresql/*/bin/postgres; } >/dev/null 2>&1 || $(MAKE) --no-print-directory proxies
	@test -x /usr/bin/wrk || { $(APT) update -qq && $(APT) install -y -qq wrk >/dev/null; }

bench: bench-tools  ## compare with nginx, and measure how cost grows (15 minutes; BENCH=quick: 2)
	$(BIN)/python -m tests.bench.side_by_side $(if $(filter quick,$(BENCH)),--quick)

bench-all: bench  ## measure the other figures in the README, too
	$(BIN)/python -m tests.bench.numbers
	$(BIN)/python -m tests.bench.start
	$(BIN)/python -m tests.bench.memory
	$(BIN)/python -m tests.bench.freshness
	$(BIN)/python -m tests.bench.webhooks
	$(BIN)/python -m tests.bench.subscribers
	$(BIN)/python -m tests.bench.page
	$(BIN)/python -m tests.bench.terms
	$(BIN)/python -m tests.bench.floods
	$(BIN)/python -m tests.bench.hostile
	$(BIN)/python -m tests.bench.growth
	$(BIN)/python -m tests.bench.pauses
	$(BIN)/python -m tests.bench.content
	$(BIN)/python -m tests.bench.owner
	$(BIN)/python -m tests.bench.endurance

lock:  ## pin every dependency again in requirements.lock (needs uv)
	.ci/lock

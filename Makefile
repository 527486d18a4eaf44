# make demo     try Hubbub: private servers, people who talk, the bridge between them
# make test     everything that is checked before a change lands
# make check    the part of it that runs no server: types, style, architecture
# make servers  the part of it that talks to servers
# make bench    the measurements
# make soak     the long tests: hundreds of kills, a million messages; most of an hour
# make docs     the documentation as a site: build/site
# make catalogue  all that Hubbub says to people, for translators: build/hubbub.pot

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVERS := ngircd inspircd atheme-services anope prosody prosody-modules ejabberd biboumi irssi profanity tmux curl openssl
# only Debian 13 has soju
SERVERS += mosquitto mosquitto-clients znc weechat-curses soju? bip? microsocks tinyproxy faketime
SERVERS += clamav-daemon dnsmasq-base nginx
TOOLS := chromium prometheus systemd

.PHONY: demo test check servers bench soak docs catalogue clean

demo: $(VENV)/demo
	@packaging/debian-packages $$($(BIN)/hubbub demo --packages) || true
	@$(BIN)/hubbub demo

test: check
	@packaging/debian-packages $(SERVERS) $(TOOLS)
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

servers: $(VENV)/dev
	@packaging/debian-packages $(SERVERS)
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder tests/adapters tests/e2e

check: $(VENV)/dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/dev
	$(BIN)/python -m benchmarks

soak: $(VENV)/dev
	@packaging/debian-packages $(SERVERS)
	$(BIN)/pytest tests/soak --timeout=7200 -s

docs: $(VENV)/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

catalogue: $(VENV)/dev
	@mkdir -p build
	$(BIN)/pybabel extract --no-location --keyword=N_ --keyword=ours --output-file=build/hubbub.pot bridge adapters

clean:
	rm -rf $(VENV) build *.egg-info

$(VENV)/demo $(VENV)/dev $(VENV)/docs: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Hubbub needs Python 3.11 or later; name one with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || packaging/debian-packages python3-venv
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@echo "Installing Hubbub into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[$(@F)]'
	@touch $@

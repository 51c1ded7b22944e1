# The linter alone, for `docker run --rm -v "$PWD:/work" daft-lint check`.
FROM python:3.12-slim

# `check --since` asks git, also in a folder that belongs to another user.
RUN apt-get update && apt-get install --yes --no-install-recommends git && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory '*'

COPY pyproject.toml README.md LICENSE /src/
COPY daft_lint /src/daft_lint
COPY rules /src/rules
COPY runtime /src/runtime
RUN pip install --no-cache-dir /src && rm -rf /src

RUN useradd --create-home linter
USER linter
WORKDIR /work
ENTRYPOINT ["daft-lint"]

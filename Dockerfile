# The index of all platforms, so that a build next year has the same base; a new tag comes with its own digest.
FROM python:3.13.14-slim-bookworm@sha256:67a1e1f215ccda113cfc024e8639049257e88f273898f595b61476d128d387e8 AS build
WORKDIR /build
COPY requirements.lock .
# The lock's first part is what the service needs. The part below the line `# Development:` is only for tests.
RUN python -m venv /opt/afterword \
    && sed '/^# Development:/,$d' requirements.lock > service.lock \
    && /opt/afterword/bin/pip install --no-cache-dir --require-hashes --no-deps -r service.lock
COPY pyproject.toml README.md ./
COPY app app
RUN /opt/afterword/bin/pip install --no-cache-dir --no-deps --no-build-isolation --no-index .

FROM python:3.13.14-slim-bookworm@sha256:67a1e1f215ccda113cfc024e8639049257e88f273898f595b61476d128d387e8
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin afterword \
    && install -d -o afterword -g afterword /data
COPY --from=build /opt/afterword /opt/afterword
WORKDIR /data
ENV PATH=/opt/afterword/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    AFTERWORD_HOST=0.0.0.0 \
    AFTERWORD_PORT=8000 \
    AFTERWORD_STORE=sqlite:////data/afterword.db
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"AFTERWORD_PORT\"]}/healthz', timeout=4)"]
CMD ["afterword", "serve"]

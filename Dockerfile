# The application in one image: `serve` by default, `worker` and `migrate` by argument.
FROM python:3.11-slim-bookworm AS packages
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_TORCH_BACKEND=cpu
RUN pip install --no-cache-dir "uv>=0.9,<1" && uv venv /packages
WORKDIR /build
COPY pyproject.toml constraints.txt ./
RUN uv pip install --python /packages/bin/python --constraints constraints.txt --requirements pyproject.toml

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin chatbot \
    && install --directory --owner chatbot --mode 0700 /data
COPY --from=packages /packages /packages
WORKDIR /app
COPY LICENSE NOTICE pyproject.toml ./
COPY chatbot ./chatbot
COPY migrations ./migrations
COPY web ./web
ENV PATH=/packages/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 PORT=8000 CHATBOT_DATA_DIR=/data
USER chatbot
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "chatbot"]
CMD ["serve"]

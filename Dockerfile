# Built from the lock; no root, one volume (/data), the page on 8787 (behind MONITOR_WEB__TOKEN, which a page that is reached
# from outside needs):
#   docker build -t monitor . && docker run -d --name monitor -v monitor:/data -p 127.0.0.1:8787:8787 -e MONITOR_WEB__TOKEN=... monitor
FROM python:3.13-slim AS built
RUN pip install --no-cache-dir uv
WORKDIR /src
COPY . .
ENV UV_PROJECT_ENVIRONMENT=/opt/monitor UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
RUN uv sync --locked --no-dev --no-editable --no-cache --python /usr/local/bin/python

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /data monitor
COPY --from=built /opt/monitor /opt/monitor
ENV PATH=/opt/monitor/bin:$PATH
USER monitor
WORKDIR /data
VOLUME /data
# the database is monitor.db of this folder where nothing else is said
ENV MONITOR_LOG_FORMAT=json MONITOR_WEB__HOST=0.0.0.0
EXPOSE 8787
HEALTHCHECK --interval=1m --timeout=5s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8787/healthz', timeout=4)"]
CMD ["monitor", "run", "--migrate"]

# One volume (/data), no root, the page on 8787.
FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /data monitor
COPY . /src
RUN pip install --no-cache-dir /src && rm -rf /src
USER monitor
WORKDIR /data
VOLUME /data
ENV MONITOR_DATABASE__URL=sqlite:////data/monitor.db MONITOR_LOG_FORMAT=json
EXPOSE 8787
HEALTHCHECK --interval=1m --timeout=5s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8787/healthz', timeout=4)"]
CMD ["monitor", "run", "--migrate"]

# Minsk Watch. Build: docker build -t minsk-watch .   Run: see "Docker" in README.md.
FROM python:3.13-slim-trixie AS build
COPY requirements.lock /build/requirements.lock
# The locked dependencies are a layer of their own: a change of the program does not install them again.
# Left out: pip, what libraries ship to test themselves, and Babel's data (32 MB) on languages that the interface does not
# speak. Compiled once, by hash, so that file times do not matter.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --no-compile --disable-pip-version-check --require-hashes \
        -r /build/requirements.lock \
    && /opt/venv/bin/pip uninstall --yes pip \
    && find /opt/venv/lib -type d \( -name tests -o -name testing -o -name _testbase \) -prune -exec rm -rf {} + \
    && find /opt/venv/lib -path '*/babel/locale-data/*.dat' -regextype posix-extended \
        ! -regex '.*/(root|en|be|ru|uk|pl|lt|de)(_[^/]*)?\.dat' -delete \
    && find /opt/venv/lib -type d -name __pycache__ -prune -exec rm -rf {} + \
    && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib
# What is written by default under data/ goes to the volume: the root file system may be read-only.
RUN mkdir /app && ln -s /data /app/data
COPY core /app/core
COPY matching /app/matching
COPY feeds /app/feeds
COPY storage /app/storage
COPY bot /app/bot
COPY web /app/web
COPY app /app/app
COPY main.py config.example.toml LICENSE /app/
# Readable for the user below, however strict the umask was that checked the files out.
RUN chmod -R a+rX /app && python -m compileall -q --invalidation-mode checked-hash /app

FROM python:3.13-slim-trixie
RUN groupadd --gid 10001 minsk \
    && useradd --uid 10001 --gid minsk --no-create-home --home-dir /data --shell /usr/sbin/nologin minsk \
    && install -d -o minsk -g minsk -m 0750 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
# No setting of the program is set here: the environment would win over config.toml and over secret files.
# TMPDIR: with --read-only nothing else than the volume can be written, and the demonstration needs a folder.
ENV PATH=/opt/venv/bin:$PATH \
    TMPDIR=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /app
USER 10001:10001
VOLUME ["/data"]
STOPSIGNAL SIGTERM
# Asks for recent work, not for an open port; standard library only, so it answers at once.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-S", "-I", "/app/web/probe.py", "/app/config.toml"]
ENTRYPOINT ["python", "main.py"]
CMD ["run"]

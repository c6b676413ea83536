# Any image with python3 (3.10 or later) and its venv module, such as python:*-slim, or
# a Debian with python3-venv. Both stages use it, so that compiled wheels fit the
# interpreter that runs them.
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ONLY_BINARY=:all:
WORKDIR /build

# Two environments: one with pip and the build backend, which stays behind, and the one
# that is shipped, which never holds either.
RUN python3 -m venv tools && python3 -m venv --without-pip /opt/imds-guard

# wheels/ need not exist. Files in it stand in for the package index, for builds without
# a network; the hashes hold for them all the same.
COPY requirements.txt requirements-build.txt wheel[s] /build/
RUN tools/bin/pip install --quiet --find-links . --require-hashes -r requirements-build.txt \
 && tools/bin/pip --python /opt/imds-guard/bin/python3 install --quiet --find-links . \
        --no-compile --require-hashes -r requirements.txt

COPY pyproject.toml requirements.in README.md LICENSE ./
COPY function function
# The bytecode is compiled here, because at run time nothing can be written. It is not
# checked against its source, which cannot change either. Of bin/ only the interpreter
# and the program are of use in an image.
RUN tools/bin/pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir dist . \
 && tools/bin/pip --python /opt/imds-guard/bin/python3 install --quiet --no-index --no-deps \
        --no-compile dist/*.whl \
 && find /opt/imds-guard/bin -mindepth 1 ! -name 'python*' ! -name imds-guard -delete \
 && tools/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/imds-guard/lib

COPY release release
RUN python3 release/sbom.py > sbom.cdx.json

FROM ${BASE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="imds-guard" \
      org.opencontainers.image.description="KRM function that keeps Kubernetes pods away from cloud metadata services" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"

# Official Python images carry no bytecode of the standard library: without this, every
# run as a user who cannot write would compile it anew. Where it is there already
# (Debian), nothing is written. The base's own pip goes: a function installs nothing.
RUN stdlib="$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" \
 && rm -rf "$stdlib"/site-packages/pip* "$stdlib"/ensurepip /usr/local/bin/pip* \
        /usr/share/python-wheels \
 && python3 -m compileall -q -j 0 -x '/(tests?|idlelib|lib2to3|tkinter|turtledemo)/' "$stdlib"

COPY --from=build /opt/imds-guard /opt/imds-guard
COPY --from=build /build/sbom.cdx.json /usr/share/imds-guard/

# kustomize and kpt replace the user by their own; any uid works.
USER 65532:65532
WORKDIR /
ENV LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
# -I: nothing from the environment or the working directory is imported; -B says again
# what -I makes python overlook in the environment. The script and not -m: messages then
# call the program by its name.
ENTRYPOINT ["/opt/imds-guard/bin/python3", "-I", "-B", "/opt/imds-guard/bin/imds-guard"]

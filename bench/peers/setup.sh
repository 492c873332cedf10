#!/bin/sh
# Makes bench/.venv with PySpark and the JDBC driver that it writes through. Needs Python 3.10 or newer, Java 17 or 21 and Maven.
set -eu
cd "$(dirname "$0")/.."
DRIVER=com.mysql:mysql-connector-j:9.5.0
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/pip install --quiet --requirement peers/requirements.txt
mkdir -p .venv/jars
mvn --quiet --batch-mode dependency:copy -Dartifact="$DRIVER" -DoutputDirectory="$PWD/.venv/jars" -Dmdep.useBaseVersion=true
ls .venv/jars

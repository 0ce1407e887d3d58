"""Prints the OpenAPI document: `python -m engage.api > docs/openapi.json`."""

import sys

from engage.api.app import description

if __name__ == "__main__":
    sys.stdout.buffer.write(description())

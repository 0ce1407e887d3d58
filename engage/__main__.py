"""`python -m engage` is `engage`."""

from engage.cli import main

main(prog_name="engage")

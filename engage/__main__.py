"""`engage` and `python -m engage` are the same command.

What is loaded here stays for as long as the process lives. The collector of cycles would look all
of it through again and again while it grows, two fifths of the time that a command needs to start
(measured), so it rests until everything is there and leaves that alone afterwards.
"""

import gc

gc.disable()
try:
    from engage.cli import main
finally:
    gc.freeze()
    gc.enable()


def run() -> None:
    """Run the command that was typed."""
    main(prog_name="engage")


if __name__ == "__main__":
    run()

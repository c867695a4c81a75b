"""The command `birdmml`, as `python -m birdmml`."""

from confu_cli.birdmml import birdmml

if __name__ == "__main__":  # Worker processes import it.
    birdmml(prog_name="python -m birdmml")

"""The command `xorbench`, as `python -m xor_bench`."""

from confu_cli.xorbench import xorbench

if __name__ == "__main__":  # Worker processes import it.
    xorbench(prog_name="python -m xor_bench")

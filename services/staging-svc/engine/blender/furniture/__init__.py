"""The furniture and the script that makes its asset file; run with `python -m furniture.build`."""

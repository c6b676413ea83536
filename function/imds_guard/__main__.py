"""python -m imds_guard"""

from imds_guard.cli import main

main()

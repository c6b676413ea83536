"""The page docs/platforms.md, on standard output."""

import sys

from imds_guard.report.platforms import as_markdown

sys.stdout.write(as_markdown())

"""What is known of platforms, providers and engines: for a terminal, as JSON and as a page.

`python -m imds_guard.report.platforms` writes the page docs/platforms.md.
"""

from imds_guard.report.platforms.json import as_json
from imds_guard.report.platforms.markdown import as_markdown
from imds_guard.report.platforms.terminal import WIDTH, table

__all__ = ["WIDTH", "as_json", "as_markdown", "table"]

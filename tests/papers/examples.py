"""How many examples a property test tries: few in `make test`, where each run draws others, and many in `make fuzz`."""

import os

from hypothesis import settings

FACTOR = int(os.environ.get("EXAMPLES_FACTOR", "1"))


def examples(count: int) -> settings:
    return settings(max_examples=count * FACTOR, deadline=None)

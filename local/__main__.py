"""`python -m local …` is `gradeline …`."""

import sys

from local.cli import main

sys.exit(main())

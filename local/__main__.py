"""`python -m local …` is `gradeline …`."""

import sys

from local.cli.main import main

sys.exit(main())

"""Makes `python -m local …` run the `gradeline` command."""

import sys

from local.cli.main import main

sys.exit(main())

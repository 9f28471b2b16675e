"""A function whose module cannot be loaded."""

import a_module_that_is_not_installed

handler = a_module_that_is_not_installed.handler

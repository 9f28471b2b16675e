"""What moto works out anew at each request or task, though it never changes while a cloud runs: worked out once.

At each request it walks its own folders to see which services it knows; at each execution it parses the state
machine's text; for each task it makes a new SDK client. Together that is more than half of its work.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any


def take() -> Callable[[], None]:
    """From now on in this process; undone by what is returned."""
    from moto import backends
    from moto.stepfunctions.parser.asl.parse import asl_parser
    from moto.stepfunctions.parser.asl.utils import boto_client

    listed, parser, sdk = backends.list_of_moto_modules, asl_parser.AmazonStateLanguageParser, boto_client.boto3
    parse = parser.parse
    backends.list_of_moto_modules = cache(lambda: frozenset(listed()))
    parser.parse = staticmethod(_with_kept_trees(parse, asl_parser.Preprocessor))
    boto_client.boto3 = _KeptClients(sdk)

    def undo() -> None:
        backends.list_of_moto_modules = listed
        parser.parse = staticmethod(parse)
        boto_client.boto3 = sdk

    return undo


def _with_kept_trees(parse: Callable[[str], Any], preprocessor: Callable[[], Any]) -> Callable[[str], Any]:
    """The syntax tree is kept by its text; the program, which executions change, is made anew from it."""

    @lru_cache(maxsize=8)
    def tree(definition: str) -> Any:
        return parse(definition)[1]

    def kept(definition: str) -> Any:
        found = tree(definition)
        return preprocessor().visit(found), found

    return kept


class _KeptClients:
    """Stands for `boto3` where moto makes the clients of its tasks: one of a kind is enough for all threads."""

    def __init__(self, boto3: Any) -> None:
        self._boto3 = boto3
        self._kept: dict[tuple[str, ...], Any] = {}

    def client(self, **given: Any) -> Any:
        key = tuple(str(value) for name, value in sorted(given.items()) if name != "config")
        if key not in self._kept:
            # Two threads may make one each; either will do.
            config = given.pop("config").merge(self._botocore_config())
            self._kept[key] = self._boto3.session.Session().client(config=config, **given)
        return self._kept[key]

    @staticmethod
    def _botocore_config() -> Any:
        from botocore.config import Config

        return Config(max_pool_connections=64)

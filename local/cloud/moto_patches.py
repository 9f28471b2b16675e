"""What moto works out anew at each request or task, though it never changes while a cloud runs: worked out once.

At each request it walks its own folders to see which services it knows; at each execution it parses the state
machine's text and builds its program; for each path it parses that path, and for each task it makes a new SDK client;
in an item of a table it looks for each attribute under ten names. Together that is more than half of its work.
"""

import pickle
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any


def apply_patches() -> Callable[[], None]:
    """From now on in this process; undone by what is returned."""
    from moto import backends
    from moto.core import serialize
    from moto.stepfunctions.parser.asl.parse import asl_parser
    from moto.stepfunctions.parser.asl.utils import boto_client, json_path

    list_modules, parser, original_boto3 = (
        backends.list_of_moto_modules,
        asl_parser.AmazonStateLanguageParser,
        boto_client.boto3,
    )
    parse, parse_path = parser.parse, json_path.parse
    backends.list_of_moto_modules = cache(lambda: frozenset(list_modules()))
    parser.parse = staticmethod(_cache_parsed_programs(parse))
    json_path.parse = lru_cache(maxsize=1024)(parse_path)
    boto_client.boto3 = _CachedClients(original_boto3)
    serialize.SERVICE_SPECIFIC_SERIALIZERS["dynamodb"] = {"json": _skip_plain_attributes(serialize.JSONSerializer)}

    def undo() -> None:
        backends.list_of_moto_modules = list_modules
        parser.parse = staticmethod(parse)
        json_path.parse = parse_path
        boto_client.boto3 = original_boto3
        del serialize.SERVICE_SPECIFIC_SERIALIZERS["dynamodb"]

    return undo


def _cache_parsed_programs(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Syntax tree and program are kept by their text; each execution, which changes its program, has a copy."""

    @lru_cache(maxsize=8)
    def parsed(definition: str) -> tuple[bytes, Any]:
        program, tree = parse(definition)
        return pickle.dumps(program), tree

    def parse_cached(definition: str) -> Any:
        program, tree = parsed(definition)
        return pickle.loads(program), tree  # noqa: S301 -- written above, in this process

    return parse_cached


def _skip_plain_attributes(serializer: Any) -> Any:
    """moto's serializer, which leaves attributes that are in DynamoDB's own JSON already as they are."""

    class Items(serializer):  # type: ignore[misc] # what moto has is not typed
        def _serialize_type_structure(self, serialized: Any, value: Any, shape: Any, key: str) -> None:
            if shape.name == "AttributeValue" and _is_plain_attribute(value):
                serialized[key] = value
            else:
                super()._serialize_type_structure(serialized, value, shape, key)

    return Items


def _is_plain_attribute(attribute: Any) -> bool:
    """An attribute as DynamoDB writes it, down to its leaves. Bytes, and what moto has objects for, are none."""
    if type(attribute) is not dict or len(attribute) != 1:
        return False
    (kind, value), *_ = attribute.items()
    if kind in ("S", "N"):
        return isinstance(value, str)
    if kind in ("BOOL", "NULL"):
        return isinstance(value, bool)
    if kind in ("SS", "NS"):
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if kind == "L":
        return isinstance(value, list) and all(map(_is_plain_attribute, value))
    return kind == "M" and type(value) is dict and all(map(_is_plain_attribute, value.values()))


class _CachedClients:
    """Stands for `boto3` where moto makes the clients of its tasks: one of a kind is enough for all threads."""

    def __init__(self, boto3: Any) -> None:
        self._boto3 = boto3
        self._clients: dict[tuple[str, ...], Any] = {}

    def client(self, **arguments: Any) -> Any:
        key = tuple(str(value) for name, value in sorted(arguments.items()) if name != "config")
        if key not in self._clients:
            # Two threads may make one each; either will do.
            config = arguments.pop("config").merge(self._botocore_config())
            self._clients[key] = self._boto3.session.Session().client(config=config, **arguments)
        return self._clients[key]

    @staticmethod
    def _botocore_config() -> Any:
        from botocore.config import Config

        return Config(max_pool_connections=64)

"""Patches that cache what moto recomputes at each request or task although it never changes while a cloud runs.

At each request moto walks its own folders to find the services it knows. At each execution it parses the state
machine's definition and builds its program. It parses each path on every use, creates an SDK client for each task, and
looks up each attribute of a table's item under ten names. Together this is more than half of its work.
"""

import pickle
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any


def apply_patches() -> Callable[[], None]:
    """Applies the patches to this process and returns a function that undoes them."""
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
    """Caches syntax tree and program by definition. Each execution gets a copy, because it changes its program."""

    @lru_cache(maxsize=8)
    def parsed(definition: str) -> tuple[bytes, Any]:
        program, tree = parse(definition)
        return pickle.dumps(program), tree

    def parse_cached(definition: str) -> Any:
        program, tree = parsed(definition)
        return pickle.loads(program), tree  # noqa: S301 -- written above, in this process

    return parse_cached


def _skip_plain_attributes(serializer: Any) -> Any:
    """Makes moto's serializer return attributes that are already in DynamoDB's JSON unchanged."""

    class Items(serializer):  # type: ignore[misc] # moto is untyped
        def _serialize_type_structure(self, serialized: Any, value: Any, shape: Any, key: str) -> None:
            if shape.name == "AttributeValue" and _is_plain_attribute(value):
                serialized[key] = value
            else:
                super()._serialize_type_structure(serialized, value, shape, key)

    return Items


def _is_plain_attribute(attribute: Any) -> bool:
    """Whether this is an attribute in DynamoDB's JSON, down to its leaves, without bytes and moto's own objects."""
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
    """Replaces `boto3` where moto creates the clients of its tasks: one client of each kind serves all threads."""

    def __init__(self, boto3: Any) -> None:
        self._boto3 = boto3
        self._clients: dict[tuple[str, ...], Any] = {}

    def client(self, **arguments: Any) -> Any:
        key = tuple(str(value) for name, value in sorted(arguments.items()) if name != "config")
        if key not in self._clients:
            # Two threads may create a client each; either one works.
            config = arguments.pop("config").merge(self._botocore_config())
            self._clients[key] = self._boto3.session.Session().client(config=config, **arguments)
        return self._clients[key]

    @staticmethod
    def _botocore_config() -> Any:
        from botocore.config import Config

        return Config(max_pool_connections=64)

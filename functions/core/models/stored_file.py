"""The durable copy of a submission's file, as the persist step returns it and the table keeps it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self


class StoredFile(NamedTuple):
    """The durable copy. `sha256` in hex, computed by S3 over the copied bytes; `size` in bytes."""

    bucket: str
    key: str
    version_id: str
    sha256: str
    size: int

    def to_state(self) -> dict[str, Any]:
        return {
            "bucket": self.bucket,
            "key": self.key,
            "version_id": self.version_id,
            "sha256": self.sha256,
            "size": self.size,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        return cls(state["bucket"], state["key"], state["version_id"], state["sha256"], int(state["size"]))

"""S3 events: each record on its own, so that one that fails does not take its neighbours along."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from core import errors
from core.settings import settings
from receive import uploads
from receive.drop import PREFIX as DROP
from receive.drop import Dropped, accept_drop, refuse
from receive.intake import PREFIX as INCOMING
from receive.intake import Desk, start_again


def accept_records(records: list[dict[str, Any]], desk: Desk, logger: Logger, metrics: Metrics) -> None:
    """Start what each record tells of; refuse, beside the object, what is none of ours.

    Raises the first fault of ours after all records were tried: Lambda then delivers the event again,
    which changes nothing for those that were started.
    """
    faults: list[Exception] = []
    for record in records:
        dropped = Dropped.from_event(record)
        try:
            _accept(dropped, desk, logger, metrics)
        except (errors.RequestRefused, errors.DocumentRejected) as refused:
            logger.warning("refused", problem=type(refused).__name__, version_id=dropped.version_id)
            metrics.add_metric("DropsRefused", MetricUnit.Count, 1)
            if dropped.key.startswith(DROP):
                refuse(dropped, refused, desk)
        except Exception as fault:
            logger.exception("not started", version_id=dropped.version_id)
            faults.append(fault)
    if faults:
        raise faults[0]


def _accept(dropped: Dropped, desk: Desk, logger: Logger, metrics: Metrics) -> None:
    if not dropped.concerns_us:
        return
    if dropped.key.startswith(uploads.PREFIX):
        upload_id = dropped.key.removeprefix(uploads.PREFIX)
        submission = uploads.complete(upload_id, desk, tenant=None, version_id=dropped.version_id)
    elif dropped.key.startswith(INCOMING):
        submission = start_again(dropped.key.removeprefix(INCOMING), desk, dropped.version_id)
    else:
        submission = accept_drop(dropped, desk, tenant=settings().drop_tenant, max_bytes=settings().max_file_bytes)
    logger.info("received", submission_id=submission.id, kind=submission.kind, door=submission.door)
    metrics.add_metric("SubmissionsReceived", MetricUnit.Count, 1)

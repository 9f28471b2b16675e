"""S3 events of the temp bucket and the drop folder. One record's failure does not affect the others."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from core.models import errors
from core.platform.settings import settings
from receive import uploads
from receive.drop_folder import PREFIX as DROP
from receive.drop_folder import DroppedObject, accept_dropped_object, write_refusal_report
from receive.intake import PREFIX as INCOMING
from receive.intake import IntakeContext, start_from_object


def handle_s3_records(records: list[dict[str, Any]], context: IntakeContext, logger: Logger, metrics: Metrics) -> None:
    """Start the submission of each record; refuse objects that are not submissions, with a report next to them.

    Raises the first unexpected error after all records were tried: Lambda then delivers the event again, which
    changes nothing for those that were started.
    """
    failures: list[Exception] = []
    for record in records:
        dropped_object = DroppedObject.from_event(record)
        try:
            _handle_object(dropped_object, context, logger, metrics)
        except (errors.RequestRefused, errors.DocumentRejected) as refused:
            logger.warning("refused", problem=type(refused).__name__, version_id=dropped_object.version_id)
            metrics.add_metric("DropsRefused", MetricUnit.Count, 1)
            if dropped_object.key.startswith(DROP):
                write_refusal_report(dropped_object, refused, context)
        except Exception as error:
            logger.exception("not started", version_id=dropped_object.version_id)
            failures.append(error)
    if failures:
        raise failures[0]


def _handle_object(dropped_object: DroppedObject, context: IntakeContext, logger: Logger, metrics: Metrics) -> None:
    if not dropped_object.is_submission_file:
        return
    if dropped_object.key.startswith(uploads.PREFIX):
        upload_id = dropped_object.key.removeprefix(uploads.PREFIX)
        submission = uploads.complete_upload(upload_id, context, tenant=None, version_id=dropped_object.version_id)
    elif dropped_object.key.startswith(INCOMING):
        submission = start_from_object(dropped_object.key.removeprefix(INCOMING), context, dropped_object.version_id)
    else:
        submission = accept_dropped_object(
            dropped_object, context, tenant=settings().drop_tenant, max_bytes=settings().max_file_bytes
        )
    logger.info("received", submission_id=submission.id, kind=submission.kind, channel=submission.channel)
    metrics.add_metric("SubmissionsReceived", MetricUnit.Count, 1)

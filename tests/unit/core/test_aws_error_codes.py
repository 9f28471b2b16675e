"""All clients share one list of transient AWS error codes."""

import re
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from core.platform import aws
from core.platform.aws_error_codes import THROTTLING_CODES, TRANSIENT_CODES
from extract.ocr import aws_errors

STATE_MACHINE = Path(__file__).parents[3] / "statemachine" / "grading.asl.yaml"
# What core, the reading of pages and the start of asynchronous jobs retried while each had a list of its own.
CORE_CODES = {
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "RequestLimitExceeded",
    "ProvisionedThroughputExceededException",
    "LimitExceededException",
    "TooManyRequestsException",
    "SlowDown",
    "RequestTimeout",
    "RequestTimeTooSkewed",
    "InternalError",
    "OperationAborted",
    "ConditionalRequestConflict",
}
EXTRACT_CODES = {
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "Throttling",
    "SlowDown",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "LimitExceededException",
    "InternalServerError",
    "InternalError",
    "InternalFailure",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "RequestTimeout",
    "RequestTimeoutException",
}
JOB_CODES = {"LimitExceededException", "ProvisionedThroughputExceededException", "ThrottlingException"}


def client_error(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Operation")  # type: ignore[typeddict-item]


def test_the_list_is_the_union_of_the_former_lists() -> None:
    assert TRANSIENT_CODES == CORE_CODES | EXTRACT_CODES
    assert JOB_CODES <= THROTTLING_CODES <= TRANSIENT_CODES


@pytest.mark.parametrize("code", sorted(TRANSIENT_CODES))
def test_core_and_extract_retry_each_transient_code(code: str) -> None:
    assert aws.is_transient(client_error(code))
    assert aws_errors.is_transient(client_error(code))


@pytest.mark.parametrize(
    "code", ["AccessDenied", "ValidationException", "NoSuchKey", *sorted(aws_errors.REFUSED_CODES)]
)
def test_core_and_extract_do_not_retry_a_permanent_code(code: str) -> None:
    assert not aws.is_transient(client_error(code))
    assert not aws_errors.is_transient(client_error(code))
    assert aws.is_transient(client_error(code, 503)) and aws_errors.is_transient(client_error(code, 503))


def test_the_state_machine_retries_only_transient_codes_of_dynamodb() -> None:
    """Step Functions appends "Exception" to some codes, and has two names for errors of its own client."""
    retried = set(re.findall(r"^ +- DynamoDB\.(\w+)$", STATE_MACHINE.read_text(), re.MULTILINE))
    retried -= {"SdkClientException", "AmazonDynamoDBException"}
    known = {code.removesuffix("Exception") for code in TRANSIENT_CODES}
    assert {code.removesuffix("Exception") for code in retried} <= known
    assert len(retried) > 3

"""The service times that the flow benchmarks assume, each figure with its source.

None of them is measured here (there is no AWS account). They are the same for every flow that is compared, so that
the difference is the flow's own.
"""

from local.cloud.fault_injection import FaultInjector

# Textract, DetectDocumentText, seconds per page and jitter: synchronous calls are reported to take 1 to 5 s per page.
# A low value is used, because it gives more weight to everything that is not Textract.
PAGE_SECONDS, PAGE_JITTER = 1.5, 0.2
# Calls per second of an account in us-east-1 (https://docs.aws.amazon.com/general/latest/gr/textract.html).
TEXTRACT_TPS = 25.0

# S3: first byte 100 to 200 ms for small objects
# (https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html), and one connection's
# throughput of 85 to 90 MB/s there, of which two thirds are assumed for a function with one processor.
S3_SECONDS, S3_BYTES_PER_SECOND = 0.15, 60_000_000
# DynamoDB: single-digit milliseconds inside the service (https://aws.amazon.com/dynamodb/), plus the network.
DYNAMODB_SECONDS = 0.02
# One question to a model: 200 to 400 tokens at 100 to 200 tokens per second, plus the time to the first token.
MODEL_SECONDS = 2.0


def slow_down_services(faults: FaultInjector) -> None:
    """Slow down the local cloud's S3 and DynamoDB. Textract and the model are the benchmark's own servers."""
    faults.slow("s3", "*", S3_SECONDS, bytes_per_second=S3_BYTES_PER_SECOND)
    faults.slow("dynamodb", "*", DYNAMODB_SECONDS)


def list_service_times() -> dict[str, float]:
    """Return the figures, for the results."""
    return {
        "textract_page_seconds": PAGE_SECONDS,
        "textract_jitter": PAGE_JITTER,
        "textract_tps": TEXTRACT_TPS,
        "s3_seconds": S3_SECONDS,
        "s3_bytes_a_second": S3_BYTES_PER_SECOND,
        "dynamodb_seconds": DYNAMODB_SECONDS,
        "model_seconds": MODEL_SECONDS,
    }

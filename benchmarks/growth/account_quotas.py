"""An AWS account's default quotas in us-east-1, and a model's rate limits: the basis of the school-day simulation.

Looked up on 2026-11-25, each with its source. All of them except Textract's latencies can be raised on request.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class BucketSize:
    """A token bucket: its burst size, and its refill rate per second."""

    size: float
    rate: float


@dataclass(frozen=True)
class AccountQuotas:
    # https://docs.aws.amazon.com/general/latest/gr/textract.html
    textract_tps: float = 25
    job_starts: BucketSize = BucketSize(10, 10)
    jobs_at_once: int = 600
    # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
    start_execution: BucketSize = BucketSize(1300, 300)
    state_transitions: BucketSize = BucketSize(5000, 1500)
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: concurrency in total; new workers per
    # function (https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html: 1,000 every 10 s). A new
    # account has less.
    functions_at_once: int = 1000
    new_functions: BucketSize = BucketSize(1000, 100)
    # A mid-tier account of a small hosted model; limits differ by provider.
    model_requests: BucketSize = BucketSize(10_000 / 60, 10_000 / 60)
    model_tokens: BucketSize = BucketSize(10_000_000 / 60, 10_000_000 / 60)

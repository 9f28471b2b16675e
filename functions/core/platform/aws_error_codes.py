"""AWS error codes that mean "try again", for all clients. One list: services spell the same condition differently.

A status of 500 or above and a missing response are transient as well; that is decided where a response is at hand.
"""

# A rate or a quota is exceeded: the same call may succeed after a pause.
THROTTLING_CODES = frozenset(
    {
        "Throttling",  # common error of services with the query protocol
        "ThrottledException",  # another spelling of it
        "ThrottlingException",  # common error of services with the JSON protocol: Textract, DynamoDB, Step Functions
        "ProvisionedThroughputExceededException",  # DynamoDB: a table's capacity; Textract: calls a second
        "RequestLimitExceeded",  # DynamoDB: the account's throughput
        "LimitExceededException",  # Textract: too many asynchronous jobs at once
        "TooManyRequestsException",  # Lambda: the account's concurrency
        "SlowDown",  # S3: too many requests for a prefix
    }
)

TRANSIENT_CODES = THROTTLING_CODES | {
    "InternalError",  # S3: a failure of the service
    "InternalFailure",  # common error: a failure of the service
    "InternalServerError",  # Textract, DynamoDB: a failure of the service
    "ServiceUnavailable",  # S3 and common error: the service is overloaded or down
    "ServiceUnavailableException",  # the same with the JSON protocol
    "RequestTimeout",  # S3: the request's body did not arrive in time; answered with 400
    "RequestTimeoutException",  # the same with the JSON protocol
    "RequestTimeTooSkewed",  # S3: signed too long ago by its clock; the next attempt is signed again
    "OperationAborted",  # S3: another conditional operation on the same resource is running
    "ConditionalRequestConflict",  # S3: another conditional write of the same key came in between
}

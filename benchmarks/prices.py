"""Prices of the AWS services in us-east-1 in US dollars, looked up on 2026-11-25, each with its source.

List prices of the first tier, without free tiers and tax. Model prices are those that grading itself uses
(`functions/grade/markers/model/prices.py`).
"""

AS_OF = "2026-11-25"

# https://aws.amazon.com/textract/pricing/ (DetectDocumentText, synchronous and asynchronous alike, first million pages)
TEXTRACT_PAGE = 1.50 / 1000
# https://aws.amazon.com/step-functions/pricing/ (Standard)
STATE_TRANSITION = 0.025 / 1000
# https://aws.amazon.com/lambda/pricing/ (arm64)
LAMBDA_GB_SECOND, LAMBDA_REQUEST = 0.0000133334, 0.20 / 1e6
# https://aws.amazon.com/s3/pricing/ (Standard)
S3_WRITE, S3_READ, S3_GB_MONTH = 0.005 / 1000, 0.0004 / 1000, 0.023
# https://aws.amazon.com/dynamodb/pricing/on-demand/ (since November 2024): 1 KB written, 4 KB read consistently
DYNAMODB_WRITE, DYNAMODB_READ = 0.625 / 1e6, 0.125 / 1e6
# https://aws.amazon.com/api-gateway/pricing/ (HTTP API, a request of 512 KB)
HTTP_API_REQUEST, HTTP_API_METERED_BYTES = 1.00 / 1e6, 512 * 1024
# https://aws.amazon.com/eventbridge/pricing/ (custom events)
EVENT = 1.00 / 1e6
# https://aws.amazon.com/cloudwatch/pricing/ (logs ingested; a custom metric, and the fourth dashboard on, a month)
LOG_GB, METRIC_MONTH, DASHBOARD_MONTH = 0.50, 0.30, 3.00

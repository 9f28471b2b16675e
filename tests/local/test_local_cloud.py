"""The whole local cloud: the real template and state machine with stub functions."""

import base64
import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from local.cloud.local_cloud import CloudError, LocalCloud
from tests.local.fakes import BlankOcrEngine, template_with_stub_functions
from tests.local.stub_submissions import arn_of, auth_headers, eventually, submit, wait_until_ended


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    template = template_with_stub_functions(tmp_path_factory.mktemp("stack"))
    with LocalCloud(template=template, reader=BlankOcrEngine(), retry_seconds=(0.05, 0.05)) as running:
        yield running


@pytest.fixture(autouse=True)
def reset_cloud(request: pytest.FixtureRequest) -> Iterator[None]:
    """Removes the faults and function behaviours that a test has set."""
    yield
    if "cloud" in request.fixturenames:
        cloud: LocalCloud = request.getfixturevalue("cloud")
        cloud.faults.clear()
        s3, bucket = cloud.client("s3"), cloud.stack.bucket("DocumentsBucket")
        for name in ("extract", "persist", "grade", "recover"):
            s3.delete_object(Bucket=bucket, Key=f"behaviour/{name}")


def behave(cloud: LocalCloud, function: str, **behaviour: Any) -> None:
    bucket = cloud.stack.bucket("DocumentsBucket")
    cloud.client("s3").put_object(Bucket=bucket, Key=f"behaviour/{function}", Body=json.dumps(behaviour).encode())


def history(cloud: LocalCloud, name: str) -> list[str]:
    events = cloud.client("stepfunctions").get_execution_history(executionArn=arn_of(cloud, name), maxResults=1000)
    return [
        event["stateEnteredEventDetails"]["name"] for event in events["events"] if "stateEnteredEventDetails" in event
    ]


def test_a_submission_runs_through_the_real_state_machine(cloud: LocalCloud) -> None:
    cloud.clear_calls()
    submit(cloud, "whole")
    assert wait_until_ended(cloud, "whole")["status"] == "SUCCEEDED"
    states = history(cloud, "whole")
    assert {"Extract", "StoreFile", "Record", "BothHalves", "Grade", "Announce"} <= set(states)
    item = cloud.client("dynamodb").get_item(
        TableName=cloud.stack.table, Key={"pk": {"S": "submission#whole"}, "sk": {"S": "record"}}
    )["Item"]
    assert item["tenant"] == {"S": "t"}
    announced = [event for event in cloud.events() if event["source"] == "gradeline"]
    assert announced[-1]["detail"]["submission_id"] == "whole"
    assert announced[-1]["detail"]["state"] == "GRADED"


def test_calls_are_logged_in_order_with_their_caller(cloud: LocalCloud) -> None:
    cloud.clear_calls()
    submit(cloud, "recorded")
    wait_until_ended(cloud, "recorded")
    calls = cloud.calls()
    receive = [call for call in calls if call.caller == "ReceiveFunction"]
    assert [call.name for call in receive] == ["s3:PutObject", "stepfunctions:StartExecution"]
    assert receive[0].parameters["Key"] == "incoming/recorded"
    assert receive[1].parameters["name"] == "recorded-1"
    read = next(call for call in calls if call.name == "textract:DetectDocumentText")
    assert read.caller == "ExtractFunction"
    assert read.parameters["Document"]["S3Object"]["Version"]
    record = next(call for call in calls if call.caller == "stepfunctions" and call.service == "dynamodb")
    assert record.operation == "UpdateItem"
    assert [call.started for call in calls] == sorted(call.started for call in calls)
    assert all(call.status == 200 and call.ended and call.ended >= call.started for call in [*receive, read, record])
    assert {call.caller for call in calls} <= {*cloud.stack.functions, "stepfunctions"}


def test_an_object_under_the_drop_prefix_starts_an_execution(cloud: LocalCloud) -> None:
    cloud.clear_calls()
    key = "drop/maths 1/answers/Zoë (2).pdf"
    put = cloud.client("s3").put_object(Bucket=cloud.stack.bucket("TempBucket"), Key=key, Body=b"%PDF")
    assert eventually(lambda: any(call.name == "stepfunctions:StartExecution" for call in cloud.calls()))
    (start,) = [call for call in cloud.calls() if call.name == "stepfunctions:StartExecution"]
    file = json.loads(start.parameters["input"])["file"]
    assert (file["key"], file["version_id"]) == (key, put["VersionId"])
    assert [call.name for call in cloud.calls() if call.caller == "ReceiveFunction"] == ["stepfunctions:StartExecution"]
    wait_until_ended(cloud, start.parameters["name"].removesuffix("-1"))


def test_a_presigned_form_is_enforced_stored_and_starts_an_execution(cloud: LocalCloud) -> None:
    body = b"a sheet"
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    form = requests.post(
        f"{cloud.api_url}/uploads", json={"id": "form", "sha256": digest}, headers=auth_headers(cloud), timeout=30
    ).json()
    cloud.clear_calls()
    rejected = requests.post(form["url"], data=form["fields"], files={"file": b"another"}, timeout=30)
    assert (rejected.status_code, "BadDigest" in rejected.text) == (400, True)
    stored = requests.post(form["url"], data=form["fields"], files={"file": body}, timeout=30)
    assert stored.status_code == 204
    seen = cloud.client("s3").head_object(
        Bucket=cloud.stack.bucket("TempBucket"), Key="uploads/form", ChecksumMode="ENABLED"
    )
    assert seen["VersionId"] == stored.headers["x-amz-version-id"]
    assert (seen["ChecksumSHA256"], seen["ContentLength"]) == (digest, len(body))
    assert eventually(lambda: any(call.name == "stepfunctions:StartExecution" for call in cloud.calls()))
    (start,) = [call for call in cloud.calls() if call.name == "stepfunctions:StartExecution"]
    wait_until_ended(cloud, start.parameters["name"].removesuffix("-1"))


def test_tokens_of_two_tenants_are_distinguished(cloud: LocalCloud) -> None:
    for tenant in ("north", "south"):
        answer = requests.get(
            f"{cloud.api_url}/submissions/x", headers=auth_headers(cloud, tenant, "Ms Rowe"), timeout=30
        )
        assert answer.json() == {"tenant": tenant, "name": "Ms Rowe"}
    assert requests.get(f"{cloud.api_url}/submissions/x", timeout=30).status_code == 401


def test_a_failed_execution_invokes_the_recover_function(cloud: LocalCloud) -> None:
    behave(cloud, "persist", **{"raise": ["CopyNotPossible", "no room"]})
    submit(cloud, "failed")
    description = wait_until_ended(cloud, "failed")
    assert (description["status"], description["error"]) == ("FAILED", "NotPersisted")
    s3, bucket = cloud.client("s3"), cloud.stack.bucket("DocumentsBucket")
    assert eventually(lambda: s3.list_objects_v2(Bucket=bucket, Prefix="events/failed-1").get("Contents"))
    event = json.loads(s3.get_object(Bucket=bucket, Key="events/failed-1")["Body"].read())
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert event["detail"]["status"] == "FAILED"
    assert event["detail"]["executionArn"] == arn_of(cloud, "failed")


@pytest.mark.parametrize(
    ("function", "behaviour", "last"),
    [
        ("extract", {"raise": ["EmptyFile", "nothing in it"]}, "Reject"),
        ("grade", {"raise": ["PaperNotReady", "not yet"]}, "Park"),
        ("persist", {"return": {"sha256": "aa", "duplicate_of": "another"}}, "Duplicate"),
        ("persist", {"return": {"sha256": "bb", "duplicate_of": None}}, "LanesDisagree"),
        ("extract", {"raise": ["SomethingElse", "x"]}, "ReadingFailed"),
    ],
)
def test_each_final_state_of_the_state_machine_is_reached(
    cloud: LocalCloud, function: str, behaviour: dict[str, Any], last: str
) -> None:
    name = f"ending-{last}"
    behave(cloud, function, **behaviour)
    submit(cloud, name)
    wait_until_ended(cloud, name)
    assert last in history(cloud, name)


def test_a_crashed_worker_is_retried(cloud: LocalCloud) -> None:
    behave(cloud, "grade", exit=7)
    submit(cloud, "crash")
    assert eventually(lambda: "Grade" in history(cloud, "crash"), 30)
    # The state machine retries `Runtime.ExitError`.
    behave(cloud, "grade", **{"return": {"state": "GRADED"}})
    assert wait_until_ended(cloud, "crash")["status"] == "SUCCEEDED"


def test_one_of_several_parallel_conditional_writes_succeeds(cloud: LocalCloud) -> None:
    s3, table = cloud.client("s3"), cloud.client("dynamodb")
    bucket = cloud.stack.bucket("DocumentsBucket")

    def claim(number: int) -> tuple[bool, bool]:
        outcomes = []
        for attempt in (
            lambda: s3.put_object(Bucket=bucket, Key="one", Body=b"%d" % number, IfNoneMatch="*"),
            lambda: table.put_item(
                TableName=cloud.stack.table,
                Item={"pk": {"S": "one"}, "sk": {"S": "claim"}, "n": {"N": str(number)}},
                ConditionExpression="attribute_not_exists(pk)",
            ),
        ):
            try:
                attempt()
                outcomes.append(True)
            except ClientError as error:
                assert error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalCheckFailedException")
                outcomes.append(False)
        return outcomes[0], outcomes[1]

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(claim, range(16)))
    assert sum(first for first, _ in won) == 1
    assert sum(second for _, second in won) == 1


def test_a_call_that_always_fails_reaches_the_dead_end_queue(cloud: LocalCloud) -> None:
    function = cloud.stack.functions["ReceiveFunction"].name
    answer = cloud.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b'{"Records": [1]}')
    assert answer["StatusCode"] == 202
    sqs = cloud.client("sqs")
    queue = sqs.get_queue_url(QueueName=cloud.stack.name("DeadEnds"))["QueueUrl"]
    found: list[dict[str, Any]] = []
    assert eventually(lambda: found.extend(sqs.receive_message(QueueUrl=queue).get("Messages", [])) or found)
    record = json.loads(found[0]["Body"])
    assert record["requestPayload"] == {"Records": [1]}
    assert record["requestContext"]["approximateInvokeCount"] == 3


def test_requests_to_other_host_names_are_rejected(cloud: LocalCloud) -> None:
    answer = requests.get(f"{cloud.api_url}/config.json", headers={"Host": "evil.example"}, timeout=30)
    assert answer.status_code == 421
    assert cloud.endpoint_url.startswith("http://127.0.0.1:")


def test_pages_of_other_origins_cannot_call_aws_services(cloud: LocalCloud) -> None:
    url = f"{cloud.endpoint_url}/2015-03-31/functions/GradeFunction/invocations"
    assert requests.post(url, data="{}", headers={"Origin": "http://evil.example"}, timeout=30).status_code == 403
    assert requests.post(url, data="{}", headers={"Origin": cloud.endpoint_url}, timeout=30).status_code == 200
    assert requests.post(url, data="{}", timeout=30).status_code == 200
    bucket = f"{cloud.endpoint_url}/{cloud.stack.bucket('TempBucket')}/k"
    preflight = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT"}
    assert requests.options(bucket, headers=preflight, timeout=30).status_code == 403


def test_a_second_cloud_in_the_process_is_rejected(cloud: LocalCloud) -> None:
    with pytest.raises(CloudError, match="already running"):
        LocalCloud(reader=BlankOcrEngine()).start()
    assert requests.get(f"{cloud.api_url}/nothing", timeout=30).status_code == 404

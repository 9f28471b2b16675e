"""The local cloud creates what `template.yaml` says."""

import json
from pathlib import Path

import pytest

from local.cloud.provision import SecretStrings
from local.cloud.stack import Stack
from local.cloud.template import TemplateError

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


@pytest.fixture(scope="module")
def stack() -> Stack:
    return Stack(
        TEMPLATE, secret=lambda _arn: "a-secret", parameters={"JwtIssuer": "http://issuer", "JwtAudience": "us"}
    )


def test_every_function_has_a_handler_in_its_folder(stack: Stack) -> None:
    assert {"ReceiveFunction", "ExtractFunction", "PersistFunction", "GradeFunction", "ResultsFunction"} <= set(
        stack.functions
    )
    for function in stack.functions.values():
        package, module, _ = function.handler.split(".")
        assert (function.code / package).is_dir(), function.logical_id
        assert (function.code / package / f"{module}.py").is_file()
        assert 0 < function.timeout <= 900
        assert function.memory >= 128
        assert "BaseLayer" in function.layers


def test_environments_combine_globals_and_the_functions_own(stack: Stack) -> None:
    extract = stack.functions["ExtractFunction"].environment
    assert extract["TEMP_BUCKET"] == stack.bucket("TempBucket")
    assert extract["TABLE"] == stack.table
    assert extract["STATE_MACHINE_ARN"] == stack.state_machine_arn
    assert extract["IDENTITY_SECRET"] == "a-secret"
    assert float(extract["TEXTRACT_TPS"]) > 0
    assert "TEXTRACT_TPS" not in stack.functions["PersistFunction"].environment
    assert all(isinstance(value, str) for value in extract.values())


def test_a_parameter_reaches_the_environment() -> None:
    stack = Stack(TEMPLATE, secret=str, parameters={"Model": "some-model", "TextractTps": "7"})
    assert stack.functions["GradeFunction"].environment["MODEL"] == "some-model"
    assert stack.functions["ExtractFunction"].environment["TEXTRACT_TPS"] == "7"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"PageDomain": "marks.school.example"}, "PageDomain needs PageCertificateArn"),
        ({"JwtIssuer": "https://issuer.example"}, "JwtIssuer needs JwtAudience"),
    ],
)
def test_parameters_that_do_not_go_together_are_rejected(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        Stack(TEMPLATE, secret=str, parameters=parameters)


def test_objects_under_the_drop_prefix_invoke_receive(stack: Stack) -> None:
    drop = next(notification for notification in stack.notifications if notification.prefix == "drop/")
    assert (drop.bucket, drop.function) == (stack.bucket("TempBucket"), "ReceiveFunction")
    assert drop.events == ("s3:ObjectCreated:*",)


def test_routes_require_a_token(stack: Stack) -> None:
    submit = next(route for route in stack.routes if (route.method, route.path) == ("POST", "/submissions"))
    assert submit.function == "ReceiveFunction"
    assert submit.requires_token
    assert stack.jwt_configuration() == ("http://issuer", ("us",))


def test_failed_executions_invoke_recover(stack: Stack) -> None:
    rule = next(rule for rule in stack.rules if rule.function == "RecoverFunction" and rule.pattern)
    assert rule.pattern is not None
    assert rule.pattern["detail"]["stateMachineArn"] == [stack.state_machine_arn]
    assert "TIMED_OUT" in rule.pattern["detail"]["status"]


def test_failed_asynchronous_calls_have_a_queue(stack: Stack) -> None:
    receive = stack.functions["ReceiveFunction"]
    assert receive.retries == 2
    assert receive.failure_queue == stack.name("DeadEnds")


def test_all_substitutions_of_the_definition_are_made(stack: Stack) -> None:
    name, definition = stack.state_machine()
    assert stack.state_machine_arn.endswith(f":{name}")
    assert "${" not in definition
    assert stack.functions["GradeFunction"].arn in definition
    assert json.loads(definition)["States"]


def test_secrets_are_stored_in_the_folder_and_nowhere_else(tmp_path: Path) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:gradeline-local-IdentitySecret"
    stored = SecretStrings(tmp_path)
    first = stored.string(arn)
    assert len(first) >= 40
    assert SecretStrings(tmp_path).string(arn) == first
    assert SecretStrings(None).string(arn) != first
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_functions_are_invoked_by_the_alias_that_a_release_moves(stack: Stack) -> None:
    called = stack.functions["ResultsFunction"].environment["RECOVER_FUNCTION"]
    assert called == stack.functions["RecoverFunction"].arn + ":live"
    _, definition = stack.state_machine()
    assert f'"{stack.functions["ExtractFunction"].arn}:live"' in definition

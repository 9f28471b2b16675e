"""Names in ErrorEquals: they exist, the rejections are all there, what may pass is tried again."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

from core.models import errors
from tests.template.asl import ROOT, Machine, StateNode, state_nodes, tasks

# Amazon States Language, and "Handling errors in Step Functions workflows" in the developer guide.
_STATES = frozenset(
    [
        "ALL",
        "BranchFailed",
        "DataLimitExceeded",
        "ExceedToleratedFailureThreshold",
        "HeartbeatTimeout",
        "Http.Socket",
        "IntrinsicFailure",
        "ItemReaderFailed",
        "NoChoiceMatched",
        "ParameterPathFailure",
        "Permissions",
        "ResultPathMatchFailure",
        "ResultWriterFailed",
        "Runtime",
        "TaskFailed",
        "Timeout",
    ]
)
# What the Lambda service, its SDK and its runtime report in place of a class of ours.
_LAMBDA = frozenset(["AWSLambdaException", "SdkClientException", "ClientExecutionTimeoutException", "Unknown"])
_RUNTIME = frozenset(
    [
        "ExitError",
        "OutOfMemory",
        "ImportModuleError",
        "HandlerNotFound",
        "UserCodeSyntaxError",
        "MarshalError",
        "UnmarshalError",
        "InvalidEntrypoint",
    ]
)
_DYNAMODB = frozenset(
    [
        "ThrottlingException",
        "SdkClientException",
        "AmazonDynamoDBException",
        "InternalServerErrorException",
        "ServiceUnavailableException",
        "RequestLimitExceededException",
    ]
)
TRANSIENT_OF_LAMBDA = frozenset(
    {
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "Lambda.ClientExecutionTimeoutException",
    }
)
CORE = ROOT / "functions" / "core"
TIMEOUTS = frozenset({"States.Timeout", "Sandbox.Timedout"})


def error_family(base: type[Exception]) -> frozenset[str]:
    """The names of all classes below a base in core/models/errors.py."""
    below = {name for name, item in vars(errors).items() if isinstance(item, type) and issubclass(item, base)}
    return frozenset(below - {base.__name__})


def named_errors(state: dict[str, Any]) -> Iterator[str]:
    for rule in [*state.get("Retry", ()), *state.get("Catch", ())]:
        yield from rule["ErrorEquals"]


def unknown_errors(machine: Machine) -> list[str]:
    """Every name is a class of ours or one that AWS is known to report."""
    ours = error_family(errors.GradelineError)
    found = []
    for state in state_nodes(machine):
        found += [f"{state.name}: {name}" for name in named_errors(state.state) if not _known(name, ours)]
    return found


def _known(name: str, ours: frozenset[str]) -> bool:
    source, _, rest = name.partition(".")
    if source == "DynamoDB":
        return rest in _DYNAMODB | _service_errors("dynamodb")
    if source == "Lambda":
        return rest in _LAMBDA | _service_errors("lambda")
    return (
        name in ours or name == "Sandbox.Timedout" or rest in {"States": _STATES, "Runtime": _RUNTIME}.get(source, ())
    )


@cache
def _service_errors(service: str) -> frozenset[str]:
    """The errors that a service's own model declares."""
    shapes = Loader().load_service_model(service, "service-2")["shapes"]
    return frozenset(name for name, shape in shapes.items() if shape.get("exception"))


def incomplete_rejections(machine: Machine) -> list[str]:
    """A catcher that names one of the document's own faults names them all, and no other class; whoever calls the
    same function has one."""
    ours = error_family(errors.DocumentRejected)
    found = []
    catchers = [(state, rule) for state in state_nodes(machine) for rule in state.state.get("Catch", ())]
    rejecting = [(state, set(rule["ErrorEquals"])) for state, rule in catchers if ours & set(rule["ErrorEquals"])]
    if not rejecting:
        return ["no catcher names the document's own faults"]
    lanes = {state.function for state, _ in rejecting}
    named = {state.name for state, _ in rejecting}
    for state in tasks(machine):
        if state.function in lanes and state.name not in named:
            found.append(f"{state.name} calls what can reject, and catches no rejection")
    for state, names in rejecting:
        found += [f"{state.name} does not catch {name} with the others" for name in sorted(ours - names)]
        found += [f"{state.name} catches {name}, which is not the document's fault" for name in sorted(names - ours)]
    return found


def transients_not_retried(machine: Machine, folders: Mapping[str, Path]) -> list[str]:
    """What a lane's code raises as transient is retried by name; so is what its service reports as passing.

    `folders` gives the code of each function by its substitution.
    """
    transient = error_family(errors.TransientError)
    found = []
    for state in tasks(machine):
        if state.function is None:
            continue
        raised = raised_in(folders[state.function]) & transient
        wanted = raised | TRANSIENT_OF_LAMBDA | TIMEOUTS | {errors.ServiceUnavailable.__name__}
        found += [f"{state.name} does not retry {name}" for name in sorted(wanted - _retried(state))]
    return found


def retries_of_impossible_errors(machine: Machine, folders: Mapping[str, Path]) -> list[str]:
    """A class of ours that is retried is one that this lane's code, or core behind it, can raise."""
    shared = raised_in(CORE)
    found = []
    for state in tasks(machine):
        if state.function is not None:
            ours = _retried(state) & error_family(errors.GradelineError)
            raised = raised_in(folders[state.function]) | shared
            found += [f"{state.name} retries {name}, which nothing raises there" for name in sorted(ours - raised)]
    return found


def permanent_errors_retried(machine: Machine) -> list[str]:
    permanent = error_family(errors.PermanentError)
    return [f"{state.name}: {name}" for state in state_nodes(machine) for name in sorted(_retried(state) & permanent)]


def _retried(state: StateNode) -> frozenset[str]:
    return frozenset(name for rule in state.state.get("Retry", ()) for name in rule["ErrorEquals"])


@cache
def raised_in(folder: Path) -> frozenset[str]:
    """The error classes that a function's code makes (`errors.X(…)`, `raise errors.X`)."""
    found: set[str] = set()
    for path in sorted(folder.glob("**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else node.exc if isinstance(node, ast.Raise) else None
            if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "errors":
                found.add(called.attr)
            elif isinstance(called, ast.Name):
                found.add(called.id)
    return frozenset(found)


def handlers_that_hide_errors(handler_files: Mapping[str, Path]) -> list[str]:
    """What a service may do better next time leaves a function by the name that is retried.

    `doors` gives each function's app.py by its substitution. The door wears
    `core.platform.aws.translate_service_errors`, or the code
    behind it raises ServiceUnavailable itself.
    """
    found = []
    for name, path in handler_files.items():
        tree = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.Module([], [])
        handlers = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "handler"]
        named = any(
            "translate_service_errors" in ast.unparse(mark) for node in handlers for mark in node.decorator_list
        )
        if not named and errors.ServiceUnavailable.__name__ not in raised_in(path.parent):
            found.append(f"the function behind {name} gives faults of a service no name")
    return found

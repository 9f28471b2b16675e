"""Checks of the names in ErrorEquals: all exist, all rejections are caught, transient errors are retried."""

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
# Errors of the Lambda service, its SDK and its runtime, reported instead of one of our classes.
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
    """Names that are neither one of our classes nor an error that AWS is known to report."""
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
    """Catchers that name some rejections (DocumentRejected) but not all, or other classes with them.

    Every task that calls the same function must have such a catcher.
    """
    ours = error_family(errors.DocumentRejected)
    found = []
    catchers = [(state, rule) for state in state_nodes(machine) for rule in state.state.get("Catch", ())]
    rejecting = [(state, set(rule["ErrorEquals"])) for state, rule in catchers if ours & set(rule["ErrorEquals"])]
    if not rejecting:
        return ["no catcher names the rejections"]
    rejecting_functions = {state.function for state, _ in rejecting}
    named = {state.name for state, _ in rejecting}
    for state in tasks(machine):
        if state.function in rejecting_functions and state.name not in named:
            found.append(f"{state.name} calls a function that can reject, and catches no rejection")
    for state, names in rejecting:
        found += [f"{state.name} does not catch {name} with the others" for name in sorted(ours - names)]
        found += [f"{state.name} catches {name}, which is not the document's fault" for name in sorted(names - ours)]
    return found


def transients_not_retried(machine: Machine, folders: Mapping[str, Path]) -> list[str]:
    """Transient errors that a task does not retry: those that its function's code raises and those of Lambda.

    `folders`: the code of each function, by its substitution.
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
    """Our own classes that a task retries although neither its function's code nor core raises them."""
    shared = raised_in(CORE)
    found = []
    for state in tasks(machine):
        if state.function is not None:
            ours = _retried(state) & error_family(errors.GradelineError)
            raised = raised_in(folders[state.function]) | shared
            found += [f"{state.name} retries {name}, which nothing raises there" for name in sorted(ours - raised)]
    return found


def permanent_errors_retried(machine: Machine) -> list[str]:
    """Permanent errors that a task retries."""
    permanent = error_family(errors.PermanentError)
    return [f"{state.name}: {name}" for state in state_nodes(machine) for name in sorted(_retried(state) & permanent)]


def _retried(state: StateNode) -> frozenset[str]:
    return frozenset(name for rule in state.state.get("Retry", ()) for name in rule["ErrorEquals"])


@cache
def raised_in(folder: Path) -> frozenset[str]:
    """The error classes that a function's code raises or creates (`errors.X(…)`, `raise errors.X`)."""
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
    """Functions whose service errors would not leave them by the name that is retried.

    A handler must be decorated with `core.platform.aws.translate_service_errors`, or its code must raise
    ServiceUnavailable itself. `handler_files`: each function's app.py, by its substitution.
    """
    found = []
    for name, path in handler_files.items():
        tree = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.Module([], [])
        handlers = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "handler"]
        is_translated = any(
            "translate_service_errors" in ast.unparse(decorator)
            for node in handlers
            for decorator in node.decorator_list
        )
        if not is_translated and errors.ServiceUnavailable.__name__ not in raised_in(path.parent):
            found.append(f"the function of {name} does not name service errors")
    return found

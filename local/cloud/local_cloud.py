"""The local cloud: runs the stack of `template.yaml` on one loopback port, without an AWS account and without Docker.

moto emulates S3, DynamoDB, SQS, Secrets Manager and Step Functions, and its interpreter runs the real state machine.
The Lambda and Textract services, the HTTP API and the event bus are implemented here. See docs/local-cloud.md.
"""

import json
import logging
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from botocore.exceptions import ClientError

from local.cloud import process_setup
from local.cloud.aws_calls import PROVISION, STATE_MACHINE, Call, CallLog
from local.cloud.clients import Clients
from local.cloud.fault_injection import FaultInjector
from local.cloud.lambda_service import LambdaService
from local.cloud.metrics import Metrics
from local.cloud.null_persistence import NullPersistence
from local.cloud.ocr_pool import OcrProcessPool
from local.cloud.private_files import make_folder
from local.cloud.process_setup import CloudError
from local.cloud.provision import SecretStrings, provision
from local.cloud.role_policies import RolePolicies
from local.cloud.stack import Stack
from local.cloud.template import TemplateError
from local.cloud.textract_blocks import OcrReader
from local.cloud.tokens import TokenIssuer
from local.cloud.wiring import build_services, default_parameters, function_environment
from release.openapi.build import build_if_stale

__all__ = ["CloudError", "LocalCloud"]

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template.yaml"
_single_instance_lock = threading.Lock()


class LocalCloud:
    """The stack of `template.yaml`, running. Use it as a context manager, or `start()` and `stop()` it.

    * `port` 0 takes a free one. `folder` keeps everything over a restart, however the cloud ended: stored data, work in
      progress, logs, keys and secrets. Without a folder all of it is gone when the cloud stops.
    * `environment` is added to every function's own variables (a model's API key, for instance); `parameters` are
      template parameters (`Model`, `TextractTps` …).
    * `ocr_processes` read pages in parallel, one core each; `reader` replaces the OCR engine (in tests).
    * `retry_seconds`: waits before an asynchronous invocation is retried (AWS: 60 and 120).

    Only one cloud at a time can run in a process, because moto keeps its state in the process.
    """

    endpoint_url: str
    stack: Stack
    faults: FaultInjector
    metrics: Metrics

    def __init__(
        self,
        *,
        port: int = 0,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        ocr_processes: int = 2,
        parameters: Mapping[str, str] | None = None,
        template: Path = TEMPLATE,
        reader: OcrReader | None = None,
        retry_seconds: Sequence[float] = (1.0, 2.0),
    ) -> None:
        self._port = port
        self._given_folder = folder
        self._extra_environment = dict(environment or {})
        self._parameters = dict(parameters or {})
        self._template = template
        self._ocr_processes = ocr_processes
        self._reader = reader
        self._retry_seconds = retry_seconds
        self._close_callbacks: list[Callable[[], None]] = []
        self._call_log = CallLog()
        self.faults = FaultInjector()
        self.metrics = Metrics()

    # ── start and stop ───────────────────────────────────────────────────────────────────────────

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def start(self) -> Self:
        """Starts the cloud, which then runs until `stop()`.

        Raises
        ------
        CloudError
            The port is in use, another cloud runs in this process, or something that the cloud needs is missing.
        """
        if not _single_instance_lock.acquire(blocking=False):
            raise CloudError("A local cloud is already running in this process; stop it before starting another.")
        self._close_callbacks.append(_single_instance_lock.release)
        try:
            self._start()
        except (TemplateError, ClientError) as error:
            self.stop()
            raise CloudError(f"The stack of {self._template.name} cannot be created: {error}") from error
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stops everything that was started, in reverse order; no child process is left when it returns."""
        while self._close_callbacks:
            close = self._close_callbacks.pop()
            try:
                close()
            except Exception:
                logging.getLogger("gradeline.local").exception("Part of the local cloud did not stop cleanly")

    def _start(self) -> None:
        self.folder = self._given_folder or self._temporary_folder()
        self._persistence = self._open_persistence(self._given_folder)
        listener = process_setup.listen(self._port)
        self._close_callbacks.append(listener.close)
        port = listener.getsockname()[1]
        self.endpoint_url = f"http://127.0.0.1:{port}"
        self._clients = Clients(self.endpoint_url)
        logs = self.folder / "logs"
        try:
            make_folder(logs)
        except OSError as error:
            raise CloudError(f"The folder {self.folder} cannot be used ({error}).") from error
        self._close_callbacks += [
            process_setup.exit_on_sigterm(),
            process_setup.configure_moto(port),
            process_setup.redirect_logs(logs / "cloud.log"),
        ]

        secrets = SecretStrings(self._given_folder)
        self._tokens = TokenIssuer(self.endpoint_url, self._given_folder)
        self.stack = Stack(
            self._template,
            parameters=default_parameters(self.endpoint_url, self._ocr_processes) | self._parameters,
            secret=secrets.string,
            endpoint_url=self.endpoint_url,
        )
        self._build_api_description()
        self._serve(listener, self._start_reader(logs), self._start_functions(logs))
        provision(self.stack, lambda service: self._clients.get(service, PROVISION), secrets)
        self._resume_work()

    def _build_api_description(self) -> None:
        """Writes the OpenAPI file that the `results` function serves, if the code is newer."""
        try:
            build_if_stale()
        except OSError:
            # A checkout that cannot be written to works, too, but for this one route.
            logging.getLogger("gradeline.local").warning("The API description could not be written", exc_info=True)

    def _resume_work(self) -> None:
        """Restores stored state, lets requests in, and resumes the work that was in progress."""
        executions = self._services.executions
        restored = self._persistence.restore()
        executions.set_previous_executions(restored.running, restored.ended)
        self._persistence.start()
        self._services.gateway.ready.set()
        self._services.bus.start()
        executions.start()
        for invocation in restored.invocations:
            self._functions.resume(invocation)

        def start(state_machine_arn: str, name: str, execution_input: str) -> None:
            self.client("stepfunctions").start_execution(
                stateMachineArn=state_machine_arn, name=name, input=execution_input
            )

        # In parallel to new executions: the interpreter takes a moment for each start.
        threading.Thread(target=executions.resume, args=(start,), daemon=True, name="restart-executions").start()

    def _start_reader(self, logs: Path) -> OcrReader:
        if self._reader is not None:
            return self._reader
        reader = OcrProcessPool(self._ocr_processes, logs / "ocr.log")
        self._close_callbacks.append(reader.close)
        return reader

    def _start_functions(self, logs: Path) -> LambdaService:
        self._functions = LambdaService(
            self.stack.functions,
            folder=logs,
            environment=lambda function: function_environment(function, self.endpoint_url, self._extra_environment),
            send_failure_record=self._send_failure_record,
            persistence=self._persistence,
            metrics=self.metrics,
            retry_seconds=self._retry_seconds,
        )
        self._close_callbacks.append(self._functions.stop)
        return self._functions

    def _serve(self, listener: socket.socket, reader: OcrReader, functions: LambdaService) -> None:
        self._services = build_services(
            self.stack,
            functions=functions,
            reader=reader,
            tokens=self._tokens,
            web=ROOT / "web",
            page_config=lambda: {"apiUrl": "", "token": self.token(), "local": True},
            log=self._call_log,
            faults=self.faults,
            # Other templates run test functions, which need other permissions than the roles grant.
            policies=RolePolicies.from_stack(self.stack) if self._template == TEMPLATE else None,
            persistence=self._persistence,
            metrics=self.metrics,
        )
        close = process_setup.serve(listener, self._services.gateway)
        # Called in reverse: first nothing new starts, then what runs ends while its services still respond.
        executions = self._services.executions
        self._close_callbacks += [close, executions.wait_until_ended, functions.stop, self._stop_executions]
        self._close_callbacks += [self.faults.stop, self._services.bus.stop, executions.stop]
        self.faults.start(kill=functions.kill)

    def check(self) -> None:
        """Checks that the cloud can store data.

        Raises
        ------
        CloudError
            Data can no longer be stored (the disk is full, for instance). Nothing is accepted any more.
        """
        if self._persistence.failure:
            raise self._persistence.failure

    # ── public interface ─────────────────────────────────────────────────────────────────────────

    @property
    def api_url(self) -> str:
        """The URL of the HTTP API."""
        return self.endpoint_url

    def client(self, service: str) -> Any:
        """Returns the boto3 client of a service in this cloud."""
        return self._clients.get(service)

    def token(self, tenant: str | None = "demo", name: str = "teacher", **claims: Any) -> str:
        """Issues a bearer token for the HTTP API."""
        return self._tokens.issue(tenant, name, **claims)

    def calls(self, *, include_clients: bool = False) -> list[Call]:
        """Returns the AWS calls of the functions and the state machine in order, with `include_clients` all calls."""
        callers = {*self.stack.functions, STATE_MACHINE}
        return [call for call in self._call_log.snapshot() if include_clients or call.caller in callers]

    def clear_calls(self) -> None:
        self._call_log.clear()

    def events(self) -> list[dict[str, Any]]:
        """Returns all events that were put on the bus, in order."""
        return self._services.bus.events()

    def invoke(self, function: str, event: Any) -> Any:
        """Invokes a function by logical id, and returns its result or error as parsed JSON."""
        return json.loads(self._functions.invoke(function, event).result)

    # ── for the services ─────────────────────────────────────────────────────────────────────────

    def _send_failure_record(self, queue: str, message: str) -> None:
        sqs = self.client("sqs")
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"], MessageBody=message)

    def _stop_executions(self) -> None:
        """Stops the running executions: their threads must not call a port that is closed."""
        for arn in self._services.executions.running():
            self.client("stepfunctions").stop_execution(executionArn=arn, error="CloudStopped", cause="Stopped.")

    def _open_persistence(self, folder: Path | None) -> NullPersistence:
        if folder is None:
            return NullPersistence()
        from local.cloud.persistence import StorePersistence
        from local.cloud.store import Store

        store = Store(folder)
        self._close_callbacks.append(store.close)
        return StorePersistence(store)

    def _temporary_folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="gradeline-"))
        self._close_callbacks.append(lambda: shutil.rmtree(folder, ignore_errors=True))
        return folder

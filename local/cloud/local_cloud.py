"""The local cloud: everything `template.yaml` describes, on one loopback port, without an account and without Docker.

moto keeps S3, DynamoDB, SQS, Secrets Manager and Step Functions, and its interpreter runs the real state
machine. The Lambda and Textract services, the HTTP front door and the events are ours. See docs/local-cloud.md.
"""

import json
import logging
import os
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
from local.cloud.resources import Function
from local.cloud.role_policies import RolePolicies
from local.cloud.stack import Stack
from local.cloud.template import TemplateError
from local.cloud.textract_blocks import OcrReader
from local.cloud.tokens import AUDIENCE, TokenIssuer
from local.cloud.wiring import build_services

__all__ = ["CloudError", "LocalCloud"]

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template.yaml"
_single_instance_lock = threading.Lock()


class LocalCloud:
    """The stack of `template.yaml`, running. Use it as a context manager, or `start()` and `stop()` it.

    * `port` 0 takes a free one. `folder` keeps everything over a restart, however the cloud ended: what was
      stored, what was under way, logs, keys and secrets; without one they go when the cloud does.
    * `environment` is given to every function on top of its own (a model's API key, say);
      `parameters` are template parameters (`Model`, `TextractTps` …).
    * `ocr_processes` read pages side by side, one core each; `reader` replaces the OCR engine (tests).
    * `retry_seconds`: waits before an asynchronous call is tried again (AWS: 60 and 120).

    One cloud a process at a time: moto keeps its state in the process.
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

    # ── life ─────────────────────────────────────────────────────────────────────────────────────

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def start(self) -> Self:
        """Runs until `stop()`.

        Raises
        ------
        CloudError
            The port is taken, another cloud runs in this process, or something it needs is missing.
        """
        if not _single_instance_lock.acquire(blocking=False):
            raise CloudError("A local cloud is already running in this process; stop it before starting another.")
        self._close_callbacks.append(_single_instance_lock.release)
        try:
            self._start()
        except (TemplateError, ClientError) as error:
            self.stop()
            raise CloudError(f"The stack of {self._template.name} cannot be made: {error}") from error
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Ends everything that was started, last things first; no process is left when it returns."""
        while self._close_callbacks:
            close = self._close_callbacks.pop()
            try:
                close()
            except Exception:
                logging.getLogger("gradeline.local").exception("Something did not end in order")

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
            parameters=self._default_parameters() | self._parameters,
            secret=secrets.string,
            endpoint_url=self.endpoint_url,
        )
        self._serve(listener, self._start_reader(logs), self._start_functions(logs))
        provision(self.stack, lambda service: self._clients.of(service, PROVISION), secrets)
        self._resume_work()

    def _resume_work(self) -> None:
        """Puts back what was kept, opens the doors, and goes on with what was under way."""
        executions = self._services.executions
        restored = self._persistence.restore()
        executions.set_previous_executions(restored.running, restored.ended)
        self._persistence.start()
        self._services.gateway.ready.set()
        self._services.bus.start()
        executions.start()
        for call in restored.calls:
            self._functions.resume(call)

        def start(state_machine_arn: str, name: str, execution_input: str) -> None:
            self.client("stepfunctions").start_execution(
                stateMachineArn=state_machine_arn, name=name, input=execution_input
            )

        # Beside the new ones: each start takes the interpreter a moment.
        threading.Thread(target=executions.resume, args=(start,), daemon=True, name="executions-of-before").start()

    def _default_parameters(self) -> dict[str, str]:
        """The template's parameters as this machine wants them."""
        return {
            "JwtIssuer": self.endpoint_url,
            "JwtAudience": AUDIENCE,
            # The page is served here; by this other name of the machine it is another origin to a browser.
            "WebOrigin": self.endpoint_url.replace("127.0.0.1", "localhost"),
            # About what the engines do; asking for more only makes pages wait in line.
            "TextractTps": str(max(2, self._ocr_processes)),
        }

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
            environment=self._function_environment,
            send_failure_record=self._send_failure_record,
            persistence=self._persistence,
            metrics=self.metrics,
            retry_seconds=self._retry_seconds,
        )
        self._close_callbacks.append(self._functions.stop)
        return self._functions

    def _serve(self, listener: socket.socket, reader: OcrReader, functions: LambdaService) -> None:
        from moto.moto_server.werkzeug_app import MotoRequestHandler
        from werkzeug.serving import make_server

        self._services = build_services(
            self.stack,
            functions=functions,
            reader=reader,
            tokens=self._tokens,
            web=ROOT / "web",
            page_config=lambda: {"apiUrl": "", "token": self.token(), "local": True},
            log=self._call_log,
            faults=self.faults,
            # Another template is for stand-ins, whose code has other needs than the roles are made for.
            policies=RolePolicies.of(self.stack) if self._template == TEMPLATE else None,
            persistence=self._persistence,
            metrics=self.metrics,
        )
        port = listener.getsockname()[1]
        handler, fd = MotoRequestHandler, listener.fileno()
        server = make_server("127.0.0.1", port, self._services.gateway, threaded=True, request_handler=handler, fd=fd)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True, name="local-cloud")
        thread.start()

        def close() -> None:
            server.shutdown()
            thread.join(5)
            server.server_close()

        # The other way round: nothing new begins, what runs ends while its services still answer.
        executions = self._services.executions
        self._close_callbacks += [close, executions.wait_until_ended, functions.stop, self._stop_executions]
        self._close_callbacks += [self.faults.stop, self._services.bus.stop, executions.stop]
        self.faults.start(kill=functions.kill)

    def check(self) -> None:
        """
        Raises
        ------
        CloudError
            What is sent can no longer be kept: the disk is full, say. Nothing is accepted any more.
        """
        if self._persistence.failure:
            raise self._persistence.failure

    # ── what others use ──────────────────────────────────────────────────────────────────────────

    @property
    def api_url(self) -> str:
        """Where the HTTP API is."""
        return self.endpoint_url

    def client(self, service: str) -> Any:
        """A boto3 client of this cloud; one for each service."""
        return self._clients.of(service)

    def token(self, tenant: str | None = "demo", name: str = "teacher", **claims: Any) -> str:
        """A bearer token for the HTTP API."""
        return self._tokens.issue(tenant, name, **claims)

    def calls(self, *, include_clients: bool = False) -> list[Call]:
        """Every AWS call of the functions and the state machine, in order; with `everybody` clients' as well."""
        callers = {*self.stack.functions, STATE_MACHINE}
        return [call for call in self._call_log.snapshot() if include_clients or call.caller in callers]

    def clear_calls(self) -> None:
        self._call_log.clear()

    def events(self) -> list[dict[str, Any]]:
        """Everything that was put on the event bus, in order."""
        return self._services.bus.events()

    def invoke(self, function: str, event: Any) -> Any:
        """What a function (logical id) returns, or its error, as parsed JSON."""
        return json.loads(self._functions.call(function, event).result)

    # ── for the services ─────────────────────────────────────────────────────────────────────────

    def _function_environment(self, function: Function) -> dict[str, str]:
        return {
            **function.environment,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": function.logical_id,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_EC2_METADATA_DISABLED": "true",
            # Nothing of the machine's own AWS set-up gets in, and nothing goes through a proxy.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1,localhost",
            **self._extra_environment,
        }

    def _send_failure_record(self, queue: str, message: str) -> None:
        sqs = self.client("sqs")
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"], MessageBody=message)

    def _stop_executions(self) -> None:
        """Running executions end with their cloud; their threads would call a port that is gone."""
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

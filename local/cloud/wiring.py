"""Builds the services of the local cloud and connects them, once at start-up."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cloud.aws_calls import CallLog
from local.cloud.event_bus import EventBus
from local.cloud.fault_injection import FaultInjector
from local.cloud.gateway import Gateway, SerializedMoto, ServiceHandler
from local.cloud.http_api import HttpApi
from local.cloud.lambda_service import LambdaService
from local.cloud.metrics import Metrics
from local.cloud.null_persistence import NullPersistence
from local.cloud.resources import Function
from local.cloud.role_policies import MaskedNotFound, RolePolicies
from local.cloud.s3_notifications import BucketNotifications
from local.cloud.s3_service import S3Service
from local.cloud.stack import Stack
from local.cloud.step_functions_service import StepFunctionsService, describe_execution
from local.cloud.textract_blocks import OcrReader
from local.cloud.textract_service import TextractService
from local.cloud.tokens import AUDIENCE, TokenIssuer


@dataclass(frozen=True)
class CloudServices:
    """The application to serve, and those of its parts that are started and stopped."""

    gateway: Gateway
    bus: EventBus
    executions: StepFunctionsService


def build_services(
    stack: Stack,
    *,
    functions: LambdaService,
    reader: OcrReader,
    tokens: TokenIssuer,
    web: Path,
    page_config: Callable[[], dict[str, Any]],
    log: CallLog,
    faults: FaultInjector,
    policies: RolePolicies | None,
    persistence: NullPersistence,
    metrics: Metrics,
) -> CloudServices:
    """Builds everything behind the port; nothing runs yet."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    moto = SerializedMoto(DomainDispatcherApplication(create_backend_app))
    s3 = S3Service(moto, stack.upload_origins())
    deliver = faults.wrap_delivery(functions.invoke_async)
    bus = EventBus(stack.rules, invoke=deliver)
    executions = StepFunctionsService(bus, describe_execution, persistence)
    notifications = BucketNotifications(stack.notifications, invoke=deliver, look_up=s3.look_up)
    http_api = _build_http_api(stack, functions, tokens=tokens, web=web, page_config=page_config, metrics=metrics)
    services: list[ServiceHandler] = [functions, TextractService(reader, fetch=s3.read), bus, executions, s3]
    if policies:
        # The caller's permissions are checked before anything else.
        services = [policies, *services, MaskedNotFound(policies, moto)]
    gateway = Gateway(
        moto=moto,
        services=services,
        persistence=persistence,
        http_api=http_api.handle_request,
        observers=(notifications.observe, executions.observe),
        buckets=[stack.bucket(name) for name in stack.of_type("AWS::S3::Bucket")],
        # The page is served from this port, under both names of the machine.
        origins=[stack.endpoint_url, stack.endpoint_url.replace("127.0.0.1", "localhost"), *stack.cors.origins],
        log=log,
        faults=faults,
        count_transferred_bytes=s3.count_transferred_bytes,
    )
    return CloudServices(gateway, bus, executions)


def _build_http_api(
    stack: Stack,
    functions: LambdaService,
    *,
    tokens: TokenIssuer,
    web: Path,
    page_config: Callable[[], dict[str, Any]],
    metrics: Metrics,
) -> HttpApi:
    return HttpApi(
        stack.routes,
        cors=stack.cors,
        tokens=tokens,
        invoke=functions.invoke,
        web=web,
        security_policy=stack.page_security_policy(),
        page_config=page_config,
        api_id=stack.api_id,
        metrics=metrics,
    )


def default_parameters(endpoint_url: str, ocr_processes: int) -> dict[str, str]:
    """Returns the template parameters that depend on this machine."""
    return {
        "JwtIssuer": endpoint_url,
        "JwtAudience": AUDIENCE,
        # The page is served here; under the machine's other name it is another origin to a browser.
        "WebOrigin": endpoint_url.replace("127.0.0.1", "localhost"),
        # About what the OCR processes achieve; a higher rate only makes pages queue.
        "TextractTps": str(max(2, ocr_processes)),
    }


def function_environment(function: Function, endpoint_url: str, extra: Mapping[str, str]) -> dict[str, str]:
    """Returns a function's environment: the template's variables, the local endpoint, and `extra` over both."""
    return {
        **function.environment,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": function.logical_id,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
        # The machine's own AWS configuration is hidden, and no request goes through a proxy.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1,localhost",
        **extra,
    }

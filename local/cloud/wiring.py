"""Which service of the local cloud hears of what: put together once, at the start."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cloud.calls import CallLog
from local.cloud.edge import Edge, OneAtATime
from local.cloud.events import EventBus
from local.cloud.executions import Executions, describe_execution
from local.cloud.faults import Faults
from local.cloud.front import FrontDoor
from local.cloud.memory import Forgetful
from local.cloud.metrics import Metrics
from local.cloud.notifications import BucketNotifications
from local.cloud.policies import HiddenAbsence, Policies
from local.cloud.runtime import LambdaService
from local.cloud.s3 import S3Door
from local.cloud.stack import Stack
from local.cloud.textract import TextractService
from local.cloud.textract_blocks import Reader
from local.cloud.tokens import Tokens


@dataclass(frozen=True)
class Services:
    """The application to serve, and the parts of it that have a life of their own."""

    edge: Edge
    bus: EventBus
    executions: Executions


def wire(
    stack: Stack,
    *,
    functions: LambdaService,
    reader: Reader,
    tokens: Tokens,
    web: Path,
    page_config: Callable[[], dict[str, Any]],
    log: CallLog,
    faults: Faults,
    policies: Policies | None,
    keeper: Forgetful,
    metrics: Metrics,
) -> Services:
    """Everything behind the port; nothing runs yet."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    moto = OneAtATime(DomainDispatcherApplication(create_backend_app))
    s3 = S3Door(moto, stack.upload_origins())
    deliver = faults.delivering(functions.call_later)
    bus = EventBus(stack.rules, invoke=deliver)
    executions = Executions(bus, describe_execution, keeper)
    notifications = BucketNotifications(stack.notifications, invoke=deliver, look_up=s3.look_up)
    front = FrontDoor(
        stack.routes,
        cors=stack.cors,
        tokens=tokens,
        invoke=functions.call,
        web=web,
        policy=stack.page_policy(),
        page_config=page_config,
        api_id=stack.api_id,
        metrics=metrics,
    )
    # The caller's rights come before everything else.
    checked = [policies] if policies else []
    discreet = [HiddenAbsence(policies, moto)] if policies else []
    edge = Edge(
        moto=moto,
        services=(
            *checked,
            functions,
            TextractService(reader, fetch=s3.read),
            bus,
            executions,
            s3,
            *discreet,
        ),
        keeper=keeper,
        front=front.answer,
        observers=(notifications.observe, executions.observe),
        buckets=[stack.bucket(name) for name in stack.of_type("AWS::S3::Bucket")],
        # The page is served from the port itself, under either name of the machine.
        origins=[stack.endpoint_url, stack.endpoint_url.replace("127.0.0.1", "localhost"), *stack.cors.origins],
        log=log,
        faults=faults,
        moved=s3.moved,
    )
    return Services(edge, bus, executions)

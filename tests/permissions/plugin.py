"""A pytest plugin that collects the permissions that a run needed and compares them with the template at its end.

A call that no policy allows fails any run. A grant that no call used fails only a run of the whole suite: one without
selected files, without a filter and without a failure of its own.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from local.cloud.role_policies import PERMISSIONS_LOG_VARIABLE, read_required_permissions
from tests.permissions.grant_checks import (
    granted_permissions,
    load_reviewed_grants,
    missing_grants,
    role_holders,
    stale_reviewed_grants,
    unused_grants,
)

_FINDINGS = pytest.StashKey[list[str]]()
_FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    # A suite that runs inside another one adds to the outer one's collection.
    if PERMISSIONS_LOG_VARIABLE not in os.environ:
        config.stash[_FOLDER] = Path(tempfile.mkdtemp(prefix="gradeline-permissions-"))
        os.environ[PERMISSIONS_LOG_VARIABLE] = str(config.stash[_FOLDER])


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    folder = session.config.stash.get(_FOLDER, None)
    if folder is None:
        return
    granted, reviewed_grants = granted_permissions(), load_reviewed_grants()
    # Only tests of refusals use a principal that has no role in the template.
    known = role_holders()
    needed = {need for need in read_required_permissions(folder) if need.principal in known}
    missing, unused = missing_grants(needed, granted), []
    if _is_whole_suite(session):
        unused = unused_grants(needed, granted, reviewed_grants) + stale_reviewed_grants(
            needed, granted, reviewed_grants
        )
    session.config.stash[_FINDINGS] = missing + unused
    if (missing or unused) and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    findings = config.stash.get(_FINDINGS, [])
    if findings:
        terminalreporter.section("permissions", red=True)
        for sentence in findings:
            terminalreporter.line(sentence)


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = config.stash.get(_FOLDER, None)
    if folder is not None:
        del os.environ[PERMISSIONS_LOG_VARIABLE]
        shutil.rmtree(folder, ignore_errors=True)


def _is_whole_suite(session: pytest.Session) -> bool:
    config = session.config
    is_filtered = config.option.keyword or config.option.markexpr or config.option.collectonly
    return (
        config.args_source is pytest.Config.ArgsSource.TESTPATHS
        and not is_filtered
        and session.testscollected > 0
        and session.testsfailed == 0
        and session.exitstatus == pytest.ExitCode.OK
    )

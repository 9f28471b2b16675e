"""A pytest plugin: the needs of every cloud of this run, collected, and held against the template at the end.

What is called and not allowed fails any run. What is allowed and never called can only be known of the whole suite: a
run that was given no files, no filter, and had no failure of its own fails for it.
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
    # A suite inside a suite adds to what is collected already.
    if PERMISSIONS_LOG_VARIABLE not in os.environ:
        config.stash[_FOLDER] = Path(tempfile.mkdtemp(prefix="gradeline-needs-"))
        os.environ[PERMISSIONS_LOG_VARIABLE] = str(config.stash[_FOLDER])


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    folder = session.config.stash.get(_FOLDER, None)
    if folder is None:
        return
    given, reviewed_grants = granted_permissions(), load_reviewed_grants()
    # Only a test asks under a name that no role of the template has, to see itself refused.
    known = role_holders()
    needed = {need for need in read_required_permissions(folder) if need.principal in known}
    forbidden, unused = missing_grants(needed, given), []
    if _is_whole(session):
        unused = unused_grants(needed, given, reviewed_grants) + stale_reviewed_grants(needed, given, reviewed_grants)
    session.config.stash[_FINDINGS] = forbidden + unused
    if (forbidden or unused) and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
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


def _is_whole(session: pytest.Session) -> bool:
    config = session.config
    chosen = config.option.keyword or config.option.markexpr or config.option.collectonly
    return (
        config.args_source is pytest.Config.ArgsSource.TESTPATHS
        and not chosen
        and session.testscollected > 0
        and session.testsfailed == 0
        and session.exitstatus == pytest.ExitCode.OK
    )

"""The `gradeline` command line: parses the arguments, runs one command and prints every expected failure as a sentence.

Exit codes:

- 0: done.
- 1: some submissions were rejected or failed (they are listed), the API did not answer, or the folder of `serve` is
  in use, damaged or full.
- 2: bad usage.
- 130: stopped by Ctrl-C.
- 141: the reader of the output closed the pipe.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

DONE, SOME_FAILED, BAD_USAGE, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 130, 141


def main(arguments: Sequence[str] | None = None) -> int:
    options = make_parser().parse_args(arguments)
    try:
        code: int = options.command(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        _print_error("Stopped.")
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes stdout once more at exit; that must not fail either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as error:
        expected = _expected_exit_code(error)
        if expected is None:
            raise
        _print_error(f"gradeline: {error}")
        return expected
    return code


def make_parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="gradeline",
        description="Reads, stores and marks answer sheets side by side.",
        epilog="Exit codes: 0 done, 1 some submissions rejected or failed (listed), 2 bad usage.",
        allow_abbrev=False,
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_demo(commands)
    _add_serve(commands)
    _add_grade(commands)
    _add_smoke(commands)
    _add_recovery_commands(commands)
    _add_documents(commands)
    return top


def _add_command(commands: Any, name: str, *, help: str) -> Any:
    return commands.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.", allow_abbrev=False)


def _add_demo(commands: Any) -> None:
    demo = _add_command(commands, "demo", help="grade the sample sheets: live progress, marks, report page and CSV")
    demo.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help="where to write (default: out)")
    demo.add_argument(
        "--port", type=_parse_port, default=0, metavar="N", help="port of the local cloud (default: a free one)"
    )
    demo.add_argument("--keep", action="store_true", help="keep the local cloud running afterwards, until Ctrl-C")
    demo.set_defaults(command=_demo)


def _add_serve(commands: Any) -> None:
    serve = _add_command(commands, "serve", help="the local cloud with API, page and drop folder until Ctrl-C")
    serve.add_argument(
        "--port", type=_parse_port, default=8330, metavar="N", help="port, 0 for a free one (default: 8330)"
    )
    serve.add_argument(
        "--folder",
        type=Path,
        default=Path(".gradeline"),
        metavar="DIR",
        help="holds drop/ (put files there) and results/ (default: .gradeline)",
    )
    serve.set_defaults(command=_serve)


def _add_grade(commands: Any) -> None:
    grade = _add_command(commands, "grade", help="mark a folder of sheets, here or by a deployed stack")
    grade.add_argument("sheets", nargs="+", type=Path, metavar="SHEET", help="answer sheets, or folders of them")
    grade.add_argument("--paper", type=Path, required=True, metavar="P", help="the question paper")
    how = grade.add_mutually_exclusive_group()
    how.add_argument("--key", type=Path, metavar="K", help="the answer key, as a document")
    how.add_argument("--scheme", type=Path, metavar="S", help="the marking scheme, YAML or JSON")
    grade.add_argument(
        "--roster",
        type=Path,
        metavar="R.csv",
        help="the class list; a sheet whose file name is not on it is matched by the name written on the sheet",
    )
    grade.add_argument("--assessment", metavar="NAME", help="the assessment's name (default: the paper's file name)")
    grade.add_argument("--csv", type=Path, metavar="F", help="write the marks as a table")
    grade.add_argument("--json", metavar="F", help="write everything as JSON; - for standard output")
    grade.add_argument("--report", type=Path, metavar="F", help="write the report page")
    grade.add_argument("--api", metavar="URL", help="address of a deployed stack; the token comes from GRADELINE_TOKEN")
    grade.add_argument("--keep", action="store_true", help="keep the local cloud and its page afterwards, until Ctrl-C")
    grade.set_defaults(command=_grade)


def _add_smoke(commands: Any) -> None:
    smoke = _add_command(commands, "smoke", help="check a deployed stack: two sample sheets whose marks are known")
    smoke.add_argument(
        "--api", required=True, metavar="URL", help="address of the stack; the token comes from GRADELINE_TOKEN"
    )
    smoke.set_defaults(command=_smoke)


def _add_recovery_commands(commands: Any) -> None:
    resume = _add_command(commands, "resume", help="run failed or stuck submissions again (default: all that failed)")
    resume.add_argument("ids", nargs="*", metavar="ID", help="submission ids (default: every FAILED submission)")
    resume.set_defaults(command=_resume)
    sweep = _add_command(commands, "sweep", help="resume everything that is waiting, as the schedule does")
    sweep.set_defaults(command=_sweep)
    for command in (resume, sweep):
        where = command.add_mutually_exclusive_group()
        where.add_argument(
            "--url",
            default="http://127.0.0.1:8330",
            metavar="URL",
            help="where `gradeline serve` runs (default: http://127.0.0.1:8330)",
        )
        where.add_argument("--stack", metavar="NAME", help="a deployed stack, with the shell's AWS credentials")


def _add_documents(commands: Any) -> None:
    questions = _add_command(commands, "questions", help="list a paper's questions with their marks and warnings")
    questions.add_argument("paper", type=Path, metavar="PAPER")
    questions.add_argument("--json", action="store_true", help="one JSON document on standard output")
    questions.set_defaults(command=_questions)

    extract = _add_command(commands, "extract", help="print the transcript of a file")
    extract.add_argument("file", type=Path, nargs="?", metavar="FILE")
    extract.add_argument("--json", action="store_true", help="one JSON document on standard output")
    extract.add_argument(
        "--sheet", action="store_true", help="read it as an answer sheet: its text layer must agree with its image"
    )
    extract.add_argument(
        "--textract-response",
        type=Path,
        nargs="+",
        default=[],
        metavar="R.json",
        help="read saved Textract responses (one, or the parts of one job in order) instead of a file",
    )
    extract.set_defaults(command=_extract)

    evaluate = _add_command(commands, "evaluate", help="measure how well the configured marker agrees with human marks")
    evaluate.add_argument(
        "file", type=Path, metavar="FILE.csv", help="columns question, reference, answer, max_marks, human_marks"
    )
    evaluate.add_argument("--json", action="store_true", help="one JSON document on standard output")
    evaluate.set_defaults(command=_evaluate)


# Each command imports its module when it is called: this keeps `--help` and the small commands fast.


def _demo(options: argparse.Namespace) -> int:
    from local.cli import demo

    return demo.run(out=options.out, port=options.port, keep=options.keep, stdout=_stdout(), stderr=_stderr())


def _serve(options: argparse.Namespace) -> int:
    from local.cli import serve

    return serve.run(port=options.port, folder=options.folder, stdout=_stdout(), stderr=_stderr())


def _grade(options: argparse.Namespace) -> int:
    from local.cli import grade_command

    names = ("paper", "sheets", "key", "scheme", "roster", "assessment", "csv", "json", "report", "api", "keep")
    request = grade_command.GradeOptions(**{name: getattr(options, name) for name in names})
    return grade_command.run(request, stdout=_stdout(), stderr=_stderr())


def _smoke(options: argparse.Namespace) -> int:
    from local.cli import smoke

    return smoke.run(api=options.api, stdout=_stdout(), stderr=_stderr())


def _resume(options: argparse.Namespace) -> int:
    from local.cli import recovery

    return recovery.resume(
        options.ids, invoke_recover=recovery.recover_invoker(url=options.url, stack=options.stack), stdout=_stdout()
    )


def _sweep(options: argparse.Namespace) -> int:
    from local.cli import recovery

    return recovery.sweep(
        invoke_recover=recovery.recover_invoker(url=options.url, stack=options.stack), stdout=_stdout()
    )


def _questions(options: argparse.Namespace) -> int:
    from local.cli import document_commands

    return document_commands.questions(options.paper, as_json=options.json, stdout=_stdout(), stderr=_stderr())


def _extract(options: argparse.Namespace) -> int:
    from local.cli import document_commands

    return document_commands.extract(
        options.file,
        options.textract_response,
        sheet=options.sheet,
        as_json=options.json,
        stdout=_stdout(),
        stderr=_stderr(),
    )


def _evaluate(options: argparse.Namespace) -> int:
    from local.cli import document_commands

    return document_commands.evaluate(options.file, as_json=options.json, stdout=_stdout(), stderr=_stderr())


def _expected_exit_code(error: Exception) -> int | None:
    """Return the exit code of a failure whose message explains it to the user; None for a bug."""
    from core.models.errors import GradelineError
    from local.cli.api_client import ApiError, ApiUnreachable, InsecureApiUrl
    from local.cli.grading_session import UnusablePaper
    from local.cli.status_polling import PollingTimedOut
    from local.cli.submitted_files import UsageError
    from local.cloud.process_setup import CloudError
    from local.cloud.store_file import StoreError

    if isinstance(error, StoreError):
        return SOME_FAILED
    if isinstance(error, UsageError | InsecureApiUrl | CloudError):
        return BAD_USAGE
    if isinstance(error, ApiError | ApiUnreachable | UnusablePaper | PollingTimedOut | GradelineError):
        return SOME_FAILED
    # For example a read-only folder or a full disk: the operating system's message names the file.
    return BAD_USAGE if isinstance(error, OSError) else None


def _parse_port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a number") from None
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"a port is between 0 and 65535, not {port}")
    return port


def _stdout() -> Any:
    from local.cli.console import PlainConsole

    return PlainConsole()


def _stderr() -> Any:
    from local.cli.console import PlainConsole

    return PlainConsole(stderr=True)


def _print_error(sentence: str) -> None:
    print(sentence, file=sys.stderr)

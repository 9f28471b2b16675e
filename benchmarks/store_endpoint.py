"""S3 and DynamoDB on loopback (moto) in a process of their own, so that their CPU time is not the reader's.

    python -m benchmarks.store_endpoint

Prints its address and serves until its standard input is closed.
"""

import logging

from benchmarks.loopback import exit_when_stdin_closes


def main() -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class KeepAliveHandler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"  # keeps connections open, as AWS does

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(
        "127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True, request_handler=KeepAliveHandler
    )
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    exit_when_stdin_closes()
    server.serve_forever()


if __name__ == "__main__":
    main()

"""MiniStack, with two of its waits switched off and one condition added. Run as a program it is the emulator itself.

Both waits are about a hundred times longer than the work between them: Nagle's algorithm on the
Runtime API that functions poll, and fifty milliseconds for a log line that mostly is there already.

The condition is `kms:EncryptionContext:…`: roles may use the key of personal data for its purpose only, and an
emulator that does not know the condition would refuse them.
"""

import json
import socketserver
from typing import Any

from ministack import app
from ministack.core import iam_actions, lambda_runtime

FIRST_LINE_WAIT, IDLE_CONFIRM, HARD_CAP = 0.002, 0.001, 0.25


def main() -> None:
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    for worker in vars(lambda_runtime).values():
        if drain := vars(worker).get("_drain_stderr_bounded") if isinstance(worker, type) else None:
            drain.__defaults__ = (FIRST_LINE_WAIT, IDLE_CONFIRM, HARD_CAP)
    iam_actions.request_tag_context = with_encryption_context(iam_actions.request_tag_context)
    app.main()


def with_encryption_context(known: Any) -> Any:
    """What a request says of itself, with the encryption context of a request to KMS."""

    def found(service: str, action: str, body: bytes, parameters: Any) -> dict[str, Any]:
        conditions = dict(known(service, action, body, parameters))
        if service == "kms":
            context = json.loads(body or b"{}").get("EncryptionContext", {})
            conditions |= {f"kms:EncryptionContext:{name}": value for name, value in context.items()}
        return conditions

    return found


if __name__ == "__main__":
    main()

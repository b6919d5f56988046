"""What the demo tells a person once it is up: addresses, logins, and a first chain of requests."""

import json
from pathlib import Path
from typing import Any

from house import REGION, ROOT, STATE

LOGINS = STATE / "logins.json"
PLATFORM_ADMIN = {"who": "platform administrator", "sub": "platform", "role": "platform_admin"}


def text(api: str, simulator: str, endpoint: str, stack: str) -> str:
    """The whole page."""
    logins = _logins()
    first = next((login for login in logins if login["role"] == "guardian"), logins[0])
    return f"""
The platform is up. Ctrl-C stops it; the records stay until `make demo-reset`.

  API             {api}
  documentation   {api}/docs
  OpenAPI         {api}/openapi.json
  WeChat Pay      {simulator}   (simulator: payments, pay page, fault switches)
  AWS             {endpoint}   (key test, secret test, region {REGION}, stack {stack})
  logs            {(STATE / "log").relative_to(ROOT)}

Demo logins, for the simulator's token issuer:

{_table(logins)}

Try it:

  API={api}
  TOKEN=$(curl -s {simulator}/_sim/token -H 'content-type: application/json' \\
    -d '{_body(first)}' | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
  curl -s $API/health
  curl -s $API/children -H "Authorization: Bearer $TOKEN"
  CHILD=$(curl -s $API/children -H "Authorization: Bearer $TOKEN" | sed 's/.*"student_id":"\\([^"]*\\)".*/\\1/')
  curl -s "$API/terms?student_id=$CHILD" -H "Authorization: Bearer $TOKEN"
  curl -s "$API/offerings?term=2026-2027-1&student_id=$CHILD" -H "Authorization: Bearer $TOKEN"
  curl -s "$API/enrollments?student_id=$CHILD" -H "Authorization: Bearer $TOKEN"
"""


def _logins() -> list[dict[str, Any]]:
    """Those the seeding wrote down; without them, the one login that needs no record."""
    if not LOGINS.exists():
        return [PLATFORM_ADMIN]
    return list(json.loads(Path(LOGINS).read_text(encoding="utf-8")))


def _table(logins: list[dict[str, Any]]) -> str:
    return "\n".join(f"  {_body(login)}   {login.get('who', '')}" for login in logins)


def _body(login: dict[str, Any]) -> str:
    """The request for a token."""
    asked = {name: login[name] for name in ("sub", "role", "school") if login.get(name)}
    return json.dumps(asked, ensure_ascii=False, separators=(",", ":"))

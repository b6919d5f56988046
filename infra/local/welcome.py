"""What the demo tells a person once it is up: addresses, logins, and a first chain of requests."""

import json
from pathlib import Path
from typing import Any

from house import REGION, ROOT, STATE

LOGINS = STATE / "logins.json"
SYSTEM_ADMIN = {"who": "系统管理员", "name": "示例系统员", "phone": "19800000001"}


def text(api: str, simulator: str, endpoint: str, stack: str) -> str:
    """The whole page."""
    logins = _logins()
    first = logins[-1]
    return f"""
The platform is up. Ctrl-C stops it; the records stay until `make demo-reset`.

  API             {api}
  documentation   {api}/docs
  OpenAPI         {api}/openapi.json
  WeChat Pay      {simulator}   (simulator: payments, pay page, fault switches)
  AWS             {endpoint}   (key test, secret test, region {REGION}, stack {stack})
  logs            {(STATE / "log").relative_to(ROOT)}

Demo logins, by the province's platform (simulated): phone, name, who it is:

{_table(logins)}

Try it: begin, sign in at the province as {first["who"]}, finish.

  API={api}
  field() {{ sed "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/"; }}
  parameter() {{ sed "s/.*[?&]$1=\\([^&]*\\).*/\\1/"; }}
  BEGUN=$(curl -s -X POST $API/sign-in/province)
  URL=$(echo "$BEGUN" | field authorize_url)      # or open it in a browser
  BACK=$(curl -s -o /dev/null -w '%{{redirect_url}}' "$URL" -d phone={first["phone"]})
  ANSWER='{{"code":"%s","state":"%s","binding":"%s"}}'
  BODY=$(printf "$ANSWER" $(echo "$BACK" | parameter code) $(echo "$BACK" | parameter state) $(echo "$BEGUN" | field binding))
  TOKEN=$(curl -s $API/sign-in/province/finish -H 'content-type: application/json' -d "$BODY" | field access_token)
  curl -s $API/me -H "Authorization: Bearer $TOKEN"
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
        return [SYSTEM_ADMIN]
    return list(json.loads(Path(LOGINS).read_text(encoding="utf-8")))


def _table(logins: list[dict[str, Any]]) -> str:
    return "\n".join(f"  {login['phone']}  {login['name']}  {login['who']}" for login in logins)

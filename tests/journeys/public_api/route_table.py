"""Every HTTP route by whom it is for, and with what strangers are answered."""

from chatbot.domain.principal import Role

ANSWER = {"questions": ["What?"], "answer": "That."}
EVENT = {"kind": "order", "at": "2026-11-01T10:00:00Z"}
RULE = {"title": "Greet", "text": "Say hello."}

OPEN = {
    "GET /",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /widget.js",
    "GET /widget/panel.js",
    "GET /login",
    "GET /schema",
    "GET /schema/openapi.json",
    "GET /schema/{path}",
    "GET /static/{file_path}",
    "POST /login",
    "POST /logout",
    "POST /api/v1/widget/session",
}
VISITORS = {
    "GET /api/v1/widget/conversations": 200,
    "GET /api/v1/conversations/{conversation_id}/messages": 404,
}
"""With what another visitor's token is answered."""

KEYS: dict[str, tuple[int, object]] = {
    "GET /api/v1/customers/{external_id}": (404, None),
    "PUT /api/v1/customers/{external_id}": (200, {"name": "Mallory"}),
    "POST /api/v1/customers/{external_id}/events": (404, EVENT),
    "GET /api/v1/answers": (200, None),
    "GET /api/v1/answers/{answer_id}": (404, None),
    "PUT /api/v1/answers/{answer_id}": (201, ANSWER),
    "DELETE /api/v1/answers/{answer_id}": (404, None),
    "POST /api/v1/answers/import": (200, b'{"answer_id": "a", "title": "A", "answer": "B"}'),
    "GET /api/v1/tickets": (200, None),
    "GET /api/v1/tickets/{number}": (404, None),
    "PATCH /api/v1/tickets/{number}": (404, {"status": "closed"}),
    "GET /api/v1/rules": (200, None),
    "GET /api/v1/rules/{rule_id}": (404, None),
    "PUT /api/v1/rules/{rule_id}": (200, RULE),
    "DELETE /api/v1/rules/{rule_id}": (404, None),
    "POST /api/v1/questions": (202, {"text": "xyzzy"}),
    "GET /api/v1/questions/{question_id}": (404, None),
    "GET /api/v1/usage": (200, None),
}
"""What another workspace's key is answered with, and the body it sends."""

_THREAD = "/console/conversations/{conversation_id}"
_TICKET = "/console/tickets/{number}"
_SUGGESTION = "/admin/suggestions/{suggestion_id}"
PAGES: dict[str, Role] = {
    "GET /account": "agent",
    "POST /account/theme": "agent",
    "POST /account/password": "agent",
    "GET /console": "agent",
    "GET /console/rows": "agent",
    f"GET {_THREAD}": "agent",
    f"GET {_THREAD}/head": "agent",
    f"GET {_THREAD}/receipt": "agent",
    f"GET {_THREAD}/events": "agent",
    f"POST {_THREAD}/take-over": "agent",
    f"POST {_THREAD}/hand-back": "agent",
    f"POST {_THREAD}/resolve": "agent",
    f"POST {_THREAD}/say": "agent",
    f"POST {_THREAD}/typing": "agent",
    "GET /console/tickets": "agent",
    f"GET {_TICKET}": "agent",
    f"POST {_TICKET}/accept": "agent",
    f"POST {_TICKET}/save": "agent",
    f"POST {_TICKET}/reject": "agent",
    f"POST {_TICKET}/close": "agent",
    f"POST {_TICKET}/reopen": "agent",
    "GET /console/customers/{customer_id}": "agent",
    "GET /admin/answers": "admin",
    "GET /admin/answers/new": "admin",
    "POST /admin/answers/new": "admin",
    "GET /admin/answers/edit/{key}": "admin",
    "POST /admin/answers/edit/{key}": "admin",
    "POST /admin/answers/archive/{key}": "admin",
    "POST /admin/answers/revive/{key}": "admin",
    "POST /admin/answers/preview": "admin",
    "POST /admin/answers/match": "admin",
    "GET /admin/answers/history/{key}": "admin",
    "POST /admin/answers/restore/{key}": "admin",
    "GET /admin/answers/import": "admin",
    "POST /admin/answers/import": "admin",
    "GET /admin/answers/export": "admin",
    "POST /admin/answers/impact": "admin",
    "GET /admin/answers/quality": "admin",
    "POST /admin/answers/quality": "admin",
    "GET /admin/suggestions": "admin",
    "POST /admin/suggestions/look": "admin",
    f"GET {_SUGGESTION}": "admin",
    f"GET {_SUGGESTION}/answers": "admin",
    f"POST {_SUGGESTION}": "admin",
    f"POST {_SUGGESTION}/merge": "admin",
    f"POST {_SUGGESTION}/dismiss": "admin",
    f"POST {_SUGGESTION}/reopen": "admin",
    "GET /admin/rules": "admin",
    "GET /admin/rules/new": "admin",
    "POST /admin/rules/new": "admin",
    "GET /admin/rules/edit/{key}": "admin",
    "POST /admin/rules/edit/{key}": "admin",
    "POST /admin/rules/toggle/{key}": "admin",
    "POST /admin/rules/preview": "admin",
    "GET /admin/calls": "admin",
    "GET /admin/incidents": "admin",
    "GET /admin/sites": "owner",
    "POST /admin/sites/settings": "owner",
    "POST /admin/sites/keys": "owner",
    "POST /admin/sites/keys/{key_id}/revoke": "owner",
    "POST /admin/sites/secret": "owner",
    "POST /admin/sites/webhook": "owner",
    "POST /admin/sites/webhook/secret": "owner",
    "POST /admin/sites/webhook/test": "owner",
    "POST /admin/sites/webhook/remove": "owner",
    "GET /admin/people": "owner",
    "POST /admin/people": "owner",
    "POST /admin/people/{user_id}/password": "owner",
    "POST /admin/people/{user_id}/disable": "owner",
    "POST /admin/people/{user_id}/enable": "owner",
}
"""The least role that each page lets in."""

SIGNED_OUT = {303, 401}
NOTHING_TO_CHANGE = {400, 404}

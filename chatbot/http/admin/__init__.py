"""The admins' pages; what could open the company to others is for owners only."""

from litestar import Router

from chatbot.http.admin.answers import (
    archive_answer,
    create_answer,
    list_answers,
    new_answer,
    revive_answer,
    save_answer,
    show_answer,
)
from chatbot.http.admin.calls import show_calls
from chatbot.http.admin.exchange import export_answers, show_import, take_import
from chatbot.http.admin.history import restore_answer, show_history
from chatbot.http.admin.impact import show_impact
from chatbot.http.admin.incidents import show_incidents
from chatbot.http.admin.people import (
    add_person,
    disable_person,
    enable_person,
    reset_password,
    show_people,
)
from chatbot.http.admin.quality import set_risk, show_quality
from chatbot.http.admin.rules import (
    create_rule,
    list_rules,
    new_rule,
    preview_rule,
    save_rule,
    show_rule,
    toggle_rule,
)
from chatbot.http.admin.sites import (
    create_key,
    replace_secret,
    revoke_key,
    save_settings,
    show_sites,
)
from chatbot.http.admin.suggestions import (
    dismiss_suggestion,
    find_answers,
    list_suggestions,
    look_now,
    merge_suggestion,
    reopen_suggestion,
    save_suggestion,
    show_suggestion,
)
from chatbot.http.admin.trying import preview_answer, try_answer
from chatbot.http.admin.webhooks import (
    remove_webhook,
    replace_webhook_secret,
    save_webhook,
    try_webhook,
)
from chatbot.http.pages import ERRORS, PageHeaders
from chatbot.http.visits import signed_in

_CURATION = Router(
    "/",
    route_handlers=[
        list_answers,
        new_answer,
        create_answer,
        show_answer,
        save_answer,
        archive_answer,
        revive_answer,
        preview_answer,
        try_answer,
        show_history,
        restore_answer,
        show_import,
        take_import,
        export_answers,
        show_impact,
        show_quality,
        set_risk,
        list_suggestions,
        look_now,
        show_suggestion,
        find_answers,
        save_suggestion,
        merge_suggestion,
        dismiss_suggestion,
        reopen_suggestion,
        list_rules,
        new_rule,
        create_rule,
        show_rule,
        save_rule,
        toggle_rule,
        preview_rule,
        show_calls,
        show_incidents,
    ],
    guards=[signed_in("admin")],
)
_OWNERS = Router(
    "/",
    route_handlers=[
        show_sites,
        save_settings,
        create_key,
        revoke_key,
        replace_secret,
        save_webhook,
        replace_webhook_secret,
        try_webhook,
        remove_webhook,
        show_people,
        add_person,
        reset_password,
        disable_person,
        enable_person,
    ],
    guards=[signed_in("owner")],
)

routes: list[Router] = [
    Router(
        "/admin",
        route_handlers=[_CURATION, _OWNERS],
        middleware=[PageHeaders()],
        exception_handlers=ERRORS,
        include_in_schema=False,
    )
]

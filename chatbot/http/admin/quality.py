"""How the bank does: coverage day by day, how often it was wrong, and the risk dial."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect

from chatbot.answers.quality import DIAL, Curve, interval, turn_dial
from chatbot.errors import Malformed, TooLarge, Unavailable
from chatbot.http.forms import Form
from chatbot.http.frame import frame_of
from chatbot.http.office import Office
from chatbot.http.pages import page, see
from chatbot.http.visits import AnyRequest, visit_of

_DAYS, _JUDGED_DAYS = 14, 90
_WIDTH, _HEIGHT = 560, 200
"""Of the curve, in units of its own; its axes end at the dial's last position and at 100 %."""


@get("/answers/quality")
async def show_quality(
    request: AnyRequest, office: NamedDependency[Office], done: FromQuery[str] = ""
) -> Response[Any]:
    """Coverage by day, what customers judged, and what each position of the dial would answer."""
    by = visit_of(request).principal
    async with office.desk.store.begin(by) as db:
        frame = await frame_of(db, request, "book")
        amounts = await db.answers.counts()
        days = await db.given.days(db.now - timedelta(days=_DAYS))
        saved = await db.given.saved(db.now - timedelta(days=_JUDGED_DAYS))
    risk = frame["workspace"].settings.risk
    curve, why = None, ""
    try:
        async with office.previews:
            curve = await office.curves.draw(
                today=frame["now"].astimezone(frame["zone"]).date(),
                by=by,
                store=office.desk.store,
                encoder=office.house.encoder,
                fitted=office.house.bank.fingerprint,
                risks=sorted({*DIAL, risk}),
            )
    except (TooLarge, Unavailable) as error:
        why = str(error)
    judged = saved["helpful"] + saved["unhelpful"]
    in_use = office.house.bank.in_use(by.workspace)
    return page(
        "admin/quality.html",
        frame,
        amounts=amounts,
        days=_shares(days),
        total=_total(days),
        saved=saved,
        judged=judged,
        between=interval(saved["unhelpful"], judged),
        risk=risk,
        curve=curve,
        positions=sorted({*DIAL, risk}),
        drawn=_drawn(curve) if curve else None,
        why=why,
        owns=in_use.owns() if in_use else {},
        done=done,
        judged_days=_JUDGED_DAYS,
    )


@post("/answers/quality")
async def set_risk(request: AnyRequest, office: NamedDependency[Office]) -> Redirect:
    """Turn the dial; the next question is held to it."""
    form = await Form.read(request)
    try:
        risk = float(form.line("risk", longest=10))
    except ValueError as error:
        raise Malformed("Choose a position of the dial.") from error
    by = visit_of(request).principal
    async with office.desk.store.begin(by) as db:
        known = {*DIAL, (await db.home.get()).settings.risk}
    if risk not in known:
        raise Malformed("Choose one of the dial's positions.")
    await turn_dial(risk, by=by, store=office.desk.store)
    office.sites.forget()
    return see("/admin/answers/quality?done=turned")


def _shares(days: Sequence[tuple[Any, Mapping[str, int]]]) -> list[Mapping[str, Any]]:
    shown: list[Mapping[str, Any]] = []
    for day, verdicts in reversed(days):
        of = sum(verdicts.values())
        shares = {name: verdicts.get(name, 0) / of for name in ("answer", "choices", "abstain")}
        shown.append({"day": day, "questions": of, **shares})
    return shown


def _total(days: Sequence[tuple[Any, Mapping[str, int]]]) -> Mapping[str, Any]:
    questions = sum(sum(verdicts.values()) for _, verdicts in days)
    answered = sum(verdicts.get("answer", 0) for _, verdicts in days)
    return {"questions": questions, "share": answered / questions if questions else None}


def _drawn(curve: Curve) -> Mapping[str, Any]:
    """The curve as points of a drawing, by the position of the dial."""
    last = curve.points[-1].risk
    spots = [
        (point.risk, round(point.risk / last * _WIDTH, 1), round((1 - point.covered) * _HEIGHT, 1))
        for point in curve.points
    ]
    line = " ".join(f"{x},{y}" for _, x, y in spots)
    return {"line": f"0,{_HEIGHT} {line}", "spots": spots, "width": _WIDTH, "height": _HEIGHT}

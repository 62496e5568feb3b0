"""Answers in and out as files."""

import asyncio
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.di import NamedDependency

from chatbot.answers.articles import hosts_in
from chatbot.answers.exporting import export_rows, written
from chatbot.answers.files import AnswerRow, BadRow, Kind, parted, read_upload
from chatbot.answers.folders import Articles, holds_pages, read_sent
from chatbot.answers.importing import Change, import_rows
from chatbot.errors import Malformed, Rejected
from chatbot.http.admin.differences import Difference, differences
from chatbot.http.frame import frame_of
from chatbot.http.office import Office
from chatbot.http.pages import page
from chatbot.http.visits import AnyRequest, visit_of

_SHOWN = 50  # changes shown one by one
_READABLE = (".jsonl", ".csv", ".json", ".txt")


@get("/answers/import")
async def show_import(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    return await _page(request, office)


@post("/answers/import", status_code=200)
async def take_import(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    """
    Good rows are taken, each bad one is named by its line.

    With `then` set to `preview`, nothing is taken: the page shows what would be.
    """
    form = await request.form()
    preview = form.get("then") == "preview"
    try:
        name, good, bad = await _read(form)
        async with office.imports:
            report = await import_rows(
                good,
                bad,
                by=visit_of(request).principal,
                store=office.desk.store,
                bus=office.desk.bus,
                dry_run=preview,
            )
    except Rejected as error:
        # htmx shows what came with a good status only
        status = 200 if "hx-request" in request.headers else error.status
        return await _page(request, office, wrong=str(error), status=status)
    changes = [(change, _differences(change)) for change in report.shown[:_SHOWN]]
    hosts = await asyncio.to_thread(hosts_in, good)
    shown = {
        "name": name,
        "preview": preview,
        "report": report,
        "changes": changes,
        "hosts": sorted(hosts),
    }
    return await _page(request, office, shown=shown)


async def _read(form: FormMultiDict) -> tuple[str, Sequence[AnswerRow], Sequence[BadRow]]:
    """The file's name, its good rows and its bad ones."""
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Malformed("No file was chosen: pick JSONL, CSV, Markdown, HTML or a .zip of pages.")
    name = Path(file.filename).name
    body = await file.read()
    if holds_pages(name):
        how = Articles(str(form.get("address") or "").strip(), publish=form.get("publish") == "on")
        rows = await asyncio.to_thread(lambda: parted(read_sent(name, io.BytesIO(body), how)))
        return name, *rows
    if not name.lower().endswith(_READABLE):
        raise Malformed(f"{name} is none of JSONL, CSV, Markdown, HTML and .zip.")
    kind: Kind = "csv" if name.lower().endswith(".csv") else "jsonl"
    return name, *await asyncio.to_thread(read_upload, body, kind)


def _differences(change: Change) -> Sequence[Difference]:
    before = change.before
    return [] if before is None else differences(before, change.row.content)


@get("/answers/export")
async def export_answers(request: AnyRequest, office: NamedDependency[Office]) -> Response[bytes]:
    """Every answer, in the form that an import takes."""
    rows = await export_rows(visit_of(request).principal, office.desk.store)
    return Response(
        written(rows, "jsonl").encode(),
        media_type="application/x-ndjson",
        headers={"content-disposition": 'attachment; filename="answers.jsonl"'},
    )


async def _page(
    request: AnyRequest,
    office: Office,
    *,
    shown: Mapping[str, Any] | None = None,
    wrong: str = "",
    status: int = 200,
) -> Response[Any]:
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "book")
    most_mb = office.settings.limits.import_bytes // (1024 * 1024)
    return page(
        "admin/import.html", frame, status=status, shown=shown, wrong=wrong, most_mb=most_mb
    )

"""Answers in and out as files."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency

from chatbot.answers.files import Kind, read_upload
from chatbot.answers.importing import export_rows, import_rows, written
from chatbot.errors import Malformed, Rejected
from chatbot.http.frame import frame_of
from chatbot.http.office import Office
from chatbot.http.pages import page
from chatbot.http.visits import AnyRequest, visit_of


@get("/answers/import")
async def show_import(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    return await _page(request, office)


@post("/answers/import", status_code=200)
async def take_import(request: AnyRequest, office: NamedDependency[Office]) -> Response[Any]:
    """Good rows are taken, each bad one is named by its line."""
    file = (await request.form()).get("file")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise Malformed("No file was chosen: pick a JSONL or CSV file.")
        name = Path(file.filename).name
        kind: Kind = "csv" if name.lower().endswith(".csv") else "jsonl"
        good, bad = await asyncio.to_thread(read_upload, await file.read(), kind)
        report = await import_rows(
            good, bad, by=visit_of(request).principal, store=office.desk.store, bus=office.desk.bus
        )
    except Rejected as error:
        return await _page(request, office, wrong=str(error), status=error.status)
    shown = {
        "name": name,
        "created": report.new,
        "changed": report.changed,
        "same": report.unchanged,
        "refused": [str(row) for row in report.bad],
    }
    return await _page(request, office, report=shown)


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
    report: Mapping[str, Any] | None = None,
    wrong: str = "",
    status: int = 200,
) -> Response[Any]:
    async with office.desk.store.begin(visit_of(request).principal) as db:
        frame = await frame_of(db, request, "book")
    most_mb = office.settings.limits.import_bytes // (1024 * 1024)
    shown = {"report": report, "wrong": wrong, "most_mb": most_mb}
    return page("admin/import.html", frame, status=status, **shown)

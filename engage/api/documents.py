"""Documents that the team shares with a person's family: attached, looked at, taken back.

Who of the family sees one is what the person allowed of documents; nothing is shared by attaching
it alone. This room refuses to serve anything that a browser would run.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import audit, feed
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.ids import Own, chosen
from engage.api.once import Made, in_turn, once
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.refusals import IdTaken
from engage.db.session import Work
from engage.errors import NotFound
from engage.family.documents import (
    LARGEST,
    LONGEST_TITLE,
    MEDIA,
    About,
    Document,
    Format,
    file_name,
    read_content,
    read_document_title,
    store,
)
from engage.ids import PatientId, PracticeId, StaffId
from engage.people.sharing.grant import Sensitive

MOST: Final = 200
MOST_BYTES: Final = LARGEST * 4 // 3 + 8192
"""A body with the largest document in base64."""
FILE: Final = "application/octet-stream"
_ID: Final = "/id"


class NewDocumentIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document to share."""

    title: Annotated[str, Meta(min_length=1, max_length=LONGEST_TITLE, examples=["Care plan"])]
    about: About
    content: Annotated[
        bytes, Meta(description="The file in base64: a PDF, a PNG or a JPEG of at most 3 MB.")
    ]
    sensitive: Annotated[
        Sensitive | None,
        Meta(description="Seen only by whom the patient allowed documents of this kind by name."),
    ] = None
    id: Own[UUID | None] = None

    def __repr__(self) -> str:
        """Hide the words and the file."""
        return f"NewDocumentIn(about={self.about!r}, …)"


class DocumentOut(Struct, frozen=True, kw_only=True):
    """A document that is shared."""

    practice_id: PracticeId
    id: UUID
    patient_id: PatientId
    title: str
    about: About
    format: Format
    bytes: int
    sensitive: Sensitive | None
    added_by: StaffId
    added_at: datetime

    def __repr__(self) -> str:
        """Hide the words."""
        return f"DocumentOut(about={self.about!r}, …)"


class DocumentList(Struct, frozen=True):
    """What is shared of a patient, the newest first, at most 200."""

    items: tuple[DocumentOut, ...]


@get(
    "/patients/{patient_id:uuid}/documents",
    opt=needs("patient.read"),
    operation_id="listDocuments",
    summary="Documents shared with a patient's family",
)
async def list_documents(
    patient_id: FromPath[UUID], visit: NamedDependency[Visit], parts: NamedDependency[Parts]
) -> DocumentList:
    """Return what is shared; that it was looked at is recorded."""
    practice, person = await find(parts.database, visit, "patient", patient_id), patient_id
    keys = await parts.vault.keys(practice)
    async with parts.database.work([practice], practice) as work:
        found = await store.of_patient(work, keys, PatientId(person), MOST)
        await audit.record_patients(
            work,
            practice,
            parts.clock.now(),
            by=audit.By.staff(visit.staff_id),
            action="patient.documents",
            patients=[PatientId(person)],
        )
    return DocumentList(tuple(map(_out, found)))


@post(
    "/patients/{patient_id:uuid}/documents",
    opt=needs("patient.write"),
    operation_id="addDocument",
    summary="Share a document with a patient's family",
    status_code=HTTPStatus.CREATED,
    request_max_body_size=MOST_BYTES,
)
async def post_document(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[NewDocumentIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[DocumentOut]:
    """Keep it sealed; whoever may see documents of the patient has it at their next look."""
    practice = await find(parts.database, visit, "patient", patient_id)
    keys, at = await parts.vault.keys(practice), parts.clock.now()
    new = Document(
        practice_id=practice,
        id=chosen(data.id, parts.clock),
        patient_id=PatientId(patient_id),
        about=data.about,
        title=read_document_title(data.title),
        format=read_content(data.content),
        bytes=len(data.content),
        sensitive=data.sensitive,
        added_by=visit.staff_id,
        added_at=at,
    )

    async def act(work: Work) -> Made:
        if await store.whose(work, practice, new.id) is not None:
            raise IdTaken(_ID)
        await store.add(work, keys, new, data.content)
        await _record(work, visit, new.patient_id, practice, new.id, "document.add", at)
        return Made(_out(new), HTTPStatus.CREATED)

    return await once(request, parts, practice, DocumentOut, act)


@get(
    "/patients/{patient_id:uuid}/documents/{document_id:uuid}/content",
    opt=needs("patient.read"),
    operation_id="getDocumentContent",
    summary="A document that is shared, as a file",
    media_type=FILE,
)
async def get_content(
    patient_id: FromPath[UUID],
    document_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[bytes]:
    """Return the file, to be kept and never to be run; that it was looked at is recorded."""
    practice, person = await find(parts.database, visit, "patient", patient_id), patient_id
    keys = await parts.vault.keys(practice)
    async with parts.database.work([practice], practice) as work:
        found = await store.whole(work, keys, PatientId(person), document_id)
        if found is None:
            raise NotFound
        await audit.record_patients(
            work,
            practice,
            parts.clock.now(),
            by=audit.By.staff(visit.staff_id),
            action="patient.document",
            patients=[PatientId(person)],
        )
    return as_file(*found)


@delete(
    "/patients/{patient_id:uuid}/documents/{document_id:uuid}",
    opt=needs("patient.write"),
    operation_id="removeDocument",
    summary="Share a document no more",
    status_code=HTTPStatus.NO_CONTENT,
)
async def delete_document(
    patient_id: FromPath[UUID],
    document_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> None:
    """Take it back with its content; what somebody has saved already is theirs."""
    practice = await find(parts.database, visit, "patient", patient_id)
    person, at = PatientId(patient_id), parts.clock.now()

    async def act(work: Work) -> None:
        if await store.whose(work, practice, document_id) != person:
            raise NotFound
        if not await store.remove(work, practice, person, document_id, visit.staff_id, at):
            # Taken back before: it stays so.
            return
        await _record(work, visit, person, practice, document_id, "document.remove", at)

    await in_turn(parts, act, practice)


def as_file(one: Document, content: bytes) -> Response[bytes]:
    """Return a file as something to be kept: no browser shows it here, and none guesses at it."""
    return Response(
        content=content,
        media_type=MEDIA[one.format],
        headers={
            "Content-Disposition": f'attachment; filename="{file_name(one)}"',
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, no-store",
        },
    )


def _out(one: Document) -> DocumentOut:
    return DocumentOut(**{name: getattr(one, name) for name in DocumentOut.__struct_fields__})


async def _record(
    work: Work,
    visit: Visit,
    person: PatientId,
    practice: PracticeId,
    one: UUID,
    action: str,
    at: datetime,
) -> None:
    await feed.add(work, practice, at, "patient", person, person)
    await audit.record(
        work,
        practice,
        at,
        actor="staff",
        actor_id=visit.staff_id,
        action=action,
        subject="family_document",
        subject_id=one,
        patient_id=person,
    )

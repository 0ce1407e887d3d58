"""Documents of a person, as their family may read them: a list, and one as a file."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct

from engage.api.auth.guard import Relative
from engage.api.auth.marks import family
from engage.api.documents import FILE, as_file
from engage.api.family.common import answered, keys_of, looked, seen_by
from engage.api.family.values import Told, all_told
from engage.api.parts import Parts
from engage.errors import NotFound
from engage.family.documents import About, Format, store
from engage.family.record import Reader, of_kind, read


class FamilyDocumentOut(Told, frozen=True, kw_only=True):
    """A document that the team shared."""

    id: UUID
    patient_id: UUID
    title: str
    about: About
    format: Format
    bytes: Annotated[int, Meta(description="How large the file is.")]
    at: datetime


class FamilyDocuments(Struct, frozen=True):
    """Documents, the newest first."""

    items: tuple[FamilyDocumentOut, ...]
    next: None = None


@get(
    "/family/{patient_id:uuid}/documents",
    opt=family("documents"),
    operation_id="listFamilyDocuments",
    summary="Documents that I may see",
)
async def list_documents(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[FamilyDocuments]:
    """Return documents; that I looked is recorded."""
    del patient_id
    keys, at = await keys_of(parts, relative), parts.clock.now()
    async with parts.database.work([keys.practice], keys.practice) as work:
        seen = await seen_by(work, keys, relative, at, "documents", "documents")
    found = all_told(FamilyDocumentOut, of_kind(seen, "document"))
    return answered(request, FamilyDocuments(found))


@get(
    "/family/{patient_id:uuid}/documents/{document_id:uuid}/content",
    opt=family("documents"),
    operation_id="getFamilyDocument",
    summary="A document that I may see, as a file",
    media_type=FILE,
)
async def get_content(
    patient_id: FromPath[UUID],
    document_id: FromPath[UUID],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[bytes]:
    """Return the file; that I opened one is recorded, and the person sees it."""
    del patient_id
    keys, at, person = await keys_of(parts, relative), parts.clock.now(), relative.person
    async with parts.database.work([keys.practice], keys.practice) as work:
        seen = await read(work, keys, Reader(relative.me.id, person), at, "documents")
        if document_id not in {one["id"] for one in of_kind(seen, "document")}:
            raise NotFound
        found = await store.whole(work, keys, person.patient.id, document_id)
        if found is None:
            raise NotFound
        await looked(work, keys, relative, at, "document")
    return as_file(*found)

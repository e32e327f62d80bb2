"""The shapes of answers and of bodies, for the description of the API in OpenAPI."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from mcsearch.ops.browsing.facets import FacetCount, Place
from mcsearch.records.answers import FoundText
from mcsearch.records.photos import Facts, Failure
from mcsearch.records.status import ModelStatus
from mcsearch.records.tags import PhotoTag, TagCount

_ID = r"^[0-9a-f]{64}$"


def _encodable(text: str) -> str:
    if any("\ud800" <= one <= "\udfff" for one in text):  # half a pair, as an escape in JSON can spell it
        raise PydanticCustomError("string_unicode", "not valid Unicode")
    return text


Text = Annotated[str, AfterValidator(_encodable)]


class Error(BaseModel):
    """Why a request failed."""

    code: str
    message: str
    hint: str


class Errors(BaseModel):
    """The one shape of errors."""

    error: Error


class HitFields(BaseModel):
    """A hit: the fields of `find --json`, and what a grid needs."""

    id: str = Field(pattern=_ID)
    path: str
    score: float | None
    taken_at: str | None
    taken_from: str | None
    relevance: float | None
    relevant: bool
    stands_for: int
    missing: str | None
    width: int | None
    height: int | None
    format: str | None
    latitude: float | None
    longitude: float | None
    place: str | None
    texts: list[FoundText]


class Hits(BaseModel):
    """A part of a list of hits."""

    total: int
    offset: int
    hits: list[HitFields]
    cursor: str
    next: str | None
    model: str | None
    partial: bool


class Layout(BaseModel):
    """The shapes and the months of all hits of a list."""

    total: int
    cursor: str
    ratios: list[int]
    months: list[list[str | int | None]]


class FacetFields(BaseModel):
    """The facets of the photos that pass filters."""

    photos: int
    undated: int
    years: list[FacetCount]
    cameras: list[FacetCount]
    formats: list[FacetCount]
    tags: list[FacetCount]
    folders: list[FacetCount]
    places: list[Place]


class FilterFields(BaseModel):
    """A filter."""

    name: str
    metavar: str | None
    help: str


class Filters(BaseModel):
    """The filters."""

    filters: list[FilterFields]


class Tags(BaseModel):
    """All labels, with counts."""

    tags: list[TagCount]


class TagBody(BaseModel):
    """Labels to add to photos and to remove from them."""

    model_config = ConfigDict(extra="forbid")
    ids: list[str] = Field(min_length=1, max_length=10_000)
    give: list[Text] = Field(default=[], max_length=100)
    take: list[Text] = Field(default=[], max_length=100)


class Tagged(BaseModel):
    """The number of files whose labels were changed, and the labels of each photo now, by id."""

    photos: int
    tags: dict[str, list[PhotoTag]]


class TeachBody(BaseModel):
    """A label, written like a line of a labels file, and photos that show it or do not."""

    model_config = ConfigDict(extra="forbid")
    label: Text = Field(max_length=1000)
    yes: list[str] = Field(default=[], max_length=1000)
    no: list[str] = Field(default=[], max_length=1000)


class Taught(BaseModel):
    """A taught label: the numbers of its examples, and of the photos that have it now of those examined."""

    label: str
    yes: int
    no: int
    tagged: int
    photos: int


class Described(BaseModel):
    """A sentence about a photo, and the name of the model that wrote it."""

    text: str
    model: str


class PhotoFields(BaseModel):
    """Everything known about a photo."""

    id: str = Field(pattern=_ID)
    present: bool
    place: str | None
    path: str
    size_bytes: int
    modified_at: str
    content_hash: str | None
    facts: Facts | None
    sidecars: list[str]
    tags: list[PhotoTag]
    models: list[str]
    copies: list[str]
    companions: list[str]
    failure: Failure | None
    text: str | None
    described: Described | None
    from_preview: list[str]


class Upload(BaseModel):
    """A picture to search by."""

    id: str


class DownloadBody(BaseModel):
    """Photos to put into a zip."""

    model_config = ConfigDict(extra="forbid")
    ids: list[str] = Field(min_length=1, max_length=2000)


class DownloadFields(BaseModel):
    """A zip that can be fetched."""

    url: str
    photos: int
    size_bytes: int


class JobBody(BaseModel):
    """A job to start."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["index", "duplicates"]
    roots: list[str] | None = Field(default=None, min_length=1, max_length=1000)
    similar: float | None = Field(default=None, ge=0.5, le=1.0)


class JobFields(BaseModel):
    """A job."""

    job: str
    kind: str
    state: Literal["running", "done", "stopped", "failed"]
    stage: str | None
    done: int
    total: int | None
    started_at: str
    finished_at: str | None
    report: dict[str, Any] | None
    error: Error | None


class JobList(BaseModel):
    """The jobs that are kept, the latest first."""

    jobs: list[JobFields]


class DuplicateFields(BaseModel):
    """A photo that has duplicates."""

    id: str | None
    path: str
    size_bytes: int
    mtime_ns: int
    format: str | None
    width: int | None
    height: int | None
    taken_at: str | None
    taken_from: str | None
    camera: str | None
    has_place: bool
    has_sidecar: bool
    damaged: bool
    keep: bool


class Group(BaseModel):
    """A group of duplicates, the best copy first."""

    photos: list[DuplicateFields]


class Duplicates(BaseModel):
    """A part of the groups of duplicates."""

    total: int
    offset: int
    groups: list[Group]
    job: str | None


class Failures(BaseModel):
    """The files that could not be read."""

    failures: list[Failure]


class Status(BaseModel):
    """What is in the library."""

    version: str
    empty: bool
    file: str
    size_bytes: int
    photos: int
    tags: int
    failures: int
    models: list[ModelStatus]
    roots: list[dict[str, Any]]
    jobs: list[JobFields]


class AlbumBody(BaseModel):
    """A search to save by name, given as the query of its address."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=200)
    search: Text = Field(max_length=20_000)
    replace: bool = False


class AlbumFields(BaseModel):
    """An album: a saved search, as the query of its address."""

    name: str
    search: str
    saved_at: str


class Albums(BaseModel):
    """The albums, by name."""

    albums: list[AlbumFields]

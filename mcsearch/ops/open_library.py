"""The open library: what every operation of the command line and of the Python API gets as its first argument."""

from types import TracebackType
from typing import TYPE_CHECKING, Self

from mcsearch.library.library_file import LibraryFile
from mcsearch.records.progress import Progress, no_progress

if TYPE_CHECKING:
    from mcsearch.ops.cluster.sharded import ClusterSearch
    from mcsearch.ops.model import Encode, ModelInUse
    from mcsearch.records.embeddings import IndexedModel


class OpenLibrary:
    """A library file with the models in use. Close it, or use `with`."""

    def __init__(self, file: LibraryFile) -> None:
        self.file = file
        self.models = ModelsInUse(file)
        self.cluster: ClusterSearch | None = None  # what searches elsewhere for this library

    @property
    def partial(self) -> bool:
        """Whether the last answer lacks photos, because a part of the cluster that searches was lost."""
        return self.cluster is not None and self.cluster.partial

    def close(self) -> None:
        """Close the file. The library cannot be used afterwards."""
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class ModelsInUse:
    """The models that answer for a library; the towers they have loaded stay loaded.

    `encode` and `keep_prompts` are those of ModelInUse, for models that have not answered yet.
    """

    def __init__(self, file: LibraryFile) -> None:
        self.encode: Encode | None = None
        self.keep_prompts = True
        self._file = file
        self._models: dict[IndexedModel, ModelInUse] = {}

    def to_ask(self, name: str | None = None, progress: Progress = no_progress) -> "ModelInUse":
        """Return the model to search with: the one named, or else the library's default. Raises as `model_to_ask`.

        Its later work, such as loading a tower, is reported to `progress`.
        """
        from mcsearch.ops.model import model_to_ask  # imported late, because commands such as show need no model

        model = model_to_ask(self._file, name, encode=self.encode, keep_prompts=self.keep_prompts)
        model = self._models.setdefault(model.record, model)
        model.progress = progress
        return model


def begin_answer(opened: OpenLibrary) -> None:
    """Take the next answer to be whole until a part of the cluster turns out to be missing."""
    if opened.cluster is not None:
        opened.cluster.partial = False

"""The classifiers of taught labels for the model in use: read from the library, or trained from its embeddings."""

import numpy as np
import numpy.typing as npt

from mcsearch.library.library_file import LibraryFile
from mcsearch.library.taught.taught_labels import StoredClassifier, TaughtLabel
from mcsearch.models.prompts import BACKGROUND, ensemble
from mcsearch.ops.finding.packed.copies import sampled_rows
from mcsearch.ops.model import ModelInUse
from mcsearch.records.progress import Progress
from mcsearch.search.teaching import SAMPLE, Classifier, train

Vectors = npt.NDArray[np.float32]

# A label is learnt anew when the number of photos, a sample of which it is compared with, has changed by this share.
_CHANGED = 0.25


def classifiers(library: LibraryFile, model: ModelInUse, progress: Progress) -> dict[str, Classifier]:
    """Return the classifier of each taught label, by label; train and store those that are missing or out of date.

    One is out of date when its examples have changed, or when the library has grown or shrunk by a quarter.
    A label is left out while the model has embedded no photo that shows it. Do not call it inside a transaction.
    """
    record, found, rest = model.record, {}, None
    labels = library.taught.listed()
    photos = library.models.count_embeddings(record.id) if labels else 0
    for number, label in enumerate(labels):
        stored = library.taught.classifier(label.name, record.id)
        examples = library.taught.embedded(label.name, record.id)
        if stored is None or stored.examples != examples or abs(photos - stored.photos) > _CHANGED * stored.photos:
            progress("learning", number, len(labels))
            rest = sample(library, model) if rest is None else rest
            stored = _learnt(library, model, label, rest, photos)
            if stored is None:
                continue
            with library.transaction():
                library.taught.put_classifier(label.name, record.id, stored)
        found[label.name] = Classifier(stored.vector, stored.bias, stored.background_weight, stored.centre)
    return found


def background(model: ModelInUse) -> Vectors:
    """Return the vectors (prompts, dimensions) of the background prompts."""
    encoded = model.encode_prompts(BACKGROUND)
    return np.stack([encoded[prompt] for prompt in BACKGROUND])


def sample(library: LibraryFile, model: ModelInUse) -> Vectors:
    """Return embeddings (n, dimensions) spread evenly over the library, always the same while it does not change."""
    rows, scales, _ = sampled_rows(library, model.record, SAMPLE)
    vectors = rows.astype(np.float32) * scales[:, None]
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), dtype=np.float32)


def _learnt(
    library: LibraryFile, model: ModelInUse, label: TaughtLabel, rest: Vectors, photos_now: int
) -> StoredClassifier | None:
    examples = library.taught.examples(label.name)
    photos = library.embeddings.of_contents(model.record, list(examples))
    embedded = np.any(photos != 0, axis=1)
    shows = np.array(list(examples.values()), dtype=bool)
    if not (embedded & shows).any():
        return None
    prompts = model.encode_prompts(label.prompts)
    text = ensemble([prompts[prompt] for prompt in label.prompts])
    yes, no = photos[embedded & shows], photos[embedded & ~shows]
    one = train(yes, no, rest, text, background(model), model.record.logit_scale)
    return StoredClassifier(one.vector, one.bias, one.background_weight, one.centre, int(embedded.sum()), photos_now)

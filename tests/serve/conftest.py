import pytest

import assay

SOURCES = ("math/linear", "code/list_ops", "science/units", "logic/ordering", "simulation/output", "table/lookup")
"""One of each domain, with references that are text, numbers, lists and objects."""


@pytest.fixture(scope="session")
def mixed():
    """Problems of six domains."""
    return assay.load(*SOURCES, size=2)


@pytest.fixture(scope="session")
def policy(tmp_path_factory):
    """A directory with an untrained policy of a few thousand parameters."""
    for name in ("torch", "transformers", "tokenizers"):
        pytest.importorskip(name, reason="a policy needs the extra 'models'")
    from assay.learn.recipe import Tiny
    from assay.learn.tiny import make_model, make_tokenizer

    where = tmp_path_factory.mktemp("policy")
    tokenizer = make_tokenizer(["1 + 1 = ?\n2", "Is 3 odd?\nyes"], 264)
    make_model(tokenizer, Tiny(hidden=16, layers=1, heads=2, feed_forward=16, vocabulary=264), 0).save_pretrained(where)
    tokenizer.save_pretrained(where)
    return where

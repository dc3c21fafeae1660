import pytest

pytest.importorskip("trl", reason="training needs the extra 'train'")

from assay.learn.recipe import Tiny
from assay.learn.tiny import make_model, make_tokenizer


@pytest.fixture(scope="session")
def random_policy(tmp_path_factory):
    """A directory with an untrained policy of a few thousand parameters."""
    where = tmp_path_factory.mktemp("policy")
    tokenizer = make_tokenizer(["1 + 1 = ?\n2", "Is 3 odd?\nyes"], 264)
    make_model(tokenizer, Tiny(hidden=16, layers=1, heads=2, feed_forward=16, vocabulary=264), 0).save_pretrained(where)
    tokenizer.save_pretrained(where)
    return where


@pytest.fixture(autouse=True)
def one_thread():
    """Two threads of tiny tensors on shared cores wait for each other: ten times as long. Any test may change it."""
    import torch

    torch.set_num_threads(1)

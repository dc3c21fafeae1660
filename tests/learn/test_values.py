"""A verifier head at each token of a response: the loss by hand, what it reads, and that it learns a rule."""

import pytest
import torch
from transformers import AutoModelForCausalLM

from assay.learn.values import Row, ValueHead, judged, padded, train_values, value_loss


def test_the_loss_is_the_mean_over_rows_of_the_mean_over_their_tokens():
    values = torch.tensor([[9.0, 0.5, 0.5, 1.0], [9.0, 0.2, 9.0, 9.0]])
    right = torch.tensor([True, False])
    every = torch.tensor([[0, 1, 1, 1], [0, 1, 0, 0]])
    last = torch.tensor([[0, 0, 0, 1], [0, 1, 0, 0]])
    assert float(value_loss(values, right, every)) == pytest.approx(((0.25 + 0.25 + 0) / 3 + 0.04) / 2)
    assert float(value_loss(values, right, last)) == pytest.approx((0 + 0.04) / 2)


def test_a_prompt_and_padding_are_never_scored():
    rows = [Row((5, 6), (7, 8, 9), True), Row((5,), (7,), False)]
    ids, mask, scored = padded(rows, 3, every_token=True)
    assert ids.tolist() == [[5, 6, 7, 8, 9], [5, 7, 3, 3, 3]]
    assert mask.tolist() == [[1] * 5, [1, 1, 0, 0, 0]]
    assert scored.tolist() == [[0, 0, 1, 1, 1], [0, 1, 0, 0, 0]]
    assert padded(rows, 3, every_token=False)[2].tolist() == [[0, 0, 0, 0, 1], [0, 1, 0, 0, 0]]


@pytest.mark.parametrize("every_token", [True, False])
def test_a_head_learns_which_responses_are_right(random_policy, every_token):
    """Right is a response that holds token 40; lengths differ, and the last token says nothing."""
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(random_policy)
    rows = [Row((10 + n % 7, 20), (*[30 + n % 3] * (n % 4), 40 if n % 2 else 41, 50), bool(n % 2)) for n in range(256)]
    assert judged(ValueHead(model), rows, pad=0) == [0.5] * len(rows)
    head = train_values(model, rows, every_token=every_token, pad=0, epochs=12, batch=32, learning_rate=5e-3)
    found = judged(head, rows, pad=0, batch=50)
    assert all((value > 0.5) == row.right for value, row in zip(found, rows, strict=True))
    alone = [judged(head, [row], pad=0)[0] for row in rows[:8]]
    assert alone == pytest.approx(found[:8], abs=1e-5)
    assert len(judged(head, [Row((10, 20), (), False)], pad=0)) == 1

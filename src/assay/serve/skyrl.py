"""Assay's rewards inside SkyRL (skyrl-gym 0.4): an environment of one step.

    skyrl_gym.register(id="assay", entry_point="assay.serve.skyrl:AssayEnv")

A row's `reward_spec` holds `example`, the JSON of an Example, or `verifier` and `ground_truth` (the reference) and, if
wanted, `params`. SkyRL cannot leave a step out: a verdict without a score raises, or with `nulls: zero` in `env_config`
is 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyrl_gym.envs.base_text_env import BaseTextEnv, BaseTextEnvStepOutput

from assay.serve.columns import verdict_on
from assay.serve.nulls import reward_of


class AssayEnv(BaseTextEnv):
    """One response, one verdict."""

    def __init__(self, env_config: Any = None, extras: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        spec = dict((extras or {}).get("reward_spec") or {})
        self.row = {**spec, "reference": spec["ground_truth"]} if "ground_truth" in spec else spec
        self.nulls = (env_config or {}).get("nulls", "raise")

    def step(self, action: str) -> BaseTextEnvStepOutput:
        """The reward of a response, with `status` and `why`. Raises `AssayError` where there is none."""
        verdict = verdict_on(self.row, action)
        reward = reward_of(verdict, self.nulls)
        told = {"status": str(verdict.status), "why": verdict.why, "counted": float(verdict.counts)}
        return BaseTextEnvStepOutput(observations=[], reward=reward, done=True, metadata=told)

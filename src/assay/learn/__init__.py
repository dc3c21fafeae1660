"""The policy learns.

What each number of a page is, and where it is made: the table in `docs/training.md`. Those of learning are made in
`trainer`, `progress`, `rewards`, `preference`, `rejection` and `arms`, which read in half an hour. All of them, in
the order of reading; each file begins with what it does, its formula and its paper:

- what is asked for: `recipe` (the keys of a TOML file) and `arguments` (the same in the words of TRL and peft);
- one run: `experiment` (measure, train, measure again), `grpo` (recipe -> trained policy, resumable), `trainer` (TRL's
  GRPO with a mixed order, missing rewards and no work without signal), `progress` (the numbers of a step);
- which problems: `sampler` (shares of domains), `pools` (history resampling), `dynamic` (others in the place of groups
  without signal), `stages` (domains and lengths that change on the way);
- what is paid: `rewards` (scores, terms, controls), `oracle` (a second verifier on a sample), `guards` (limits);
- how it is learnt, beside GRPO: `preference` (DPO), `rejection` (supervised, on its own right responses), `prefix`
  (each prompt is read once for its group), `checkpoints`;
- several runs: `arms` (the same with other rewards), `study` (each domain alone, and the mix).

Apart from a run, and behind no number of its page: `tiny` and `warmup` make the policy that is built in; `head` trains
the network of the verifier `head`, and `values` with `valued` a head that values a response at each of its tokens.
"""

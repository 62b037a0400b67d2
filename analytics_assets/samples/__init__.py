"""Samples: lifelike feeds to try Tidebook on, each with a truth file of what was put in.

Belongs here: who comes, what they do, which faults the files carry, and the plain numpy count of what should come
out. Does not: reading the files back (feeds/, layers/), Spark, Dagster, the command (commands/generate.py).

`options.py`, `kinds.py` and `truth.py` import nothing heavy, so a command line can read them at start-up:

    from analytics_assets.samples.options import AquaOptions, IdeOptions, NotesOptions, ShopOptions, UniformOptions
    from analytics_assets.samples.truth import Truth, read_truth
    from analytics_assets.samples.ide import generate_ide             # numpy, pyarrow; so are aqua, notes, shop
    from analytics_assets.samples.uniform import generate_like_sample

Modules of every feed: `limits` (options), `kinds` (of broken rows), `events` (arrays), `rhythm` and `crowd` (when who
comes), `blocks` (dates at a time), `faults` (late, doubled, broken), `lines` and `broken_lines` (text), `arrivals` and
`files`, `tally` (what should come out), `truth`.
Notes: `notes`, `people`, `days`, `visits`, `releases`, `snapshots`, `notes_lines`; `uniform`.
Ide: `ide`, `ide_sessions`. Aqua: `aqua`, `aqua_records`, `pulls`. Shop: `shop`, `shop_pairs`.
"""

"""Samples: lifelike feeds to try Tidebook on, each with a truth file of what was put in.

Belongs here: who the people are, what they do, which faults the files carry, and the plain numpy
count of what should come out. Does not: reading the files back (feeds/, layers/), Spark, Dagster,
the command that calls this (cli.py).

`options.py` and `truth.py` import nothing heavy, so a command line can read them at start-up:

    from analytics_assets.samples.options import NotesOptions, UniformOptions
    from analytics_assets.samples.truth import Truth, read_truth
    from analytics_assets.samples.notes import generate_notes             # numpy, pyarrow
    from analytics_assets.samples.uniform import generate_like_sample     # numpy, pyarrow

Modules: `people` (who), `days` (how much on which date), `visits` (what they do), `faults` (late,
doubled, broken), `snapshots` (the users dimension), `lines` (rows as CSV text and files),
`tally` (what should come out), `notes` and `uniform` (the two samples).
"""

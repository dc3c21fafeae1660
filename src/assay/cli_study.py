"""The commands of a study: `transfer` tells what each training gave each task."""

from __future__ import annotations

import json
from pathlib import Path

import click

from assay.cli_options import json_option


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--of", "name", default="", help="Which study of a folder of logs; that with the most runs otherwise.")
@json_option
def transfer(study: Path, name: str, as_json: bool) -> None:
    """Tell what training on each domain gave the others: every score with n and standard error, and what is noise.

    STUDY is a folder of Guru's public logs. `assay report STUDY -o PAGE.html` writes the page of it.
    """
    from assay.evaluate.transfer import to_json
    from assay.report.transfer import open_study
    from assay.report.transfer_text import study_table

    found = open_study(study, name)
    click.echo(json.dumps(to_json(found), indent=1) if as_json else study_table(found))

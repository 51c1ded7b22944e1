"""`python -m api_history`: the API of Daft by version, and the proof of the rewrites.

- `update`: records versions that are not in the cache, writes `api_names.tsv` anew, and fails where a difference is
  in neither `api_history.tsv` nor `reviewed.tsv`.
- `new [VERSION]`: what a version brought and took, without touching a table.
- `prove [TEXT...]`: runs the pairs (of rows whose name holds one of the texts) on their versions and on the newest.
- `own-tests`: runs Daft's own tests of an older version, rewritten, on the newest.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable

import click

from api_history import coverage, differences, names, own_tests, proof, recorded, releases
from api_history.differences import Difference
from api_history.releases import Version, parse, spell
from daft_lint.pipeline.catalog.history.lookup import NEWEST


@click.group(help=__doc__)
def main() -> None:
    """Has the commands."""


@main.command()
def update() -> None:
    """Record new versions, write `api_names.tsv`, and list what no table accounts for."""
    snapshots = releases.record_all(releases.published())
    names.write(snapshots)
    left = coverage.unexplained(differences.history(snapshots))
    _show(left)
    stale = coverage.unused(differences.history(snapshots))
    for line in stale:
        click.echo(f"reviewed.tsv explains nothing: {line.version} {line.paths}")
    deprecated = coverage.undocumented_deprecations(snapshots[max(snapshots)])
    for name, text in deprecated.items():
        click.echo(f"deprecated, and no row says so: {name}: {text}")
    click.echo(f"{len(snapshots)} versions up to {spell(max(snapshots))}, {len(left)} differences not accounted for")
    sys.exit(bool(left or stale or deprecated))


@main.command()
@click.argument("version", required=False)
def new(version: str | None) -> None:
    """What VERSION (the newest) brought and took, compared with the one before it."""
    versions = releases.published()
    chosen = parse(version) if version else versions[-1]
    before = versions[versions.index(chosen) - 1]
    _show(differences.between(releases.record(before), releases.record(chosen), chosen))


@main.command()
@click.option("--only", "chosen_versions", multiple=True, help="Only the pairs of this older version.")
@click.option("--to", "newest", default=None, help="The version of the rewritten texts; the newest by default.")
@click.option("--record", is_flag=True, help="Keep what the older versions answered, for the slice in `make test`.")
@click.argument("texts", nargs=-1)
def prove(texts: tuple[str, ...], chosen_versions: tuple[str, ...], newest: str | None, record: bool) -> None:
    """Run each pair on its older version and, rewritten, on the newest."""
    to = parse(newest) if newest else _newest()
    versions = set(map(parse, chosen_versions))
    chosen = [
        pair
        for pair in proof.pairs()
        if (not texts or any(text in pair.id for text in texts)) and (not versions or versions & set(pair.on))
    ]
    try:
        releases.base_python()
        for version in {
            to,
            *(version for pair in chosen for version in pair.on if not versions or version in versions),
        }:
            releases.installed(version)
    except subprocess.CalledProcessError as error:
        click.echo(f"skipped: an environment cannot be installed ({error})")
        return
    bad, older = proof.prove(chosen, to, versions)
    known = recorded.read()
    answers = {(recorded.digest(pair), version): answer for pair, version, answer in older}
    if record:
        current = {recorded.digest(pair) for pair in proof.pairs()}
        recorded.write({**{key: value for key, value in known.items() if key[0] in current}, **answers})
    else:
        bad += [
            f"{pair.id}\n    {spell(version)} answers otherwise than recorded: `prove --record`"
            for pair, version, answer in older
            if known.get((recorded.digest(pair), version)) != answer
        ]
    for text in bad:
        click.echo(text)
    click.echo(f"{len(chosen)} pairs, {len(bad)} not as they should be")
    sys.exit(bool(bad))


@main.command("own-tests")
@click.option("--version", default="0.6.1", help="The version whose tests are run.")
@click.option("--to", "newest", default=None, help="The version that they are rewritten for; the newest by default.")
@click.option("--slice", "part", default="1/1", metavar="N/M", help="Every Mth of the test files, from the Nth on.")
@click.argument("texts", nargs=-1)
def own_tests_command(version: str, newest: str | None, part: str, texts: tuple[str, ...]) -> None:
    """Run Daft's own tests of an older version, rewritten, on the newest."""
    first, _, every = part.partition("/")
    to = parse(newest) if newest else _newest()
    try:
        outcome = own_tests.run(parse(version), to, (int(first), int(every)), texts)
    except subprocess.CalledProcessError as error:
        click.echo(f"skipped: the tests or their environment cannot be fetched ({error})")
        return
    for (kind, reason), count in outcome.kinds().most_common():
        click.echo(f"{count} {kind}: {reason}")
    for test in outcome.unexplained:
        click.echo(f"not explained: {test}")
    counted = len(outcome.counted)
    click.echo(
        f"Daft {version}, rewritten for {spell(to)}: {len(outcome.passing)} tests pass on {version}, an upgrade exists "
        f"for {counted} of them, and {counted - len(outcome.failing)} of these pass rewritten ({outcome.share:.2%}); "
        f"{len(outcome.unexplained)} failures are not explained"
    )
    sys.exit(bool(outcome.unexplained))


def _newest() -> Version:
    """The newest published version, or where the index is out of reach the one that the tables are of."""
    try:
        return releases.published()[-1]
    except (subprocess.CalledProcessError, StopIteration):
        return NEWEST


def _show(found: Iterable[Difference]) -> None:
    for difference in found:
        parameter = f" ({difference.parameter})" if difference.parameter else ""
        version = spell(difference.version)
        click.echo(f"{version} {difference.what}: {', '.join(difference.paths[:4])}{parameter}: {difference.detail}")


if __name__ == "__main__":
    main()

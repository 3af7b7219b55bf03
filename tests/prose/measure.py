"""Print how plain the names and sentences are: `python -m tests.prose.measure [--list] [--rule TEXT] [PATH …]`.

`--list` prints every finding as `path:line: word – advice`. `--rule` limits the list to the rules whose title contains
a text, a path limits it to a folder or a file.
"""

import argparse
from collections.abc import Iterator

from tests.prose import rules
from tests.prose.sources import Finding, is_inside
from tests.prose.structure import count_code_lines, count_modules, find_constructors


def format_figures() -> Iterator[str]:
    """Yield one line for each figure."""
    identifiers, participles = len(rules.app_identifiers()), len(rules.PARTICIPLE_RULE.check())
    docstrings = rules.app_docstrings()
    folder, modules = count_modules(rules.app_sources()).most_common(1)[0]
    widest = find_constructors(rules.app_sources())[0]
    yield f"identifiers defined in app/: {identifiers}"
    yield f"bare participles: {participles}, {rules.participles_per_thousand():.1f} per 1,000 identifiers (aim < 1.5)"
    yield f"the issue's eight words: {rules.issue_words_per_thousand():.1f} per 1,000 identifier tokens (aim < 1.5)"
    yield f"docstrings that begin with a verb: {rules.imperative_share():.0%} of {len(docstrings)} (aim > 60%)"
    for rule in (*rules.NAME_RULES, *rules.PHRASE_RULES):
        yield f"{rule}: {len(rule.check())}"
    yield f"largest folder: {folder}, {modules} modules without __init__.py"
    yield f"widest constructor: {widest.class_name} ({widest.path}:{widest.line}), {len(widest.collaborators)} collaborators"
    yield f"code lines of app/: {sum(count_code_lines(source) for source in rules.app_sources())}"


def list_findings(rule_text: str, folders: list[str]) -> Iterator[str]:
    """Yield the findings of each rule below its title."""
    for rule in rules.RULES:
        findings = [finding for finding in rule.check() if _is_selected(finding, folders)]
        if rule_text in rule.title and findings:
            yield f"\n## {rule} ({len(findings)})"
            yield from map(str, findings)


def _is_selected(finding: Finding, folders: list[str]) -> bool:
    return not folders or is_inside(finding.path, [folder.rstrip("/") for folder in folders])


def main() -> None:
    """Print the figures, and the findings if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print every finding")
    parser.add_argument("--rule", default="", help="list only rules whose title contains this text")
    parser.add_argument("paths", nargs="*", help="list only findings in these folders or files")
    options = parser.parse_args()
    print("\n".join(format_figures()))  # noqa: T201
    if options.list:
        print("\n".join(list_findings(options.rule, options.paths)))  # noqa: T201


if __name__ == "__main__":
    main()

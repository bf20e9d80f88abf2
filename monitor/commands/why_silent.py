"""`monitor why-silent`: what each reader was told of a rotation, and why not."""

from typing import Annotated

import typer

from monitor.commands.context import console, context_of, print_json
from monitor.commands.inputs import no_such_rotation


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("why-silent", epilog="Example:  monitor why-silent rot-7f3a01bc")(why_silent)


def why_silent(
    ctx: typer.Context,
    rotation_id: Annotated[
        str, typer.Argument(metavar="ID", help="A rotation's id, or its first characters.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Machine output.")] = False,
) -> None:
    """Why a reader was not told of a rotation or a change of it; and where one was, when and in which message."""
    from monitor.alerting.why_silent import answer_in_words, answer_to_json, answers_of
    from monitor.bootstrap import names_of, policy_of, ways_of
    from monitor.content.wording.figures import stamp
    from monitor.content.wording.phrases import CHANGE_WORDS, pair_words
    from monitor.store import rotations

    context = context_of(ctx)
    settings = context.settings()
    receivers = policy_of(settings, [way.channel for way in ways_of(settings)]).receivers
    with context.database(settings) as database, database.read() as conn:
        rotation = rotations.get_rotation(conn, rotation_id)
        if rotation is None:
            raise no_such_rotation(rotation_id)
        answers = answers_of(conn, rotation.id, receivers)
    if as_json:
        print_json({"id": rotation.id, "answers": [answer_to_json(a) for a in answers]})
        return
    out = console()
    out.print(f"{rotation.id}: {pair_words(rotation.pair, names_of(settings))}", markup=False)
    if not answers:
        out.print("No reader of rotations is set up, so nobody could be told: monitor doctor")
    said = None
    for answer in answers:
        change = answer.change
        if change != said:
            head = f"{stamp(change.changed_at)}  {CHANGE_WORDS[change.reason]}, {change.rotation.severity.value}"
            out.print(f"\n{head}", markup=False)
            said = change
        who = " ".join(part for part in (answer.reader[0], answer.reader[1]) if part)
        out.print(f"  {who}: {answer_in_words(answer)}", markup=False)

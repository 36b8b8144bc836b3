"""The verbs `workshop` and `replay`: a municipality seen twice, live in the browser or as one file to hand on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cohesion_sim.parameters import InputError, nearest
from cohesion_sim.terminal import EXIT_CODES, INTERRUPTED, Whole, folded, watched

if TYPE_CHECKING:
    from cohesion_sim.workshop.choices import Asked

LANG = click.option("--lang", default="en", show_default=True, help="Language of the page: ky, ru, uz, uz_Cyrl or en.")


@click.command(epilog=EXIT_CODES)
@click.argument("scenario", default="zhazy")
@LANG
@click.option("--port", type=Whole(0, 65_535), default=8750, show_default=True,
              help="Where the page is; when it is taken, the next free one.")
@click.option("--host", default="127.0.0.1", show_default=True,
              help="0.0.0.0 lets phones in the same network look on; only do this in a network you trust.")
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
def workshop(scenario: str, lang: str, port: int, host: str, no_browser: bool) -> None:
    """Show SCENARIO (a built-in name or a file) live in the browser: one village, with and without a programme."""
    _known(lang)
    from cohesion_sim.workshop.assemble import page, policy
    from cohesion_sim.workshop.serve import address, code, is_loopback, listening, server
    from cohesion_sim.workshop.server import application
    from cohesion_sim.workshop.shelf import Shelf
    from cohesion_sim.workshop.words import LANGUAGES
    from cohesion_sim.workshop.workroom import Workroom

    shelf = Shelf(scenario)
    sock = listening(host, port)
    taken = sock.getsockname()[1]
    if port and taken != port:
        click.echo(f"Port {port} is taken by another program; {taken} is free.")
    url = address(host, taken)
    room = Workroom(shelf)
    langs = dict.fromkeys((lang, *LANGUAGES))
    app = application(room, page, policy(live=True), langs=langs, hosts=(host,))
    click.echo(f"The workshop is open at {url}  (Ctrl-C closes it)")
    if not is_loopback(host):
        click.echo(folded("Everybody in this network can look on and try changes; nothing can be written or read here. "
                          "Phones point their camera at this:"))  # fmt: skip
        click.echo(code(url))
    room.prepare(lambda words: click.echo(words, err=True))
    if not no_browser:
        click.launch(url)
    try:
        server(app).run(sockets=[sock])
    except KeyboardInterrupt:
        pass
    finally:
        room.end()
        sock.close()
    click.echo("The workshop is closed.", err=True)
    click.get_current_context().exit(INTERRUPTED)


@click.command(epilog=EXIT_CODES)
@click.argument("scenario")
@click.option("--programme", "-p", metavar="NAME", help="Programme to show.  [default: project, or the first]")
@click.option("--seed", type=Whole(0, 2**53 - 1), default=1, show_default=True, help="Same seed, same film.")
@LANG
@click.option("--villages", type=Whole(0, 100), default=100, show_default=True,
              help="Villages like this one beside the film; fewer are sooner done.")
@click.option("--out", "-o", metavar="FILE", help="The file.  [default: out/SCENARIO-PROGRAMME-seedSEED.html]")
@click.option("--gif", metavar="FILE", help="Also short moving pictures.")
@click.option("--mp4", metavar="FILE", help="Also a video; needs the program ffmpeg.")
@click.option("--force", is_flag=True, help="Replace files that are already there.")
def replay(
    scenario: str, programme: str | None, seed: int, lang: str, villages: int, out: str | None, gif: str | None,
    mp4: str | None, force: bool,
) -> None:  # fmt: skip
    """Write SCENARIO with and without a programme as one file that needs only a browser."""
    _known(lang)
    from cohesion_sim.workshop import digest
    from cohesion_sim.workshop.assemble import page
    from cohesion_sim.workshop.choices import read
    from cohesion_sim.workshop.replay import kept, put, with_still
    from cohesion_sim.workshop.shelf import Shelf

    shelf = Shelf(scenario)
    asked = read({"programme": programme, "seed": seed}, shelf)
    html, moving, video = _files(asked, out, gif, mp4, force=force)
    if video is not None:
        digest.find_ffmpeg()
    with watched("villages") as (progress, _):
        header, film = kept(shelf, asked, villages, progress=progress)
    put(html, page(lang, film=film, header=with_still(header, film)).encode())
    click.echo(f"{html} ({html.stat().st_size // 1000} kB)")
    words = _words(lang)
    if moving is not None:
        put(moving, digest.gif(film, words))
        click.echo(str(moving))
    if video is not None:
        digest.mp4(film, words, video)
        click.echo(str(video))


def _known(lang: str) -> None:
    """Refuse a language that the page does not speak."""
    from cohesion_sim.workshop.words import LANGUAGES

    if lang not in LANGUAGES:
        raise InputError(f"--lang {lang}: not known{nearest(lang, LANGUAGES)}. Write one of {', '.join(LANGUAGES)}")


def _files(
    asked: Asked, out: str | None, gif: str | None, mp4: str | None, *, force: bool
) -> tuple[Path, Path | None, Path | None]:
    """Return the files to write; all are looked at before anything is run."""
    from cohesion_sim.workshop.replay import check_file

    default = Path("out") / f"{asked.scenario}-{asked.programme}-seed{asked.seed}.html"
    named = (("-o", out or default), ("--gif", gif), ("--mp4", mp4))
    paths = [None if name is None else check_file(name, force=force, option=option) for option, name in named]
    known = [path for path in paths if path is not None]
    if len(set(known)) < len(known):
        raise InputError("-o, --gif, --mp4: name the same file. Give each its own")
    assert paths[0] is not None
    return paths[0], paths[1], paths[2]


def _words(lang: str) -> tuple[str, str, str]:
    """Return the words that moving pictures carry."""
    from cohesion_sim.workshop.words import translator

    say = translator(lang)
    return say("Week"), say("Without the programme"), say("With the programme")

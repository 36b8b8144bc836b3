"""The verbs `workshop` and `replay`: a municipality seen twice, live in the browser or as one file to hand on."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cohesion_sim.parameters import InputError, nearest
from cohesion_sim.terminal import EXIT_CODES, INTERRUPTED, Whole, folded, watched

if TYPE_CHECKING:
    import socket

    from cohesion_sim.workshop.choices import Asked
    from cohesion_sim.workshop.shelf import Shelf
    from cohesion_sim.workshop.workroom import Workroom

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
    from cohesion_sim.workshop.serve import addresses, listening
    from cohesion_sim.workshop.shelf import Shelf

    shelf = Shelf(scenario)
    sock = listening(host, port)
    taken = sock.getsockname()[1]
    if port and taken != port:
        click.echo(f"Port {port} is taken by another program; {taken} is free.")
    urls = addresses(host, taken)
    click.echo(f"The workshop is open at {urls[0]}  (Ctrl-C closes it)")
    _invite(host, urls)
    opening: Future[Workroom] = Future()
    try:
        _serve(opening, shelf, sock, lang, host, None if no_browser else urls[0])
    except KeyboardInterrupt:
        pass
    finally:
        # Whoever is impatient presses Ctrl-C again: closing goes on, and no traceback is shown.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sock.close()
    click.echo("The workshop is closed.", err=True)
    if not opening.done() or not opening.result().end():
        # A thread compiles or loads, which nothing can stop, and Python would wait for it. Nothing is half written:
        # the compiler puts its files in their place whole.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(INTERRUPTED)
    click.get_current_context().exit(INTERRUPTED)


def _invite(host: str, urls: list[str]) -> None:
    """Say how phones come to the page, or why they cannot."""
    from cohesion_sim.workshop.serve import code, is_loopback

    if is_loopback(host):
        return
    if host in {"0.0.0.0", "::"} and "//127." in urls[0]:
        click.echo(folded("This computer is in no network, so phones cannot see it yet. Join the network of the "
                          "phones, or make one (a hotspot), and start again."))  # fmt: skip
        return
    click.echo(folded("Everybody in this network can look on and try changes; nothing can be written or read here. "
                      "Phones point their camera at this:"))  # fmt: skip
    click.echo(code(urls[0]))
    if len(urls) > 1:
        click.echo(folded(f"This computer is in several networks; if that does not open: {', '.join(urls[1:])}"))


def _open(opening: Future[Workroom], shelf: Shelf) -> None:
    """Import the model and open the room, while the page is served already."""
    try:
        from cohesion_sim.workshop.workroom import Workroom

        room = Workroom(shelf)
        room.prepare(lambda words: click.echo(words, err=True))
        opening.set_result(room)
    except BaseException as error:
        opening.set_exception(error)


def _serve(
    opening: Future[Workroom], shelf: Shelf, sock: socket.socket, lang: str, host: str, browser: str | None
) -> None:
    """Serve until Ctrl-C."""
    from cohesion_sim.workshop.assemble import page, policy
    from cohesion_sim.workshop.serve import server
    from cohesion_sim.workshop.server import application
    from cohesion_sim.workshop.words import LANGUAGES

    app = application(opening, page, policy(live=True), langs=dict.fromkeys((lang, *LANGUAGES)), hosts=(host,))
    serving = server(app)
    # Not before: the page is made sooner when nothing else is.
    threading.Thread(target=_open, args=(opening, shelf), daemon=True).start()
    if browser is not None:
        click.launch(browser)
    serving.run(sockets=[sock])


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

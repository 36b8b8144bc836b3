"""The workshop's server over real sockets: pages of several viewers, hostile requests, an end that leaves nothing."""

from __future__ import annotations

import asyncio
import errno
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from click.testing import CliRunner

from cohesion_sim import workshop_verbs
from cohesion_sim.cli import cli
from cohesion_sim.model import CohesionModel
from cohesion_sim.parameters import InputError
from cohesion_sim.workshop import answers, connections, serve, workroom
from cohesion_sim.workshop.choices import read
from cohesion_sim.workshop.encode import QUICK, decode, encode, from_changes
from cohesion_sim.workshop.film import StoppedError
from cohesion_sim.workshop.guard import MOST_OF_ONE, Guard
from cohesion_sim.workshop.jobs import BusyError, Jobs
from cohesion_sim.workshop.memory import Memory
from cohesion_sim.workshop.server import MOST_BYTES, application
from cohesion_sim.workshop.shelf import Shelf
from cohesion_sim.workshop.workroom import MOST_FILMS, Workroom

SMALL = """
extends = "yuryevka"
weeks = 20
title = { en = "A small place" }

[people]
size = { value = 500, range = [500, 500], unit = "people", mark = "A", source = "own" }
"""
VILLAGES = 12
BODY = {"scenario": "hamlet", "programme": "project", "seed": 1}


def simple_page(lang: str = "en", *, film: bytes | None = None, header: Any = None) -> str:
    """Return a page with as little on it as the server must be able to serve."""
    still = header["still"]["with"][-1] if header else ""
    return f"<!doctype html><html lang='{lang}'><title>{still}</title>{len(film or b'')}</html>"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workroom]:
    path = tmp_path_factory.mktemp("server") / "hamlet.toml"
    path.write_text(SMALL, "utf-8")
    made = Workroom(Shelf(path), workers=2, number=VILLAGES)
    yield made
    made.end()


@pytest.fixture(scope="module")
def url(room: Workroom) -> Iterator[str]:
    app = application(room, simple_page, "default-src 'none'", langs=("ky", "ru", "en"))
    sock = serve.listening("127.0.0.1", 0)
    server = serve.server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
    sock.close()


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=120) as found:
        yield found


def shown(data: bytes) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    header, planes = decode(data)
    return header, *from_changes(planes["att.without"], planes["att.with"])


def film_of(client: httpx.Client, **more: Any) -> bytes:
    """Return the packed film; the client must not unpack it."""
    with client.stream("POST", "/twin", json={**BODY, **more}) as reply:
        assert reply.status_code == 200, reply.read()
        assert reply.headers["content-encoding"] == "gzip"
        return b"".join(reply.iter_raw())


# ------------------------------------------------------------------------------- what is answered
def test_page_and_choices(client: httpx.Client) -> None:
    for asked, lang in (("", "ky"), ("?lang=ru", "ru"), ("?lang=../x", "ky"), ("?lang=", "ky")):
        reply = client.get(f"/{asked}")
        assert f"lang='{lang}'" in reply.text
        assert reply.headers["content-type"] == "text/html; charset=utf-8"
    told = client.get("/scenarios.json").json()
    assert told["first"] == {"name": "hamlet", "programme": "project", "seed": 1}
    assert told["scenarios"][0]["name"] == "hamlet"
    assert {"zhazy", "yuryevka"} < {one["name"] for one in told["scenarios"]}
    control = told["scenarios"][0]["programmes"][2]["choices"][0]
    assert control["low"] <= control["value"] <= control["high"]


def test_every_answer_carries_the_safety_headers_and_no_cookie(client: httpx.Client) -> None:
    replies = [client.get("/"), client.get("/nothing"), client.put("/twin"), client.post("/twin", content=b"{")]
    replies += [client.get("/", headers={"host": "evil.example"}), client.get("/scenarios.json")]
    for reply in replies:
        assert reply.headers["content-security-policy"].startswith("default-src 'none'")
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["cross-origin-opener-policy"] == "same-origin"
        assert reply.headers["cross-origin-resource-policy"] == "same-origin"
        assert "set-cookie" not in reply.headers
        assert "server" not in reply.headers
        assert "access-control-allow-origin" not in reply.headers


def test_viewers_never_see_each_others_choices(client: httpx.Client, url: str) -> None:
    seats = (5, 15, 30, 45, 60)

    def view(number: int) -> tuple[int, bytes]:
        with httpx.Client(base_url=url, timeout=300) as own:
            return number, film_of(own, choices={"platform.seats": number})

    with ThreadPoolExecutor(10) as pool:
        films = dict(pool.map(view, [*seats, *seats]))
    plain = shown(film_of(client))
    for number, data in films.items():
        header, without, with_ = shown(data)
        value = {one["name"]: one["value"] for one in header["choices"]}["platform.seats"]
        assert value == number
        assert np.array_equal(without, plain[1])
        assert np.array_equal(with_, plain[2]) == (number == 30)  # the file's own number


def test_villages_come_one_by_one_then_the_fans(client: httpx.Client, room: Workroom) -> None:
    with client.stream("POST", "/villages", json=BODY) as reply:
        lines = [json.loads(line) for line in reply.iter_lines()]
    assert [line["of"] for line in lines[:-1]] == [VILLAGES] * VILLAGES
    assert sorted(line["k"] for line in lines[:-1]) == list(range(1, VILLAGES + 1))
    fans = lines[-1]["fans"]
    assert set(fans) == {"without", "with"}
    assert len(fans["with"]["violent"]) == 5
    assert len(fans["with"]["violent"][0]) == 21
    _, planes = decode(film_of(client))
    first = next(line for line in lines if line.get("k") == 1)
    assert first["values"]["spending"][1] == pytest.approx(float(planes["money.weekly"].sum()), abs=0.1)
    # What is known by now goes into the file, and the words of a saved film are those of the shown one.
    reply = client.post("/save", json={**BODY, "lang": "ru"})
    assert reply.status_code == 200
    assert "lang='ru'" in reply.text
    assert reply.headers["content-disposition"] == 'attachment; filename="hamlet-project-seed1.html"'
    header, film = asyncio.run(room.saved(asked_of(room)))
    assert header["villages_of_100"]["n"] == VILLAGES
    assert decode(film)[1]["fan.with"].shape == (len(header["measures"]), 5, 21)


def asked_of(room: Workroom) -> Any:
    return read(BODY, room.shelf)


def test_a_person_is_told_of_the_side_that_is_asked_for(client: httpx.Client) -> None:
    header, planes = decode(film_of(client))
    start, week = planes["session.start"], int(planes["session.week"][0])
    someone = int(planes["session.people"][start[0]])
    told = {arm: client.post("/person", json={**BODY, "person": someone, "week": week, "arm": arm}).json()
            for arm in ("with", "without")}  # fmt: skip
    label = header["labels"][planes["session.label"][0]]["label"]
    assert label in told["with"]["activities"]
    assert told["without"]["activities"] == []
    assert told["with"]["ties"] == told["without"]["ties"] != []


# ------------------------------------------------------------------------------- what is refused
BAD_BODIES = [
    b"", b"[]", b"null", b"7", b'"x"', b"{", b'{"scenario":', b"\xff\xfe", b'{"seed": NaN}', b'{"seed": Infinity}',
    b'{"seed": 1e999}', b'{"seed": ' + b"9" * 5000 + b"}", b"[" * 8000, b'{"a":' * 3000, b"{}" * 4,
    b'{"scenario": "../../etc/passwd"}', b'{"scenario": {"a": 1}}', b'{"scenario": ["zhazy"]}', b'{"programme": 5}',
    b'{"programme": "__class__"}', b'{"choices": []}', b'{"choices": {"platform.seats": "30"}}',
    b'{"choices": {"platform.seats": true}}', b'{"choices": {"platform.seats": 1e308}}',
    b'{"choices": {"platform.seats": -1}}', b'{"choices": {"__init__": 1}}', b'{"choices": {"people.size": 1000000}}',
    b'{"choices": {"platform.seats": null}}', b'{"from_week": -1, "choices": {"platform.seats": 5}}',
    b'{"from_week": 1e9, "choices": {"platform.seats": 5}}', b'{"shocks": {"rumour": {"on": true, "week": 100000}}}',
    b'{"shocks": {"rumour": true}}', b'{"shocks": {"../x": {"on": true}}}', b'{"off": 1}', b'{"off": "true"}',
    b'{"earlier": {}}', b'{"earlier": [1, 2]}', b'{"earlier": ' + json.dumps([{}] * 500).encode() + b"}",
    b'{"seed": -1}', b'{"seed": 1.5}', b'{"seed": "1"}', b'{"weeks": 5000}', b'{"people": 1000000}', b'{"lang": 7}',
]  # fmt: skip


@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: body[:40].decode("latin-1"))
def test_a_bad_request_is_refused_in_words(client: httpx.Client, body: bytes) -> None:
    reply = client.post("/twin", content=body, headers={"content-type": "application/json"})
    assert 400 <= reply.status_code < 500
    told = reply.json()["mistakes"]
    assert told
    assert reply.json()["code"] in {"mistake", "unreadable"}
    assert not any("Traceback" in words or ".py" in words for words in told)


def test_a_request_too_large_is_refused_before_it_is_read_whole(client: httpx.Client) -> None:
    reply = client.post("/twin", content=b" " * (MOST_BYTES + 1), headers={"content-type": "application/json"})
    assert (reply.status_code, reply.json()["code"]) == (413, "too_large")


def test_other_pages_cannot_ask(client: httpx.Client, url: str) -> None:
    port = url.rpartition(":")[2]
    for headers, status in (
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": f"http://localhost:{port}"}, 403),  # another name of this computer is another origin
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"host": "evil.example"}, 421),
        ({"host": f"evil.example:{port}"}, 421),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"origin": url}, 200),
        ({}, 200),
    ):
        reply = client.post("/twin", content=json.dumps(BODY), headers={"content-type": "application/json", **headers})
        assert reply.status_code == status, headers
        codes = {403: "foreign_page", 421: "wrong_host", 415: "not_json"}
        assert status == 200 or reply.json()["code"] == codes[status]
    assert client.get("/", headers={"host": f"localhost:{port}"}).status_code == 200
    assert client.get("/", headers={"host": f"[::1]:{port}"}).status_code == 200


@pytest.mark.parametrize(
    "entry",
    [{"person": -1}, {"person": 500}, {"person": "1"}, {}, {"person": 1, "week": 21}, {"person": 1, "arm": "x"}],
)
def test_nobody_who_does_not_live_there_is_told_of(client: httpx.Client, entry: dict[str, Any]) -> None:
    assert client.post("/person", json={**BODY, **entry}).status_code == 400


def test_hostile_requests_leave_the_server_alive_and_the_disk_untouched(url: str, tmp_path: Path) -> None:
    dice = random.Random(5)
    host, port = url.removeprefix("http://").split(":")
    before = sorted(tmp_path.parent.rglob("*"))
    paths = ["/twin", "/save", "/person", "/villages", "/", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc",
             "/scenarios.json/../..", "/twin/", "/page/..%5c..%5cx", "/words/../secret"]  # fmt: skip
    methods = ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "POST", "PROPFIND"]
    seen: dict[int, int] = {}
    for number in range(200):
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        body = dice.choice(BAD_BODIES) + bytes(dice.choices(range(256), k=dice.choice([0, 3, 300])))
        headers = {"content-type": dice.choice(["application/json", "text/html", "multipart/form-data; boundary=x"])}
        path, method = dice.choice(paths), dice.choice(methods)
        if method == "POST" and path in {"/twin", "/villages", "/save", "/person"}:
            body += b"\x00{"  # never what is allowed
        connection.request(method, path, body=body, headers=headers)
        status = connection.getresponse().status
        connection.close()
        seen[status] = seen.get(status, 0) + 1
        assert 400 <= status < 500, (number, method, path, body[:60])
    assert len(seen) >= 3
    assert httpx.get(f"{url}/").status_code == 200
    assert sorted(tmp_path.parent.rglob("*")) == before


@pytest.mark.parametrize("raw", [
    b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"\x16\x03\x01\x02\x00\x01",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"POST /twin HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n" + b" " * 40_000,
    b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /twin HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
], ids=["no host", "two hosts", "tls", "proxy", "long body", "long path", "broken chunk"])  # fmt: skip
def test_broken_http_is_refused(url: str, raw: bytes) -> None:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as link:
        link.sendall(raw)
        answer = link.recv(4000)
    assert answer[9:10] == b"4", answer[:200]
    assert b"\r\nx-content-type-options: nosniff\r\n" in answer.lower(), answer
    assert b"\r\ncontent-security-policy: default-src 'none'" in answer.lower(), answer
    assert httpx.get(f"{url}/").status_code == 200


# ------------------------------------------------------------------------------- slow and greedy visitors
def _pause(link: socket.socket) -> bytes:
    """Return what comes until the other side closes; a reset is an end like another."""
    data = b""
    try:
        while part := link.recv(4000):
            data += part
    except ConnectionResetError:
        pass
    return data


@pytest.mark.parametrize("drops", [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n"], ids=["silent", "drop by drop"])
def test_a_connection_that_asks_nothing_is_closed(url: str, drops: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_WITHIN", 0.6)
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as link:
        link.settimeout(20)
        for drop in drops:
            try:
                link.sendall(bytes([drop]))
            except ConnectionError:
                break
            time.sleep(0.05)
        assert _pause(link) == b""


def test_a_body_that_does_not_come_is_not_waited_for(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "BODY_WITHIN", 0.3)
    host, port = url.removeprefix("http://").split(":")
    head = f"POST /twin HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
    head += "Content-Length: 90\r\n\r\n{"
    with socket.create_connection((host, int(port)), timeout=20) as link:
        link.sendall(head.encode())
        answer = _pause(link)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"too_slow"' in answer


def test_an_answer_that_is_not_taken_is_given_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = threading.Event()
    real = connections.Connection.connection_lost
    monkeypatch.setattr(connections.Connection, "connection_lost", lambda *words: lost.set() or real(*words))
    monkeypatch.setattr(connections, "TAKEN_WITHIN", 0.3)
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.connect((host, int(port)))
        link.settimeout(20)
        ask = f"GET /scenarios.json HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
        link.sendall(ask * 600)  # answers of some 20 MB, far more than systems hold for a program that does not read
        assert lost.wait(20), "the server waits on"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one loopback address only")
def test_silent_connections_of_one_visitor_shut_nobody_out(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    silent = [socket.create_connection((host, int(port)), source_address=("127.0.0.9", 0)) for _ in range(300)]
    try:
        assert httpx.get(f"{url}/").status_code == 200
    finally:
        for link in silent:
            link.close()


def test_one_connection_too_many_is_told_so_with_the_safety_headers(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST", 0)
    reply = httpx.get(f"{url}/")
    assert (reply.status_code, reply.json()["code"]) == (503, "busy")
    assert reply.headers["x-frame-options"] == "DENY"
    assert reply.headers["content-security-policy"].startswith("default-src 'none'")


def test_one_visitor_cannot_take_all_places() -> None:
    async def story() -> None:
        release = asyncio.Event()

        async def slow(*_: Any) -> None:
            await release.wait()

        door = Guard(slow, ())

        async def ask(who: str, method: str = "POST") -> int | None:
            told: list[Any] = []

            async def send(message: Any) -> None:
                told.append(message)

            headers = [(b"host", b"localhost")]
            scope = {"type": "http", "method": method, "path": "/twin", "headers": headers, "client": (who, 1)}
            await asyncio.wait_for(door(scope, lambda: asyncio.sleep(9), send), 5)  # type: ignore[arg-type]
            return told[0]["status"] if told else None

        waiting = [asyncio.create_task(ask("10.0.0.7")) for _ in range(MOST_OF_ONE)]
        await asyncio.sleep(0)
        assert await ask("10.0.0.7") == 503
        others = [asyncio.create_task(ask("10.0.0.8")), asyncio.create_task(ask("10.0.0.7", "GET"))]
        await asyncio.sleep(0)
        release.set()
        assert await asyncio.gather(*waiting, *others) == [None] * (MOST_OF_ONE + 2)
        waiting = [asyncio.create_task(ask("10.0.0.7"))]
        assert await asyncio.gather(*waiting) == [None]  # its places are free again

    asyncio.run(story())


def test_the_page_is_served_before_the_model_is_loaded(room: Workroom) -> None:
    opening: Future[Workroom] = Future()
    app = application(opening, simple_page, "default-src 'none'")

    async def story() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as visitor:
            assert (await visitor.get("/")).status_code == 200
            asked = asyncio.create_task(visitor.get("/scenarios.json"))
            await asyncio.sleep(0.05)
            assert not asked.done()
            opening.set_result(room)
            assert (await asked).json()["first"]["name"] == "hamlet"

    asyncio.run(story())


# ------------------------------------------------------------------------------- work
@contextmanager
def opened(room: Workroom, **how: Any) -> Iterator[Workroom]:
    """Yield a room of its own over the same shelf: its waiting lists belong to one event loop."""
    own = Workroom(room.shelf, workers=2, number=VILLAGES)
    for name, value in how.items():
        setattr(own, name, value)
    yield own
    own.end()


def test_a_person_and_a_file_come_while_villages_stand_back(room: Workroom, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, other = asked_of(room), replace(asked_of(room), seed=6)
    release = threading.Event()

    def held(header: Any, frames: Any, pack: Any) -> bytes:
        if pack == QUICK:
            release.wait(60)
        return encode(header, frames, pack)

    async def story() -> None:
        with opened(room) as own:
            await own.film(asked)
            monkeypatch.setattr(workroom, "encode", held)
            told = own.villages(replace(asked, seed=21))
            lines: list[Any] = []

            async def listen() -> None:
                async for line in told:
                    lines.append(line)  # noqa: PERF401 - counted as they come

            listening = asyncio.ensure_future(listen())
            while not lines:
                await asyncio.sleep(0.01)
            film = asyncio.ensure_future(own.film(other))
            await asyncio.sleep(1.5)  # the threads of the villages have heard that somebody waits
            before = len(lines)
            try:
                person = await asyncio.wait_for(own.person(asked, 3, 2, "with"), 20)
                header, _ = await asyncio.wait_for(own.saved(asked), 20)
                assert not film.done()
                assert len(lines) == before < VILLAGES
            finally:
                release.set()
            assert person["person"] == 3
            assert header["scenario"] == "hamlet"
            await film
            await listening
            assert len(lines) == VILLAGES + 1  # the villages go on

    asyncio.run(story())


def test_many_questions_at_once_do_not_build_all_their_places(room: Workroom, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[int] = []
    release = threading.Event()
    asked = asked_of(room)

    def arm(*_: Any, **__: Any) -> Any:
        release.wait(60)
        raise InputError("enough")

    monkeypatch.setattr(workroom, "place", lambda _, seed: built.append(seed) or room)
    monkeypatch.setattr(workroom, "layout", lambda *_: None)
    monkeypatch.setattr(workroom, "live", arm)
    monkeypatch.setattr(Workroom, "people", None, raising=False)

    async def story() -> None:
        with opened(room) as own:
            films = [asyncio.ensure_future(own.film(replace(asked, seed=seed))) for seed in range(60)]
            await asyncio.sleep(1.0)
            assert len(built) <= MOST_FILMS
            release.set()
            assert all(isinstance(each, InputError) for each in await asyncio.gather(*films, return_exceptions=True))
            assert len(built) == 60

    asyncio.run(story())


def test_what_is_remembered_is_bounded_by_its_weight() -> None:
    async def story() -> None:
        jobs = Jobs(ThreadPoolExecutor(1), kept=250_000, most=9)
        for name in "abc":
            await jobs.get(name, lambda _: np.zeros(100_000, np.uint8))
        assert [jobs.known(name) is not None for name in "abc"] == [False, True, True]
        jobs.known("b")
        await jobs.get("d", lambda _: (np.zeros(50_000, np.uint8), {"x": bytes(50_000)}))
        assert [jobs.known(name) is not None for name in "bcd"] == [True, False, True]
        await jobs.get("large", lambda _: np.zeros(300_000, np.uint8))
        assert not any(jobs.known(name) is not None for name in ("b", "d", "large"))

    asyncio.run(story())
    memory = Memory(250_000)
    for name in "abc":
        memory.put(name, [np.zeros(100_000, np.uint8)])
        memory.get("a")
    assert [memory.get(name) is not None for name in "abc"] == [True, False, True]


def test_a_film_that_is_known_is_not_run_again(room: Workroom, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        with opened(room) as own:
            first = await own.film(asked_of(room))
            for jobs in (own._arms, own._places):
                jobs._jobs.clear()  # as if others had asked for much in between
            monkeypatch.setattr(workroom, "live", None)
            monkeypatch.setattr(workroom, "place", None)
            assert await own.film(asked_of(room)) == first

    asyncio.run(story())


def test_the_map_is_laid_out_once_a_place_and_not_on_the_event_loop(
    room: Workroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    where: list[threading.Thread] = []
    real = workroom.layout

    def noted(*words: Any) -> Any:
        where.append(threading.current_thread())
        return real(*words)

    monkeypatch.setattr(workroom, "layout", noted)

    async def story() -> None:
        with opened(room) as own:
            for off in (False, True):
                await own.film(replace(asked_of(room), off=off))

    asyncio.run(story())
    assert len(where) == 1
    assert where[0] is not threading.main_thread()


def test_villages_wait_when_there_is_no_room(room: Workroom) -> None:
    async def story() -> None:
        with opened(room) as own:
            own._pairs._most = 1

            async def listen(seed: int) -> list[int]:
                return [line["k"] async for line in own.villages(replace(asked_of(room), seed=seed)) if "k" in line]

            for told in await asyncio.gather(*map(listen, (31, 32, 33))):
                assert sorted(told) == list(range(1, VILLAGES + 1))

    asyncio.run(story())


def test_a_control_moved_again_goes_on_from_where_it_was_moved(
    room: Workroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {**BODY, "from_week": 12, "choices": {"platform.seats": 60}}
    again = {**body, "choices": {"platform.seats": 90, "platform.every": 1}}
    later = {**again, "from_week": 16, "earlier": [body]}
    steps: list[int] = []
    calendar = CohesionModel._calendar

    async def story() -> None:
        with opened(room) as own, opened(room) as fresh:
            await own.film(read(body, room.shelf))
            # Mesa wraps a model's own step, so weeks are counted in what every week calls.
            monkeypatch.setattr(CohesionModel, "_calendar", lambda model: steps.append(model.week) or calendar(model))
            for question in (again, later):
                steps.clear()
                found = await own.film(read(question, room.shelf))
                assert steps == list(range(12, 20))  # of the side with the programme; the other is known
                assert found == await fresh.film(read(question, room.shelf))

    asyncio.run(story())


def test_the_same_question_is_worked_out_once_and_only_while_somebody_waits() -> None:
    started, release = threading.Event(), threading.Event()
    calls: list[str] = []
    stopped: list[bool] = []

    def slow(asks: Any) -> str:
        calls.append("slow")
        started.set()
        release.wait(30)
        stopped.append(asks())
        if asks():
            raise StoppedError
        return "done"

    async def story() -> None:
        jobs = Jobs(ThreadPoolExecutor(1), kept=10_000, most=2)
        both = [asyncio.create_task(jobs.get("q", slow)) for _ in range(2)]
        await asyncio.to_thread(started.wait, 30)
        both[0].cancel()
        await asyncio.sleep(0)
        release.set()
        assert await both[1] == "done"
        assert (calls, stopped) == (["slow"], [False])
        assert await jobs.get("q", slow) == "done"  # remembered
        assert calls == ["slow"]
        started.clear()
        release.clear()
        gone = asyncio.create_task(jobs.get("other", slow))
        await asyncio.to_thread(started.wait, 30)
        queued = asyncio.create_task(jobs.get("third", lambda _: "third"))
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await jobs.get("fourth", lambda _: "fourth")
        gone.cancel()
        await asyncio.sleep(0)
        release.set()
        assert await queued == "third"
        assert stopped == [False, True]
        assert jobs.known("other") is None
        assert jobs.known("third") == "third"
        with pytest.raises(InputError):
            await jobs.get("wrong", lambda _: _raise())
        assert await jobs.get("wrong", lambda _: "right") == "right"  # a failure is not remembered

    asyncio.run(story())


def _raise() -> None:
    raise InputError("wrong")


def test_who_hangs_up_stops_the_work(url: str, room: Workroom) -> None:
    host, port = url.removeprefix("http://").split(":")
    body = json.dumps({**BODY, "seed": 77}).encode()
    head = f"POST /villages HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
    with socket.create_connection((host, int(port))) as link:
        link.sendall(head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        assert b'"k":' in _until(link, b"\n{")
    deadline = time.monotonic() + 60
    while room._pairs.open and time.monotonic() < deadline:
        time.sleep(0.05)
    assert room._pairs.open == 0
    assert room._pairs.known((("hamlet", 77), (), VILLAGES - 1)) is None  # the rest was never lived


def _until(link: socket.socket, mark: bytes) -> bytes:
    data = b""
    while mark not in data:
        data += link.recv(65_536)
    return data


# ------------------------------------------------------------------------------- the address
def test_a_busy_port_gives_way_to_the_next() -> None:
    taken = serve.listening("127.0.0.1", 0)
    port = taken.getsockname()[1]
    with taken, serve.listening("127.0.0.1", port) as found:
        assert port < found.getsockname()[1] <= port + 40


def test_an_address_of_another_computer_is_refused() -> None:
    with pytest.raises(InputError, match="no address of this computer"):
        serve.listening("203.0.113.7", 8750)


@pytest.mark.parametrize(("number", "told"), [
    (errno.EACCES, "--port 80: this computer does not let you use it. Write a number from 1024 on"),
    (errno.EINVAL, "--host 192.0.2.9: is no address of this computer"),
    (errno.ENOBUFS, "cannot be used (No buffer space available)"),
])  # fmt: skip
def test_why_a_port_cannot_be_had_is_said(number: int, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(serve.socket, "socket", type("Refusing", (socket.socket,), {"bind": refuse}))
    with pytest.raises(InputError) as refused:
        serve.listening("192.0.2.9", 80)
    assert told in str(refused.value)


def _network(*own: str) -> type:
    """Return a kind of socket in a computer without internet that has these addresses, in networks of 256."""

    class Offline(socket.socket):
        def connect(self, to: Any) -> None:
            self.name = next((one for one in own if one.rpartition(".")[0] == to[0].rpartition(".")[0]), None)
            if self.name is None:
                raise OSError(errno.ENETUNREACH, "Network is unreachable")

        def getsockname(self) -> Any:
            return self.name, 5

    return Offline


@pytest.mark.parametrize("own", ["10.42.0.1", "192.168.137.1", "192.168.43.7", "172.20.10.1", "192.168.200.30"])
def test_the_address_in_a_hotspot_without_internet_is_found(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve.socket, "socket", _network(own))
    assert serve.addresses("0.0.0.0", 8750) == [f"http://{own}:8750/"]


def test_an_address_that_only_the_computers_name_leads_to_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve.socket, "socket", _network())
    told = [(2, 1, 6, "", (name, 0)) for name in ("127.0.1.1", "10.77.3.4")]
    monkeypatch.setattr(serve.socket, "getaddrinfo", lambda *_: told)
    assert serve.addresses("0.0.0.0", 8750) == ["http://10.77.3.4:8750/"]


def test_without_a_network_no_code_is_shown_but_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve.socket, "socket", _network())
    monkeypatch.setattr(serve.socket, "getaddrinfo", lambda *_: [])
    urls = serve.addresses("0.0.0.0", 8750)
    assert urls == ["http://127.0.0.1:8750/"]
    workshop_verbs._invite("0.0.0.0", urls)
    said = capsys.readouterr().out
    assert "in no network" in said
    assert "\u2588" not in said
    workshop_verbs._invite("0.0.0.0", ["http://10.42.0.1:1/", "http://10.8.0.2:1/"])
    said = capsys.readouterr().out
    assert "\u2588" in said
    assert "http://10.8.0.2:1/" in said


def test_addresses_and_their_code() -> None:
    assert serve.addresses("127.0.0.1", 8750) == ["http://127.0.0.1:8750/"]
    assert serve.addresses("::1", 8750) == ["http://[::1]:8750/"]
    assert serve.addresses("0.0.0.0", 80)[0].startswith("http://")
    assert "0.0.0.0" not in serve.addresses("0.0.0.0", 80)[0]
    assert serve.is_loopback("127.0.0.1")
    assert serve.is_loopback("localhost")
    assert not serve.is_loopback("0.0.0.0")
    lines = serve.code("http://192.168.1.5:8750/").splitlines()
    assert 12 <= len(lines) <= 20


# ------------------------------------------------------------------------------- the verbs
def _start(*words: str) -> subprocess.Popen[str]:
    pytest.importorskip("cohesion_sim.workshop.assemble", reason="the page is not here yet")
    flags = subprocess.CREATE_NEW_PROCESS_GROUP if sys.platform == "win32" else 0
    command = [sys.executable, "-c", _HEARS_CTRL_C, *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, creationflags=flags)


_HEARS_CTRL_C = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from cohesion_sim.cli import main; main()"
)


def test_the_verb_serves_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    (tmp_path / "hamlet.toml").write_text(SMALL, "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = _start("workshop", str(tmp_path / "hamlet.toml"), "--no-browser", "--lang", "ky", "--port", str(port))
        assert process.stdout is not None
        said = [process.stdout.readline(), process.stdout.readline()]
        assert f"Port {port} is taken" in said[0]
        url = said[1].split()[5]
        assert 'lang="ky"' in httpx.get(url, timeout=60).text
        reply = httpx.post(f"{url}twin", json=BODY, timeout=300)
        assert reply.status_code == 200
        with httpx.stream("POST", f"{url}villages", json={**BODY, "seed": 3}, timeout=300) as villages:
            next(villages.iter_lines())
            process.send_signal(signal.CTRL_BREAK_EVENT if sys.platform == "win32" else signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip().endswith("The workshop is closed.")
    assert "Traceback" not in out + err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hamlet.toml"]


@pytest.mark.skipif(sys.platform == "win32", reason="another way of sending Ctrl-C there")
@pytest.mark.parametrize("presses", [1, 3])
def test_ctrl_c_ends_the_verb_while_rules_are_compiled(
    presses: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "empty"))  # nothing is compiled yet: it takes a while
    process = _start("workshop", "yuryevka", "--no-browser", "--port", "0")
    assert process.stdout is not None
    assert process.stderr is not None
    assert "is open at" in process.stdout.readline()
    assert "Preparing the model" in process.stderr.readline()
    begun = time.monotonic()
    for _ in range(presses):
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    out, err = process.communicate(timeout=60)
    taken = time.monotonic() - begun
    assert process.returncode == 130
    assert err.strip().endswith("The workshop is closed.")
    assert "Traceback" not in out + err
    assert "Exception" not in out + err
    assert taken < 6, taken  # two seconds on a machine that does nothing else; compiling takes ten and more


def test_replay_writes_one_file_the_same_twice(tmp_path: Path) -> None:
    pytest.importorskip("cohesion_sim.workshop.assemble", reason="the page is not here yet")
    (tmp_path / "hamlet.toml").write_text(SMALL, "utf-8")
    files = []
    for name in ("one", "two"):
        words = ["replay", str(tmp_path / "hamlet.toml"), "-o", str(tmp_path / f"{name}.html"), "--villages", "3"]
        found = CliRunner().invoke(cli, [*words, "--lang", "uz", "--gif", str(tmp_path / f"{name}.gif")])
        assert found.exit_code == 0, found.output
        assert f"{name}.html" in found.output
        files.append([(tmp_path / f"{name}.{ending}").read_bytes() for ending in ("html", "gif")])
    assert files[0] == files[1]
    assert b"Content-Security-Policy" in files[0][0]
    again = CliRunner().invoke(cli, words)
    assert again.exit_code == 2
    assert "already there" in again.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("workshop nowhere", "no such file or scenario"),
        ("workshop --lang fr", "--lang fr: not known"),
        ("workshop --host 203.0.113.7", "no address of this computer"),
        ("workshop --host no..name", "no address of this computer"),
        ("replay yuryevka -p projekt", "did you mean 'project'"),
        ("replay yuryevka -o .", "is a folder"),
        ("replay yuryevka -o x.html --gif x.html", "name the same file"),
    ],
)
def test_mistakes_on_the_command_line_are_told(
    words: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cohesion_sim.workshop.assemble", reason="the page is not here yet")
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(cli, words.split())
    assert found.exit_code == 2, found.output
    assert told in found.stderr
    assert "Traceback" not in found.output
    assert list(tmp_path.iterdir()) == []


def test_help_of_the_verbs_loads_nothing_heavy() -> None:
    code = "import sys; from cohesion_sim.cli import cli; cli(['workshop', '--help'], standalone_mode=False);" \
           "assert not {'numba', 'mesa', 'starlette', 'uvicorn'} & set(sys.modules)"  # fmt: skip
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env={**os.environ})

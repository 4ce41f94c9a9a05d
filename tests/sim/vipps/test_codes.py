"""The code on the label: made once, repointed for ever, never printed from a picture that is an hour old."""

from collections.abc import AsyncIterator
from io import BytesIO

import httpx
import pytest
import zxingcpp
from PIL import Image

from kiosk.sim.vipps import Rules
from tests.sim.vipps.bench import GONE, Bench, Json

CODES = "/qr/v1/merchant-redirect"
POST_1 = f"{CODES}/post-1"
TARGET = "https://kiosk.example/p/post-1"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.aclose()


async def register(bench: Bench, accept: str = "image/png", **changes: object) -> httpx.Response:
    body = {"id": "post-1", "redirectUrl": TARGET} | changes
    body = {name: value for name, value in body.items() if value is not GONE}
    return await bench.careless.post(CODES, headers=bench.headers(Accept=accept), json=body)


async def content_of(bench: Bench, code: Json) -> str:
    picture = await bench.http.get(code["url"])
    assert picture.headers["content-type"] == "image/png"
    return str(zxingcpp.read_barcodes(Image.open(BytesIO(picture.content)).convert("L"))[0].text)


async def test_a_code_is_registered_and_can_be_read(bench: Bench) -> None:
    answer = await register(bench)
    assert answer.status_code == 200
    code = answer.json()
    assert (code["id"], code["redirectUrl"], code["expiresIn"]) == ("post-1", TARGET, -1)
    content = await content_of(bench, code)
    assert content.startswith("https://qr.vipps.no/")
    assert TARGET not in content, "the code must outlive its target"
    found = await bench.http.get(POST_1, headers=bench.headers(Accept="text/targetUrl"))
    assert found.json()["url"] == content


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [("image/*", "image/svg+xml"), ("image/svg+xml", "image/svg+xml"), ("image/png", "image/png")],
)
async def test_the_accept_header_names_the_picture(bench: Bench, accept: str, media_type: str) -> None:
    picture = await bench.http.get((await register(bench, accept)).json()["url"])
    assert (picture.status_code, picture.headers["content-type"]) == (200, media_type)


@pytest.mark.parametrize("accept", ["*/*", "application/json", "image/jpeg", "image/png, image/*", "text/targeturl"])
@pytest.mark.parametrize(("method", "path"), [("POST", CODES), ("PUT", POST_1), ("GET", POST_1), ("GET", CODES)])
async def test_any_other_accept_header_is_415(bench: Bench, method: str, path: str, accept: str) -> None:
    if path == POST_1:
        await register(bench)
    body = {"json": {"id": "post-1", "redirectUrl": TARGET}} if method == "POST" else {}
    answer = await bench.careless.request(method, path, headers=bench.headers(Accept=accept), **body)  # type: ignore[arg-type]
    assert answer.status_code == 415


@pytest.mark.parametrize(("size", "pixels"), [(None, 1024), ("100", 100), ("2000", 2000)])
async def test_the_size_header_is_in_pixels(bench: Bench, size: str | None, pixels: int) -> None:
    await register(bench)
    headers = bench.headers(Accept="image/png") | ({"Size": size} if size else {})
    url = (await bench.http.get(POST_1, headers=headers)).json()["url"]
    assert Image.open(BytesIO((await bench.http.get(url)).content)).size == (pixels, pixels)


@pytest.mark.parametrize(
    ("accept", "size"),
    [("image/png", "99"), ("image/png", "2001"), ("image/png", "big"), ("image/png", ""), ("image/svg+xml", "400")],
)
async def test_a_wrong_size_is_refused(bench: Bench, accept: str, size: str) -> None:
    await register(bench)
    answer = await bench.careless.get(POST_1, headers=bench.headers(Accept=accept, Size=size))
    assert answer.status_code == 400


async def test_an_id_that_exists_is_named_and_nothing_else_is_said(bench: Bench) -> None:
    await register(bench)
    again = await register(bench, redirectUrl="https://elsewhere.example")
    assert (again.status_code, again.json()) == (409, {"id": "post-1"})
    assert (await bench.http.get(POST_1, headers=bench.headers(Accept="image/png"))).json()["redirectUrl"] == TARGET


async def test_repointing_changes_the_target_and_not_the_code(bench: Bench) -> None:
    content = await content_of(bench, (await register(bench)).json())
    moved = {"redirectUrl": "https://moved.example/p/1"}
    answer = await bench.http.put(POST_1, headers=bench.headers(Accept="image/png"), json=moved)
    assert (answer.status_code, answer.json()["redirectUrl"]) == (200, moved["redirectUrl"])
    assert await content_of(bench, answer.json()) == content
    scanned = await bench.http.post("/_sim/scan", json={"content": content})
    assert scanned.json() == {"redirect": moved["redirectUrl"], "id": "post-1"}


async def test_a_deleted_code_is_dead_on_every_label(bench: Bench) -> None:
    content = await content_of(bench, (await register(bench)).json())
    assert (await bench.http.delete(POST_1, headers=bench.headers())).status_code == 200
    assert (await bench.http.delete(POST_1, headers=bench.headers())).status_code == 404
    again = await register(bench)
    assert again.status_code == 200
    assert await content_of(bench, again.json()) != content
    assert (await bench.http.post("/_sim/scan", json={"content": content})).status_code == 404


async def test_the_list_has_every_code(bench: Bench) -> None:
    assert (await bench.http.get(CODES, headers=bench.headers(Accept="image/png"))).json() == []
    for code_id in ("post-1", "post-2"):
        await register(bench, id=code_id)
    found = (await bench.http.get(CODES, headers=bench.headers(Accept="text/targetUrl"))).json()
    assert [code["id"] for code in found] == ["post-1", "post-2"]
    assert all(code["url"].startswith("https://qr.vipps.no/") for code in found)


async def test_an_unknown_code_is_not_found(bench: Bench) -> None:
    headers = bench.headers(Accept="image/png")
    assert (await bench.http.get(POST_1, headers=headers)).status_code == 404
    assert (await bench.http.put(POST_1, headers=headers, json={"redirectUrl": TARGET})).status_code == 404


async def test_a_picture_dies_after_an_hour_and_its_code_does_not(bench: Bench) -> None:
    code = (await register(bench)).json()
    content = await content_of(bench, code)
    bench.pass_time(3599)
    assert (await bench.http.get(code["url"])).status_code == 200
    bench.pass_time(1)
    assert (await bench.http.get(code["url"])).status_code == 404
    fresh = (await bench.http.get(POST_1, headers=bench.headers(Accept="image/png"))).json()
    assert await content_of(bench, fresh) == content


async def test_how_long_a_picture_lives_is_a_switch() -> None:
    bench = Bench(Rules(redirect_image_life_s=10))
    code = (await register(bench)).json()
    bench.pass_time(10)
    assert (await bench.http.get(code["url"])).status_code == 404
    await bench.aclose()


async def test_a_code_with_a_life_ends_for_good(bench: Bench) -> None:
    assert (await register(bench, ttl=300)).json()["expiresIn"] == 300
    bench.pass_time(299)
    headers = bench.headers(Accept="image/png")
    assert (await bench.http.get(POST_1, headers=headers)).json()["expiresIn"] == 1
    bench.pass_time(1)
    assert (await bench.http.get(POST_1, headers=bench.headers(Accept="image/png"))).status_code == 404
    assert (await bench.http.get(CODES, headers=bench.headers(Accept="image/png"))).json() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"id": GONE},
        {"id": ""},
        {"id": "a" * 129},
        {"id": "NO*ABC*E1"},
        {"id": "post.1"},
        {"id": "post:1"},
        {"id": "post/1"},
        {"id": 1},
        {"redirectUrl": GONE},
        {"redirectUrl": "http://kiosk.example"},
        {"redirectUrl": "https://kiosk.example/a,b"},
        {"redirectUrl": "https://kiosk.example/(a)"},
        {"redirectUrl": "https://kiosk.example/~a"},
        {"ttl": 299},
        {"ttl": 2_147_483_648},
        {"ttl": "600"},
        {"size": 400},
    ],
)
async def test_a_wrong_code_is_refused(bench: Bench, changes: Json) -> None:
    answer = await register(bench, **changes)
    assert answer.status_code == 400
    assert answer.json()["invalidParams"]
    assert bench.app.unit.redirects == {}


@pytest.mark.parametrize("body", [{}, {"redirectUrl": "http://kiosk.example"}, {"redirectUrl": TARGET, "id": "post-1"}])
async def test_a_wrong_target_is_refused(bench: Bench, body: Json) -> None:
    await register(bench)
    answer = await bench.careless.put(POST_1, headers=bench.headers(Accept="image/png"), json=body)
    assert answer.status_code == 400

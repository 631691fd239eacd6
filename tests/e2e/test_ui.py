"""Airflow's pages as a person sees them after a demo, in Chromium; nothing leaves the machine."""

import os
import shutil
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.e2e.conftest import Stack

from cutover.runtime.api import DagRun, await_end
from cutover.runtime.environment import ADMIN, admin_password_file
from cutover.runtime.home import read_state
from cutover.runtime.signoffs import SETTLE_SECONDS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.airflow,
    pytest.mark.browser,
    pytest.mark.timeout(1200),
    pytest.mark.usefixtures("demo"),
]

CHROMIUM = shutil.which("chromium")
# What keeps a browser that nobody asked from calling its maker.
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
JOURNEY = "cutover_implementation"
TITLES = {
    JOURNEY: "The whole journey of one wave",
    "cutover_cleansing": "Land and cleanse",
    "cutover_mapping": "Map, and close or open the gate",
    "cutover_pilot_migration": "Pilot: load a few rows of every kind",
    "cutover_full_migration": "Full migration: move a wave into the target",
    "cutover_dual_run": "Dual run: compare the old and the new system",
    "cutover_rollback": "Rollback: take a run",
    "cutover_quarantine": "Quarantine: take corrections from Excel, and replay the rows they mend",
}


@pytest.fixture(scope="module")
def page(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A page that is logged in; at the end, no request of it may have left the machine."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    with sync_playwright() as play:
        # Chromium keeps a folder in the user's configuration, whatever profile it is given.
        home = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path_factory.mktemp("chromium"))}
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS, env=home)
        shown = browser.new_page(viewport={"width": 1440, "height": 1000}, base_url=url_of(stack))
        shown.set_default_timeout(60_000)
        shown.on("request", lambda request: asked.append(request.url))
        log_in(shown, stack)
        yield shown
        browser.close()
    hosts = {urlsplit(url).hostname for url in asked if url.startswith(("http", "ws"))}
    assert hosts == {"127.0.0.1"}, "every request stays on the loopback"


@pytest.fixture
def picture(page: Any, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep a picture of the page as the test left it."""
    yield
    page.screenshot(path=tmp_path_factory.getbasetemp() / f"{request.node.name}.png")


pytestmark.append(pytest.mark.usefixtures("picture"))


@pytest.fixture
def asking(stack: Stack) -> tuple[int, DagRun]:
    """A rollback of the full run that waits for its sign-off: the run of the ledger, and that of Airflow."""
    run_id = stack.read_json("summary")["full"]["run_id"]
    with stack.connect() as airflow:
        form = {"run_id": run_id, "level": "run", "reason": "Totals of company 1000 differ"}
        run = airflow.trigger("cutover_rollback", form)
        deadline = time.monotonic() + 120
        while not airflow.read_questions(run.dag_id, run.run_id):
            assert time.monotonic() < deadline, "the rollback never asked"
            time.sleep(0.5)
    return run_id, run


def url_of(stack: Stack) -> str:
    return f"http://127.0.0.1:{read_state(stack.home)['ports']['api']}"


def log_in(page: Any, stack: Stack) -> None:
    page.goto("/")
    page.locator("input[name=username]").fill(ADMIN)
    page.locator("input[name=password]").fill(admin_password_file(stack.home).read_text(encoding="utf-8").strip())
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("Stats", exact=True).first.wait_for()


def test_the_list_shows_our_dags_and_no_error(page: Any) -> None:
    page.goto("/dags")
    for dag_id in TITLES:
        page.get_by_role("link", name=dag_id, exact=True).wait_for()
    assert page.get_by_text("Import Error").count() == 0


@pytest.mark.parametrize("dag_id", TITLES)
def test_a_dag_explains_itself(page: Any, dag_id: str) -> None:
    page.goto(f"/dags/{dag_id}")
    page.get_by_role("button", name="Dag Docs").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("heading", name=TITLES[dag_id]).wait_for()
    assert "**" not in dialog.inner_text(), "rendered, not raw Markdown"
    page.keyboard.press("Escape")


def test_the_graph_of_the_journey(page: Any) -> None:
    page.goto(f"/dags/{JOURNEY}")
    page.get_by_role("button", name="Show Graph").click()
    for task in ("name_snapshot", "run_cleansing", "run_pilot_migration", "run_full_migration", "run_dual_run"):
        page.get_by_test_id("rf__wrapper").get_by_text(task).wait_for()


def test_a_finished_run_of_the_full_migration(page: Any, stack: Stack) -> None:
    [(run_id,)] = stack.query("select run_id from dag_run where dag_id = 'cutover_full_migration'", "airflow")
    page.goto(f"/dags/cutover_full_migration/runs/{run_id}")
    page.get_by_text("Success").first.wait_for()
    for task in ("approve_load", "require_decision", "verify_run", "finish_run"):
        page.get_by_test_id("rf__wrapper").get_by_text(task).wait_for()


def test_the_rollback_form_refuses_an_empty_reason(page: Any, stack: Stack) -> None:
    before = stack.query("select count(*) from dag_run where dag_id = 'cutover_rollback'", "airflow")
    page.goto("/dags/cutover_rollback")
    page.get_by_role("button", name="Trigger").first.click()
    form = page.get_by_role("dialog")
    form.locator("#element_run_id, input[name=element_run_id]").first.fill("1")
    form.get_by_text("Why, in a sentence; it is kept in the ledger with the rollback.").wait_for()
    assert form.get_by_text("This field is required").count() == 1
    assert not form.get_by_role("button", name="Trigger").last.is_enabled()
    assert "`" not in form.inner_text(), "the form shows plain text"
    assert stack.query("select count(*) from dag_run where dag_id = 'cutover_rollback'", "airflow") == before


def test_a_pending_sign_off_says_what_it_is_about_and_takes_an_answer(
    page: Any, stack: Stack, asking: tuple[int, DagRun]
) -> None:
    run_id, run = asking
    page.goto("/required_actions")
    page.get_by_text(f"Take back run {run_id}?").first.wait_for()
    page.goto(f"/dags/{run.dag_id}/runs/{run.run_id}/tasks/approve_rollback/required_actions")
    page.get_by_text("Reason: Totals of company 1000 differ").wait_for()
    buttons = [page.get_by_role("button", name=option, exact=True) for option in ("Approve", "Reject")]
    # Without a comment, which nobody has to give.
    assert [button.is_enabled() for button in buttons] == [True, True]
    # As for a program, see `runtime.signoffs`: an answer too soon after the question can get lost.
    page.wait_for_timeout(1000 * SETTLE_SECONDS)
    buttons[1].click()
    with stack.connect() as airflow:
        assert await_end(airflow, run, patience=180).state == "failed"
    decided = "select gate, person, decision from cutover.signoff order by signoff_id desc limit 1"
    assert stack.query(decided) == [("rollback", "admin", "rejected")]
    assert stack.query(f"select status from cutover.run where run_id = {run_id}") == [("finished",)]

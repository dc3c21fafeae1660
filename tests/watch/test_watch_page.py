"""The live page in a real browser: filters, order, keyboard, themes, new rows, hostile text as text."""

import shutil
from threading import Thread

import pytest
from watched import HOSTILE, write_step

from assay.report.page import write_page
from assay.report.panels import PALETTE
from assay.watch.server import Server

selenium = pytest.importorskip("selenium.webdriver", reason="the page is tried with selenium: pip install selenium")
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

CHROME = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
FLAGS += "--disable-component-update --disable-sync --disable-dev-shm-usage --window-size=1200,900"
pytestmark = pytest.mark.skipif(not (CHROME and DRIVER), reason="needs Chromium and its driver")


@pytest.fixture(scope="module")
def page(run, tmp_path_factory):
    """A browser that shows the run; one for the module."""
    options = selenium.ChromeOptions()
    options.binary_location = CHROME
    for flag in [*FLAGS.split(), f"--user-data-dir={tmp_path_factory.mktemp('browser')}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with Server(run, 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        driver = selenium.Chrome(options=options, service=Service(DRIVER))
        try:
            driver.get(server.url)
            until(driver, lambda: rows(driver) and driver.find_elements(By.CSS_SELECTOR, "#curves svg"))
            yield driver
        finally:
            driver.quit()
            server.shutdown()


def until(driver, found):
    return WebDriverWait(driver, 20, poll_frequency=0.05).until(lambda _: found())


def rows(driver):
    """The cells of the rows that are shown, as texts."""
    cells = "[...document.querySelectorAll('table.rollouts tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    return driver.execute_script(f"return {cells}")


def told(driver):
    return driver.find_element(By.CSS_SELECTOR, "#rollouts p[role=status]").text


def choose(driver, name, value):
    was = told(driver)
    menu = driver.find_element(By.CSS_SELECTOR, f"select[name={name}]")
    menu.find_element(By.CSS_SELECTOR, f"option[value='{value}']").click()
    until(driver, lambda: told(driver) != was)


def press(driver, *keys):
    driver.switch_to.active_element.send_keys(*keys)


def test_filters_order_and_hostile_text(page):
    assert told(page) == "1 to 48 of 48"
    choose(page, "part", "training")
    choose(page, "status", "correct")
    assert told(page) == "1 to 16 of 16 (48 in all)"
    choose(page, "verifier", "text")
    found = rows(page)
    assert {row[1].split()[0] for row in found} == {"logic", "code"} and {row[3] for row in found} == {"correct"}
    assert [row[0] for row in found] == ["2"] * 4 + ["1"] * 4, "the newest step first"
    page.find_element(By.CSS_SELECTOR, "input[placeholder=all]").send_keys("1")
    until(page, lambda: len(rows(page)) == 4)
    page.find_element(By.XPATH, "//button[.='Clear filters']").click()
    until(page, lambda: told(page) == "1 to 48 of 48")
    page.find_element(By.XPATH, "//th/button[.='tokens']").click()
    until(page, lambda: rows(page)[0][6] == "31")
    head = page.find_element(By.CSS_SELECTOR, "th[aria-sort]")
    assert head.text.startswith("tokens") and head.get_attribute("aria-sort") == "descending"
    page.find_element(By.XPATH, "//th/button[.='advantage']").click()
    until(page, lambda: rows(page)[0][5] == "+0.50")
    page.find_element(By.XPATH, "//th/button[.='step']").click()
    until(page, lambda: rows(page)[0][0] == "2")
    assert page.title.startswith("run: Stopped at step 2 of 3")
    script = "return document.querySelectorAll('script:not([src]), img, iframe, object').length"
    assert page.execute_script(script) == 0, "nothing of a model became markup"


def test_a_rollout_is_opened_compared_and_left_by_keyboard(page):
    page.execute_script("document.querySelector('button.open').focus()")
    press(page, Keys.ARROW_DOWN)
    press(page, Keys.ARROW_DOWN)
    at = "return [...document.querySelectorAll('button.open')].indexOf(document.activeElement)"
    assert page.execute_script(at) == 2
    outline = page.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "the focus is seen"
    press(page, Keys.ENTER)
    dialog = page.find_element(By.CSS_SELECTOR, "dialog")
    until(page, lambda: dialog.find_elements(By.CSS_SELECTOR, ".pane"))
    shown = dialog.text
    assert "math/made, step 2, sample 2" in shown and f"{HOSTILE} incorrect" in shown
    assert "−0.67: the score less the mean of its group" in shown and "number 3, 1.0 ms" in shown
    page.find_element(By.CSS_SELECTOR, "dialog select").send_keys("step 1")
    until(page, lambda: len(dialog.find_elements(By.CSS_SELECTOR, ".pane")) == 2)
    assert "response, step 1, sample 0" in dialog.text
    dialog.find_element(By.CSS_SELECTOR, ".pane .mate:nth-child(4)").click()
    until(page, lambda: "response, step 2, sample 3" in dialog.text)
    assert "none: it does not count" in dialog.text, "a timeout has no score"
    press(page, Keys.ESCAPE)
    until(page, lambda: not dialog.is_displayed())
    assert page.execute_script(at) == 2, "the focus is where it was"
    names = page.execute_script("return [...document.querySelectorAll('button, select, input')].filter(one => "
                                "!(one.textContent || one.ariaLabel || one.labels?.length)).length")  # fmt: skip
    assert names == 0, "every control has a name"


def test_new_steps_come_without_a_reload(page, run):
    page.execute_script("window.same = true")
    page.find_element(By.CSS_SELECTOR, "select[name=status]")
    page.execute_script("document.querySelector('button.open').focus()")
    write_step(run, 3)
    until(page, lambda: told(page) == "1 to 50 of 64")
    assert rows(page)[0][0] == "3" and page.execute_script("return window.same")
    until(page, lambda: "step 3 of 3" in page.title)
    assert page.execute_script("return document.activeElement.className") == "open", "the reader was not moved"


def test_a_report_is_one_file_with_the_same_browser(page, run, tmp_path):
    pytest.importorskip("matplotlib", reason="the report needs the extra 'report'")
    before = page.current_url
    page.get(write_page(run, tmp_path / "report.html").as_uri())
    until(page, lambda: told(page) == "1 to 50 of 64")
    choose(page, "status", "timeout")
    assert told(page) == "1 to 4 of 4 (64 in all)" and {row[4] for row in rows(page)} == {"–"}
    page.find_element(By.CSS_SELECTOR, "button.open").click()
    dialog = page.find_element(By.CSS_SELECTOR, "dialog")
    until(page, lambda: "none: it does not count" in dialog.text)
    page.find_element(By.CSS_SELECTOR, "dialog select").send_keys("step 1")
    until(page, lambda: len(dialog.find_elements(By.CSS_SELECTOR, ".pane")) == 2)
    assert f"{HOSTILE} timeout" in dialog.text and page.title != "taken"
    page.get(before)
    until(page, lambda: rows(page))


def test_both_themes_and_a_phone(page):
    paper = "return getComputedStyle(document.body).backgroundColor"
    for side, theme in enumerate(("light", "dark")):
        media = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        assert page.execute_script(paper) == f"rgb{rgb(PALETTE['paper'][side])}"
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    assert page.execute_script("return document.documentElement.scrollWidth") <= 360
    small = (
        "return [...document.querySelectorAll('main *')].filter(e => e.children.length === 0 && e.textContent.trim() "
    )
    small += "&& parseFloat(getComputedStyle(e).fontSize) < 10).length"
    assert page.execute_script(small) == 0
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert not page.find_element(By.CSS_SELECTOR, ".filters").is_displayed()
    assert page.execute_script(paper) == f"rgb{rgb(PALETTE['paper'][0])}", "paper is white"
    refused = [entry["message"] for entry in page.get_log("browser") if entry["level"] == "SEVERE"]
    assert not refused, "nothing failed, and nothing asked for what the policy forbids"


def rgb(colour):
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))

"""Whatever a stranger texts or is called stays words: no markup, script, request or dialog."""

from playwright.async_api import expect

from engage.messaging.segments import tidy
from tests.web.conftest import LUIS, Stage

MARKUP = (
    '<img src=x onerror="alert(1)"><script>alert(2)</script>'
    '<a href="javascript:alert(3)">x</a>{{7*7}}\'"`><svg/onload=alert(4)>'
)
NAME = '<b onclick=alert(5)>Bo</b><iframe src="//evil.example">'
PHONE = "+16025550171"


async def test_words_stay_words(stage: Stage) -> None:
    """Markup as a text and as a name is shown as it was written, on the phone and the console."""
    console = await stage.console(LUIS)
    me = await (await console.request.get(f"{stage.url}/v1/me")).json()
    made = await console.request.post(
        f"{stage.url}/v1/patients",
        headers={"X-Engage-CSRF": "1"},
        data={
            "external_id": "X-1",
            "given_name": NAME[:60],
            "family_name": NAME[:60],
            "language": "en",
            "birth_date": "1960-01-01",
            "time_zone": "America/Phoenix",
            "phone": PHONE,
            "care_manager_id": me["id"],
        },
    )
    assert made.status == 201, await made.text()
    phones = await stage.phones()
    await phones.get_by_role("combobox").first.select_option(PHONE)
    handset = phones.locator(f'[data-number="{PHONE}"]')
    await handset.get_by_role("textbox").fill(MARKUP)
    await handset.get_by_role("textbox").press("Enter")
    await expect(handset.locator(".bubble.sent")).to_contain_text(MARKUP)

    mine = console.locator("a.item", has_text=NAME[:60]).first
    await mine.click()
    await expect(console.locator("#card")).to_contain_text(NAME[:60])
    await expect(console.locator(".text.in .body")).to_have_text(MARKUP)
    await expect(console.locator("blockquote").first).to_have_text(MARKUP)
    await console.get_by_role("button", name="Claim", exact=True).click()
    await console.get_by_label("Reply to").fill(MARKUP)
    await console.get_by_role("button", name="Send").click()
    # It waits ten seconds in which it can be taken back.
    received = handset.locator(".bubble.received", has_text=tidy(MARKUP))
    await expect(received).to_have_count(1, timeout=60_000)
    for page in (console, phones):
        planted = "img, iframe, script:not([src^='/assets/']), [onclick], [onerror], a[href^=java]"
        assert await page.locator(f"#app :is({planted})").count() == 0


async def test_the_policy_refuses_what_a_page_must_not_do(stage: Stage) -> None:
    """Even a script that ran could not write markup, add a style or frame, or call out."""
    page = await stage.console(LUIS)

    refused = await page.evaluate(
        """async () => {
          const seen = [];
          document.addEventListener("securitypolicyviolation", event =>
            seen.push(event.effectiveDirective));
          try { document.body.innerHTML = "<b>x</b>"; } catch { seen.push("markup"); }
          const style = document.createElement("style");
          style.textContent = "body { color: red }";
          document.head.append(style);
          await fetch("https://evil.example/").catch(() => seen.push("call"));
          const frame = document.createElement("iframe");
          frame.src = "https://evil.example/";
          document.body.append(frame);
          await new Promise(resolve => setTimeout(resolve, 200));
          return seen;
        }"""
    )

    assert {"markup", "call", "connect-src", "frame-src", "style-src-elem"} <= set(refused)
    # The browser complains aloud, as it should.
    stage.wrong[:] = [
        one for one in stage.wrong if "Policy" not in one and "TrustedHTML" not in one
    ]

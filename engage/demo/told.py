"""What the demo tells the person at the terminal: addresses, sign-ins, and how to play by hand."""

from typing import TextIO

from engage.demo.story import Scene

_PATIENT_PHONE = "+16025550110"


def how_to_play(url: str, scene: Scene, out: TextIO) -> None:
    """Print it. The tokens last an hour; start the demo again, or use `engage token`, for more."""
    signs = "\n".join(f"  {email:32} {token}" for email, token in scene.tokens.items())
    out.write(
        f"""
engage runs at {url}   (Ctrl-C stops it; nothing leaves this machine)

Open it in a browser: the page tells the story. Then put these two windows side by side:

  {url}/console/     the care manager's; sign in with one click
  {url}/phone/       the patients' and caregivers' phones

Sign-ins, as bearer tokens for an hour:
{signs}

Or play it by hand. In another terminal:

  DANA={scene.manager_token}
  # Dana asks Rosa about food
  curl -s {url}/v1/patients/{scene.patient_id}/screenings -H "Authorization: Bearer $DANA" \\
    -H 'Content-Type: application/json' -H "Idempotency-Key: $(date +%s)" \\
    -d '{{"instrument":"hunger-vital-sign","channel":"sms"}}'
  # Rosa's phone
  curl -s '{url}/simulator/messages?to=%2B{_PATIENT_PHONE[1:]}'
  # Rosa answers
  curl -s {url}/simulator/inbound -H 'Content-Type: application/json' \\
    -d '{{"from":"{_PATIENT_PHONE}","to":"{scene.number}","body":"1"}}'
  # Dana's queue
  curl -s '{url}/v1/queue?view=mine' -H "Authorization: Bearer $DANA"

The API describes itself at {url}/openapi.json
"""
    )
    out.flush()

"""The grammar of transcripts: what each line becomes, and which line is at fault."""

from datetime import timedelta
from pathlib import Path

import pytest

from engage.conversation.transcript_format import (
    Befell,
    Blank,
    Directive,
    Effected,
    Incoming,
    Line,
    Outgoing,
    Passed,
    PatientLine,
    Stands,
    TranscriptInvalid,
    parse,
    parse_at,
    parse_patient,
    print_transcript,
)

SAMPLE = """\
title    a yes to food worry reaches Dana at once; silence is nudged once; STOP is final
patient  Rosa, es, care manager Dana          # people and numbers are invented (555-01xx)
screen   hunger-vital-sign
at       2031-03-04 10:00 America/Chicago

< system: hvs.worried [1 often, 2 sometimes, 3 never]      # text id, or the full sentence in quotes
> patient: 1
* answer  hvs.worried = often
* flag    food-insecurity routine
* queue   Dana, due 2031-03-06 17:00
< system: hvs.ran-out
... 24h
< system: nudge hvs.ran-out
> patient: STOP
* consent opted-out                                        # we stay silent: the carrier itself confirms STOP
= opted-out
"""  # noqa: E501 - quoted as it stands in the style guide
TRANSCRIPTS = sorted((Path(__file__).parent.parent / "transcripts").rglob("*.sms"))

LINES: dict[str, Line] = {
    "": Blank(1),
    "  # a remark": Blank(1, "a remark"),
    "title  two  words": Directive(1, name="title", value="two  words"),
    "< system: thanks": Outgoing(1, texts=("thanks",)),
    "< system: opening + hvs.worried  # hello": Outgoing(
        1, "hello", texts=("opening", "hvs.worried")
    ),
    "< system: nudge hvs.ran-out [to caregiver]": Outgoing(
        1, texts=("nudge hvs.ran-out",), notes=("to caregiver",)
    ),
    "< system: hvs.worried [1 often, 2 some-times] [for Luis]": Outgoing(
        1, texts=("hvs.worried",), options=((1, "often"), (2, "some-times")), notes=("for Luis",)
    ),
    '< system: "Hi [1 no]  # \\"x\\""  [a note]  # y': Outgoing(
        1, "y", sentence='Hi [1 no]  # "x"', notes=("a note",)
    ),
    "> patient: #1": Incoming(1, who="patient", words="#1"),
    "> patient: #1  # said": Incoming(1, "said", who="patient", words="#1"),
    '> dana: "two\\nlines"': Incoming(1, who="dana", words="two\nlines"),
    '> caregiver: say "hi"': Incoming(1, who="caregiver", words='say "hi"'),
    "> patient:": Incoming(1, who="patient", words=""),
    "* hand-off": Effected(1, verb="hand-off"),
    "* queue   Dana, due 2031-03-06 17:00": Effected(
        1, verb="queue", rest="Dana, due 2031-03-06 17:00"
    ),
    "... 10d": Passed(1, amount=10, unit="d"),
    "= asking hvs.ran-out": Stands(1, state="asking", prompt="hvs.ran-out"),
    "! duplicate": Befell(1, verb="duplicate"),
    "! undelivered hvs.worried": Befell(1, verb="undelivered", rest="hvs.worried"),
}


@pytest.mark.parametrize(("written", "line"), LINES.items())
def test_a_line(written: str, line: Line) -> None:
    """Each kind of line becomes its value, and its normal form means the same."""
    transcript = parse(written)

    assert transcript.lines == (line,)
    assert parse(print_transcript(transcript)) == transcript


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("hello", "neither"),
        ("speaker  Rosa", "neither"),
        ("title", "needs a value"),
        ("> : words", "who speaks"),
        ("> Patient: 1", "who speaks"),
        ('> patient: "no end', "quoted"),
        ("< dana: hi", "system"),
        ("< system:", "text id"),
        ("< system: Hello there", "text id"),
        ('< system: "a" b', "alone"),
        ("...", "how long"),
        ("... soon", "how long"),
        ("*", "small letters"),
        ("= 1", "small letters"),
    ],
)
def test_a_bad_line_is_named(written: str, reason: str) -> None:
    """The line that can't be understood is named by its number, with what to say instead."""
    with pytest.raises(TranscriptInvalid, match=reason) as refused:
        parse(f"title    x\n\n{written}\n")

    assert refused.value.line == 3
    assert refused.value.sentence.startswith("line 3: ")


def test_the_sample_of_the_style_guide() -> None:
    """The sample parses to sixteen lines; printing it only moves its remarks."""
    transcript = parse(SAMPLE)
    printed = print_transcript(transcript)

    assert len(transcript.lines) == 16
    assert transcript.values("screen") == ("hunger-vital-sign",)
    assert parse(printed) == transcript
    assert print_transcript(parse(printed)) == printed
    assert [line.split("  #")[0].rstrip() for line in printed.splitlines()] == [
        line.split("  #")[0].rstrip() for line in SAMPLE.splitlines()
    ]


def test_who_and_when() -> None:
    """A patient line names person, language and care manager; an at line is an aware moment."""
    transcript = parse("patient  Rosa, es, care manager Dana, same phone\nat  2031-03-09 09:00 UTC")
    patient, at = transcript.lines

    assert isinstance(patient, Directive)
    assert isinstance(at, Directive)
    assert parse_patient(patient) == PatientLine("Rosa", "es", "Dana", ("same phone",))
    assert parse_at(at).utcoffset() == timedelta()


@pytest.mark.parametrize(
    "written", ["at  tomorrow", "at  2031-03-09 09:00 Mars/Base", "at  2031-02-30 09:00 UTC"]
)
def test_a_bad_moment_is_named(written: str) -> None:
    """A moment without a day that exists and a known zone is refused."""
    (line,) = parse(written).lines

    assert isinstance(line, Directive)
    with pytest.raises(TranscriptInvalid, match="America/Chicago"):
        parse_at(line)


def test_a_bad_patient_is_named() -> None:
    """A person without a care manager is refused."""
    (line,) = parse("patient  Rosa").lines

    assert isinstance(line, Directive)
    with pytest.raises(TranscriptInvalid, match="Rosa, es"):
        parse_patient(line)


def test_time_passes_in_hours() -> None:
    """A day in a transcript is 24 hours, also in the night the clocks change."""
    assert Passed(1, amount=10, unit="d").duration == timedelta(hours=240)


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_our_transcripts_are_well_written(path: Path) -> None:
    """Every transcript of ours parses, says who and when, and stands in its normal form."""
    transcript = parse(path.read_text(encoding="utf-8"))

    assert len(transcript.values("title")) == 1
    assert transcript.values("at")
    for line in transcript.lines:
        if isinstance(line, Directive) and line.name == "at":
            parse_at(line)
        if isinstance(line, Directive) and line.name == "patient":
            parse_patient(line)
    assert print_transcript(transcript) == path.read_text(encoding="utf-8")

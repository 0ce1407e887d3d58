"""STOP, START, HELP and wishes in a person's own words (behaviours 17 and 18)."""

# ruff: noqa: RUF001 - ambiguous characters are what is tested

import pytest

from engage.reading.keywords import (
    FreeFormStop,
    Help,
    Start,
    Stop,
    carrier_word,
    programme_stop,
    says_a_machine,
    wrong_number,
)

STOPS_EN = [
    "STOP", "stop", "Stop.", "stop!!!", " STOP ", "“STOP”", "STOP 🛑", "STOP PLEASE",
    "please stop", "Stop, thank you", "pls stop thx", "stop stop stop", "ＳＴＯＰ", "S\u200bTOP",
    "STOPALL", "Stop all", "UNSUBSCRIBE", "end", "QUIT", "Cancel", "REVOKE", "OPTOUT", "OPT OUT",
    "opt-out", "stop now", "Stop it!", "S.T.O.P", "s t o p", "stoppp", "STOOOP!!", "unsuscribe",
    "unsub", "cancelll",
]  # fmt: skip
STOPS_ES = [
    "ALTO", "alto por favor", "PARAR", "Paren", "CANCELAR", "Cancelar, gracias", "BASTA", "¡Basta!",
    "ya basta", "bastaaa", "Baja", "ya paren", "NO MAS", "no más", "No más, por favor", "ya no mas",
    "Darme de baja",
]  # fmt: skip
WISHES_EN = [
    "please stop texting me", "Stop texting me!", "quit texting me",
    "can you please stop texting me",
    "hi, please stop texting me anymore. thank you", "Please don't text me anymore",
    "do not contact me again", "take me off this list", "Please remove me from your list",
    "remove my number", "stop sending me messages", "stop sending me these texts", "no more texts",
    "no more messages please", "I don't want these texts anymore",
    "i no longer want to receive texts",
    "I want to unsubscribe", "unsubscribe me from this list", "opt me out", "how do I opt out",
    "stop the messages", "Stop texting this number", "I have a question. Stop texting me.",
]  # fmt: skip
WISHES_ES = [
    "no me manden mas mensajes", "No me manden más textos", "ya no me manden mensajes por favor",
    "Por favor ya no me escriban", "dejen de mandarme mensajes", "deje de escribirme",
    "no quiero recibir más mensajes", "ya no quiero mensajes", "quítenme de la lista",
    "borren mi número", "quiero que ya no me manden mensajes", "quiero darme de baja",
    "no más mensajes", "paren de mandarme textos", "para de mandar", "para de mandarme cosas",
]  # fmt: skip
OPENED = ["STOP I want to die", "Stop. Wrong number", "STOP - who is this", "STOP quiero morir"]
ORDINARY = [
    "stop by tuesday", "can you guys stop by tuesday", "Stop by the house", "I quit smoking",
    "end of the month", "end of the month works better", "I can't stop coughing",
    "please cancel my appointment", "i need to cancel", "no more food", "no mas comida",
    "no quiero mas dolor", "I want to end my life", "my ex won't stop texting me",
    'I told him "stop texting me" and he hit me', "don't text me before 9",
    "stop texting me so late", "should I stop taking the pills", "stop taking it",
    "did the bus stop", "no me manden mensajes los domingos", "alto, 250", "la tengo alta",
    "me siento baja", "cancelar mi cita", "para mañana", "basta con una pastilla",
    "the pain won't stop", "the bleeding won't stop. help", "", "   ", "👍", "1", "2", "no",
    "ok thanks", "help me with food", "info about the visit", "start of the week", "\ud800", "\x00",
]  # fmt: skip


@pytest.mark.parametrize("text", STOPS_EN)
def test_an_english_stop_word_is_an_opt_out(text: str) -> None:
    """A whole message that is an opt-out word is one, however it is dressed."""
    match carrier_word(text, None):
        case Stop(language=language):
            assert language == "en"
        case other:
            pytest.fail(f"read as {other}")


@pytest.mark.parametrize("text", STOPS_ES)
def test_a_spanish_stop_word_is_an_opt_out(text: str) -> None:
    """ALTO and its sisters are STOP, though no carrier knows them: we confirm."""
    match carrier_word(text, None):
        case Stop(carrier_answers=False, language=language):
            assert language == "es"
        case other:
            pytest.fail(f"read as {other}")


@pytest.mark.parametrize("text", WISHES_EN + OPENED)
def test_an_english_wish_is_an_opt_out(text: str) -> None:
    """A reasonable wording, or STOP followed by something else, binds like the word."""
    assert FreeFormStop("en") == carrier_word(text, None)


@pytest.mark.parametrize("text", WISHES_ES)
def test_a_spanish_wish_is_an_opt_out(text: str) -> None:
    """The same in Spanish."""
    assert FreeFormStop("es") == carrier_word(text, None)


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_text_is_no_carrier_word(text: str) -> None:
    """An opt-out word inside another meaning silences nobody; a human reads the text."""
    assert carrier_word(text, None) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("START", Start(carrier_answers=True, language="en")),
        ("start please", Start(carrier_answers=False, language="en")),
        ("UNSTOP", Start(carrier_answers=True, language="en")),
        ("INICIAR", Start(carrier_answers=False, language="es")),
        ("empezar", Start(carrier_answers=False, language="es")),
        ("Comenzar, por favor", Start(carrier_answers=False, language="es")),
        ("HELP", Help(carrier_answers=True, language="en")),
        ("help!", Help(carrier_answers=False, language="en")),
        ("info", Help(carrier_answers=True, language="en")),
        ("AYUDA", Help(carrier_answers=False, language="es")),
    ],
)
def test_start_and_help_words(text: str, expected: Start | Help) -> None:
    """START re-opens and HELP asks, in both languages."""
    assert expected == carrier_word(text, None)


@pytest.mark.parametrize("text", ["YES", "yes", "SI", "sí", "Y", "ok"])
def test_yes_never_re_opens(text: str) -> None:
    """YES answers questions; nobody opts in by answering one."""
    assert carrier_word(text, None) is None


@pytest.mark.parametrize(
    ("text", "carrier_answers"),
    [("STOP", True), (" stop\n", True), ("Cancel", True), ("STOP.", False), ("stop please", False),
     ("OPT OUT", False), ("ＳＴＯＰ", False)],
)  # fmt: skip
def test_who_confirms_a_stop(text: str, carrier_answers: bool) -> None:  # noqa: FBT001 - a table's column
    """The carrier answers the bare word only; everything else is ours to confirm, once."""
    match carrier_word(text, None):
        case Stop(language="en") as stop:
            assert stop.carrier_answers == carrier_answers
        case other:
            pytest.fail(f"read as {other}")


@pytest.mark.parametrize(
    ("text", "opt_out_type", "expected"),
    [
        ("hola", "STOP", Stop(carrier_answers=True)),
        ("stop texting me", "STOP", Stop(carrier_answers=True, language="en")),
        ("hola", "stop", Stop(carrier_answers=True)),
        ("YES", "START", Start(carrier_answers=True)),
        ("??", "HELP", Help(carrier_answers=True)),
        ("STOP", "START", Stop(carrier_answers=True, language="en")),
        ("stop texting me", "HELP", FreeFormStop("en")),
        ("START", "HELP", Help(carrier_answers=True, language="en")),
        ("hola", "", None),
        ("hola", "SOMETHING-NEW", None),
        ("STOP", "SOMETHING-NEW", Stop(carrier_answers=True, language="en")),
    ],
)
def test_the_carriers_finding_joins_ours(
    text: str, opt_out_type: str, expected: Stop | Start | Help | FreeFormStop | None
) -> None:
    """An opt-out by either side counts; otherwise the carrier's word wins over ours."""
    assert expected == carrier_word(text, opt_out_type)


# What else decides which texts are sent


@pytest.mark.parametrize(
    ("text", "also_means"),
    [("CANCEL", "visit"), ("cancelar", "visit"), ("STOP", None), ("baja", None), ("END", None)],
)
def test_a_word_that_may_be_about_a_visit_says_so(text: str, also_means: str | None) -> None:
    """CANCEL stops the texts, whatever was meant by it; a human learns what else it may mean."""
    word = carrier_word(text, None)

    assert isinstance(word, Stop)
    assert word.also_means == also_means


PROGRAMMES = [
    ("no more food questions", "screenings"), ("please stop asking me about food", "screenings"),
    ("Stop the survey questions!", "screenings"), ("dejen de preguntarme", "screenings"),
    ("ya no me hagan preguntas", None), ("no más preguntas, por favor", "screenings"),
    ("no more appointment reminders", "visits"), ("no más recordatorios de citas", "visits"),
    ("stop checking in on me", "check-ins"), ("dejen de preguntarme cómo estoy", "check-ins"),
    ("no more food", None), ("stop asking", None), ("any more questions?", None),
    ("no more", None), ("2", None), ("I have no more questions for now", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "programme"), PROGRAMMES)
def test_a_wish_that_names_a_programme_ends_that_alone(text: str, programme: str | None) -> None:
    """Behaviour 19: "no more food questions" is no STOP, and not nothing."""
    wish = programme_stop(text)

    assert (wish.programme if wish else None) == programme
    assert carrier_word(text, None) is None


STRANGERS = [
    "wrong number", "Wrong number.", "sorry, you have the wrong number",
    "u got the wrong number man",
    "No soy Rosa", "no soy Rosa Alvarez", "This isn't Rosa", "this is not rosa's phone",
    "Who is this? I don't know her", "I don't know any Rosa", "nobody named Rosa here",
    "número equivocado", "Está equivocado de número", "no conozco a ninguna Rosa",
    "Se equivocó de número, disculpe", "STOP wrong number", "wrong person",
]  # fmt: skip
THEMSELVES = [
    "who is this", "who's this?", "no", "not me", "I don't know", "I don't know her",
    "wrong number, I meant 2", "oops wrong number 2", "I called the wrong number yesterday",
    "is this the wrong number for Dana?", "what number do I call", "this is Rosa", "soy Rosa", "",
    "I'm not feeling well", "estoy equivocada con la fecha", "number 3", "2",
]  # fmt: skip


@pytest.mark.parametrize("text", STRANGERS)
def test_a_stranger_says_so(text: str) -> None:
    """Behaviour 9: "wrong number" in any words, and the name that is not theirs."""
    assert wrong_number(text, ["Rosa"]) is not None


@pytest.mark.parametrize("text", THEMSELVES)
def test_nobody_is_unlinked_by_accident(text: str) -> None:
    """A slip of the finger, a question, a doubt: none of it says that the phone is not theirs."""
    assert wrong_number(text, ["Rosa"]) is None


@pytest.mark.parametrize("text", ["I don't know her", "not me", "no la conozco", "no soy yo"])
def test_asked_who_they_are_a_little_says_enough(text: str) -> None:
    """In answer to "is this Rosa?" a pronoun will do; anywhere else it would be anybody's."""
    assert wrong_number(text, ["Rosa"], asked_who=True) is not None
    assert wrong_number(text, ["Rosa"]) is None


def test_the_name_is_told() -> None:
    """On a shared phone it matters who is not there."""
    said = wrong_number("no soy José, soy Luis", ["José", "Luis"])

    assert said is not None
    assert said.named == "jose"


@pytest.mark.parametrize(
    ("text", "machine"),
    [
        ("I'm driving with Focus turned on. I'll see your message when I get there.", True),
        ("Automatic reply: I am out of the office", True),
        ("This number is not monitored. Reply STOP to end", True),
        ("Respuesta automática: en este momento no puedo contestar", True),
        ("I drove to the office", False), ("thank you for texting", False), ("2", False),
        ("my car is not working", False), ("", False),
    ],
)  # fmt: skip
def test_a_machine_is_known_by_what_it_says(text: str, machine: bool) -> None:  # noqa: FBT001 - a table's column
    """Behaviour 16: what a phone says for its owner is no answer of theirs."""
    assert says_a_machine(text) is machine

"""The small words of replies, folded, in English and Spanish. (p).

Only words that mean the same after any question stand here; an option's own words come with its
instrument. This room refuses words that carriers act on (STOP, HELP and their like): those never
reach a prompt.
"""

from collections.abc import Iterable, Mapping

Phrase = tuple[str, ...]


def _phrases(lines: str) -> frozenset[Phrase]:
    return frozenset(tuple(line.split()) for line in lines.splitlines() if line.strip())


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


YES = _phrases("""
    yes
    yeah
    yea
    yep
    yup
    yess
    yes yes
    sure
    of course
    definitely
    absolutely
    it has
    it did
    si
    sip
    sii
    claro
    claro que si
    por supuesto
    asi es
    👍
    👌
    ✅
    ✔
""")

NO = _phrases("""
    no
    nope
    nah
    no no
    not at all
    not really
    it has not
    it hasnt
    it did not
    it didnt
    nop
    nel
    para nada
    claro que no
    de ninguna manera
    👎
    ❌
""")

ONLY_IN: Mapping[str, tuple[frozenset[Phrase], frozenset[Phrase]]] = {
    # "y" is "and" and "ya" is "already" in Spanish: there they are no yes.
    "en": (_phrases("y\nya"), _phrases("n")),
    "es": (_phrases("s"), _phrases("n")),
}
"""Yes and no words that count in one language only."""

DECLINED = _phrases("""
    skip
    skip it
    skip this
    skip this one
    skip question
    skip that
    pass
    decline
    refuse
    refused
    prefer not
    prefer not to
    prefer not to say
    prefer not to answer
    rather not
    rather not say
    rather not answer
    dont want to answer
    dont want to say
    do not want to answer
    do not want to say
    no answer
    no comment
    none of your business
    paso
    omitir
    omito
    saltar
    prefiero no
    prefiero no decir
    prefiero no decirlo
    prefiero no contestar
    prefiero no responder
    no quiero contestar
    no quiero responder
    no quiero decir
    no quiero decirlo
    sin respuesta
""")

DID_NOT_KNOW = _phrases("""
    dont know
    do not know
    dont really know
    dk
    idk
    dunno
    not sure
    im not sure
    am not sure
    unsure
    no idea
    have no idea
    cant say
    cant remember
    dont remember
    do not remember
    who knows
    no se
    no lo se
    no sabria
    no sabria decir
    no estoy segura
    no estoy seguro
    no tengo idea
    ni idea
    quien sabe
    no recuerdo
    no me acuerdo
    no sabe
    no saben
""")

AMBIGUOUS = _phrases("""
    no thanks
    no thank you
    no gracias
    no problem
    never mind
    nevermind
    yes no
    yes and no
    si y no
    maybe
    quiza
    quizas
    tal vez
    depends
    it depends
    depende
""")
"""Whole turns of phrase that begin like an answer and are none."""

NUMBERS: Mapping[int, Iterable[str]] = {
    0: ("zero", "cero"),
    # "una" and "un" are articles.
    1: ("one", "uno"),
    2: ("two", "dos"),
    3: ("three", "tres"),
    4: ("four", "cuatro"),
    5: ("five", "cinco"),
    6: ("six", "seis"),
    7: ("seven", "siete"),
    8: ("eight", "ocho"),
    9: ("nine", "nueve"),
    10: ("ten", "diez"),
}

FILLERS = _words("""
    i id we it its is was that thats would say my the answer option number numbers num choice think
    guess um uh well ok okay so hi hello hey good morning afternoon evening pick choose just sorry
    please yo la el es lo respuesta opcion numero creo que diria digo pues bueno buenas buenos dias
    tardes noches hola mi seria perdon disculpe elijo escojo
""")
"""May stand before an answer without changing it."""

POLITE = _words("""
    thanks thank you thx ty please pls maam miss sir ok okay lol haha dear hon honey
    gracias muchas mil por favor porfa porfavor senora senor senorita jaja jajaja
    👍 👌 ✅ ✔
""")
"""May stand after an answer and are no message of their own."""

AROUND_NUMBERS = _words("""
    about around approximately roughly exactly like weigh weighed weight reading reads read sugar
    glucose pressure blood bp level number today now this am pm got get had have was is at im the
    of right morning
    ahora hoy esta este como unos unas alrededor de peso pese azucar glucosa presion lectura tengo
    tenia salio dio fue es era a al en mi la el manana
""")
"""May stand around a number that was measured without changing it."""

CONNECTORS = _words("""
    and but because cause cuz bc since so also plus though i im ive id we weve my our it its he she
    they when until
    y pero porque pq xq tambien yo mi mis nosotros cuando aunque ademas
""")
"""Begin a second thought: what stands before them was the answer. A noun or a Spanish verb does
not, so that "3 days without food" is no three and "no car" and "no tengo carro" are no no."""

MARKERS = _words("or o and y but pero wait actually mean meant mejor digo espera")
"""Part a reply into clauses; a clause that names another option makes the whole unclear."""

NEGATIONS = _phrases("no\nnot\nnot really\nnope\nnah")

ECHO_YES = _words("i it we has have had do did does is it yes si")
ECHO_NO = _words("i it we has have had do did does at all")
DENIALS = _words("not hasnt havent hadnt dont didnt doesnt never nunca")
"""Only repeat the answer: "yes it has", "no we have not" (but "no we have" repeats nothing)."""

ALL = _phrases("""
    all
    all of them
    all of those
    all of these
    all of the above
    all the above
    everything
    every one
    todo
    todos
    todas
    todos ellos
    todas ellas
    todo lo anterior
    todos los anteriores
    todas las anteriores
""")
"""Choose every option of a prompt that takes several, but for the one that stands alone."""

BETWEEN_CHOICES = _words("and also plus y e tambien n the las los el la")
"""May stand between two choices."""

DOUBTS = _words("wait actually mean meant mejor digo espera perdon sorry")
"""After a choice they take it back."""

EXCEPT = _words("but except minus without not no menos excepto salvo pero sin")
"""After "all" they take something away from it."""

"""What follows from the number of a patient without looking: phone, and the id of their text."""


def phone_of(n: int) -> str:
    """Return the phone of a numbered patient: 555 numbers, which nobody has."""
    return f"+1{201 + n // 10_000}555{n % 10_000:04}"


def sid_of(n: int) -> str:
    """Return the carrier's id of the text of a numbered patient."""
    return f"SM{n:032x}"

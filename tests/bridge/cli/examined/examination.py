"""What it sees: by its password, whatever the test wants."""

from bridge import ConnectionLost, Finding, Grade


async def examine(config):
    word = config.password.get_secret_value()
    grade = Grade.WRONG if word == "nameless" else Grade.WELL
    yield Finding("name", grade, f"its name is looked up by {word}")
    if word == "unreachable":
        raise ConnectionLost("there is no getting in: check server")
    if word == "surprising":
        raise KeyError(word)
    yield Finding("clock", Grade.DOUBTFUL, "its clock is \x1b[31mstrange: set it")

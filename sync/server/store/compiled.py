"""What a process has compiled: a statement becomes SQL once for all engines of one kind.

Making the words of a statement costs ten times what running them does, and an engine keeps them to
itself. Here those that read and those that write, and those of data and keys, have them together;
so do the many engines of a process that opens one database after the other.
"""

from sqlalchemy import Dialect, Engine
from sqlalchemy.util import LRUCache

# Above all statements of the server, with their forms for one row and for many.
_STATEMENTS_MAX = 2_000

_dialects: dict[str, Dialect] = {}
_statements: LRUCache[object, object] = LRUCache(_STATEMENTS_MAX)


def compile_together(engine: Engine) -> Engine:
    """Return `engine`, which from here on shares compiled statements with others of its kind.

    The first of a kind connects, since a dialect learns from its first connection what the database
    can do; all databases of a process are taken to be able to do the same.
    """
    name = engine.dialect.name
    if name not in _dialects:
        engine.connect().close()
    engine.dialect = _dialects.setdefault(name, engine.dialect)
    engine.update_execution_options(compiled_cache=_statements)
    return engine

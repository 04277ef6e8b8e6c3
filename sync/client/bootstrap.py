"""Bootstrap: a first copy of very many members, fetched in parts that are signed as a whole.

It only brings what was there at the manifest's cursor: pulling goes on from that cursor at once, so
every row on the terminal is right from the first part on. One part a round, so that pushing never
waits for the rest; cut off anywhere, it goes on with the part that is missing.
"""

import hashlib
from dataclasses import dataclass

from sync.client.outcomes import Rejected, ServerFault
from sync.client.replica import Copying, Replica
from sync.client.server import Server
from sync.programme.refusals import Reason, Refused
from sync.protocol import codec, signing
from sync.protocol.columns import CHUNK_BYTES_MAX, unpack_rows
from sync.protocol.messages import Manifest, Snapshot


@dataclass(frozen=True, slots=True)
class Copied:
    """How many members a part brought, and whether there are more parts."""

    members: int
    more: bool


NOTHING = Copied(0, more=False)


def begin(replica: Replica, server: Server) -> None:
    """Take what the server has as a first copy, for a terminal that begins from nothing.

    Where it has none, or does not know what that is, pulling page by page brings the same. Raises
    Outcome.
    """
    offered = _offered(server)
    if not offered.manifest:
        return
    body = offered.manifest.encode()
    try:
        signing.check_manifest(
            replica.identity.server_key, signature=offered.signature, manifest=body
        )
        manifest = codec.decode(body, Manifest)
    except Refused as fault:
        raise ServerFault(200) from fault
    if not manifest.cursor or any(ref.size > CHUNK_BYTES_MAX for ref in manifest.chunks):
        raise ServerFault(200)
    if manifest.chunks:
        replica.begin_copy(manifest)


def go_on(replica: Replica, server: Server) -> Copied:
    """Fetch the next part, if one is missing. Raises Outcome; what is there stays.

    When the server does not hand out this copy any more, everything begins anew.
    """
    under_way = replica.copying()
    if under_way is None:
        return NOTHING
    try:
        rows = unpack_rows(_part(server, under_way))
    except Rejected as rejected:
        if rejected.refused.reason is not Reason.NOT_FOUND:
            raise
        replica.refetch()
        return Copied(0, more=True)
    except Refused as fault:
        raise ServerFault(200) from fault
    replica.keep_part(under_way.done, rows)
    return Copied(len(rows), more=True)  # after the last one, the copy is compared


def _offered(server: Server) -> Snapshot:
    try:
        return server.snapshot()
    except Rejected as rejected:
        if rejected.refused.reason is not Reason.NOT_FOUND:
            raise
        return Snapshot()


def _part(server: Server, under_way: Copying) -> bytes:
    ref = under_way.manifest.chunks[under_way.done]
    frame = server.part(ref.sha256)
    if hashlib.sha256(frame).hexdigest() != ref.sha256:
        raise ServerFault(200)
    return frame

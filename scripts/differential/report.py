"""What is printed: replies, differences and how to see them again, and the summary."""

from .player import Failure
from .shrinker import signature
from .steps import quote, show_command, show_step
from .wire import LinkError, parse, reply_end

LONGEST_REPLY = 20000
LONG_LINE = 400
_OPENING = {"*": "[", "~": "~[", ">": ">[", "%": "%{", "|": "|{"}
_CLOSING = {"*": "]", "~": "]", ">": "]", "%": "}", "|": "}"}


def show_reply(reply):
    """Return one line for a reply: bulk strings quoted, everything else after its RESP character."""
    if isinstance(reply, Failure):
        return "<%s>" % reply.what
    if isinstance(reply, list):
        return "[%s]" % ", ".join(_show_element(item) for item in reply)
    if not _is_one_reply(reply):
        return quote(reply, LONGEST_REPLY)
    return _cut(show_tree(parse(reply)))


def _show_element(item):
    """Return an element of a list: a raw reply, or a tree of a scan's result."""
    return show_reply(item) if isinstance(item, (bytes, Failure)) else show_tree(item)


def _is_one_reply(data):
    try:
        return reply_end(data, 0) == len(data) > 0
    except LinkError:
        return False


def show_tree(tree):
    kind, value = tree
    if value is None:
        return "(nil)" if kind == "$" else "%s(nil)" % kind
    if isinstance(value, (list, tuple)):
        return _OPENING[kind] + ", ".join(map(show_tree, value)) + _CLOSING[kind]
    if kind == "$":
        return '"%s"' % quote(value, LONGEST_REPLY).strip('"')
    return kind + value.decode("latin-1")


def _cut(text):
    return text if len(text) <= LONGEST_REPLY else text[:LONGEST_REPLY] + "... (%d characters)" % len(text)


def show_exchange(argv, replies, labels):
    """Return the lines for one command and its replies; the second reply only where it differs."""
    lines = ["   %s" % show_command(argv), "      %s" % show_reply(replies[0])]
    if replies[1] != replies[0]:
        lines.append("      %s (%s)" % (show_reply(replies[1]), labels[1]))
    return "\n".join(lines)


def show_difference(found, labels):
    """Return the lines that describe a difference: the steps, both replies, how to see it again."""
    difference = found.difference
    where = "state after the sequence, " if difference.place is None else ""
    lines = ["DIFFERENCE at %s%s" % (where, show_command(difference.argv)), ""]
    lines += ["    " + show_step(one) for one in found.steps]
    lines.append("")
    width = max(map(len, labels))
    for label, shown in zip(labels, _where_they_differ(*map(show_reply, difference.replies))):
        lines.append("    %-*s  %s" % (width, label, shown))
    lines.append("")
    if found.steadiness < 1:
        lines.append("    Seen again in only %d %% of further attempts: timing or chance plays a part."
                     % round(found.steadiness * 100))
    if found.obituary:
        lines.append("    The server died. The end of its output:\n%s" % found.obituary)
    if found.replay:
        lines.append("    Again: %s" % found.replay)
    lines.append("")
    return "\n".join(lines)


def _where_they_differ(one, other):
    """Return both lines; of long ones only what is around the first place where they differ."""
    if max(len(one), len(other)) <= LONG_LINE:
        return one, other
    common = next((place for place, (mine, yours) in enumerate(zip(one, other)) if mine != yours),
                  min(len(one), len(other)))
    start = max(common - LONG_LINE // 4, 0)
    end = start + LONG_LINE
    return tuple("%s%s%s" % ("..." * (start > 0), line[start:end], "..." * (len(line) > end))
                 for line in (one, other))


def show_summary(coverage, seconds, names, unknown, found):
    """Return the lines of the summary of a run."""
    lines = ["%d sequences, %d commands in %.1f s, %d commands per second."
             % (coverage.sequences, coverage.commands, seconds, coverage.commands / max(seconds, 0.001))]
    lines.append("Besides: %d keyspace notifications, %d encodings after commands that write."
                 % (coverage.notifications, coverage.encodings))
    sent = [name for name in names if coverage.sent[name]]
    lines.append("%d of %d known commands sent." % (len(sent), len(names)))
    failed = [name for name in sent if not coverage.succeeded[name]]
    if failed:
        lines.append("WARNING: never answered without an error: %s" % ", ".join(failed))
    if unknown:
        lines.append("Left out, since the real server lacks them: %s" % ", ".join(sorted(unknown)))
    if coverage.silences:
        lines.append("WARNING: %d commands got no reply from either server." % coverage.silences)
    lines.append("No difference." if not found else "%d differences: %s"
                 % (len(found), ", ".join(signature(one.difference) for one in found)))
    return "\n".join(lines)

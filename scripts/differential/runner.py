"""Plays a sequence of steps to both servers and compares them reply by reply.

Idea: neighbouring steps of one client go out as one pipelined batch to both servers, so that they work at
the same time; a step of another client starts when every reply of the one before has been read, so the
order is defined. With each batch goes what is asked about its keys (questions.py), and after it comes what
was published about them (notifications.py). Clients that get messages (messages.py) and clients that wait
(waiting.py) are looked after separately, and a scan with {cursor} is made complete and compared as a set. At
the end the states of both servers are compared.
"""

from .judge import RAW as RAW_COMMAND
from .judge import Coverage, Difference, Judge
from .known_differences import applying_to, avoided_by
from .messages import compare_messages, needs_care, play_carefully
from .notifications import compare_notifications
from .player import Failure, Player
from .questions import Questions
from .state import compare_state
from .steps import COMMANDS, CURSOR, ID_OF, RAW, WAITS, names_of
from .waiting import POLLS, compare_served, start_waiting, wake
from .wire import LinkError, encode, parse

MAX_BATCH = 32768               # request bytes: both sides can always take that without reading replies
MAX_SCAN_CALLS = 2000


class Runner:
    """Plays sequences to a pair of servers: the real one first, the one under test second."""

    def __init__(self, servers, observe=None):
        self.servers = servers
        self.coverage = Coverage()
        self._known = applying_to(servers)
        self._avoided = avoided_by(servers)
        self._writing = servers[0].writing_commands()
        self._observe = observe

    def play(self, steps, step_by_step=False):
        """Play the steps on fresh connections and empty servers; return the first Difference or None.

        Unless it is done `step_by_step`, notifications that differ are found only at the end of a batch.
        """
        judge = Judge(self._known, self.coverage, self._observe)
        performance = Performance(self.servers, judge, self._avoided, self._writing, step_by_step)
        try:
            return performance.play(steps)
        except LinkError as error:      # a server that no longer takes connections
            return Difference(None, (b"(connecting)",), [Failure(str(error))] * 2)
        finally:
            performance.close()
            self.coverage.sequences += 1
            touched = _directives_set(steps)
            for server in self.servers:
                server.reset(touched)


def _directives_set(steps):
    """Return the names of the directives that the steps' CONFIG SET commands may change."""
    names = set()
    for one in steps:
        for argv in one.commands:
            if names_of(argv) == "CONFIG|SET":
                names.update(argv[2::2])
            elif names_of(argv) == "DEBUG|QUICKLIST-PACKED-THRESHOLD":
                names.add(b"")
    return sorted(names)


class Performance:
    """One playing of one sequence."""

    def __init__(self, servers, judge, avoided, writing, step_by_step):
        self._servers = servers
        self._judge = judge
        self._avoided = avoided
        self._writing = writing
        self._step_by_step = step_by_step
        self._players = {}

    def play(self, steps):
        needs_ids = _clients_whose_id_matters(steps)
        place = 0
        while place < len(steps):
            end, difference = self._play_from(steps, place, needs_ids)
            difference = (difference or self._look_after_others(steps[place].client, end - 1)
                          or self._listen(end - 1, steps[end - 1].commands[-1]))
            if difference:
                return difference
            place = end
        return self._finish()

    def _listen(self, place, argv):
        return compare_notifications(self._judge, self._servers, place, argv)

    def _play_from(self, steps, place, needs_ids):
        """Play one step, or a batch of them; return where to go on, and the difference."""
        one = steps[place]
        player = self._player(one.client, needs_ids)
        if player.waiting or player.gone or self._is_avoided(player, one):
            return place + 1, None
        if one.kind == RAW:
            return place + 1, self._send_raw(player, one, place)
        if one.kind == WAITS and not player.in_multi:
            return place + 1, start_waiting(self._judge, self._servers, player, one.commands[0], place)
        if player.careful or needs_care(one):
            player.careful = True
            return place + 1, play_carefully(self._judge, player, one, place)
        if _scans(one):
            return place + 1, self._scan(player, one, place)
        end = place + 1 if self._step_by_step else self._batch_end(steps, place)
        return end, self._play_batch(player, steps, place, end)

    def _player(self, name, needs_ids):
        player = self._players.get(name)
        if player is None:
            links = [server.connect() for server in self._servers]
            player = self._players[name] = Player(links, self._ids_of)
            if name in needs_ids:
                player.find_ids()
        return player

    def _ids_of(self, name):
        player = self._players.get(name)
        return player.ids if player else None

    def _is_avoided(self, player, one):
        if player.in_multi and _authenticates(one):
            return True
        return any(avoid(argv, player.in_multi, one.kind == WAITS)
                   for avoid in self._avoided for argv in one.commands)

    def _play_batch(self, player, steps, place, end):
        questions = Questions(player, self._writing)
        commands = []
        for number in range(place, end):
            one = steps[number]
            commands += [(number, argv, self._judge.compare) for argv in one.commands]
            commands += [(number, argv, self._judge.compare_answer) for argv in questions.after(one)]
        sides = player.exchange([argv for _, argv, _ in commands])
        for (number, argv, compare), *replies in zip(commands, *sides):
            if argv is steps[number].commands[0]:
                player.before = None
            if not compare(player, argv, replies):
                return Difference(number, argv, replies)
            if player.gone:
                return None
        return None

    def _batch_end(self, steps, place):
        """Return the end of the steps that can go out together with the one at `place`.

        Whether a step is to be avoided may depend on the replies before it.
        """
        size = 0
        for end in range(place, len(steps)):
            one = steps[end]
            size += sum(len(argument) + 16 for argv in one.commands for argument in argv)
            if end > place and (one.client != steps[place].client or one.kind != COMMANDS or size > MAX_BATCH
                                or needs_care(one) or _scans(one) or _authenticates(one)
                                or any(avoid(argv, True, False)
                                       for avoid in self._avoided for argv in one.commands)):
                return end
        return len(steps)

    def _look_after_others(self, client, place):
        """After a step: who waited and was served, and which messages came to the other clients."""
        for name, player in self._players.items():
            difference = None
            if player.waiting:
                difference = compare_served(self._judge, self._servers, player, place)
            elif player.careful and name != client and not player.gone and not player.in_multi:
                difference = compare_messages(self._judge, player, place)
            if difference:
                return difference
        return None

    def _scan(self, player, one, place):
        """Play a step with a complete scan in it."""
        player.before = None
        for argv in one.commands:
            if CURSOR in argv:
                replies = [_complete_scan(link, argv) for link in player.links]
                same = self._judge.same_scans(argv, replies)
                self._judge.note(argv, replies)
                if not isinstance(replies[0], list):
                    player.follow(argv, replies[0])
            else:
                replies = [side[0] for side in player.exchange([argv])]
                same = self._judge.compare(player, argv, replies)
            if not same:
                return Difference(place, argv, replies)
            if player.gone:
                return None
        return None

    def _send_raw(self, player, one, place):
        """Send the pieces, end the sending side, and compare what comes until the server closes."""
        for link in player.links:
            try:
                for piece, in one.commands:
                    link.send(piece)
            except LinkError:
                pass                    # closed early: what was answered is compared
            link.end_of_requests()
        replies = []
        for link in player.links:
            data, failed = link.read_to_end()
            replies.append(data + b"<%s>" % failed.encode() if failed else data)
        player.gone = True
        self._judge.note(RAW_COMMAND, replies)
        return None if self._judge.same_streams(replies) else Difference(place, RAW_COMMAND, replies)

    def _finish(self):
        """Let go who still waits, and compare the states."""
        for player in self._players.values():
            if player.waiting:
                wake(self._servers, player)
        return (compare_state(self._judge, self._servers)
                or self._listen(None, (b"SCAN",)))      # which has deleted the keys that have run out

    def close(self):
        """Close every connection; where the servers' state depends on it, wait until they have noticed."""
        matters = any(player.careful or player.ids for player in self._players.values())
        for player in self._players.values():
            player.close()
        if matters:
            for server in self._servers:
                _wait_until_alone(server)


def _complete_scan(link, argv):
    """Return every element of a scan, sorted and without repetitions; or the reply that is no part of one."""
    elements, cursor = set(), b"0"
    for _ in range(MAX_SCAN_CALLS):
        try:
            link.send(encode([cursor if argument == CURSOR else argument for argument in argv]))
            reply = link.read_reply()
        except LinkError as error:
            return Failure(str(error))
        tree = parse(reply)
        if tree[0] != "*" or len(tree[1]) != 2 or tree[1][0][0] != "$":
            return reply
        cursor, items = tree[1][0][1], tree[1][1][1]
        if argv[0].upper() in (b"HSCAN", b"ZSCAN"):
            items = [("*", pair) for pair in zip(items[::2], items[1::2])]
        elements.update(items)
        if cursor == b"0":
            return sorted(elements, key=repr)
    return Failure("endless scan")


def _clients_whose_id_matters(steps):
    names = {one.client for one in steps if one.kind == WAITS}
    for one in steps:
        if one.kind != RAW:
            found = (ID_OF.match(argument) for argv in one.commands for argument in argv)
            names.update(match.group(1).decode() for match in found if match)
    return names


def _scans(one):
    return any(CURSOR in argv for argv in one.commands)


def _authenticates(one):
    """Return whether a step may fail to authenticate.

    Redis 7.2 forgets that error when replies to other commands are still to be sent: such a step must be
    the first of a batch, and is left out in a transaction.
    """
    return any(b"AUTH" in map(bytes.upper, argv) for argv in one.commands)


def _wait_until_alone(server):
    for _ in range(POLLS):
        try:
            text = server.call(b"INFO", b"clients")[1] or b""
        except LinkError:
            return                      # the next reset restarts it
        if b"connected_clients:%d\r\n" % server.own_clients in text:
            return

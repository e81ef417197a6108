"""What happens while a script is slow: others are told, and may end it.

Nobody is served while a script runs, for it holds the engine's lock. When one has run for `busy-reply-threshold`
milliseconds, a thread that watches interrupts it (Runtime.interrupt). The script's own thread then, between two
operations of Lua, gives the lock away for a moment, and does so again and again as long as the script lasts.
In these moments commands are refused with -BUSY, except for those that do no harm to it: `engine.busy` is the error,
and makes every command take the slow way through dispatch's gates. Whoever works on the data without
a client (housekeeping, expiry) looks at `engine.busy` and stays away.

What belongs to the running command is put aside meanwhile: its time, its effects, clients to be served after it.
No key expires in these moments, for its end would go without a note of it in the append-only file.

The thread starts with the first script and ends when there has been none for a while, or with the server: without
scripts nothing is awake, and starting a script costs a look at `awake`.
"""
import sys
import threading
import time

from ..errors import RedisError
from ..lua.errors import ScriptKilled

__all__ = ["BusyWatch"]

_AGAIN_S = 0.015                # between two moments for the others
_MOMENT_S = 0.001               # a real sleep: merely giving the lock back would not let those run who wait for it
_LINGER_S = 2.0                 # the thread ends when there has been no script for so long
_SWITCH_S = 0.005               # how long the other threads may have to wait for the interpreter
_BUSY = "BUSY Redis is busy running a script. You can only call {} or SHUTDOWN NOSAVE."


class BusyWatch:
    """Watches the scripts of one engine.

    awake       whether the thread will see a script that starts now
    """

    def __init__(self, scripting):
        self._scripting = scripting
        self._engine = scripting.engine
        self._attention = threading.Event()
        self._asked = None                      # number of the run that has been asked to give way, and has not yet
        self._switch_s = None                   # the switch interval as it was
        self._waking = threading.Lock()         # guards what follows
        self._thread = None
        self._stopped = False
        self.awake = False
        self.threshold_s = 0.0                  # 0: scripts are never slow
        self._engine.follow("busy-reply-threshold", self._set_threshold)

    def _set_threshold(self, milliseconds):
        self.threshold_s = milliseconds / 1000
        self._attention.set()

    # The thread

    def wake(self):
        """Start the thread; for whoever starts a script."""
        with self._waking:
            if not self.threshold_s or self.awake or self._stopped:
                return
            thread = threading.Thread(target=self._run, name="script-watch", daemon=True)
            try:
                thread.start()
            except RuntimeError:                # there are too many: the next script tries it again
                return
            self._thread, self.awake = thread, True

    def stop(self):
        """End the thread for good. No script runs any more."""
        with self._waking:
            self._stopped, thread = True, self._thread
        self._attention.set()
        if thread is not None:
            thread.join()

    def _run(self):
        lingered_s = 0.0
        while not self._stopped:
            seen = self._scripting.runs
            delay_s = self.delay_s()
            self._attention.wait(delay_s)
            self._attention.clear()
            self.look()
            if self._scripting.runs != seen or self._scripting.running is not None:
                lingered_s = 0.0
                continue
            lingered_s += delay_s
            if lingered_s >= _LINGER_S and self._falls_asleep(seen):
                return

    def _falls_asleep(self, seen):
        with self._waking:
            self.awake = False                  # a script that starts from now on calls `wake`
            if self._scripting.runs != seen:    # but one may have started just before, and relies on this thread
                self.awake = True
            return not self.awake

    def delay_s(self):
        """How long nothing can be due."""
        if not self.threshold_s:
            return _LINGER_S
        if self._engine.busy is not None:
            return _AGAIN_S
        if self._scripting.running is None:
            return self.threshold_s             # one that starts meanwhile is not slow earlier
        left_s = self._scripting.started_s + self.threshold_s - self._engine.clock.monotonic()
        return min(max(left_s, 0.001), self.threshold_s)

    def look(self):
        """Interrupt the running script if it is slow."""
        scripting = self._scripting
        run, program = scripting.runs, scripting.running
        if program is not None and run == scripting.runs and self._asked != run and self._is_slow():
            self._asked = run
            program.runtime.interrupt(self.give_way)

    def _is_slow(self):
        elapsed_s = self._engine.clock.monotonic() - self._scripting.started_s
        return self._engine.busy is not None or 0 < self.threshold_s <= elapsed_s

    # The script's thread

    def give_way(self):
        """Between two operations of the script: let the others in for a moment. Raises ScriptKilled."""
        scripting, engine = self._scripting, self._engine
        self._asked = None
        if scripting.running is None or not self._is_slow():    # it was another script that was slow
            return
        if engine.busy is None:
            self._become_busy()
        self._lend_lock()
        if engine.ending:
            raise ScriptKilled
        if scripting.killed:
            engine.log.notice("Lua script killed by user with SCRIPT KILL.")
            raise ScriptKilled

    def _become_busy(self):
        scripting, engine = self._scripting, self._engine
        command = "SCRIPT KILL" if scripting.running.is_eval else "FUNCTION KILL"
        elapsed_ms = int((engine.clock.monotonic() - scripting.started_s) * 1000)
        engine.log.warning(f"Slow script detected: still in execution after {elapsed_ms} milliseconds. You can try "
                           f"killing the script using the {command} command. Script name is: "
                           f"{scripting.running.name.decode('utf-8', 'replace')}.")
        engine.busy = RedisError(_BUSY.format(command))
        engine.refresh_gates()
        if engine.owns_process and sys.getswitchinterval() > _SWITCH_S:
            self._switch_s = sys.getswitchinterval()
            sys.setswitchinterval(_SWITCH_S)

    def _lend_lock(self):
        engine, keyspace = self._engine, self._engine.keyspace
        running, engine.running = engine.running, None
        kept = keyspace.now, keyspace.wall_offset_s, keyspace.lru_clock
        effects, keyspace.effects = keyspace.effects, None
        ready, keyspace.ready = keyspace.ready, {}
        aftermath, keyspace.aftermath = keyspace.aftermath, False
        keyspace.may_expire = False             # WATCH looks for keys, for one
        engine.lock.release()
        try:
            time.sleep(_MOMENT_S)
        finally:
            engine.lock.acquire()
            engine.running = running
            keyspace.now, keyspace.wall_offset_s, keyspace.lru_clock = kept
            keyspace.effects = effects
            keyspace.ready.update(ready)
            keyspace.aftermath = aftermath or bool(keyspace.ready)
            keyspace.may_expire = engine.loading is None and not engine.paused

    def calm_down(self):
        """A slow script is done."""
        engine = self._engine
        engine.busy = None
        engine.refresh_gates()
        engine.calm.notify_all()
        if self._switch_s is not None:
            sys.setswitchinterval(self._switch_s)
            self._switch_s = None

"""A load split among several processes, and how many of them it takes.

The processes connect first, start together and send home their results; nothing else is shared.

How many? More than one only helps when one is at work all the time, and on a machine whose cores the server
needs as well it may do harm. So `useful_processes` tries: short loads of PING, which no command outruns, with
one process, two, four... as long as those before were at their limit and more of them get more done.
"""
import multiprocessing
import multiprocessing.connection
import os
from array import array

from load_generator import LoadFailed, Result, run

__all__ = ["run_in_processes", "useful_processes"]

TRIAL_REQUESTS = 10000          # without pipelines; with them as many times more as a pipeline is long
WORTH_IT = 1.1                  # times the requests a second that more processes must bring


def useful_processes(load, most=None):
    """The number of processes, `most` at most (or the processors there are), that get most of `load` done."""
    most = min(most or os.cpu_count() or 1, load.clients, load.requests)
    trial = load._replace(request=b"*1\r\n$4\r\nPING\r\n", requests=TRIAL_REQUESTS * min(load.pipeline, 16))
    if trial.requests > load.requests:
        return 1                            # it would take longer than the load itself
    best, processes = run_in_processes(trial, 1), 1
    while best.generator_was_limit and processes < most:
        more = min(2 * processes, most)
        result = run_in_processes(trial, more)
        if result.per_second < WORTH_IT * best.per_second:
            break
        best, processes = result, more
    return processes


def run_in_processes(load, processes, on_progress=None):
    """Like `run`, with the load split among that many processes."""
    if processes == 1:
        return run(load, on_progress)
    workers = {}                            # our end of the pipe -> process
    try:
        for share in load.split(processes):
            ours, theirs = multiprocessing.Pipe()
            process = multiprocessing.Process(target=_work, args=(share, theirs), daemon=True)
            process.start()
            theirs.close()
            workers[ours] = process
        for pipe in workers:
            _receive(pipe)                  # it is connected
        for pipe in workers:
            pipe.send("start")
        results = _collect(set(workers), on_progress)
    finally:
        for pipe, process in workers.items():
            process.terminate()
            process.join()
            pipe.close()
    return Result(load.requests, max(result.elapsed_s for result in results),
                  max(result.busy_share for result in results),
                  array("d", sorted(latency for result in results for latency in result.latencies_s)), processes)


def _collect(pipes, on_progress):
    """Wait for the results, adding up the progress of all."""
    done, results = dict.fromkeys(pipes, 0), []
    while pipes:
        for pipe in multiprocessing.connection.wait(pipes):
            message = _receive(pipe)
            if isinstance(message, Result):
                results.append(message)
                pipes.remove(pipe)
            else:
                done[pipe] = message
                if on_progress is not None:
                    on_progress(sum(done.values()))
    return results


def _receive(pipe):
    try:
        message = pipe.recv()
    except EOFError:
        raise LoadFailed("a process of the load generator ended too early") from None
    if isinstance(message, str):
        raise LoadFailed(message)
    return message


def _work(load, pipe):
    """A process: what it sends is its progress (int), at the end a Result, or an error text."""
    def wait_for_start():
        pipe.send(0)
        pipe.recv()

    try:
        pipe.send(run(load, pipe.send, wait_for_start))
    except LoadFailed as error:
        pipe.send(str(error))
    except (EOFError, KeyboardInterrupt, BrokenPipeError):
        pass                                # the one who started us has gone, or is told the same

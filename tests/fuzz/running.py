"""Cases in processes of their own, with bounds on time and memory; what fails is made short and shown."""

from __future__ import annotations

import os
import pickle
import resource
import select
import signal
import struct
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from random import Random
from types import FrameType
from typing import NamedTuple

from tests.fuzz.trying import KINDS

SECONDS = 5  # of the processor's time, for one case
WAIT = 60  # seconds that a case can take altogether, most of them waiting for other work of the machine
MEMORY = 500_000_000  # bytes, beside what the process has before it starts
BATCH = 2_000  # cases of one process
SHORTENING = 20  # seconds for making a case shorter


class TooSlow(BaseException):
    """A case has used up its time. No `except Exception` takes it."""


class Job(NamedTuple):
    """Which cases: number `first` and those after it, of kinds that are drawn by their shares."""

    seed: int
    kinds: tuple[str, ...]
    first: int
    count: int


class Fault(NamedTuple):
    """A case that failed."""

    number: int
    kind: str
    case: list[str]
    what: str  # the same for equal faults
    trace: str


class Found(NamedTuple):
    """What came of a job."""

    counts: Counter[str]  # cases of each kind
    faults: dict[str, Fault]  # by what they are, the first of each
    slowest: list[tuple[float, int, str]]  # seconds, number, kind
    memory: int  # bytes, the most that a process had
    seconds: float

    def summary(self) -> str:
        kinds = ", ".join(f"{name} {count:,}" for name, count in sorted(self.counts.items()))
        slow = ", ".join(f"{s:.2f} s ({kind} {number})" for s, number, kind in self.slowest[:3])
        return (
            f"{sum(self.counts.values()):,} texts in {self.seconds:,.0f} s: {kinds}\n"
            f"slowest: {slow}\nlargest process: {self.memory / 1e6:,.0f} MB\nfaults: {len(self.faults)}"
        )


def fuzz(job: Job, workers: int = 1, say: Callable[[str], None] = print) -> Found:
    """Run all cases of a job, and say each new fault once it is found."""
    start = time.time()
    found = Found(Counter(), {}, [], 0, 0.0)
    waiting = [
        job._replace(first=first, count=min(BATCH, job.first + job.count - first))
        for first in range(job.first, job.first + job.count, BATCH)
    ][::-1]
    running: dict[int, Worker] = {}
    while waiting or running:
        while waiting and len(running) < workers:
            worker = Worker(waiting.pop())
            running[worker.pipe] = worker
        for pipe in select.select(list(running), [], [], 1.0)[0] or list(running):
            worker = running[pipe]
            if not worker.goes_on():
                del running[pipe]
                rest = worker.ended(found, say)
                if rest is not None:
                    waiting.append(rest)
    found.slowest.sort(reverse=True)
    return found._replace(seconds=time.time() - start, memory=max(found.memory, *_peaks))


_peaks = [0]


class Worker:
    """One process with a batch of cases. It writes the number of each case before it tries it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.data = b""
        self.number = job.first - 1
        self.since = time.time()
        self.killed = False
        self.pipe, written = os.pipe()
        sys.stdout.flush()
        self.id = os.fork()
        if self.id == 0:
            code = 1
            try:
                os.close(self.pipe)
                try_all(job, lambda message: _send(written, message))
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        os.close(written)
        self.results: list[object] = []

    def goes_on(self) -> bool:
        """Take what the process has sent; no where it has ended, or hangs and is ended."""
        if select.select([self.pipe], [], [], 0)[0]:
            data = os.read(self.pipe, 1 << 20)
            if not data:
                return False
            self.data += data
            self.since = time.time()
        elif time.time() - self.since > WAIT + 3 * SECONDS + SHORTENING:
            os.kill(self.id, signal.SIGKILL)
            self.killed = True
            return False
        while len(self.data) >= 4 and len(self.data) >= 4 + (size := struct.unpack("I", self.data[:4])[0]):
            message = pickle.loads(self.data[4 : 4 + size])
            self.data = self.data[4 + size :]
            if isinstance(message, int):
                self.number = message
            else:
                self.results.append(message)
        return True

    def ended(self, found: Found, say: Callable[[str], None]) -> Job | None:
        """Keep what came of the batch; returns the cases that are left where the process died."""
        os.close(self.pipe)
        _, status = os.waitpid(self.id, 0)
        for result in self.results:
            if isinstance(result, Fault):
                if result.what not in found.faults:
                    found.faults[result.what] = result
                    say(shown(result, self.job))
            else:
                counts, slowest, memory = result  # type: ignore[misc]
                found.counts.update(counts)
                found.slowest.extend(slowest)
                _peaks.append(memory)
        if status == 0:
            return None
        kind, case = drawn(self.job, self.number)
        what = "the process hangs" if self.killed else f"the process dies with status {status}"
        fault = Fault(self.number, kind, case, f"{what} ({kind})", "")
        if fault.what not in found.faults:
            found.faults[fault.what] = fault
            say(shown(fault, self.job))
        # The batch is not counted but for what follows.
        left = self.job.first + self.job.count - self.number - 1
        return self.job._replace(first=self.number + 1, count=left) if left > 0 else None


def _send(pipe: int, message: object) -> None:
    data = pickle.dumps(message)
    os.write(pipe, struct.pack("I", len(data)) + data)


def drawn(job: Job, number: int) -> tuple[str, list[str]]:
    """The case of a number, which is the same whatever goes before it."""
    random = Random(f"{job.seed} {number}")
    kind = random.choices(job.kinds, [KINDS[name].share for name in job.kinds])[0]
    return kind, KINDS[kind].draw(random)


def try_all(job: Job, send: Callable[[object], None]) -> None:
    """Try a batch of cases in this process."""
    bound_memory()
    signal.signal(signal.SIGPROF, stop)
    signal.signal(signal.SIGALRM, stop)
    counts: Counter[str] = Counter()
    times: list[tuple[float, int, str]] = []
    known: set[str] = set()
    for number in range(job.first, job.first + job.count):
        send(number)
        kind, case = drawn(job, number)
        counts[kind] += 1
        start = time.process_time()
        failed = tried(kind, case)
        times.append((time.process_time() - start, number, kind))
        if failed and failed[0] not in known:
            known.add(failed[0])
            short = shortened(kind, case, failed[0])
            send(Fault(number, kind, short, *failed))
    times.sort(reverse=True)
    send((counts, times[:3], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))


def bound_memory() -> None:
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, now + MEMORY))


def stop(signal: int, frame: FrameType | None) -> None:
    raise TooSlow


def tried(kind: str, case: list[str]) -> tuple[str, str] | None:
    """Try a case; what failed, and where, or None."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.setitimer(signal.ITIMER_REAL, WAIT)
    try:
        KINDS[kind].attempt(list(case))
    except MemoryError as error:
        # What has filled the memory goes with the frames that hold it, before anything is written.
        name = named(error.with_traceback(error.__traceback__))
        error.__traceback__ = None
        return name, ""
    except (Exception, TooSlow) as error:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        return named(error), "".join(traceback.format_exception(error))[-3000:]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    return None


def named(error: BaseException) -> str:
    """What an error is called, so that equal faults are shown once: its kind, and the function that raised it."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "cnncalc/" in f.filename or "fuzz/" in f.filename]
    own = [f for f in frames if "tests/fuzz" not in f.filename]
    if isinstance(error, AssertionError):
        at = " for ".join(f"{f.name}:{f.lineno}" for f in frames[:-3:-1])
    elif isinstance(error, TooSlow | MemoryError):
        at = own[min(6, len(own) - 1)].name if own else "the fuzzer"  # where exactly is by chance
    else:
        at = " ".join(f"{f.filename.rpartition('/')[2]} {f.name}" for f in own[-1:])
    return f"{type(error).__name__} in {at}"


def shortened(kind: str, case: list[str], what: str) -> list[str]:
    """A case from which parts have been taken out as long as it fails in the same way."""
    end = time.time() + SHORTENING
    case = list(case)
    for place in range(len(case)):
        size = max(1, len(case[place]) // 2)
        while size and time.time() < end:
            at = 0
            while at < len(case[place]) and time.time() < end:
                shorter = [*case]
                shorter[place] = case[place][:at] + case[place][at + size :]
                failed = tried(kind, shorter)
                if failed and failed[0] == what:
                    case = shorter
                else:
                    at += size
            size //= 2
    return case


def shown(fault: Fault, job: Job) -> str:
    """A fault with what to paste."""
    case = repr(fault.case)
    if len(case) > 3_000:
        case = f"# {len(case):,} characters: --seed {job.seed} --case {fault.number} draws it"
    kinds = "" if job.kinds == tuple(KINDS) else "".join(f" --kind {kind}" for kind in job.kinds)
    return (
        f"\nFAULT {fault.what}\n{fault.trace.rstrip()}\n"
        f"again: python -m tests.fuzz --seed {job.seed}{kinds} --case {fault.number}\n"
        f"paste: from tests.fuzz.trying import KINDS; KINDS[{fault.kind!r}].attempt({case})"
    )

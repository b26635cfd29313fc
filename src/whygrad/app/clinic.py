"""What the page asks of the clinic: patients, examinations, grades. Training takes a few seconds.

One run is trained at a time, in a thread of its own, which ends when the server does. A question
whose answer is not there yet is answered with how far it is, and asked again. Only the clinic's
own cases are trained.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from whygrad import clinic
from whygrad.app.reply import Refused, coded
from whygrad.clinic.choices import LEAVE, info
from whygrad.clinic.messages import ClinicWait
from whygrad.clinic.progress import Progress
from whygrad.errors import WhygradError

if TYPE_CHECKING:
    from whygrad.clinic.patient import Patient

SECONDS = 90.0  # for one question, of training
SOON = 0.25  # for which an answer is waited for before saying how far it is
PATIENTS = 4  # that are kept with their runs
ANSWERS = 64  # that are kept as text
WAITING = 8  # questions that may wait for others
MAX_WORDS = 2000
GRADE_KEYS = ("cause", "evidence", "remedy", "words")

Work = Callable[[Progress], bytes]


class Job:
    """A question that is being answered."""

    def __init__(self, doing: str) -> None:
        self.doing = doing
        self.done = 0.0
        self.finished = threading.Event()
        self.answer = b""
        self.error: Exception | None = None


class JobQueue:
    """Answers questions about patients, one at a time, and keeps what it answered last."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._jobs: OrderedDict[tuple[Any, ...], Job] = OrderedDict()
        self._patients: OrderedDict[int, Patient] = OrderedDict()
        self._table_lock, self._run_lock = threading.Lock(), threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._closed = False

    def close(self) -> None:
        """Give up every job, and return when the last of their threads has ended."""
        with self._table_lock:
            self._closed = True
            threads = tuple(self._threads)
        for thread in threads:
            thread.join()

    def offers(self) -> bytes:
        """Answer with what can be chosen from."""
        return coded(info())

    def patient(self, payload: Mapping[str, Any]) -> tuple[bytes, int]:
        """Answer with what a patient's author tells."""
        seed = _seed(payload)

        def work(progress: Progress) -> bytes:
            from whygrad.clinic.to_messages import patient_message

            return coded(patient_message(self._patient(seed, progress)))

        return self._submit(("patient", seed), "training the patient", work)

    def examine(self, payload: Mapping[str, Any]) -> tuple[bytes, int]:
        """Answer with what an examination shows."""
        seed, key = _seed(payload), _text(payload, "examination")

        def work(progress: Progress) -> bytes:
            from whygrad.clinic.examine import order
            from whygrad.clinic.to_messages import examination_message

            return coded(examination_message(order(self._patient(seed, progress), key)))

        return self._submit(("examine", seed, key), "examining the patient", work)

    def grade(self, payload: Mapping[str, Any]) -> tuple[bytes, int]:
        """Answer with what is to be said of a learner's answer."""
        seed, cause = _seed(payload), _text(payload, "cause")
        remedy, words = _text(payload, "remedy", LEAVE), _text(payload, "words", "")
        evidence = payload.get("evidence", [])
        if not isinstance(evidence, list) or not all(
            isinstance(fact, str) for fact in cast("list[Any]", evidence)
        ):
            raise Refused('"evidence" must be a list of the names of facts')
        facts = tuple(cast("list[str]", evidence))

        def work(progress: Progress) -> bytes:
            from whygrad.clinic.grade import LearnerAnswer, grade
            from whygrad.clinic.to_messages import grade_message

            answer = LearnerAnswer(cause, facts, remedy, words)
            here = self._patient(seed, lambda share: progress(share / 2))
            return coded(grade_message(here, grade(here, answer, progress)))

        return self._submit(("grade", seed, cause, facts, remedy, words), "trying the remedy", work)

    def _patient(self, seed: int, progress: Progress) -> Patient:
        from whygrad.clinic.patient import admit

        known = self._patients.pop(seed, None)
        met = known or admit(seed, progress)
        self._patients[seed] = met
        while len(self._patients) > PATIENTS:
            self._patients.popitem(last=False)
        return met

    def _submit(self, key: tuple[Any, ...], doing: str, work: Work) -> tuple[bytes, int]:
        """Return an answer with status 200, or how far it is with 202."""
        clinic.require()
        with self._table_lock:
            if self._closed:
                raise _closed()
            job = self._jobs.get(key)
            if job is None:
                if sum(not one.finished.is_set() for one in self._jobs.values()) >= WAITING:
                    raise Refused("the clinic is busy; try again in a minute", status=503)
                job = self._jobs[key] = Job(doing)
                self._forget()
                thread = threading.Thread(target=self._work, args=(job, work), name=doing)
                self._threads.add(thread)
                thread.start()
        if not job.finished.wait(SOON):
            return coded(ClinicWait(job.doing, job.done)), 202
        if job.error is not None:
            with self._table_lock:
                self._jobs.pop(key, None)
            raise job.error
        return job.answer, 200

    def _forget(self) -> None:
        old = [key for key, job in self._jobs.items() if job.finished.is_set()]
        for key in old[: max(0, len(self._jobs) - ANSWERS)]:
            del self._jobs[key]

    def _work(self, job: Job, work: Work) -> None:
        with self._run_lock:
            until = time.monotonic() + self.seconds

            def progress(share: float) -> None:
                job.done = share
                if self._closed:
                    raise _closed()
                if time.monotonic() > until:
                    raise Refused(
                        f"training took longer than {self.seconds:g} seconds and was given up",
                        status=503,
                    )

            try:
                progress(0.0)
                job.answer = work(progress)
            except WhygradError as error:
                job.error = error
            except Exception as error:  # said to the page, which would wait for ever
                job.error = Refused(f"the clinic failed: {type(error).__name__}", status=500)
            finally:
                job.finished.set()
        with self._table_lock:
            self._threads.discard(threading.current_thread())


def _closed() -> Refused:
    return Refused("the clinic is closed", status=503)


def _seed(payload: Mapping[str, Any]) -> int:
    seed = payload.get("seed")
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise Refused('"seed" must be a whole number')
    return seed


def _text(payload: Mapping[str, Any], key: str, default: str | None = None) -> str:
    text = payload.get(key, default)
    if not isinstance(text, str):
        raise Refused(f'"{key}" must be a text')
    if len(text) > MAX_WORDS:
        raise Refused(f'"{key}" may have {MAX_WORDS} characters')
    return text

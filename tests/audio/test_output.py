from __future__ import annotations

import builtins
import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stemdesk.audio import portaudio
from stemdesk.audio.output import (
    NullOutput,
    OutputKind,
    SounddeviceOutput,
    describe,
    devices,
    open_output,
)
from stemdesk.audio.portaudio import LATENCY_S
from stemdesk.audio.sound_server import SinkWatch
from stemdesk.audio.transport import RING_S
from stemdesk.core.errors import DeviceError, ErrorCode

RATE = 8000


class FakePortAudioError(Exception):
    pass


class FakeStream:
    def __init__(self, **options: Any) -> None:
        self.options = options
        self.active = False
        self.start_error: Exception | None = None

    def start(self) -> None:
        if self.start_error:
            raise self.start_error
        self.active = True

    def stop(self) -> None:
        self.active = False

    def close(self) -> None:
        self.active = False


def device(
    name: str, hostapi: int, *, outputs: int = 2, rate: float = 48_000.0, high_s: float = 0.035
) -> dict[str, Any]:
    return {
        "name": name,
        "hostapi": hostapi,
        "max_output_channels": outputs,
        "default_samplerate": rate,
        "default_high_output_latency": high_s,
    }


class FakeSounddevice(ModuleType):
    """Stands in for the module `sounddevice`: one device, "Speakers"."""

    PortAudioError = FakePortAudioError

    def __init__(self) -> None:
        super().__init__("sounddevice")
        self.streams: list[FakeStream] = []
        self.open_error: Exception | None = None
        self.rates: tuple[int, ...] = ()  # those that the device takes; all if empty
        self.own_rate = 48_000.0
        self.fine = SimpleNamespace(output_underflow=False)
        self.listed = [
            device("Speakers", 0),
            device("Microphone", 0, outputs=0),
            device("Headphones", 0),
            device("Speakers", 1),
            device("Elsewhere", 1),
        ]
        self.query_error: Exception | None = None
        self.started_anew: list[str] = []
        self.plugged_in = False  # a device that PortAudio does not know of yet
        self.start_error: Exception | None = None

    def _terminate(self) -> None:
        self.started_anew.append("terminate")

    def _initialize(self) -> None:
        self.started_anew.append("initialize")
        if self.start_error:
            raise self.start_error
        if self.plugged_in:
            self.query_error = None

    def OutputStream(self, **options: Any) -> FakeStream:
        if self.open_error:
            raise self.open_error
        if self.rates and options["samplerate"] not in self.rates:
            raise FakePortAudioError("Invalid sample rate")
        self.streams.append(FakeStream(**options))
        return self.streams[-1]

    def query_devices(self, kind: str = "") -> Any:
        if not kind:
            return self.listed
        assert kind == "output"
        if self.query_error:
            raise self.query_error
        return device("Speakers", 0, rate=self.own_rate)

    def get_portaudio_version(self) -> tuple[int, str]:
        return 1246720, "PortAudio V19.7.0-devel, revision abc"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeSounddevice:
    module = FakeSounddevice()
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    monkeypatch.setattr(portaudio, "_portaudio", portaudio._PortAudio())
    monkeypatch.setattr(portaudio, "SinkWatch", lambda: SinkWatch(lambda _: None))
    return module


def silence(out: NDArray[np.float32]) -> None:
    out[:] = 0.0


def no_portaudio(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """`import sounddevice` raises, as it does where the library PortAudio is missing."""
    original = builtins.__import__

    def importing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "sounddevice":
            raise error
        return original(name, *args, **kwargs)

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(builtins, "__import__", importing)


def test_the_callback_copies_and_counts(fake: FakeSounddevice) -> None:
    def pull(out: NDArray[np.float32]) -> None:
        out[:] = 0.5

    output = SounddeviceOutput(44100, pull)
    options = fake.streams[0].options
    assert (options["samplerate"], options["channels"], options["dtype"]) == (44100, 2, "float32")
    out = np.zeros((64, 2), dtype=np.float32)
    options["callback"](out, 64, None, SimpleNamespace(output_underflow=False))
    assert (out == 0.5).all()
    assert output.underruns == 0
    options["callback"](out, 64, None, SimpleNamespace(output_underflow=True))
    assert output.underruns == 1
    assert output.info.kind is OutputKind.SOUNDDEVICE
    assert output.info.label == "Speakers"
    assert output.info.library == "PortAudio V19.7.0-devel"


def test_a_device_that_stops_by_itself_is_not_alive(fake: FakeSounddevice) -> None:
    output = SounddeviceOutput(RATE, silence)
    alive = [output.alive]
    output.start()
    alive.append(output.alive)
    fake.streams[0].active = False  # unplugged
    alive.append(output.alive)
    output.stop()  # resting, as told
    alive.append(output.alive)
    output.close()
    assert alive == [True, True, False, True]


def test_a_device_that_asks_for_nothing_any_more_has_gone(fake: FakeSounddevice) -> None:
    now = [100.0]
    output = SounddeviceOutput(RATE, silence, clock=lambda: now[0])
    now[0] = 900.0  # resting: nobody expects it to ask
    output.start()
    alive = []
    for _ in range(3):
        now[0] += 2.0
        alive.append(output.alive)
        output._callback(np.zeros((64, 2), np.float32), 64, None, fake.fine)
    now[0] += 4.0
    alive.append(output.alive)
    output.stop()
    alive.append(output.alive)
    assert alive == [True, True, True, False, True]


def test_a_device_that_the_sound_server_has_replaced_has_gone(
    fake: FakeSounddevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = SimpleNamespace(lost=False, calls=[])
    watch.start = lambda: watch.calls.append("start")
    watch.stop = lambda: watch.calls.append("stop")
    monkeypatch.setattr(portaudio, "SinkWatch", lambda: watch)
    output = SounddeviceOutput(RATE, silence)
    assert watch.calls == []
    output.start()
    alive = [output.alive]
    watch.lost = True
    alive.append(output.alive)
    output.stop()
    alive.append(output.alive)  # what happens while nothing plays is no loss
    assert alive == [True, False, True]
    output.close()
    assert watch.calls == ["start", "stop", "stop"]


def test_a_device_that_does_not_start_is_a_device_error(fake: FakeSounddevice) -> None:
    output = SounddeviceOutput(RATE, silence)
    fake.streams[0].start_error = FakePortAudioError("Device unavailable")
    with pytest.raises(DeviceError, match="Device unavailable") as caught:
        output.start()
    assert caught.value.code is ErrorCode.OUTPUT_UNAVAILABLE


def test_the_device_is_chosen_where_there_is_one(fake: FakeSounddevice) -> None:
    assert isinstance(open_output(RATE, silence), SounddeviceOutput)
    assert describe().kind is OutputKind.SOUNDDEVICE


def test_a_device_that_refuses_the_rate_gives_the_null_output(fake: FakeSounddevice) -> None:
    fake.open_error = FakePortAudioError("Invalid sample rate")
    output = open_output(RATE, silence)
    assert isinstance(output, NullOutput)
    assert "Invalid sample rate" in output.info.reason


@pytest.mark.parametrize("rate", [44_100, 48_000, 88_200, 96_000, 176_400, 192_000])
def test_a_device_that_refuses_the_songs_rate_runs_at_one_of_its_own(
    fake: FakeSounddevice, rate: int
) -> None:
    fake.rates = (rate,)
    output = open_output(22_050, silence)
    assert output.info.kind is OutputKind.SOUNDDEVICE
    assert output.info.samplerate == rate
    assert fake.streams[-1].options["samplerate"] == rate


def test_the_songs_rate_comes_first_then_the_devices_own(fake: FakeSounddevice) -> None:
    fake.own_rate = 96_000.0
    assert open_output(44_100, silence).info.samplerate == 44_100
    fake.rates = (44_100, 48_000, 96_000)
    assert open_output(22_050, silence).info.samplerate == 96_000


def test_a_device_is_given_sound_far_enough_ahead_for_a_busy_processor(
    fake: FakeSounddevice,
) -> None:
    fake.listed.append(device("Wireless", 0, high_s=0.25))
    given = []
    for name in ("Headphones", "", "Wireless"):
        open_output(RATE, silence, name).close()
        given.append(fake.streams[-1].options["latency"])
    assert given == [LATENCY_S, LATENCY_S, 0.25]
    assert LATENCY_S < RING_S  # a change is heard within the ring's length


def test_devices_are_those_that_can_play_each_once(fake: FakeSounddevice) -> None:
    assert devices() == ("Speakers", "Headphones")


def test_devices_that_were_plugged_in_are_listed_unless_something_plays(
    fake: FakeSounddevice,
) -> None:
    devices()
    assert fake.started_anew == ["terminate", "initialize"]
    output = open_output(RATE, silence)
    devices()
    assert len(fake.started_anew) == 2  # it would end what plays
    output.close()
    output.close()
    devices()
    assert len(fake.started_anew) == 4


def test_an_output_that_is_opened_while_devices_are_listed_goes_on(
    fake: FakeSounddevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lock:
        """Whoever waits for it finds that another thread has opened a stream meanwhile."""

        def __enter__(self) -> None:
            portaudio._portaudio.streams = 1

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(portaudio._portaudio, "lock", Lock())
    assert devices() == ("Speakers", "Headphones")
    assert fake.started_anew == []


def test_a_chosen_device_plays_and_the_default_one_where_it_is_gone(fake: FakeSounddevice) -> None:
    output = open_output(RATE, silence, "Headphones")
    assert (output.info.label, fake.streams[-1].options["device"]) == ("Headphones", 2)
    assert describe("Headphones").label == "Headphones"
    output = open_output(RATE, silence, "Unplugged")
    assert (output.info.label, fake.streams[-1].options["device"]) == ("Speakers", None)


def test_after_a_loss_the_devices_are_listed_anew_before_one_is_opened(
    fake: FakeSounddevice,
) -> None:
    output = open_output(RATE, silence)
    output.start()
    fake.streams[0].active = False  # unplugged
    assert not output.alive
    output.close()
    open_output(RATE, silence)
    assert fake.started_anew == ["terminate", "initialize"]
    open_output(RATE, silence)
    assert len(fake.started_anew) == 2


def test_no_device_gives_the_null_output(fake: FakeSounddevice) -> None:
    fake.query_error = FakePortAudioError("Error querying device -1")
    info = describe()
    assert (info.kind, info.library) == (OutputKind.NULL, "PortAudio V19.7.0-devel")
    assert info.reason == "no device: Error querying device -1"
    assert open_output(RATE, silence).info.reason == info.reason
    assert not fake.streams


def test_a_device_that_was_plugged_in_later_is_found(fake: FakeSounddevice) -> None:
    fake.query_error = FakePortAudioError("Error querying device -1")
    assert open_output(RATE, silence).info.kind is OutputKind.NULL
    fake.plugged_in = True
    fake.started_anew.clear()
    assert open_output(RATE, silence).info.kind is OutputKind.SOUNDDEVICE
    assert fake.started_anew == ["terminate", "initialize"]
    open_output(RATE, silence)
    assert len(fake.started_anew) == 2  # only where it is needed


def test_portaudio_that_does_not_start_again_gives_the_null_output(fake: FakeSounddevice) -> None:
    fake.query_error = FakePortAudioError("Error querying device -1")
    fake.start_error = FakePortAudioError("PortAudio not initialized")
    assert open_output(RATE, silence).info.reason == "no device: PortAudio not initialized"


@pytest.mark.parametrize(
    "error", [OSError("PortAudio library not found"), ImportError("No module named sounddevice")]
)
def test_missing_portaudio_gives_the_null_output(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    no_portaudio(monkeypatch, error)
    assert devices() == ()
    info = describe()
    assert (info.kind, info.label) == (OutputKind.NULL, "no sound device")
    assert info.reason == f"no PortAudio: {error}"
    assert open_output(RATE, silence).info.kind is OutputKind.NULL


def test_what_is_really_there_is_described_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    info = describe()
    output = open_output(44100, silence)
    output.close()
    assert info.kind in OutputKind
    assert (info.kind is OutputKind.NULL) == bool(info.reason)
    assert output.info.kind is info.kind
    assert capfd.readouterr() == ("", "")


def test_the_null_output_takes_what_the_clock_says() -> None:
    now = [100.0]
    taken: list[int] = []
    output = NullOutput(44100, lambda out: taken.append(len(out)), clock=lambda: now[0])
    output.tick()
    assert taken == []
    for _ in range(100):
        now[0] += 0.0101
        output.tick()
    assert sum(taken) == pytest.approx(44100 * 1.01, abs=1)  # fractions are not lost


def test_a_clock_that_jumped_does_not_drain_everything() -> None:
    now = [0.0]
    taken: list[int] = []
    output = NullOutput(1000, lambda out: taken.append(len(out)), clock=lambda: now[0])
    now[0] = 3600.0
    output.tick()
    assert taken == [50]


def test_the_null_outputs_thread_runs_until_it_is_stopped() -> None:
    enough = threading.Event()
    taken: list[int] = []

    def pull(out: NDArray[np.float32]) -> None:
        taken.append(len(out))
        if sum(taken) > RATE // 20:
            enough.set()

    output = NullOutput(RATE, pull)
    output.start()
    assert enough.wait(10)
    output.stop()
    after = len(taken)
    assert not [t for t in threading.enumerate() if t.name == "null-output"]
    output.start()  # and again
    output.close()
    assert len(taken) >= after
    assert not [t for t in threading.enumerate() if t.name == "null-output"]

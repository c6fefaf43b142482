"""What the render thread does: opens a song, fills the ring, starts and rests the output.

One thread calls the methods (`player.py` owns it); others only read `state`, `error` and the
properties. Nothing here starts a thread, so everything can be tested by calling it.
"""

from __future__ import annotations

from fractions import Fraction

from stemdesk.audio.chain import Chain
from stemdesk.audio.mixer import SongMixer
from stemdesk.audio.outlet import OpenOutput, Outlet
from stemdesk.audio.output import OutputInfo
from stemdesk.audio.parts import is_end, readable
from stemdesk.audio.playable import OpenPlayable, Playable
from stemdesk.audio.player_status import Levels, PlayerState
from stemdesk.audio.ring import Block, Ring, levels_of
from stemdesk.audio.song_facts import SongFacts
from stemdesk.audio.sound import Sound
from stemdesk.audio.timeline import PART_FADE_S
from stemdesk.audio.whereabouts import Whereabouts
from stemdesk.core.errors import DeviceError, StemDeskError
from stemdesk.log import log
from stemdesk.priority import rushing

__all__ = ["OpenOutput", "PlayerState", "Transport"]

RING_S = 0.15
RUSH_RING_S = 0.5
"""In a rush: loading a library from a cold disk holds Python's lock, and nothing is made meanwhile.
Changes are heard as soon as ever: they replace what the ring holds."""
RUSH_LOW_S = 0.35  # then it is filled from here on only: few large blocks need Python's lock less
FADE_S = 0.005
POLL_S = 0.02
IDLE_POLL_S = 0.25  # where a song that is not finished does not play

STRETCHED_FIRST_S = 0.06
"""So much is made before a change is heard where the vocoder makes it; the rest comes at once."""

HOLD_S = 0.04
"""So much before the end of what is decoded it is faded out, if nothing came meanwhile; …"""

RESUME_S = 0.25
"""… and so much has to be there to go on."""

LEVELS_S = 0.05


class Transport:
    """Plays one song at a time through one output."""

    def __init__(self, open_output: OpenOutput) -> None:
        self.state = PlayerState.EMPTY
        self.error: StemDeskError | None = None
        self._outlet = Outlet(
            open_output,
            lambda out: self._ring.read_into(out),  # noqa: PLW0108 - the ring of that moment
        )
        self._song: Playable | None = None
        self.facts = SongFacts()
        self._mixer: SongMixer | None = None
        self._chain: Chain | None = None
        self._sound = Sound()
        self._device = ""
        self._rate = 1  # of ring and output, in hertz
        self._ring = Ring(1, 1)
        self._held = False  # the ring was let run dry: the song is not decoded any further
        self._here = Whereabouts()
        self._underruns_before = 0  # of rings that were given up

    @property
    def position(self) -> int:
        """The song's frame that the output is handed next."""
        place, facts = int(self._ring.position), self.facts
        return min(place, facts.length) if facts.samplerate else place

    @property
    def length(self) -> int:
        """Frames of the song, 0 without one."""
        return self.facts.length

    @property
    def samplerate(self) -> int:
        """Hertz, 0 without a song."""
        return self.facts.samplerate

    @property
    def output_info(self) -> OutputInfo | None:
        """What plays; None before the first `play`."""
        return self._outlet.info

    @property
    def underruns(self) -> int:
        """How often sound was missing since the start."""
        return self._underruns_before + self._ring.underruns + self._outlet.underruns

    @property
    def hears_original(self) -> bool:
        """Whether the original is what is heard here, or would be."""
        if self.state is PlayerState.PLAYING:
            heard = self._ring.heard(1)
            return heard[-1].original if heard else self._here.on_original
        return self._here.on_original

    @property
    def waiting(self) -> bool:
        """Whether it plays and has come to where the song is not decoded yet."""
        return self._held and self._ring.available == 0 and self.state is PlayerState.PLAYING

    @property
    def levels(self) -> Levels:
        """How loud what the output was handed last is; silence unless it plays."""
        silent = self.state is not PlayerState.PLAYING or self.waiting
        spans = () if silent else self._ring.heard(round(LEVELS_S * self._rate))
        return levels_of(self.facts.stems, spans)

    def load(self, open: OpenPlayable | None, sound: Sound, *, keep: bool = False) -> None:  # noqa: A002 - the same word as in `Player.load`
        """Open the song and stop at frame 0; None: only let go of what is open. `keep`: the same
        song from elsewhere, which goes on where it is.

        Raises what `open` raises; then nothing is open.
        """
        if keep and self._song is not None and open is not None:
            self._replace(open, sound)
            return
        self._close_song()
        self._ring.fade_out(Fraction(0))
        self.state, self.error, self._sound = PlayerState.EMPTY, None, sound
        if open is None:
            return
        self._take(open())
        self.state = PlayerState.STOPPED

    def _replace(self, open: OpenPlayable, sound: Sound) -> None:  # noqa: A002 - the same word as in `Player.load`
        self._fill()  # opening takes its time
        before = self.samplerate
        song = open()
        self._close_song()
        self._take(song)
        self._sound = sound
        if song.samplerate == before:
            self._revise()
            return
        self._ring.fade_out(self._ring.position * song.samplerate / before)
        self._play_on()

    def _take(self, song: Playable) -> None:
        self._song, self._mixer, self._here = song, SongMixer(song), Whereabouts(song)
        self.facts = SongFacts.of(song)

    def set_sound(self, sound: Sound) -> None:
        """Another way to play, heard with the next block that the output takes."""
        if sound != self._sound:
            self._sound = sound
            self._revise()

    def set_output(self, device: str) -> None:
        """Another device, "" for the system's; it plays on there if it plays."""
        if device == self._device:
            return
        self._device = device
        self._ring.fade_out()
        self._outlet.close()
        self._play_on()

    def _play_on(self) -> None:
        if self.state is PlayerState.PLAYING:
            self.state = PlayerState.PAUSED
            self.play()

    def play(self) -> None:
        """Play from the position; from 0 at the song's end."""
        if self._song is None or self.state is PlayerState.PLAYING:
            return
        self.error = None
        self.facts = SongFacts.of(self._song)
        place = self._ring.position
        place = Fraction(0) if is_end(self._song, int(place)) else place
        try:
            rate = self._outlet.open(self.samplerate, self._device)
            if rate is not None:
                self._new_ring(rate, place)
            self.state = PlayerState.PLAYING
            self._jump(place)
            self._outlet.start()
        except DeviceError as error:
            self._lose_output(error)

    def pause(self) -> None:
        """Fall silent where the output is now."""
        if self.state is PlayerState.PLAYING:
            self._ring.fade_out()
            self.state = PlayerState.PAUSED
            self._here.moved()  # from now on this very place is wanted, not what comes next
            self._look_around(asked=True)

    def stop(self) -> None:
        """Fall silent and go to frame 0."""
        if self._song is not None:
            self._ring.fade_out(Fraction(0))
            self.state = PlayerState.STOPPED

    def seek(self, frame: int) -> None:
        """Go to a frame (kept inside the song), playing or not."""
        if self._song is None:
            return
        self.facts = SongFacts.of(self._song)
        place = Fraction(min(max(0, frame), self.length))
        self._here.moved()
        if self.state is PlayerState.PLAYING:
            self._jump(place)
        else:
            self._ring.fade_out(place)
            if self.state is PlayerState.FINISHED:
                self.state = PlayerState.PAUSED
        self._look_around(asked=True)

    def work(self) -> float | None:
        """Fill the ring; notice the song's end and a lost device; let an idle output rest.

        Returns the seconds after which it wants to be called again, None: after a command.
        Raises what the song's readers raise.
        """
        if self._song is not None:
            self.facts = SongFacts.of(self._song)
        if self.state is PlayerState.PLAYING:
            try:
                self._outlet.check()
            except DeviceError as error:
                self._lose_output(error)
                return None
            self._fill()
            if self._chain is not None and self._chain.ended and not self._ring.available:
                self.state = PlayerState.FINISHED
        self._look_around(asked=self.state is PlayerState.PLAYING)
        if self.state is not PlayerState.PLAYING and not self._ring.available:
            self._outlet.rest()
        if self._outlet.running:
            return POLL_S
        return None if self.facts.finished else IDLE_POLL_S

    def fail(self, error: StemDeskError) -> None:
        """Give the song up: `error` says why."""
        self._ring.fade_out(Fraction(0))
        self._close_song()
        self.error, self.state = error, PlayerState.FAILED

    def close(self) -> None:
        """Let output and files go."""
        self._outlet.close()
        self._close_song()
        self.state = PlayerState.EMPTY

    def _fill(self) -> None:
        """Write into the ring what there is room for."""
        chain, song = self._chain, self._song
        if self.state is not PlayerState.PLAYING or chain is None or song is None:
            return
        if self._held:
            place = int(self._ring.end)
            limit = readable(song, place, self._sound.side)
            enough = limit - place >= RESUME_S * song.samplerate
            if limit <= place and not song.complete and song.original is not None:
                song.original.read(place, 0)  # raises where nothing more is coming
            if not (enough or song.complete):
                return
        while not chain.ended and (room := self._room) > 0:
            block = chain.read(min(room, self._first_frames))
            if block.frames or block.last:
                self._ring.write(block, fade_in=self._held)
                self._held = self._held and not block.frames
            if not block.frames:
                break
        if not chain.ended and not self._held and self._ring.available < HOLD_S * self._rate:
            self._ring.hold()
            self._held = True

    @property
    def _room(self) -> int:
        """So many frames are to be made now."""
        ahead_s, low_s = (RUSH_RING_S, RUSH_LOW_S) if rushing() else (RING_S, RING_S)
        there = self._ring.available
        if there > low_s * self._rate:
            return 0
        return min(self._ring.free, round(ahead_s * self._rate) - there)

    @property
    def _first_frames(self) -> int:
        usual_s = 2 * RING_S if rushing() else RING_S  # whoever holds up others holds this up, too
        return round((STRETCHED_FIRST_S if self._sound.stretched else usual_s) * self._rate)

    def _start(
        self,
        place: Fraction,
        after: tuple[Chain, int] | None = None,
        stems_share: float | None = None,
    ) -> Block:
        """Begin at the song's frame `place`, in phase with what `after` says; the first frames."""
        if self._song is None or self._mixer is None:
            raise ValueError("no song")
        rate = self._rate
        self._chain = Chain(self._song, self._mixer, self._sound, rate, place, after, stems_share)
        return self._chain.read(self._first_frames)

    def _jump(self, place: Fraction) -> None:
        block = self._start(place)
        self._ring.jump(place, block, fade_in=place > 0)
        self._held = not block.frames and not block.last

    def _revise(self, stems_share: float | None = None) -> None:
        """What nobody has heard yet, anew: the sound or the song's files are others."""
        if self.state is not PlayerState.PLAYING:
            return
        place = self._ring.place()
        after = None if self._chain is None else (self._chain, place.unread)
        block = self._start(place.position, after, stems_share)
        self._ring.revise(place.handed, block)
        self._held = not block.frames and not block.last

    def _look_around(self, *, asked: bool) -> None:
        """See what is here. In a rush, in which the ring holds much, stems that are finished by now
        take the original's place in it, but where the vocoder would have to begin anew."""
        song, here = self._song, self.position
        if song is None:
            return
        speed = float(self._sound.speed) if self.state is PlayerState.PLAYING else 0.0
        news = self._here.look(song, here, self.length, self._sound.side, speed, asked=asked)
        if news and rushing() and here < int(self._ring.end) and not self._sound.stretched:
            self._revise(stems_share=-FADE_S / PART_FADE_S)  # after the ring's own crossfade

    def _new_ring(self, rate: int, place: Fraction) -> None:
        """A ring for an output that was opened just now and asks for nothing yet."""
        self._rate = rate
        self._underruns_before += self._ring.underruns
        self._ring = Ring(round(RUSH_RING_S * rate), round(FADE_S * rate), place)

    def _lose_output(self, error: DeviceError) -> None:
        self.state, self.error = PlayerState.PAUSED, error
        self._outlet.close()
        self._ring.clear()

    def _close_song(self) -> None:
        song, self._song, self._mixer, self._chain = self._song, None, None, None
        self.facts, self._held, self._here = SongFacts(), False, Whereabouts()
        try:
            if song is not None:
                song.close()
        except (OSError, StemDeskError):  # a drive that is gone may not even let files close
            log.exception("a song could not be closed")

"""What train.py can be told."""

from __future__ import annotations

import argparse
from pathlib import Path

import midi


def parsed(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("work", type=Path, help="folder for songs, checkpoint, log and model")
    parser.add_argument("--minutes", type=float, default=60, help="how long, resumed runs too")
    parser.add_argument("--steps", type=int, default=0, help="stop after so many steps (tests)")
    parser.add_argument("--clips", type=int, default=9, help="clips in a process's batch")
    parser.add_argument("--frames", type=int, default=48, help="length of a clip; 43 are a second")
    parser.add_argument("--whole", type=float, default=0.12, help="batches with all frequencies")
    parser.add_argument("--half", type=float, default=0.25, help="those that end at 5.5 kHz")
    parser.add_argument("--rate", type=float, default=2e-3, help="the highest learning rate")
    parser.add_argument("--warm", type=int, default=50, help="steps up to the highest rate")
    parser.add_argument("--hold", type=float, default=0.05, help="share of the time it stays there")
    parser.add_argument("--end", type=float, default=0.005, help="share of the rate at the end")
    parser.add_argument("--small-rate", type=float, default=5e-4, help="biases and the like")
    parser.add_argument("--scale-rate", type=float, default=1e-3, help="layer scales")
    parser.add_argument("--average", type=float, default=0.998, help="decay of the average")
    parser.add_argument("--floor", type=float, default=0.02, help="errors below hardly count")
    parser.add_argument("--first-songs", type=int, default=40, help="songs made before the start")
    parser.add_argument("--songs", type=int, default=400, help="songs made in all, while training")
    parser.add_argument("--tests", type=int, default=8, help="songs kept back for the log's SDR")
    parser.add_argument("--every", type=float, default=12, help="seconds from one song to the next")
    parser.add_argument("--workers", type=int, default=1, help="processes that make songs")
    parser.add_argument("--loaders", type=int, default=1, help="threads that make batches")
    parser.add_argument("--processes", type=int, default=1, help="that train together")
    parser.add_argument("--threads", type=int, default=1, help="of a process")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda")
    parser.add_argument("--start", type=Path, help="checkpoint or safetensors to start from")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-every", type=float, default=5, help="minutes between checkpoints")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    parser.add_argument("--no-samples", action="store_true", help="songs without other programs")
    options = parser.parse_args()
    if not options.no_samples and not midi.available():
        parser.error("install fluidsynth and fluid-soundfont-gm, or give --no-samples")
    if options.first_songs < 1 or options.tests < 1:
        parser.error("--first-songs and --tests need at least one song")
    return options

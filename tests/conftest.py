"""Set before anything is imported: no screen, and one thread for networks that are too small to
gain by two (on a busy machine they lose: OpenMP's threads wait for each other in a loop)."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

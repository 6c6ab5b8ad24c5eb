#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two COLMAP models, as text, of the same photos: ours and COLMAP's own.

compare.py OURS THEIRS: prints how far cameras are apart after the similarity
that fits best (scale, rotation, shift: a reconstruction knows none of them).
Exit status 1 if they disagree.
"""
import sys

import numpy

# Of the distance to the object. COLMAP's own error at some half a pixel was
# 6e-4 rms and 2e-3 at most (42 photos from 35 to 70 degrees); half a degree
# that one axis is off in every other photo is 4e-3 rms.
CENTRE_RMS = 1.5e-3
CENTRE_MOST = 5e-3
# It was 0.03 on average and 0.12 at most. A wrong sign of an angle, or a wrong
# convention, is tens of degrees.
TURN_MOST_DEG = 0.3
# A photo that shows too little to be placed may be missing.
REGISTERED = 0.9


def rotation(w, x, y, z):
    return numpy.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]])


def read(folder):
    """Name: (centre, world-to-camera rotation)."""
    cameras = {}
    with open(folder + "/images.txt", encoding="utf-8") as lines:
        rows = [line for line in lines if not line.startswith("#")]
    # The second line of each is for points, and may be empty.
    for line in rows[::2]:
        words = line.split()
        turn = rotation(*map(float, words[1:5]))
        shift = numpy.array(list(map(float, words[5:8])))
        cameras[words[9]] = (-turn.T @ shift, turn)
    return cameras


def similarity(of, to):
    """Scale, rotation, shift with to = scale rotation of + shift (Umeyama)."""
    of_mean, to_mean = of.mean(axis=0), to.mean(axis=0)
    u, d, v = numpy.linalg.svd((to - to_mean).T @ (of - of_mean) / len(of))
    signs = numpy.array([1, 1, numpy.sign(numpy.linalg.det(u @ v))])
    turn = u @ numpy.diag(signs) @ v
    scale = (d * signs).sum() / ((of - of_mean) ** 2).sum(axis=1).mean()
    return scale, turn, to_mean - scale * turn @ of_mean


def angle_deg(turn):
    return numpy.degrees(numpy.arccos(
        numpy.clip((numpy.trace(turn) - 1) / 2, -1, 1)))


def main():
    ours, theirs = read(sys.argv[1]), read(sys.argv[2])
    names = sorted(set(ours) & set(theirs))
    print(f"photos          {len(ours)}")
    print(f"registered      {len(names)}")
    if len(names) < REGISTERED * len(ours) or len(names) < 4:
        print("too few of them were registered")
        return 1
    want = numpy.array([ours[name][0] for name in names])
    scale, turn, shift = similarity(
        numpy.array([theirs[name][0] for name in names]), want)
    radius = numpy.linalg.norm(want, axis=1).mean()
    apart = numpy.array([numpy.linalg.norm(
        scale * turn @ theirs[name][0] + shift - ours[name][0])
        for name in names])
    turned = numpy.array([angle_deg(theirs[name][1] @ turn.T @ ours[name][1].T)
                          for name in names])
    rms = numpy.sqrt((apart ** 2).mean())
    print(f"distance        {radius:.3f} mm")
    print(f"centres apart   {rms:.4f} mm rms, {apart.max():.4f} mm at most "
          f"({names[apart.argmax()]}), {rms / radius:.1e} of the distance")
    print(f"turned          {turned.mean():.4f} degrees on average, "
          f"{turned.max():.4f} at most ({names[turned.argmax()]})")
    if rms > CENTRE_RMS * radius or apart.max() > CENTRE_MOST * radius:
        print(f"wanted centres within {CENTRE_RMS:g} rms and {CENTRE_MOST:g} "
              "of the distance")
        return 1
    if turned.max() > TURN_MOST_DEG:
        print(f"wanted turns within {TURN_MOST_DEG} degrees")
        return 1
    return 0


sys.exit(main())

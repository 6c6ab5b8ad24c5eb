#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Check files of test_photo.c: photo-h5.py FILE... KIND NAME..."""
import sys

import h5py
import numpy

split = next(n for n, word in enumerate(sys.argv) if word in ("rgb", "raw"))
files, kind, names = sys.argv[1:split], sys.argv[split], sys.argv[split + 1:]
n = numpy.arange(64 * 48)
if kind == "rgb":
    want = ((40 * numpy.arange(3)[None, :] + (n % 64 + n // 64)[:, None])
            % 256).reshape(48, 64, 3).astype("u1")
else:
    want = (64 + (37 * n + n // 5) % 900).reshape(48, 64).astype("u2")

for path in files:
    with h5py.File(path) as file:
        photos = file[file.attrs["default"]]
        photos = photos[photos.attrs["default"]]
        assert photos.attrs["NX_class"] == "NXdata"
        data = photos[photos.attrs["signal"]]
        axes = list(photos.attrs["axes"])
        assert axes == ["phi"] + ["."] * (data.ndim - 1), axes
        assert data.dtype == want.dtype and data.shape == (
            len(names), *want.shape), (path, data.dtype, data.shape)
        for photo in data:
            assert (photo == want).all(), path
        got = [name.decode() for name in photos["name"][:]]
        assert got == names, (path, got)
        assert list(photos["theta"][:]) == [len(name) for name in names]
        for name, value in {"phi": 123.5, "theta_errors": 0.0042,
                            "phi_errors": 0.056, "gain": 2.5,
                            "time_ns": 1790000000123456789,
                            "exposure_time": 0.0125, "focal_length": 4.28,
                            "lens_position": 8, "red_gain": 2,
                            "blue_gain": 1.6, "orientation": 8}.items():
            assert photos[name].shape == (len(names),), (path, name)
            assert (photos[name][:] == value).all(), (path, name)
        assert photos["phi"].attrs["units"] == "deg"
        if kind == "raw":
            assert data.attrs["bayer"] == "GBRG", dict(data.attrs)
            assert (data.attrs["bits"], data.attrs["black"]) == (10, 64)
        model = file["/entry/instrument/detector/description"][()].decode()
        assert model == "Model 64", model

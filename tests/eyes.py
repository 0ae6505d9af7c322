"""How colours look to eyes that see fewer of them, and how far apart two are."""

from __future__ import annotations

import numpy as np

# Machado, Oliveira, Fernandes (2009), severity 1, on linear RGB
EYES = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}  # fmt: skip
APART = 10.0
"""Least CIE76 distance of colours told apart at a glance; 2.3 is just noticeable."""
STEP = 5.0
"""Of neighbours on a rising scale, which are read by their order."""


def lab(colour: str, eye: np.ndarray, opacity: float = 1.0) -> np.ndarray:
    """Return a colour over white as an eye sees it."""
    rgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    rgb = rgb * opacity + 1 - opacity
    linear = np.clip(eye @ np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4), 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ linear / np.array([0.9505, 1, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(a: str, b: str, eye: str) -> float:
    return float(np.linalg.norm(lab(a, EYES[eye]) - lab(b, EYES[eye])))

"""
Encoders.

onnxruntime's wheel reports its use to its maker and keeps an identifier in the home folder, from
the moment it is imported; the variable below is the one way to forbid both beforehand.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

"""Our vendors keep their counters to themselves."""

import os
import subprocess
import sys
from pathlib import Path

LOAD = """
import chatbot.adapters.encoders.onnx
import onnxruntime
onnxruntime.SessionOptions()
"""


def test_loading_the_encoder_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    environment = {"PATH": os.defpath, "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", LOAD], check=True, env=environment)
    assert list(tmp_path.rglob("*")) == []

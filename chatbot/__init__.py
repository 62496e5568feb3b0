"""A customer-support chatbot that keeps answering when its language model does not."""

import os

# Before numpy is imported anywhere: its BLAS otherwise keeps a thread on every core, and on small
# matrices these wait for each other in busy loops (13 times the CPU for the bank of the demo).
for _threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

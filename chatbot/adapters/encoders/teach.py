"""
Fine-tune a sentence-transformers model on texts that ask the same.

Run as a program (`python -m chatbot.adapters.encoders.teach FOLDER [MODEL]`), so that torch enters
no other process. FOLDER holds `lesson.json`, and afterwards `taught.json` and for each of the
lesson's shares a folder with `model/` and, for its checked texts, `vectors.npy`. Each line on
stdout is `STEP OF`.

Every text is drawn to the direction of its own answer and away from those of all the others: a
softmax over cosines with one learned vector per answer (Zhai & Wu, *Classification is a strong
baseline for deep metric learning*, 2019), begun at the means of the answers' texts. So each step
sees all answers, close ones included, and one phrasing is enough. Word embeddings and the lower
half of the layers stay as they are: that is twice as fast, and keeps what the model knows of words
that the bank does not have.

A share of what was learned is the straight line between both weights (Wortsman et al., *Robust
fine-tuning of zero-shot models*, 2022): it gains less, and loses less of what was known before.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chatbot.adapters.encoders.models import named
from chatbot.errors import Misconfigured

LESSON, MODEL, TAUGHT, VECTORS = "lesson.json", "model", "taught.json", "vectors.npy"

_EPOCHS = 6
_MOST_STEPS = 2_000
_BATCH = 32
_RATE, _RATE_OF_ANSWERS = 1e-4, 1e-2
_WARM = 0.1  # of the steps, in which the rate rises; it falls in the others
_DECAY = 0.01
_SHARPNESS = 20.0  # what cosines are multiplied with
_LONGEST = 32  # tokens of a text that are learned from
_NORM = 1.0  # of the gradient, at most
_LAYER = re.compile(r"\.layers?\.(\d+)\.")


def share_folder(folder: Path, share: float) -> Path:
    """Where the encoder of a *share* is put."""
    return folder / f"share-{share:g}"


def teach(folder: Path, name: str | None) -> None:
    """
    Raises:
        Misconfigured: The model cannot be found or loaded, or what tuning needs is not installed.
    """
    try:
        # Heavy (seconds and half a gigabyte): only this short-lived program pays for them.
        import torch  # noqa: PLC0415
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    except ModuleNotFoundError as problem:
        raise Misconfigured(
            f"Tuning needs {problem.name}, which is not installed: install torch and "
            "sentence-transformers in the versions of constraints.txt."
        ) from problem

    lesson = json.loads((folder / LESSON).read_text(encoding="utf-8"))
    torch.set_num_threads(1)
    torch.manual_seed(lesson["seed"])
    model = named(name)
    try:
        sentence = SentenceTransformer(
            str(model.folder or model.name),
            device="cpu",
            model_kwargs={"attn_implementation": "eager"},
        )
    except Exception as problem:  # the loader raises anything, from OSError to KeyError
        raise Misconfigured(
            f"The encoder {model.name} cannot be loaded ({problem.__class__.__name__})."
        ) from problem
    before = {part: weights.detach().clone() for part, weights in sentence.named_parameters()}
    steps, planned, seconds = _learn(sentence, lesson, torch)
    learned = {part: weights.detach().clone() for part, weights in sentence.named_parameters()}
    for share in lesson["shares"]:
        with torch.no_grad():
            for part, weights in sentence.named_parameters():
                weights.copy_(torch.lerp(before[part], learned[part], share))
        made = share_folder(folder, share)
        sentence.save_pretrained(str(made / MODEL), create_model_card=False)
        np.save(made / VECTORS, _vectors(sentence, lesson["checked"]))
    taught = {"steps": steps, "planned": planned, "seconds": seconds}
    (folder / TAUGHT).write_text(json.dumps(taught), encoding="utf-8")


def _learn(sentence: Any, lesson: Any, torch: Any) -> tuple[int, int, float]:  # noqa: ANN401
    """Returns steps taken, steps planned, and seconds."""
    began = time.monotonic()
    texts = [text for group in lesson["groups"] for text in group]
    owner = torch.tensor(
        [place for place, group in enumerate(lesson["groups"]) for _ in group], dtype=torch.long
    )
    prompt = sentence.prompts.get(sentence.default_prompt_name or "", "") or ""
    alike, normal = torch.nn.functional.cross_entropy, torch.nn.functional.normalize
    standing = torch.from_numpy(_vectors(sentence, texts))
    means = torch.zeros(len(lesson["groups"]), standing.shape[1]).index_add_(0, owner, standing)
    answers = torch.nn.Parameter(normal(means, dim=1))
    learning = _thaw(sentence)
    groups = [(learning, _RATE, _DECAY), ([answers], _RATE_OF_ANSWERS, 0.0)]
    optimizer = torch.optim.AdamW(
        [{"params": params, "lr": rate, "weight_decay": decay} for params, rate, decay in groups]
    )
    per_epoch = -(-len(texts) // _BATCH)
    planned = min(_EPOCHS * per_epoch, _MOST_STEPS)
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(1.0, (step + 1) / (_WARM * planned)) * (1 - step / planned),
    )
    longest, sentence.max_seq_length = sentence.max_seq_length, _LONGEST
    sentence.train()
    order: list[int] = []
    step = 0
    while step < planned and time.monotonic() - began < 60 * lesson["minutes"]:
        if not order:
            order = torch.randperm(len(texts)).tolist()
        batch, order = order[:_BATCH], order[_BATCH:]
        said = sentence(sentence.preprocess([prompt + texts[row] for row in batch]))
        vectors = normal(said["sentence_embedding"], dim=1)
        loss = alike(_SHARPNESS * vectors @ normal(answers, dim=1).T, owner[batch])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learning, _NORM)
        optimizer.step()
        rate.step()
        optimizer.zero_grad()
        step += 1
        sys.stdout.write(f"{step} {planned}\n")
        sys.stdout.flush()
    sentence.max_seq_length = longest
    sentence.eval()
    return step, planned, round(time.monotonic() - began, 1)


def _thaw(sentence: Any) -> list[Any]:  # noqa: ANN401
    """The weights of the upper half of the layers; the others are frozen."""
    named_weights = list(sentence.named_parameters())
    places = {name: int(found[1]) for name, _ in named_weights if (found := _LAYER.search(name))}
    half = (max(places.values(), default=-1) + 1) // 2
    for name, weights in named_weights:
        weights.requires_grad = "embeddings." not in name and places.get(name, half) >= half
    return [weights for _, weights in named_weights if weights.requires_grad]


def _vectors(sentence: Any, texts: Sequence[str]) -> Any:  # noqa: ANN401
    return sentence.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Fine-tune a sentence encoder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("model", nargs="?")
    chosen = parser.parse_args(arguments)
    try:
        teach(chosen.folder, chosen.model)
    except Misconfigured as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Trains `models/pcb-defect.onnx`: `LINEWATCH_DATA=… python3 models/train-pcb-defect/train.py`, Debian's python3-torch and python3-opencv.

Groups 44000, 77000, 12300 and 90100 of DeepPCB; group 50600 is for evaluate.ts alone. `--without GROUP` leaves one more out and measures on
it: how the network does on a kind of board it never saw, which is where every choice was made. The same seed gives the same network on the same machine.
"""
import argparse
import hashlib
import json
import math
import os
import sys
import time

import cv2
import numpy as np
import torch

sys.dont_write_bytecode = True  # beside the shipped models no folder of compiled scripts
from pairs import TYPES, random_crop, read_group
from measure import measure, report
from network import Detector, Exported, loss_of

parser = argparse.ArgumentParser()
parser.add_argument("--without", default="", help="a group to leave out and measure on")
parser.add_argument("--steps", type=int, default=3000)
parser.add_argument("--batch", type=int, default=16)
parser.add_argument("--crop", type=int, default=256)
parser.add_argument("--rate", type=float, default=3e-3)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--out", default=os.path.join(os.path.dirname(__file__), "..", "pcb-defect.onnx"))
options = parser.parse_args()


def write_manifest(model):
    """What the nodes need to set themselves up; evaluate.ts --record adds what it measures."""
    image = {"width": 0, "height": 0, "multipleOf": 16, "fit": "contain", "background": 255, "colour": "grey", "type": "uint8"}
    with open(model, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    manifest = {
        "name": "pcb-defect",
        "version": "1.0.0",
        "description": "Finds the six defects of etched boards by comparing a black-and-white picture of a bare board (copper dark) with one of a good board.",
        "task": "objects",
        "licence": "Apache-2.0; learned from DeepPCB (MIT, github.com/tangsanli5201/DeepPCB)",
        "sha256": digest,
        "trainedBy": "models/train-pcb-defect/train.py",
        "trainedOn": "DeepPCB groups 44000, 77000, 12300, 90100; the threshold chosen on 90100 with a network that had not seen it",
        "labels": TYPES,
        "inputs": [{"name": "picture", "image": image}, {"name": "good", "image": image, "keep": True}],
        "objects": {
            "layout": "yolov8",
            "boxFormat": "cxcywh",
            "normalised": False,
            "activation": "none",
            "scoreThreshold": 0.45,
            "iouThreshold": 0.3,
        },
    }
    with open(model.replace(".onnx", ".json"), "w") as file:
        file.write(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


torch.set_num_threads(options.threads)
cv2.setNumThreads(1)
torch.manual_seed(7)
random = np.random.default_rng(7)
folder = os.path.join(os.environ["LINEWATCH_DATA"], "deeppcb")
pairs = [pair for group in ("44000", "77000", "12300", "90100") if group != options.without for pair in read_group(folder, group)]
unseen = read_group(folder, options.without) if options.without else []
print(f"{len(pairs)} pairs, {sum(len(boxes) for _, _, boxes in pairs)} defects", flush=True)

detector, average = Detector().to(memory_format=torch.channels_last), Detector()
average.load_state_dict(detector.state_dict())
average.requires_grad_(False)
decayed = [p for p in detector.parameters() if p.ndim > 1]
others = [p for p in detector.parameters() if p.ndim <= 1]
optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.02}, {"params": others, "weight_decay": 0}], lr=options.rate)
started, order, losses = time.time(), [], []
as_tensor = lambda pictures: torch.from_numpy(np.stack(pictures)[:, None]).float() / 255

for step in range(options.steps):
    rate = options.rate * min((step + 1) / 100, 0.5 + 0.5 * math.cos(math.pi * step / options.steps) + 0.005)
    for group in optimiser.param_groups:
        group["lr"] = rate
    crops = []
    for _ in range(options.batch):
        order = order or list(random.permutation(len(pairs)))
        crops.append(random_crop(pairs[order.pop()], options.crop, random))
    pictures, goods, boxes, ignored = zip(*crops)
    parts = loss_of(detector(as_tensor(pictures), as_tensor(goods)), [torch.from_numpy(b) for b in boxes], [torch.from_numpy(b) for b in ignored])
    optimiser.zero_grad(set_to_none=True)
    sum(parts).backward()
    torch.nn.utils.clip_grad_norm_(detector.parameters(), 10)
    optimiser.step()
    keep = min(0.998, (step + 1) / (step + 10))
    with torch.no_grad():
        for ours, theirs in zip(average.state_dict().values(), detector.state_dict().values()):
            if ours.dtype.is_floating_point:
                ours.lerp_(theirs, 1 - keep)
    losses.append([float(part) for part in parts])
    if step % 100 == 99:
        print(f"{step + 1}: loss {np.mean(losses[-100:], 0).round(3)} {time.time() - started:.0f} s", flush=True)
    if unseen and step % 500 == 499:
        report(measure(Exported(average).eval(), unseen[::3]))

average.eval()
exported = Exported(average).eval()
torch.save(average.state_dict(), options.out.replace(".onnx", ".pt")) if options.without else None
torch.onnx.export(
    exported,
    (torch.zeros(1, 1, 640, 640, dtype=torch.uint8),) * 2,
    options.out,
    opset_version=14,
    input_names=["picture", "good"],
    output_names=["defects"],
    dynamic_axes={"picture": {2: "height", 3: "width"}, "good": {2: "height", 3: "width"}, "defects": {2: "places"}},
)
print(f"{options.out}: {os.path.getsize(options.out)} bytes, {sum(p.numel() for p in average.parameters())} parameters")
write_manifest(options.out)
if unseen:
    print(f"on group {options.without}, of which nothing was learned:")
    report(measure(exported, unseen))

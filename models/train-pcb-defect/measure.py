"""Precision and recall while training; the figure that counts comes from evaluate.ts, through the parts that users run."""
import numpy as np
import torch

HIT = 0.33


def overlap(box, boxes):
    width = np.minimum(box[2], boxes[:, 2]) - np.maximum(box[0], boxes[:, 0])
    height = np.minimum(box[3], boxes[:, 3]) - np.maximum(box[1], boxes[:, 1])
    inner = np.maximum(width, 0) * np.maximum(height, 0)
    area = lambda b: (b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1])
    return inner / (area(box) + area(boxes) - inner)


def detect(exported, picture, good, lowest=0.05, same=0.3):
    """Boxes [n, 6]: x1, y1, x2, y2, type, score; highest score first, each type suppressed by itself."""
    with torch.no_grad():
        rows = exported(*(torch.from_numpy(np.ascontiguousarray(p))[None, None] for p in (picture, good)))[0].numpy().T
    rows = rows[rows[:, 4:].max(1) > lowest]
    x, y, w, h = rows[:, :4].T
    found = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2, rows[:, 4:].argmax(1), rows[:, 4:].max(1)], 1)
    kept = np.zeros((0, 6))
    for box in found[np.argsort(-found[:, 5])]:
        rivals = kept[kept[:, 4] == box[4]]
        if not (overlap(box, rivals) > same).any():
            kept = np.concatenate([kept, box[None]])
    return kept


def measure(exported, pairs, change=lambda picture, good: (picture, good)):
    """(score, is a hit, type is right) of everything found, sorted by score, and how many defects there are."""
    found, defects = [], 0
    for picture, good, boxes in pairs:
        free = np.ones(len(boxes), bool)
        defects += len(boxes)
        for box in detect(exported, *change(picture, good)):
            overlaps = np.where(free, overlap(box, boxes), 0) if len(boxes) else np.zeros(1)
            best = int(overlaps.argmax())
            hit = overlaps[best] >= HIT
            if hit:
                free[best] = False
            found.append((box[5], hit, hit and box[4] == boxes[best, 4]))
    return np.array(sorted(found, reverse=True), float).reshape(-1, 3), defects


def report(measured, thresholds=(0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)):
    found, defects = measured
    for threshold in thresholds:
        kept = found[found[:, 0] >= threshold]
        hits = kept[:, 1].sum()
        print(
            f"  score >= {threshold:.2f}: recall {hits / max(defects, 1):.4f} precision {hits / max(len(kept), 1):.4f}"
            f" type right {kept[:, 2].sum() / max(hits, 1):.4f} ({len(kept)} boxes, {defects} defects)",
            flush=True,
        )
